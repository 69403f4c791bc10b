"""Y4M through real pipes."""

import contextlib
import os
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
from tests.support.pipes import SIZE, parse, y4m

from dain.errors import EncodeError, MediaError, OutputError, PipeClosedError
from dain.media import Colour, Frame, OutputSpec
from dain.media.y4m_header import CHROMA_TAGS, interlacing, states_rate, without_comments
from dain.media.y4m_reader import Y4MReader
from dain.media.y4m_writer import Y4MWriter
from dain.settings import EncodeSettings


class Pipe:
    """Both ends; each is closed once, as its number may soon belong to another file."""

    def __init__(self):
        self.out, self.into = os.pipe()
        self._open = {self.out, self.into}

    def close(self, end):
        if end in self._open:
            self._open.remove(end)
            os.close(end)

    def give(self, data):
        with contextlib.suppress(BrokenPipeError):
            while data:
                data = data[os.write(self.into, data) :]
        self.close(self.into)


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    pipe.close(pipe.out)
    pipe.close(pipe.into)


def reader_of(data, pipe):
    """A reader at one end of a pipe, into whose other end the data go."""
    assert len(data) < 1 << 16  # which a pipe holds
    pipe.give(data)
    return Y4MReader(pipe.out)


@pytest.mark.parametrize(
    ("chroma", "samples", "size_of_sample", "pixel_format", "depth"),
    [
        ("420jpeg", 1.5, 1, "yuv420p", 8),
        ("420mpeg2", 1.5, 1, "yuv420p", 8),
        ("420paldv", 1.5, 1, "yuv420p", 8),
        ("422", 2, 1, "yuv422p", 8),
        ("444", 3, 1, "yuv444p", 8),
        ("mono", 1, 1, "gray", 8),
        ("mono16", 1, 2, "gray16le", 16),
        ("420p10", 1.5, 2, "yuv420p10le", 10),
        ("422p12", 2, 2, "yuv422p12le", 12),
        ("444p16", 3, 2, "yuv444p16le", 16),
    ],
)
def test_every_kind_of_chroma_is_read(pipe, chroma, samples, size_of_sample, pixel_format, depth):
    data = y4m(
        3, header=f"F24:1 Ip A1:1 C{chroma}", samples=samples, width_of_sample=size_of_sample
    )
    with reader_of(data, pipe) as reader:
        assert (reader.info.pixel_format, reader.info.bit_depth) == (pixel_format, depth)
        frames = list(reader.frames())
        assert [frame.pts for frame in frames] == [0, 1, 2]
        assert frames[0].pixels.shape == (SIZE[1], SIZE[0], 3)
        assert frames[0].pixels.dtype == (np.uint8 if depth == 8 else np.uint16)
        assert not reader.damage
        assert reader.messages == []


def test_the_header_is_honoured(pipe):
    data = y4m(1, header="F30000:1001 It A16:15 C444 XCOLORRANGE=FULL XLENGTH=" + "1" * 90)
    with reader_of(data, pipe) as reader:
        info = reader.info
        assert (info.width, info.height) == SIZE
        assert info.rates == (Fraction(30000, 1001),)
        assert info.time_base == Fraction(1001, 30000)
        assert info.sample_aspect_ratio == Fraction(16, 15)
        assert info.colour.range == 2
        assert "interlaced (top field first)" in reader.messages[0]


def test_a_missing_rate_is_told(pipe):
    with reader_of(y4m(1, header="F0:0 Ip A0:0 C444"), pipe) as reader:
        assert reader.info.rates == (Fraction(25),)
        assert reader.info.sample_aspect_ratio == 1
        assert "no frame rate" in reader.messages[0]


def test_a_frame_is_read_before_the_next_one_comes(pipe):
    data = y4m(2)
    half = len(y4m(1))
    os.write(pipe.into, data[:half])
    with Y4MReader(pipe.out) as reader:
        frames = reader.frames()
        assert next(frames).pts == 0
        os.write(pipe.into, data[half:])
        assert next(frames).pts == 1


def test_a_stream_that_breaks_off_gives_its_whole_frames(pipe):
    with reader_of(y4m(4)[:-7], pipe) as reader:
        assert len(list(reader.frames())) == 3
        assert reader.damage.truncated
        assert "middle of a frame" in reader.damage.messages[0]


