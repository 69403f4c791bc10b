from __future__ import annotations

import shutil
import threading
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from tests.support.videos import (
    Audio,
    display_matrix,
    make_video,
    patch_rotation_into_mp4,
    pictures,
)

from dain.errors import DainError, MediaError
from dain.media import decoding
from dain.media.colour import from_rgb, to_rgb
from dain.media.frame import Colour
from dain.media.scan import Clock, choose_clock
from dain.media.video_reader import VideoReader

MKV = {"codec": "ffv1"}
PACKET = 188  # bytes of a transport stream packet


def times(reader: VideoReader, from_pts: int | None = None) -> list[int]:
    return [frame.pts for frame in reader.frames(from_pts)]


def noisy(count: int, width: int = 160, height: int = 120) -> list[np.ndarray]:
    """Pictures that take a few hundred bytes each, so that damage hits them."""
    random = np.random.default_rng(7)
    noise = random.integers(-20, 20, (height, width, 3))
    return [
        np.clip(np.roll(noise, index, axis=1) + image, 0, 255).astype(np.uint8)
        for index, image in enumerate(pictures(count, width, height))
    ]


@pytest.fixture(scope="module")
def h264(tmp_path_factory) -> Path:
    """Sixty frames, a keyframe every twelve, the index in front."""
    return make_video(
        tmp_path_factory.mktemp("h264") / "clip.mp4",
        images=noisy(60),
        keyframe_interval=12,
        container_options={"movflags": "faststart"},
    )


def cut(source: Path, target: Path, share: float) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


# What a reader tells


def test_info(tmp_path):
    path = make_video(
        tmp_path / "a.mp4",
        count=10,
        size=(62, 46),
        rate=Fraction(30000, 1001),
        colour=Colour(1, 1, 1, 1),
        sample_aspect_ratio=Fraction(4, 3),
    )
    with VideoReader(path) as reader:
        info = reader.info
    assert (info.path, info.width, info.height) == (path, 62, 46)
    assert (info.codec, info.pixel_format, info.bit_depth) == ("h264", "yuv420p", 8)
    assert info.rates[0] == Fraction(30000, 1001)
    assert info.frame_count == 10
    assert info.duration == 10 / Fraction(30000, 1001)
    assert info.colour == Colour(1, 1, 1, 1)
    assert info.sample_aspect_ratio == Fraction(4, 3)


def test_deep_video(tmp_path):
    image = np.full((48, 64, 3), 65535, np.uint16)
    image[:, 32:] = (40000, 20000, 60000)
    path = make_video(
        tmp_path / "a.mkv",
        images=[image],
        codec="ffv1",
        pixel_format="yuv444p10le",
        colour=Colour(9, 16, 9, 1),
    )
    with VideoReader(path) as reader:
        (frame,) = reader.frames()
        assert reader.info.bit_depth == 10
        assert reader.info.colour == Colour(9, 16, 9, 1)
    assert frame.pixels.dtype == np.uint16
    assert np.abs(frame.pixels.astype(int) - image).max() <= 65535 * 1.5 / 255


def test_rates_leave_out_time_bases_in_disguise(tmp_path):
    path = make_video(
        tmp_path / "a.mkv", codec="ffv1", pts=[0, 1, 2, 4, 7, 9], count=6, time_base=Fraction(1, 90)
    )
    with VideoReader(path) as reader:
        rates = reader.info.rates
    assert len(set(rates)) == len(rates)
    assert all(0 < rate <= 1000 for rate in rates)


