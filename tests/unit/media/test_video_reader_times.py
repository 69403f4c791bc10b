"""Times that containers state badly, or not at all."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.support.videos import make_video

from dain.media.decoding import _in_order
from dain.media.video_reader import VideoReader


def pack_b_frames(given: Path, made: Path) -> None:
    """DivX's way: a packet holds a frame and the B-frame after it, the next one nothing."""
    picture, marker = b"\0\0\1\xb6", b"\0\0\1\xb2DivX503b1393p"
    with av.open(str(given)) as source:
        stream = source.streams.video[0]
        data = [bytes(packet) for packet in source.demux(stream) if packet.size]
        kinds = ["IPBS"[each[each.index(picture) + 4] >> 6] for each in data]
        packed = []
        for index, kind in enumerate(kinds):
            if kind == "B":
                packed[-1] += data[index]
                packed.append(picture + b"\x50\x7f")
            else:
                packed.append(data[index])
        at = packed[0].index(picture)
        packed[0] = packed[0][:at] + marker + packed[0][at:]
        with av.open(str(made), "w") as output:
            target = output.add_stream_from_template(stream, opaque=True)
            for index, each in enumerate(packed):
                packet = av.Packet(each)
                packet.stream, packet.time_base = target, Fraction(1, 25)
                packet.pts = packet.dts = index
                packet.duration, packet.is_keyframe = 1, index == 0
                output.mux(packet)


def test_b_frames_packed_into_their_neighbours_are_all_read_in_order(tmp_path):
    options = {"bf": "1", "b_strategy": "0"}
    plain = make_video(tmp_path / "plain.avi", count=25, rate=25, codec="mpeg4", options=options)
    pack_b_frames(plain, tmp_path / "packed.avi")
    with VideoReader(plain) as reader:
        expected = list(reader.frames())
    with VideoReader(tmp_path / "packed.avi") as reader:
        frames = list(reader.frames())
        assert [frame.pts for frame in frames] == list(reader.timestamps().pts)
        assert not reader.damage
    assert len(frames) == 25
    for frame, wanted in zip(frames, expected, strict=True):
        assert frame.time == wanted.time
        assert np.abs(frame.pixels.astype(int) - wanted.pixels).mean() < 1


def test_neighbours_with_exchanged_times_are_put_right():
    natives = [av.VideoFrame(2, 2, "gray") for _ in range(8)]
    for native, pts in zip(natives, (4, 5, 7, 6, 8, 10, 9, None), strict=True):
        native.pts = pts
    ordered = list(_in_order(iter(natives)))
    assert [native.pts for native in ordered] == [4, 5, 6, 7, 8, 9, 10, None]
    assert all(a is b for a, b in zip(ordered, natives, strict=True))


@pytest.mark.parametrize(
    ("codec", "pixel_format", "options"),
    [
        ("libx264", "yuv420p", {"bf": "2"}),
        ("libx264", "yuv444p", {"bf": "0"}),
        ("mpeg4", "yuv420p", {"bf": "2"}),
        ("mpeg4", "yuv420p", {}),
    ],
)
def test_an_avi_begins_at_its_beginning(tmp_path, codec, pixel_format, options):
    path = (
        make_video(
            tmp_path / "a.avi",
            size=(13, 11),
            codec=codec,
            pixel_format=pixel_format,
            options=options,
        )
        if pixel_format == "yuv444p"
        else make_video(tmp_path / "a.avi", codec=codec, options=options)
    )
    with VideoReader(path) as reader:
        assert [frame.time for frame in reader.frames()] == [
            Fraction(index, 24) for index in range(12)
        ]
        assert [pts * reader.info.time_base for pts in reader.timestamps().pts] == [
            Fraction(index, 24) for index in range(12)
        ]


