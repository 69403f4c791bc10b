"""Sources of uneven times, in files as they come, at an exact constant rate."""

from fractions import Fraction
from itertools import pairwise

import av
import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import make_video

from dain.jobs import run_job
from dain.settings import JobSettings, TimeSettings

BASE = Fraction(1, 1000)
FILM, VIDEO = Fraction(24000, 1001), Fraction(60000, 1001)


def convert(path, **time):
    output = path.with_name("out.mp4")
    result = run_job(path, output, JobSettings(time=TimeSettings(**time)), None, BlendEngine())
    with av.open(str(output)) as container:
        stream = container.streams.video[0]
        found = sorted(packet.pts for packet in container.demux(stream) if packet.size)
        return [pts * stream.time_base for pts in found], result


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_film_and_video_in_one_source(tmp_path, name):
    moments = [k / FILM for k in range(6)] + [6 / FILM + k / VIDEO for k in range(9)]
    pts = [round(moment / BASE) for moment in moments]
    path = make_video(tmp_path / name, count=len(pts), pts=pts, time_base=BASE)
    times, result = convert(path, fps=VIDEO)
    assert times == [k / VIDEO for k in range(len(times))]
    assert abs(len(times) - (6 / FILM + 9 / VIDEO) * VIDEO) <= 2
    assert result.warnings == ()


def test_a_minute_without_a_frame_is_filled_and_told(tmp_path):
    pts = [0, 40, 80, 120, 60_120, 60_160]
    path = make_video(tmp_path / "a.mkv", count=len(pts), pts=pts, time_base=BASE)
    times, result = convert(path, fps=Fraction(5))
    assert times == [Fraction(k, 5) for k in range(301)]
    assert result.warnings[-1].startswith("the source shows no new frame for 60 s, from 0.12 s on")


def test_a_clock_that_starts_late(tmp_path):
    first = 500
    pts = [first + step for step in (0, 40, 70, 76, 200)]
    path = make_video(tmp_path / "a.mp4", count=5, pts=pts, time_base=BASE)
    for wish in ({"fps": Fraction(50)}, {"factor": Fraction(2), "keep_timing": True}):
        times, _ = convert(path, **wish)
        path.with_name("out.mp4").unlink()
        assert times[0] == first * BASE
        if "factor" in wish:
            assert [time - times[0] for time in times[::2]] == [
                (value - first) * BASE for value in pts
            ]


def soft_telecine(path, count):
    """MPEG-2 whose flags ask for 3:2 pulldown: whole frames, three and two fields long in turn."""
    make_video(
        path,
        count=count,
        size=(64, 64),
        rate=Fraction(30000, 1001),
        codec="mpeg2video",
        container="mpeg2video",
        options={"bf": "0"},
    )
    data, place, number = bytearray(path.read_bytes()), 0, 0
    while (place := data.find(b"\0\0\1\xb5", place)) >= 0:  # extensions, ITU-T H.262, 6.2.2
        kind = data[place + 4] >> 4
        if kind == 1:
            data[place + 5] &= ~0x08  # not a progressive sequence
        if kind == 8:
            top, repeat = ((1, 1), (0, 0), (0, 1), (1, 0))[number % 4]
            data[place + 7] = data[place + 7] & 0x7D | top << 7 | repeat << 1
            data[place + 8] |= 0x80  # a progressive frame
            number += 1
        place += 4
    path.write_bytes(bytes(data))
    return path


def test_soft_telecine_keeps_the_times_that_its_flags_ask_for(tmp_path):
    path = soft_telecine(tmp_path / "film.m2v", 12)
    times, result = convert(path, factor=Fraction(1), keep_timing=True)
    field = Fraction(1001, 60000)
    steps = [round((later - now) / field) for now, later in pairwise(times)]
    assert steps[:8] == [3, 2, 3, 2, 3, 2, 3, 2]
    assert not any("interlaced" in warning for warning in result.warnings)