def test_a_stream_that_goes_astray_gives_what_came_before(pipe):
    with reader_of(y4m(3) + b"nonsense" * 500, pipe) as reader:
        assert len(list(reader.frames())) == 3
        assert reader.damage.truncated


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "found nothing"),
        (b"YUV4", "found data that begin with 'YUV4'"),
        (b"hello there, this is no video", "begin with 'hello the'"),
        (b"\x1aE\xdf\xa3" + bytes(90), "the bytes 1a 45 df a3"),
        (b"YUV4MPEG2 W16 H12 Cwhat\n", "that FFmpeg can read"),
        (b"YUV4MPEG2 " + b"W" * 9000, "begin with 'YUV4MPEG2 W"),
    ],
)
def test_anything_else_is_refused_in_one_line(pipe, data, found):
    with pytest.raises(MediaError, match="expected Y4M") as refusal:
        reader_of(data, pipe)
    assert found in str(refusal.value)


def test_a_header_alone_is_no_video(pipe):
    with reader_of(y4m(0), pipe) as reader, pytest.raises(MediaError, match="no whole frame"):
        list(reader.frames())


def test_frames_before_the_start_are_passed_over(pipe):
    with reader_of(y4m(6), pipe) as reader:
        assert [frame.index for frame in reader.frames(4)] == [4, 5]


def test_a_start_after_the_end_is_told(pipe):
    with reader_of(y4m(6), pipe) as reader, pytest.raises(MediaError, match="after 6 frames"):
        list(reader.frames(6))


def test_a_pipe_is_read_once(pipe):
    with reader_of(y4m(2), pipe) as reader:
        list(reader.frames())
        with pytest.raises(MediaError, match="only once"):
            reader.frames()


@pytest.mark.skipif(os.name == "nt", reason="cannot wait for a pipe there")
def test_a_read_that_waits_can_be_ended(pipe):
    os.write(pipe.into, y4m(1))
    reader = Y4MReader(pipe.out)
    threading.Timer(0.1, reader.interrupt).start()
    started = time.monotonic()
    assert len(list(reader.frames())) == 1
    assert time.monotonic() - started < 5
    assert not reader.damage
    reader.close()
    reader.close()


@pytest.mark.skipif(os.name == "nt", reason="has no pseudo-terminals")
def test_a_terminal_is_refused_at_once():
    ends = os.openpty()
    try:
        with pytest.raises(MediaError, match="found a terminal"):
            Y4MReader(ends[1])
        with pytest.raises(OutputError, match="found a terminal"):
            Y4MWriter(spec(), EncodeSettings(), ends[1])
    finally:
        for end in ends:
            os.close(end)


def spec(**changes):
    usual = {"width": SIZE[0], "height": SIZE[1], "rate": Fraction(60000, 1001)}
    return OutputSpec(**{**usual, **changes})


def frame(index, value, deep=False, size=SIZE):
    kind = np.uint16 if deep else np.uint8
    return Frame(np.full((size[1], size[0], 3), value, kind), index, Fraction(1), 1, index)


def written(pipe, output, encode=None, frames=2, deep=False, size=SIZE):
    """What a writer sends for a few frames of middle gray."""
    writer = Y4MWriter(output, encode or EncodeSettings(), pipe.into)
    with writer:
        for index in range(frames):
            writer.write(frame(index, 32896 if deep else 128, deep, size))
    pipe.close(pipe.into)
    data = b""
    while piece := os.read(pipe.out, 1 << 20):
        data += piece
    return data, writer.messages