def test_cover_art_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 512, 512, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        stream = output.add_stream("mpeg4", rate=24, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = av.VideoFrame.from_ndarray(pictures(1, 512, 512)[0], format="rgb24")
        output.mux(cover.encode(picture.reformat(format="yuvj420p")))
        output.mux(cover.encode(None))
        for index, image in enumerate(pictures(5, 64, 48)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with VideoReader(path) as reader:
        assert (reader.info.width, reader.info.height) == (64, 48)
        assert len(times(reader)) == 5


def test_the_larger_of_two_streams_is_read(tmp_path):
    path = tmp_path / "two.ts"
    with av.open(str(path), "w") as output:
        streams = []
        for width in (64, 128):
            stream = output.add_stream("mpeg2video", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
            streams.append(stream)
        for index in range(25):
            for stream in streams:
                frame = av.VideoFrame(stream.width, 48, "yuv420p")
                frame.pts = index
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    with VideoReader(path) as reader:
        assert reader.info.width == 128
        assert len(times(reader)) == 25


# Colour and orientation


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("value_range", [1, 2])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le"])
def test_tagged_colour_is_applied(tmp_path, matrix, value_range, pixel_format):
    rgb = np.array([200, 60, 120])
    image = np.full((48, 64, 3), rgb, np.uint8)
    colour = Colour(matrix=matrix, range=value_range)
    path = make_video(
        tmp_path / "a.mkv", images=[image], colour=colour, pixel_format=pixel_format, **MKV
    )
    with VideoReader(path) as reader:
        (frame,) = reader.frames()
        assert reader.info.colour.matrix == matrix
    top = np.iinfo(frame.pixels.dtype).max
    assert np.abs(frame.pixels / top - rgb / 255).max() <= 2.5 / 255


@pytest.mark.parametrize(("size", "matrix"), [((64, 48), 6), ((1280, 16), 1), ((16, 720), 1)])
def test_untagged_colour_is_guessed_by_size(tmp_path, size, matrix):
    image = np.full((size[1], size[0], 3), (200, 60, 120), np.uint8)
    path = make_video(tmp_path / "a.mp4", images=[image], colour=Colour(matrix=matrix))
    untagged = make_video(
        tmp_path / "b.mkv",
        frames=[
            av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
                format="yuv420p", dst_colorspace=1 if matrix == 1 else 5, dst_color_range=1
            )
        ],
        **MKV,
    )
    for each in (path, untagged):
        with VideoReader(each) as reader:
            (frame,) = reader.frames()
        assert np.abs(frame.pixels.astype(int) - image).max() <= 4


def test_full_range_jpeg_formats(tmp_path):
    image = np.full((48, 64, 3), 255, np.uint8)
    path = make_video(
        tmp_path / "a.avi",
        images=[image],
        codec="mjpeg",
        pixel_format="yuvj420p",
        colour=Colour(range=2),
    )
    with VideoReader(path) as reader:
        (frame,) = reader.frames()
        assert reader.info.colour.range == 2
    assert frame.pixels.min() >= 253


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_clip_is_turned_upright(tmp_path, orientation):
    image = np.zeros((48, 96, 3), np.uint8)
    image[:24, :48], image[:24, 48:], image[24:, :48] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    path = make_video(
        tmp_path / "a.mp4",
        images=[image] * 2,
        codec="libx264rgb",
        pixel_format="rgb24",
        rotation=display_matrix(orientation),
        sample_aspect_ratio=Fraction(2),
    )
    with VideoReader(path) as reader:
        frame = next(reader.frames())
        info = reader.info
    # EXIF: which stored corner is seen at the top left, and where its row and column lead.
    turned = orientation >= 5
    wanted = {
        1: image, 2: image[:, ::-1], 3: image[::-1, ::-1], 4: image[::-1],
        5: image.swapaxes(0, 1), 6: np.rot90(image, -1),
        7: image.swapaxes(0, 1)[::-1, ::-1], 8: np.rot90(image),
    }[orientation]  # fmt: skip
    assert frame.pixels.shape == wanted.shape == (info.height, info.width, 3)
    assert frame.pixels.flags.c_contiguous
    assert np.abs(frame.pixels.astype(int) - wanted).mean() < 3
    assert info.sample_aspect_ratio == (Fraction(1, 2) if turned else 2)


def test_the_pictures_agree_with_the_rotation_that_pyav_reports(tmp_path):
    path = make_video(tmp_path / "a.mp4", count=2, rotation=display_matrix(6))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        stored = to_rgb(frame, Colour())
        quarter_turns = frame.rotation // 90  # counterclockwise, as np.rot90 turns
    with VideoReader(path) as reader:
        upright = next(reader.frames()).pixels
    np.testing.assert_array_equal(upright, np.rot90(stored, quarter_turns))


def test_an_odd_angle_is_left_alone_with_a_message(tmp_path):
    path = make_video(tmp_path / "a.mp4", count=2)
    patch_rotation_into_mp4(path, [46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30])
    with VideoReader(path) as reader:
        assert (reader.info.width, reader.info.height) == (64, 48)
        assert len(reader.messages) == 1
        assert "quarter turn" in reader.messages[0]


def test_transparency_is_dropped_with_a_message(tmp_path):
    solid = av.VideoFrame.from_ndarray(np.full((48, 64, 4), 255, np.uint8), format="rgba")
    clear = av.VideoFrame.from_ndarray(np.full((48, 64, 4), 100, np.uint8), format="rgba")
    for frame, count in ((solid, 0), (clear, 1)):
        path = make_video(tmp_path / f"{count}.mkv", frames=[frame], pixel_format="bgra", **MKV)
        with VideoReader(path) as reader:
            assert len(reader.messages) == count
            assert next(reader.frames()).pixels.shape == (48, 64, 3)


def test_a_change_of_size_is_scaled_with_one_message(tmp_path):
    parts = [tmp_path / "a.ts", tmp_path / "b.ts"]
    for part, size in zip(parts, [(64, 48), (96, 80)], strict=True):
        make_video(part, count=25, size=size, codec="mpeg2video", rate=25)
    joined = tmp_path / "joined.ts"
    with av.open(str(joined), "w") as output:
        stream = None
        for shift, part in enumerate(parts):
            with av.open(str(part)) as source:
                stream = stream or output.add_stream_from_template(source.streams.video[0])
                for packet in source.demux(video=0):
                    if packet.size:
                        packet.stream = stream
                        packet.pts += shift * 90000
                        packet.dts += shift * 90000
                        output.mux(packet)
    with VideoReader(joined) as reader:
        shapes = {frame.pixels.shape for frame in reader.frames()}
        assert shapes == {(48, 64, 3)}
        assert len(reader.messages) == 1
        assert "64x48" in reader.messages[0]


# Times


def test_variable_rate_times_are_kept(tmp_path):
    pts = [0, 10, 25, 60, 200, 203, 1000]
    path = make_video(
        tmp_path / "a.mkv", count=7, pts=pts, time_base=Fraction(1, 1000), keyframe_interval=3
    )
    with VideoReader(path) as reader:
        assert times(reader) == pts
        assert list(reader.timestamps().pts) == pts
        assert reader.timestamps().time_base == Fraction(1, 1000)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"bf": "3"}),
        ("a.mkv", "libx264", {"bf": "3"}),
        ("a.ts", "libx264", {"bf": "3"}),
        ("a.ts", "mpeg2video", {"bf": "2"}),
        ("a.flv", "libx264", {"bf": "3"}),
        ("a.avi", "libx264", {"bf": "3"}),  # AVI keeps the coding order only
        ("a.h264", "libx264", {"bf": "3"}),  # no times at all
        ("a.gif", "gif", {}),
        ("a.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16"}),
        ("a.webm", "libvpx-vp9", {"auto-alt-ref": "1", "lag-in-frames": "16"}),
    ],
)
def test_packets_and_frames_agree_on_the_times(tmp_path, name, codec, options):
    images = pictures(30, 64, 48)
    pixel_format = "rgb8" if codec == "gif" else "yuv420p"
    path = make_video(
        tmp_path / name, images=images, rate=25, codec=codec, options=options,
        pixel_format=pixel_format,
    )  # fmt: skip
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        listed = reader.timestamps()
        assert [frame.pts for frame in frames] == list(listed.pts)
        assert not reader.damage
    assert len(frames) == 30
    gaps = {later.pts - frame.pts for frame, later in pairwise(frames)}
    assert {gap * listed.time_base for gap in gaps} == {Fraction(1, 25)}
    # The order is that of presentation: each frame is most like the picture of its place.
    for index, frame in enumerate(frames):
        errors = [np.abs(frame.pixels.astype(int) - image).mean() for image in images]
        assert int(np.argmin(errors)) == index


