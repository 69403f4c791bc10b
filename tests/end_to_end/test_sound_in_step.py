"""Sound and other streams stay in step with the picture: whole, in ranges, in slow motion."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from tests.support.engines import BlendEngine
from tests.support.sync import FLASHES, click_times, flash_times, heard, make_flashing, pitch

from dain.jobs import run_job
from dain.settings import EncodeSettings, JobSettings, TimeSettings

SLOW: dict[str, Any] = {"factor": Fraction(3), "slow_motion": True}
RANGE: dict[str, Any] = {"start": Fraction(1, 3), "end": Fraction(5, 3)}


@dataclass(frozen=True)
class Case:
    """A source's audio codec, an output, what is asked, and the codec that is to come of it."""

    codec: str
    output: str
    made: str
    time: dict[str, Any] = field(default_factory=lambda: {"factor": Fraction(2)})


CASES = [
    Case("aac", "o.mp4", "aac"),
    Case("aac", "o.mp4", "aac", SLOW),
    Case("aac", "o.mp4", "aac", SLOW | RANGE),
    Case("pcm_s24le", "o.mp4", "flac", {"factor": Fraction(2)} | RANGE),
    Case("pcm_s16le", "o.mkv", "pcm_s16le", SLOW | RANGE),
    Case("aac", "o.ogv", "opus", SLOW),
    Case("pcm_s16le", "o.ogv", "flac"),
    Case("aac", "o.wmv", "wmav2", SLOW | RANGE),
    Case("aac", "o.avi", "aac", SLOW),
    Case("pcm_s16le", "o.webm", "opus", SLOW | RANGE),
]


def run(source: Path, output: Path, time: dict[str, Any]) -> list[str]:
    settings = JobSettings(
        time=TimeSettings(**time),
        encode=EncodeSettings(overwrite=True),
    )
    return list(run_job(source, output, settings, interpolator=BlendEngine()).warnings)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.codec}-{c.output}-{len(c.time)}")
def test_a_click_and_a_flash_come_together(tmp_path: Path, case: Case) -> None:
    source = make_flashing(tmp_path / "in.mkv", case.codec)
    made = tmp_path / case.output
    run(source, made, case.time)
    flashes, clicks = flash_times(made), click_times(made)
    assert len(flashes) == len(clicks) == len(FLASHES)
    assert all(abs(a - b) < 0.02 for a, b in zip(flashes, clicks, strict=True))
    stretch = 3 if case.time.get("slow_motion") else 1
    assert clicks[1] - clicks[0] == pytest.approx(stretch * 0.75, abs=0.01)
    with av.open(str(made)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == case.made
    wave, begin = heard(made)
    first = int((clicks[0] - begin + 0.15) * 48_000)
    assert abs(pitch(wave[first : first + 20_000]) - 440) < 3
    length = (4 / 3 if "start" in case.time else 2) * stretch
    start = flashes[0] - stretch * (1 / 6 if "start" in case.time else 1 / 2)  # of the picture
    assert begin + len(wave) / 48_000 - start == pytest.approx(length, abs=0.06)


def test_slow_motion_is_the_same_to_the_byte(tmp_path: Path) -> None:
    source = make_flashing(tmp_path / "in.mkv")
    made = []
    for name in ("a.mkv", "b.mkv"):
        run(source, tmp_path / name, SLOW)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_y4m_goes_through_exactly(tmp_path: Path) -> None:
    header = b"YUV4MPEG2 W8 H6 F30000:1001 Ip A4:3 C444 XCOLORRANGE=LIMITED\n"
    grey = [bytes([50 + 20 * n]) * 48 + bytes([128]) * 96 for n in range(3)]
    source, made = tmp_path / "in.y4m", tmp_path / "out.y4m"
    source.write_bytes(header + b"".join(b"FRAME\n" + frame for frame in grey))
    run(source, made, {"factor": Fraction(2)})
    line, *frames = made.read_bytes().split(b"FRAME\n")
    assert line == header.replace(b"F30000:1001", b"F60000:1001")
    assert frames[::2] == grey
    assert len(frames) == 6
