"""Frames of two packets are counted once, and stand as long as both."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.interlaced import make_interlaced
from tests.support.videos import make_video

from dain.media import open_reader
from dain.media.fields import FieldPairs


@pytest.mark.parametrize("high_profile", [False, True])
@pytest.mark.parametrize("whole_frames", [False, True])
@pytest.mark.parametrize("name", ["a.ts", "a.mp4", "a.mkv", "a.h264"])
def test_fields_make_as_many_frames_as_are_decoded(
    tmp_path: Path, name: str, whole_frames: bool, high_profile: bool
) -> None:
    path = make_interlaced(tmp_path / name, whole_frames=whole_frames, high_profile=high_profile)
    with open_reader(path) as reader:
        listed = reader.timestamps()
        frames = list(reader.frames())
        assert not reader.damage
    assert [frame.pts for frame in frames] == list(listed.pts)
    times = [pts * listed.time_base for pts in listed.pts]
    assert times == [times[0] + Fraction(index, 25) for index in range(25)]
    if not (name == "a.mkv" and whole_frames):  # FFmpeg 8.0 gives it the duration of a field
        assert listed.last_duration is not None
        assert listed.last_duration * listed.time_base == Fraction(1, 25)
    shades = [int(frame.pixels.mean()) for frame in frames]
    assert shades == sorted(set(shades))


@pytest.mark.parametrize("options", [{}, {"x264-params": "tff=1", "flags": "+ildct+ilme"}])
def test_progressive_and_mixed_frames_are_never_second_fields(
    tmp_path: Path, options: dict[str, str]
) -> None:
    path = make_video(tmp_path / "a.ts", count=10, size=(64, 64), options=options)
    with open_reader(path) as reader:
        assert len(reader.timestamps().pts) == len(list(reader.frames())) == 10


@given(data=st.lists(st.binary(max_size=40), max_size=6))
def test_nonsense_is_read_without_failing(
    tmp_path_factory: pytest.TempPathFactory, data: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "fields.h264"
    if not path.exists():
        make_interlaced(path, count=2)
    with av.open(str(path)) as container:
        pairs = FieldPairs(container.streams.video[0])
        for each in data:
            for start in (b"", b"\0\0\1\x67", b"\0\0\1\x41"):
                assert pairs.is_second(av.Packet(start + each)) in (False, True)