def test_frames_before_an_edit_are_not_shown(tmp_path, h264):
    """Copying from the middle of a group leaves packets that only feed the decoder."""
    path = tmp_path / "edit.mp4"
    with av.open(str(h264)) as source, av.open(str(path), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        start = 6 * 512
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                packet.pts -= start
                packet.dts -= start
                output.mux(packet)
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        assert frames[0].pts == 0
        assert len(frames) == 54
        assert [frame.pts for frame in frames] == list(reader.timestamps().pts)
        assert not reader.damage


def test_last_duration_is_that_of_the_last_shown_packet(tmp_path):
    path = make_video(tmp_path / "a.mp4", count=10, rate=25, options={"bf": "3"})
    with VideoReader(path) as reader:
        listed = reader.timestamps()
        assert listed.last_duration * listed.time_base == Fraction(1, 25)
        assert reader.timestamps().pts is listed.pts  # read once


def test_the_clock_is_chosen_by_the_packets():
    coding_order = [(index + 2, index) for index in range(9)]
    presentation = [(2, 0), (5, 1), (3, 2), (4, 3)]
    assert choose_clock(presentation, "avi", reorders=True) is Clock.SWAPPED
    assert choose_clock(presentation, "mxf", reorders=True) is Clock.PTS
    assert choose_clock(coding_order, "avi", reorders=True) is Clock.SORTED
    assert choose_clock(coding_order, "avi", reorders=False) is Clock.PTS
    assert choose_clock(coding_order, "matroska,webm", reorders=True) is Clock.PTS
    assert choose_clock([(None, 0), (None, 1)], "avi", reorders=True) is Clock.SORTED
    assert choose_clock([(None, None)] * 3, "h264", reorders=True) is Clock.COUNTED


# Seeking


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.ts", "libx264"), ("a.avi", "libx264"),
     ("a.mkv", "ffv1"), ("a.h264", "libx264")],
)  # fmt: skip
def test_reading_from_a_time(tmp_path, name, codec):
    path = make_video(
        tmp_path / name, images=noisy(30), rate=25, codec=codec, keyframe_interval=8,
        options={"bf": "2"} if codec != "ffv1" else {},
    )  # fmt: skip
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        step = frames[1].pts - frames[0].pts
        for index in (0, 1, 7, 8, 9, 15, 16, 22, 29):
            for shift in (0, step // 2):
                tail = list(reader.frames(frames[index].pts + shift))
                assert [f.index for f in tail] == list(range(index, 30))
                assert [f.pts for f in tail] == [f.pts for f in frames[index:]]
                np.testing.assert_array_equal(tail[0].pixels, frames[index].pixels)
        assert [f.index for f in reader.frames(frames[0].pts - 5 * step)] == list(range(30))
        assert [f.index for f in reader.frames(frames[-1].pts + 99 * step)] == [29]
        assert not reader.damage


def test_seeking_does_not_decode_from_the_start(tmp_path, monkeypatch):
    path = make_video(tmp_path / "a.mp4", count=120, keyframe_interval=10)
    with VideoReader(path) as reader:
        late = reader.timestamps().pts[110]
        decoded = []
        decode = decoding.Pass._decode

        def counted(self, stream, packet):
            frames = decode(self, stream, packet)
            decoded.extend(frames)
            return frames

        monkeypatch.setattr(decoding.Pass, "_decode", counted)
        assert len(times(reader, late)) == 10
    assert len(decoded) <= 40


def test_two_readings_at_once(h264):
    with VideoReader(h264) as reader:
        first, second = reader.frames(), reader.frames(20 * 512)
        pairs = [(a.index, b.index) for a, b in zip(first, second, strict=False)]
    assert pairs == [(index, index + 20) for index in range(40)]


def test_closing_ends_a_reading_and_releases_the_file(tmp_path, h264):
    path = tmp_path / "clip.mp4"
    shutil.copy(h264, path)
    reader = VideoReader(path)
    frames = reader.frames()
    next(frames)
    reader.close()
    assert list(frames) == []
    with pytest.raises(MediaError, match="closed"):
        reader.frames()
    with pytest.raises(MediaError, match="closed"):
        reader.timestamps()


# Damage


def test_a_cut_mp4_is_called_truncated(tmp_path, h264):
    path = cut(h264, tmp_path / "cut.mp4", 0.6)
    with VideoReader(path) as reader:
        found = times(reader)
        listed = list(reader.timestamps().pts)
        assert reader.damage.truncated
        assert any("cut short" in message for message in reader.damage.messages)
        first = (reader.damage.corrupt, list(reader.damage.messages))
        assert times(reader) == found  # and the account does not grow by reading again
        assert (reader.damage.corrupt, reader.damage.messages) == first
    assert 20 < len(found) < 50
    assert listed[: len(found)] == found
    assert len(listed) - len(found) <= 1  # no frames are lost to threads at the end


@pytest.mark.parametrize("name", ["a.mkv", "a.webm", "a.flv", "a.avi"])
def test_other_cut_containers_are_called_truncated(tmp_path, name):
    whole = make_video(
        tmp_path / name,
        images=noisy(60),
        codec="libvpx" if name == "a.webm" else "libx264",
        audio=() if name == "a.avi" else Audio("libopus" if name != "a.flv" else "aac"),
        options={"deadline": "realtime"} if name == "a.webm" else {},
    )
    with VideoReader(whole) as reader:
        assert len(times(reader)) == 60
        assert not reader.damage
    with VideoReader(cut(whole, tmp_path / f"cut_{name}", 0.6)) as reader:
        assert 20 < len(times(reader)) < 50
        assert reader.damage.truncated


def test_a_cut_transport_stream_is_damaged(tmp_path):
    whole = make_video(tmp_path / "a.ts", images=noisy(40), rate=25)
    with VideoReader(cut(whole, tmp_path / "cut.ts", 0.6)) as reader:
        assert 15 < len(times(reader)) < 30
        assert reader.damage  # nothing promises its length, but its last frame is torn


def test_overwritten_bytes_are_bridged_and_counted(tmp_path, h264):
    data = bytearray(h264.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    path = tmp_path / "torn.mp4"
    path.write_bytes(bytes(data))
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        listed = list(reader.timestamps().pts)
        assert reader.damage.corrupt >= 1
        assert not reader.damage.truncated
        assert any("damaged" in message for message in reader.damage.messages)
        account = reader.damage.corrupt
        times(reader, listed[50])
        assert reader.damage.corrupt == account
    assert 40 <= len(frames) < 60
    assert {frame.pts for frame in frames} < set(listed)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert frames[-1].pts == listed[-1]


def test_lost_packets_of_a_transport_stream(tmp_path):
    whole = make_video(tmp_path / "a.ts", images=noisy(40), rate=25, keyframe_interval=10)
    data = whole.read_bytes()
    middle = len(data) // PACKET // 2 * PACKET
    path = tmp_path / "lost.ts"
    path.write_bytes(data[:middle] + data[middle + 3 * PACKET :])
    with VideoReader(path) as reader:
        assert 30 <= len(times(reader)) <= 40
        assert reader.damage.corrupt >= 1


def test_a_recording_cut_out_of_the_middle_is_not_damaged(tmp_path):
    whole = make_video(
        tmp_path / "a.ts", images=noisy(40), rate=25, codec="mpeg2video", keyframe_interval=10
    )
    path = tmp_path / "middle.ts"
    with av.open(str(whole)) as source, av.open(str(path), "w") as output:
        copy = output.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size and number >= 5:
                packet.stream = copy
                output.mux(packet)
    with VideoReader(path) as reader:
        assert len(times(reader)) >= 29
        assert reader.damage.corrupt == 0


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_random_damage_never_escapes_the_error_tree(tmp_path, h264, seed, suffix):
    random = np.random.default_rng(seed)
    source = tmp_path / f"a{suffix}"
    with av.open(str(h264)) as opened, av.open(str(source), "w") as output:
        copy = output.add_stream_from_template(opened.streams.video[0])
        for packet in opened.demux(video=0):
            if packet.size:
                packet.stream = copy
                output.mux(packet)
    data = np.frombuffer(source.read_bytes(), np.uint8).copy()
    places = random.integers(0, len(data), 60)
    data[places] = random.integers(0, 256, 60)
    path = tmp_path / f"torn{suffix}"
    path.write_bytes(data.tobytes())
    done = threading.Event()
    failures: list[BaseException] = []

    def read() -> None:
        try:
            with VideoReader(path) as reader:
                found = times(reader)
                assert found == sorted(set(found))
                reader.timestamps()
                times(reader, found[len(found) // 2])
        except DainError:
            pass
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(error)
        done.set()

    threading.Thread(target=read, daemon=True).start()
    assert done.wait(60), "reading hangs"
    assert not failures


# Unusable input


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "nothing at"),
        (b"", "empty file"),
        (b"no video, just words\n" * 50, "cannot be opened"),
    ],
)
def test_files_that_are_no_video(tmp_path, content, words):
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=words) as caught:
        VideoReader(path)
    assert "\n" not in str(caught.value)
    assert "a.mp4" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_folder(tmp_path):
    with pytest.raises(MediaError, match="folder"):
        VideoReader(tmp_path)


