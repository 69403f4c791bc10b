"""The video writer: exact times, tags, and what happens when something fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.videos import make_video, pictures

from dain.errors import EncodeError, OutputError
from dain.media import open_reader
from dain.media.frame import Colour, Frame, OutputSpec
from dain.media.video_writer import VideoWriter
from dain.settings import EncodeSettings

SIZE = (64, 48)


def spec(rate: Fraction | int = 60) -> OutputSpec:
    return OutputSpec(width=SIZE[0], height=SIZE[1], rate=Fraction(rate))


def frames(
    count: int,
    time_base: Fraction = Fraction(1, 60),
    start: int = 0,
    last_duration: int | None = 1,
) -> list[Frame]:
    """Frames one tick apart."""
    return [
        Frame(pixels, start + index, time_base, 1 if index < count - 1 else last_duration, index)
        for index, pixels in enumerate(pictures(count, *SIZE))
    ]


def write(
    path: Path,
    given: Sequence[Frame],
    output: OutputSpec | None = None,
    **encode: object,
) -> VideoWriter:
    with VideoWriter(path, output or spec(), EncodeSettings(**encode)) as writer:  # type: ignore[arg-type]
        for frame in given:
            writer.write(frame)
    return writer


def decoded_times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


@pytest.mark.parametrize("extension", ["mp4", "mov"])
@pytest.mark.parametrize(
    "rate",
    [Fraction(24), Fraction(60), Fraction(24000, 1001), Fraction(60000, 1001), Fraction(125, 2)],
)
def test_edit_list_containers_keep_times_exactly(
    tmp_path: Path, extension: str, rate: Fraction
) -> None:
    path = tmp_path / f"out.{extension}"
    write(path, frames(30, 1 / rate), spec(rate))
    assert decoded_times(path) == [index / rate for index in range(30)]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == rate
        assert stream.duration * stream.time_base == 30 / rate


@pytest.mark.parametrize("extension", ["mkv", "webm"])
def test_matroska_times_do_not_drift(tmp_path: Path, extension: str) -> None:
    rate = Fraction(60000, 1001)
    path = tmp_path / f"out.{extension}"
    write(path, frames(200, 1 / rate), spec(rate))
    for index, time in enumerate(decoded_times(path)):
        assert abs(time - index / rate) <= Fraction(1, 2000)


@pytest.mark.parametrize("extension", ["ts", "m2ts"])
def test_transport_streams_keep_distances(tmp_path: Path, extension: str) -> None:
    rate = Fraction(60000, 1001)
    path = tmp_path / f"out.{extension}"
    write(path, frames(60, 1 / rate), spec(rate))
    times = decoded_times(path)
    assert len(times) == 60
    for index, time in enumerate(times):
        assert abs(time - times[0] - index / rate) <= Fraction(1, 90_000)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_start_offset_is_kept(tmp_path: Path, extension: str) -> None:
    time_base = Fraction(1, 1000)
    given = [
        replace(frame, pts=33 + 25 * frame.index, time_base=time_base, duration=25)
        for frame in frames(12)
    ]
    path = tmp_path / f"out.{extension}"
    write(path, given, spec(40))
    times = decoded_times(path)
    tick = Fraction(1, 10_240) if extension == "mp4" else Fraction(1, 1000)
    assert abs(times[0] - Fraction(33, 1000)) <= tick / 2
    assert times[-1] - times[0] == Fraction(11, 40)


@pytest.mark.parametrize("count", [1, 2, 5, 30])
@pytest.mark.parametrize("last", [Fraction(1, 150), Fraction(1, 60), Fraction(1, 10)])
def test_the_last_duration_is_honoured(tmp_path: Path, count: int, last: Fraction) -> None:
    time_base = Fraction(1, 300)
    given = [
        replace(
            frame,
            pts=5 * frame.index,
            time_base=time_base,
            duration=5 if frame.index < count - 1 else int(last / time_base),
        )
        for frame in frames(count)
    ]
    total = Fraction(count - 1, 60) + last
    path = tmp_path / "out.mp4"
    write(path, given)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert abs(stream.duration * stream.time_base - total) <= stream.time_base
        assert stream.frames == count
    path = tmp_path / "out.mkv"
    write(path, given)
    with av.open(str(path)) as container:
        assert abs(Fraction(container.duration, 1_000_000) - total) <= Fraction(1, 1000)


def test_irregular_times_are_kept(tmp_path: Path) -> None:
    pts = [0, 7, 40, 41, 300]
    given = [
        replace(frame, pts=time, time_base=Fraction(1, 600), duration=None)
        for frame, time in zip(frames(5), pts, strict=True)
    ]
    path = tmp_path / "out.mp4"
    write(path, given)
    tick = Fraction(1, 15_360)
    for found, time in zip(decoded_times(path), pts, strict=True):
        assert abs(found - Fraction(time, 600)) <= tick / 2


@given(
    rate=st.fractions(min_value=1, max_value=240, max_denominator=1001),
    start=st.integers(0, 1000),
    extension=st.sampled_from(["mp4", "mkv"]),
)
@settings(max_examples=12)
def test_any_rate_and_offset(
    tmp_path_factory: pytest.TempPathFactory, rate: Fraction, start: int, extension: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"out.{extension}"
    given = frames(6, 1 / rate, start)
    write(path, given, spec(rate))
    found = decoded_times(path)
    tick = Fraction(1, 10_000) if extension == "mp4" else Fraction(1, 1000)
    assert len(found) == len(given)
    assert all(abs(time - frame.time) <= tick / 2 for time, frame in zip(found, given, strict=True))


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize(
    "colour", [Colour(1, 1, 1, 1), Colour(9, 16, 9, 1), Colour(6, 6, 6, 2), Colour()]
)
def test_colour_and_aspect_come_out_as_they_went_in(
    tmp_path: Path, extension: str, colour: Colour
) -> None:
    path = tmp_path / f"out.{extension}"
    output = replace(spec(), colour=colour, sample_aspect_ratio=Fraction(4, 3))
    writer = write(path, frames(3), output)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        found = Colour(
            int(context.color_primaries),
            int(context.color_trc),
            int(context.colorspace),
            int(context.color_range),
        )
        if extension == "webm":
            assert "pixel aspect 4/3" in writer.messages[0]
        else:
            assert stream.sample_aspect_ratio == Fraction(4, 3)
            assert writer.messages == []
    if extension == "webm" and colour.range == 0:
        found = replace(found, range=0)  # VP9 has a bit for the range, and none for "unknown"
    assert found == colour


@pytest.mark.parametrize(
    ("name", "codec", "tolerance"),
    [
        ("a.mkv", "ffv1", 1.0),
        ("a.mkv", "libx264rgb", 0.0),
        ("a.avi", "huffyuv", 0.0),
        ("a.avi", "utvideo", 1.0),
    ],
)
def test_lossless_codecs(tmp_path: Path, name: str, codec: str, tolerance: float) -> None:
    path = tmp_path / name
    extra = {"crf": 0} if codec == "libx264rgb" else {}
    write(path, frames(4), codec=codec, **extra)
    with av.open(str(path)) as container:
        for frame, pixels in zip(container.decode(video=0), pictures(4, *SIZE), strict=True):
            found = frame.to_ndarray(format="rgb24").astype(float)
            assert np.abs(found - pixels).mean() <= tolerance


def test_sixteen_bits_stay_deep(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    images = pictures(3, *SIZE, deep=True)
    given = [replace(frame, pixels=image) for frame, image in zip(frames(3), images, strict=True)]
    write(path, given, replace(spec(), bit_depth=10))
    with av.open(str(path)) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p10le"


def test_nothing_appears_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    writer = VideoWriter(path, spec(), EncodeSettings())
    for frame in frames(3):
        writer.write(frame)
        assert not path.exists()
    writer.finish()
    assert list(tmp_path.iterdir()) == [path]
    writer.finish()
    with pytest.raises(EncodeError, match="finished"):
        writer.write(frames(1)[0])


def test_an_exception_inside_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with VideoWriter(tmp_path / "out.mp4", spec(), EncodeSettings()) as writer:
            writer.write(frames(1)[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encode", [{}, {"overwrite": True, "codec": "ffv1"}])
def test_refusals_touch_nothing(tmp_path: Path, encode: dict[str, object]) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    with pytest.raises(OutputError):
        VideoWriter(path, spec(), EncodeSettings(**encode))  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_frames_must_follow_and_fit(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", spec(), EncodeSettings())
    first, second = frames(2)
    writer.write(second)
    with pytest.raises(EncodeError, match="does not come after"):
        writer.write(first)
    with pytest.raises(EncodeError, match="expected frames of 64x48, found 32x48"):
        writer.write(replace(second, pts=9, pixels=second.pixels[:, :32]))
    writer.abort()
    writer.abort()
    assert list(tmp_path.iterdir()) == []


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    resource = pytest.importorskip("resource")  # POSIX only
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("extension", ["mkv", "mp4", "avi"])
def test_a_full_disk_ends_in_one_line_and_leaves_the_old_output(
    tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"out.{extension}"
    path.write_bytes(b"old")
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), np.uint8)

    def fill() -> None:
        encode = EncodeSettings(overwrite=True, options={"g": "1"})
        with VideoWriter(path, spec(), encode) as writer:
            for index, pixels in enumerate(noise):
                writer.write(Frame(pixels, index, Fraction(1, 60), 1, index))

    with file_size_limit(60_000), pytest.raises(EncodeError, match="cannot write") as caught:
        fill()
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_input_itself_can_be_replaced(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", count=5, size=SIZE)
    output = replace(spec(), source=path)
    with pytest.raises(OutputError, match="exists"):
        VideoWriter(path, output, EncodeSettings())
    write(path, frames(9), output, overwrite=True)
    assert len(decoded_times(path)) == 9
    assert list(tmp_path.iterdir()) == [path]


def test_a_colon_in_the_name_is_no_protocol(tmp_path: Path) -> None:
    path = tmp_path / "take: 1.mp4"
    write(path, frames(2))
    assert path.exists()


@pytest.mark.parametrize("extension", ["mp4", "m4v", "mov"])
def test_the_index_comes_first(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"out.{extension}"
    with VideoWriter(path, spec(), EncodeSettings()) as writer:
        for frame in frames(9):
            writer.write(frame)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("extension", ["mkv", "webm", "avi"])
def test_rates_that_the_clock_cannot_tell_apart_are_refused(tmp_path: Path, extension: str) -> None:
    with pytest.raises(OutputError, match="cannot time 2000 frames per second"):
        VideoWriter(tmp_path / f"out.{extension}", spec(2000), EncodeSettings())
    assert list(tmp_path.iterdir()) == []


# Without any tag; a matrix or range that decoders take whatever the tags say; tags without range.
@pytest.mark.parametrize(
    ("codec", "extension"),
    [
        ("mpeg4", "avi"),
        ("ffv1", "avi"),
        ("mjpeg", "avi"),
        ("mjpeg", "mp4"),
        ("utvideo", "avi"),
        ("libvpx", "webm"),
        ("libvpx", "ogv"),
        ("prores_ks", "mov"),
        ("mpeg2video", "mkv"),
        ("mpeg1video", "mkv"),
        ("mpeg4", "mov"),
        ("mpeg4", "3gp"),
    ],
)
@pytest.mark.parametrize(
    ("colour", "size"),
    [(Colour(1, 1, 1, 2), (64, 48)), (Colour(), (1280, 16))],
)
def test_pixels_are_what_players_take_them_for(
    tmp_path: Path, codec: str, extension: str, colour: Colour, size: tuple[int, int]
) -> None:
    """Full range and BT.709 for a small picture would be shown too pale, and in false colours."""
    width, height = size
    tagged = replace(spec(), colour=colour, width=width, height=height)
    path = tmp_path / f"out.{extension}"
    image = np.full((height, width, 3), (20, 230, 210), np.uint8)
    with VideoWriter(path, tagged, EncodeSettings(codec=codec)) as writer:
        for index in range(2):
            writer.write(Frame(image, index, Fraction(1, 60), 1, index))
    with open_reader(path) as reader:
        found = next(reader.frames()).pixels
    found = found // 257 if found.dtype == np.uint16 else found
    assert np.abs(found.astype(int) - image).max() <= 6
    assert writer.messages == []


def test_high_dynamic_range_that_cannot_be_noted_is_told(tmp_path: Path) -> None:
    wide = replace(spec(), colour=Colour(9, 16, 9, 1), bit_depth=10)
    for extension, codec, told in (
        ("avi", "mpeg4", True),
        ("avi", None, False),
        ("mkv", None, False),
    ):
        settings = EncodeSettings(codec=codec, overwrite=True)
        with VideoWriter(tmp_path / f"out.{extension}", wide, settings) as writer:
            writer.write(frames(1)[0])
        assert any("high dynamic range" in message for message in writer.messages) is told