def test_frames_before_the_clock_of_matroska_are_no_damage(tmp_path):
    path = make_video(
        tmp_path / "a.mkv",
        pts=range(-5, 20),
        count=25,
        rate=25,
        container_options={"avoid_negative_ts": "disabled"},
    )
    with VideoReader(path) as reader:
        times = [frame.time for frame in reader.frames()]
        assert times == [Fraction(index, 25) for index in range(20)]
        assert len(reader.timestamps().pts) == 20
        assert not reader.damage


def test_the_last_frame_of_a_variable_mp4_stands_until_the_promised_end(tmp_path):
    path = make_video(
        tmp_path / "a.mp4",
        count=25,
        rate=25,
        pts=[*range(20), *range(25, 30)],
        options={"bf": "3", "b_strategy": "0"},
    )
    with VideoReader(path) as reader:
        listed = reader.timestamps()
        assert reader.info.duration is not None
        end = (listed.pts[-1] + listed.last_duration) * listed.time_base
        assert end == reader.info.duration


@pytest.mark.parametrize("name", ["a.mkv", "a.flv"])
def test_a_time_beyond_all_reason_is_damage(tmp_path, name):
    given = make_video(
        tmp_path / f"given{Path(name).suffix}", count=25, rate=25, options={"bf": "0"}
    )
    path = tmp_path / name
    with av.open(str(given)) as source, av.open(str(path), "w") as output:
        target = output.add_stream_from_template(source.streams.video[0], opaque=True)
        for index, packet in enumerate(source.demux(video=0)):
            if packet.size:
                packet.stream = target
                if index == 24:
                    packet.pts += 10_000_000
                    packet.dts += 10_000_000
                output.mux(packet)
    with av.open(str(path)) as container:
        promised = container.duration
    assert promised > 1000 * av.time_base  # as the muxer saw it; the real header follows
    data = path.read_bytes()
    path.write_bytes(restate_duration(data, name, Fraction(promised, av.time_base), Fraction(1)))
    with VideoReader(path) as reader:
        assert len(reader.timestamps().pts) == 24
        assert len(list(reader.frames())) == 24
        assert reader.damage.corrupt == 1


def restate_duration(data: bytes, name: str, old: Fraction, new: Fraction) -> bytes:
    """Write another duration into a header."""
    if name.endswith("flv"):
        at = data.index(b"duration") + 9
        return data[:at] + struct.pack(">d", float(new)) + data[at + 8 :]
    at = data.index(b"\x44\x89\x88") + 3
    data = data[:at] + struct.pack(">d", float(new) * 1000) + data[at + 8 :]
    at = data.find(b"DURATION")  # of the stream, in its tags: hh:mm:ss.nnnnnnnnn
    while at >= 0:
        digits = data.index(b":", at) - 2
        data = data[:digits] + b"00:00:01.000000000" + data[digits + 18 :]
        at = data.find(b"DURATION", digits)
    return data


def test_a_bare_stream_that_breaks_off_within_a_frame_is_damaged(tmp_path):
    path = make_video(
        tmp_path / "a.h264", count=25, rate=25, options={"g": "12", "bf": "0"}, size=(96, 96)
    )
    with VideoReader(path) as reader:
        assert len(list(reader.frames())) == 25
        assert not reader.damage
    data = path.read_bytes()
    last_keyframe = data.rindex(b"\0\0\1\x65")
    path.write_bytes(data[: last_keyframe + 5])
    with VideoReader(path) as reader:
        assert len(list(reader.frames())) == len(reader.timestamps().pts) - 1
        assert reader.damage.corrupt == 1


def test_no_frame_goes_missing_without_a_word_where_times_start_again(tmp_path: Path) -> None:
    """Short parts joined end to end: a time then stands twice in the file."""
    part = make_video(tmp_path / "part.ts", count=12, keyframe_interval=6)
    path = tmp_path / "joined.ts"
    path.write_bytes(part.read_bytes() * 2)
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        assert len(frames) >= 11
        assert len(frames) + reader.damage.corrupt >= 23  # one time both damaged and repeated
        middle = list(reader.frames(frames[6].pts))
        assert [each.pts for each in middle] == [each.pts for each in frames[6:]]