def test_sound_alone(tmp_path):
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
    with pytest.raises(MediaError, match="expected a video stream, found audio"):
        VideoReader(path)


def test_a_stream_without_a_decodable_frame(tmp_path, h264):
    path = tmp_path / "a.mkv"
    with av.open(str(h264)) as source, av.open(str(path), "w") as output:
        copy = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                empty = av.Packet(b"\0" * 64)
                empty.pts, empty.dts, empty.time_base = packet.pts, packet.dts, packet.time_base
                empty.stream = copy
                output.mux(empty)
    with pytest.raises(MediaError, match="no frame that can be decoded"):
        VideoReader(path)


def test_no_permission(tmp_path, h264, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(MediaError, match="no permission to read"):
        VideoReader(h264)


def test_names_that_look_like_addresses_or_patterns(tmp_path, h264):
    for name in ("http:clip.mp4", "clip %03d.mp4", "Überraschung ☂.mp4"):
        path = tmp_path / name
        shutil.copy(h264, path)
        with VideoReader(path) as reader:
            assert len(times(reader)) == 60


# Round trips


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("colour", [Colour(6, 6, 6, 1), Colour(1, 1, 1, 2), Colour(9, 14, 9, 1)])
def test_a_video_survives_being_read_and_written_without_loss(tmp_path, pixel_format, colour):
    first = make_video(
        tmp_path / "a.mkv", count=3, size=(80, 60), pixel_format=pixel_format, colour=colour, **MKV
    )
    with VideoReader(first) as reader:
        pixels = [frame.pixels for frame in reader.frames()]
    frames = [from_rgb(each, pixel_format, colour) for each in pixels]
    second = make_video(tmp_path / "b.mkv", frames=frames, colour=colour, **MKV)
    step = 4 if "10" in pixel_format else 1
    with av.open(str(first)) as before, av.open(str(second)) as after:
        for old, new in zip(before.decode(video=0), after.decode(video=0), strict=True):
            for a, b in zip(old.planes, new.planes, strict=True):
                kind = np.uint16 if step == 4 else np.uint8
                difference = np.frombuffer(a, kind).astype(int) - np.frombuffer(b, kind)
                assert np.abs(difference).mean() <= step


def test_errors_of_libav_are_not_printed(tmp_path, h264, capfd):
    with VideoReader(cut(h264, tmp_path / "cut.mp4", 0.6)) as reader:
        times(reader)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("b_frames", "interval"), [(0, 12), (2, 12), (0, 1)])
def test_seeking_in_mpeg_ps_finds_the_right_picture_and_no_damage(tmp_path, b_frames, interval):
    noise = np.random.default_rng(1).integers(0, 256, (288, 480, 3), np.uint8)
    images = [np.ascontiguousarray(noise[:, 4 * n : 4 * n + 352]) for n in range(30)]
    path = make_video(
        tmp_path / "a.mpg",
        images=images,
        codec="mpeg2video",
        size=(352, 288),
        rate=25,
        keyframe_interval=interval,
        options={"b": "1M", "maxrate": "8M", "bufsize": "2M", "bf": str(b_frames)},
    )
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        for frame in frames[:: 1 if interval > 1 else 7]:
            assert np.array_equal(next(reader.frames(frame.pts)).pixels, frame.pixels)
        assert not reader.damage
