"""Clocks that jump: every stream goes on as if they did not."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.sync import FLASHES, RATE, click_times, flash_times, make_flashing

from dain.jobs import run_job
from dain.media.joining import Joiner, Jump, describe_jumps
from dain.media.video_reader import VideoReader
from dain.settings import JobSettings, TimeSettings

COUNT = 48  # frames of the film
HOURS = 3 * 3600
RUN_OVER = Fraction(2**33, 90000)


def packets(*described: tuple[str, int, float]) -> list[Any]:
    """Stand-ins for packets of a stream type, a stream number and a time in seconds."""
    return [
        SimpleNamespace(
            pts=round(time * 100) + (4 if kind == "video" else 0),
            dts=round(time * 100),
            duration=4,
            time_base=Fraction(1, 100),
            stream_index=index,
            stream=SimpleNamespace(type=kind),
        )
        for kind, index, time in described
    ]


def joined(found: list[Any]) -> tuple[list[float], list[Jump]]:
    """Decoding times in seconds, and the jumps."""
    joiner = Joiner()
    return [packet.dts / 100 for packet in joiner.join(found)], joiner.jumps


def test_all_streams_of_a_programme_move_by_the_same_jump() -> None:
    times, jumps = joined(
        packets(
            ("video", 0, 5.00), ("audio", 1, 5.02), ("video", 0, 5.04),
            ("video", 0, 500.0), ("audio", 1, 5.06), ("audio", 1, 500.02), ("subtitle", 2, 500.1),
        )
    )  # fmt: skip
    assert times == [5.00, 5.02, 5.04, 5.08, 5.06, 5.10, 5.18]
    assert jumps == [Jump(Fraction(512, 100), Fraction(49492, 100))]


def test_where_sound_jumps_first_pictures_keep_their_distance() -> None:
    times, jumps = joined(
        packets(
            ("audio", 1, 95.00), ("video", 0, 95.00), ("video", 0, 95.04), ("audio", 1, 95.04),
            ("audio", 1, 0.01), ("video", 0, 0.02), ("audio", 1, 0.05), ("video", 0, 0.06),
        )
    )  # fmt: skip
    assert times[4:] == [95.08, 95.08, 95.11, 95.12]
    assert len(jumps) == 1


def test_one_wild_time_moves_nothing_else() -> None:
    times, jumps = joined(
        packets(
            ("video", 0, 5.00), ("video", 0, 5.04), ("video", 0, 9999.0), ("video", 0, 5.12),
            ("audio", 1, 5.12), ("video", 0, 5.16),
        )
    )  # fmt: skip
    assert times == [5.00, 5.04, 5.08, 5.12, 5.12, 5.16]
    assert len(jumps) == 2


def test_short_parts_that_each_begin_anew_follow_each_other() -> None:
    part = [("video", 0, 1.40), ("audio", 1, 1.42), ("video", 0, 2.40), ("audio", 1, 2.42)]
    times, jumps = joined(packets(*part, *part))
    assert times[:4] == [1.40, 1.42, 2.40, 2.42]
    assert times[4:] == pytest.approx([2.44, 2.46, 3.44, 3.46])
    assert len(jumps) == 1


def test_what_is_no_jump() -> None:
    """Programmes of their own time; pictures that stand while sound goes on; early text."""
    programmes = packets(
        ("video", 0, 5.0), ("video", 1, 900.0), ("video", 0, 5.04), ("video", 1, 900.04)
    )
    standing = packets(
        ("video", 0, 0.0), *(("audio", 1, 5.0 * k) for k in range(5)), ("video", 0, 22.0)
    )
    slides = packets(("video", 0, 0.0), ("video", 0, 9.0), ("video", 0, 18.0), ("video", 0, 60.0))
    for found in (programmes, standing, slides):
        before = [packet.dts / 100 for packet in found]
        if found is slides:
            for packet in found:
                packet.duration = 0
        assert joined(found) == (before, [])


def test_text_that_fits_no_clock_is_due_when_it_comes() -> None:
    times, jumps = joined(packets(("video", 0, 5.0), ("subtitle", 1, 5.1), ("subtitle", 1, 700.0)))
    assert times == [5.0, 5.1, 5.0]
    assert jumps == []


def test_jumps_in_words() -> None:
    assert describe_jumps("a.ts", [], Fraction(0)) == []
    back = Jump(Fraction(22), Fraction(-10801))
    assert describe_jumps("a.ts", [back], Fraction(10)) == [
        "a.ts: its clock jumps by -3:00:01 at 12.0 s; joined"
    ]
    assert (
        "jumps 2 times, the furthest by -3:00:01"
        in describe_jumps("a.ts", [Jump(Fraction(11), Fraction(60)), back], Fraction(10))[0]
    )


def spliced(folder: Path, suffix: str, starts: Sequence[Fraction | int]) -> Path:
    """The same flashing film from each start of the clock on."""
    pictures = "mpeg2video" if suffix == ".mpg" else "libx264"
    film = make_flashing(folder / "film.mp4", "mp2", pictures=pictures)
    path = folder / f"a{suffix}"
    with path.open("wb") as whole:
        for start in starts:
            part = folder / f"part{suffix}"
            options = {"output_ts_offset": str(float(start))}
            with (
                av.open(str(film)) as source,
                av.open(str(part), "w", container_options=options) as output,
            ):
                targets = [output.add_stream_from_template(each) for each in source.streams]
                for packet in source.demux():
                    if packet.size:
                        packet.stream = targets[packet.stream_index]
                        output.mux(packet)
            whole.write(part.read_bytes())
    return path


@pytest.mark.parametrize(
    ("suffix", "starts", "told"),
    [
        (".ts", (10, HOURS), "its clock jumps by 2:59:48 at 2.0 s; joined"),
        (".ts", (HOURS, 10), "at 2.0 s; joined"),
        (".mpg", (10, HOURS), "its clock jumps by 2:59:48 at 2.0 s; joined"),
        (".ts", (10, HOURS, 500), "its clock jumps 2 times"),
        (".ts", (10, 10), "its clock jumps by -0:00:02 at 2.0 s; joined"),
        (".ts", (RUN_OVER - 1,), ""),
    ],
)
def test_pictures_and_sound_go_on_over_a_jump(
    tmp_path: Path, suffix: str, starts: Sequence[Fraction | int], told: str
) -> None:
    path = spliced(tmp_path, suffix, starts)
    with VideoReader(path) as reader:
        listed = reader.timestamps()
        assert len(listed.pts) == len(starts) * COUNT
        assert {b - a for a, b in pairwise(listed.pts)} == {90000 // RATE}
        assert bool(told) == bool(reader.messages)
        assert told in "".join(reader.messages)
        found = [frame.pts for frame in reader.frames()]
        assert set(found) <= set(listed.pts)
        assert len(found) >= len(listed.pts) - len(starts) + 1  # a splice may cost a frame
        assert next(iter(reader.frames(listed.pts[-3]))).pts == listed.pts[-3]

    made = tmp_path / "b.mkv"
    settings = JobSettings(time=TimeSettings(factor=Fraction(2)))
    result = run_job(path, made, settings, interpolator=BlendEngine())
    assert result.frames_out == 2 * len(starts) * COUNT
    due = [float(2 * part + flash) for part in range(len(starts)) for flash in FLASHES]
    seen = flash_times(made)
    assert np.diff(seen) == pytest.approx(np.diff(due), abs=0.05)
    assert click_times(made) == pytest.approx(seen, abs=0.05)