def test_what_is_written(pipe):
    data, messages = written(pipe, spec(sample_aspect_ratio=Fraction(4, 3)))
    stream = parse(data, 16 * 12 * 3 // 2)
    assert stream.header == "YUV4MPEG2 W16 H12 F60000:1001 Ip A4:3 C420jpeg XCOLORRANGE=LIMITED"
    assert stream.frames == 2 * [bytes([126] * 192 + [128] * 96)]
    assert messages == []


@pytest.mark.parametrize(
    ("source_depth", "asked", "tag", "frame_bytes"),
    [
        (8, None, "C420jpeg", 288),
        (10, None, "C420p10", 576),
        (12, None, "C420p12", 576),
        (16, None, "C420p16", 576),
        (8, "yuv422p", "C422", 384),
        (16, "yuv444p", "C444", 576),
        (8, "gray", "Cmono", 192),
        (16, "gray10", "Cmono10", 384),
        (10, "yuv444p12le", "C444p12", 1152),
    ],
)
def test_depth_and_chroma(pipe, source_depth, asked, tag, frame_bytes):
    deep = source_depth > 8
    settings = EncodeSettings(pix_fmt=asked)
    data, _ = written(pipe, spec(bit_depth=source_depth), settings, deep=deep)
    stream = parse(data, frame_bytes)
    assert tag in stream.header.split()
    assert len(stream.frames) == 2


def test_full_range_is_kept_and_told(pipe):
    data, _ = written(pipe, spec(colour=Colour(range=2)))
    stream = parse(data, 288)
    assert stream.header.endswith("XCOLORRANGE=FULL")
    assert stream.frames[0][0] == 128


def test_colours_that_cannot_be_noted_are_told(pipe):
    colour = Colour(primaries=9, transfer=16, matrix=9, range=1)
    _, messages = written(pipe, spec(colour=colour, bit_depth=10), deep=True)
    assert "primaries 9, transfer 16 and matrix 9" in messages[0]


def test_odd_sizes(pipe):
    data, _ = written(pipe, spec(width=5, height=3), size=(5, 3))
    assert len(parse(data, 15 + 2 * 6).frames) == 2


@pytest.mark.parametrize("name", sorted(CHROMA_TAGS))
def test_what_is_written_is_read(pipe, name):
    """FFmpeg agrees with our tags."""
    writer = Y4MWriter(spec(bit_depth=16), EncodeSettings(pix_fmt=name), pipe.into)
    writer.write(frame(0, 32896, deep=True))
    pipe.close(pipe.into)
    with Y4MReader(pipe.out) as reader:
        assert reader.info.pixel_format == name
        (read,) = reader.frames()
    top = 255 if read.pixels.dtype == np.uint8 else 65535
    assert abs(int(read.pixels[5, 5, 0]) / top - 0.502) < 0.005


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (EncodeSettings(pix_fmt="rgb24"), "cannot hold --pix-fmt rgb24"),
        (EncodeSettings(codec="libx264"), "--codec cannot apply"),
        (EncodeSettings(crf=0), "--crf cannot apply"),
        (EncodeSettings(options={"a": "b"}, crf=3), "--crf and --encoder-option cannot"),
    ],
)
def test_what_a_pipe_cannot_hold_is_refused(pipe, settings, told):
    with pytest.raises(OutputError, match=told):
        Y4MWriter(spec(), settings, pipe.into)


def test_a_frame_of_another_size_is_refused(pipe):
    writer = Y4MWriter(spec(), EncodeSettings(), pipe.into)
    with pytest.raises(EncodeError, match="16x12, found 8x8"):
        writer.write(frame(0, 1, size=(8, 8)))
    writer.finish()
    with pytest.raises(EncodeError, match="finished"):
        writer.write(frame(0, 1))


def test_a_reader_that_goes_ends_the_writing(pipe):
    writer = Y4MWriter(spec(), EncodeSettings(), pipe.into)
    writer.write(frame(0, 1))
    pipe.close(pipe.out)
    with pytest.raises(PipeClosedError, match="before: 1") as gone:
        writer.write(frame(1, 1))
    assert gone.value.exit_code == 141
    with pytest.raises(EncodeError, match="finished"):
        writer.write(frame(1, 1))


@pytest.mark.skipif(os.name == "nt", reason="cannot wait for a pipe there")
def test_a_write_that_waits_can_be_ended(pipe):
    writer = Y4MWriter(spec(width=640, height=480), EncodeSettings(), pipe.into)
    threading.Timer(0.1, writer.interrupt).start()
    with pytest.raises(EncodeError, match="interrupted"):
        writer.write(frame(0, 1, size=(640, 480)))


def test_words_of_the_header():
    line = b"YUV4MPEG2 W2 H2 F25:1 Ib XYSCSS=420 XLENGTH=9 XCOLORRANGE=FULL\n"
    assert without_comments(line) == (b"YUV4MPEG2 W2 H2 F25:1 Ib XYSCSS=420 XCOLORRANGE=FULL\n")
    assert interlacing(line) == "bottom field first"
    assert interlacing(b"YUV4MPEG2 W2 H2 Ip\n") is None
    assert states_rate(line)
    assert not states_rate(b"YUV4MPEG2 W2 H2\n")
