"""A file that was cut is never taken for whole, and a whole one never for cut."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from tests.support.videos import Audio, make_video

from dain.media import open_reader
from dain.media.completeness import is_cut_short

# How each is made, and whether any cut is found (else some fall between two packets).
FILES = {
    "a.mp4": ({"audio": Audio()}, True),
    "a.mov": ({"codec": "mjpeg", "pixel_format": "yuvj420p"}, True),
    "a.mkv": ({"audio": Audio()}, True),
    "a.webm": ({"codec": "libvpx", "audio": Audio(codec="libopus")}, True),
    "a.avi": ({"codec": "mpeg4", "audio": Audio(codec="libmp3lame")}, True),
    "a.wmv": ({"codec": "wmv2", "container": "asf"}, True),
    "a.flv": ({"codec": "flv1"}, True),
    "a.ts": ({"audio": Audio()}, False),
    "a.mpg": ({"codec": "mpeg2video", "rate": 25}, False),
    "a.ogg": ({"codec": "libopus"}, True),
    "a.mxf": ({"codec": "mpeg2video", "rate": 25}, True),
    "a.gif": ({"codec": "gif", "pixel_format": "rgb8", "rate": 10}, True),
    "a.apng": ({"codec": "apng", "pixel_format": "rgb24"}, True),
    "a.y4m": ({"codec": "wrapped_avframe", "size": (33, 17)}, True),
}


def make(path: Path) -> Path:
    settings, _ = FILES[path.name]
    if path.suffix == ".ogg":
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libopus", rate=48000, layout="mono")
            for index in range(50):
                frame = av.AudioFrame(stream.codec_context.format.name, "mono", 960)
                frame.sample_rate, frame.pts = 48000, 960 * index
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path
    return make_video(path, **{"size": (64, 48), **settings})


@pytest.mark.parametrize("name", FILES)
def test_cuts_are_found(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / name)
    with av.open(str(path)) as container:
        format_name = container.format.name
    assert not is_cut_short(path, format_name)
    data = path.read_bytes()
    cut = tmp_path / f"cut{path.suffix}"
    found = []
    lengths = [len(data) * percent // 100 for percent in (10, 33, 50, 75, 90, 99)]
    for length in (*lengths, len(data) - 3):
        cut.write_bytes(data[:length])
        found.append(is_cut_short(cut, format_name))
    assert found[-1]
    assert all(found) or not FILES[name][1]


@pytest.mark.parametrize("format_name", ["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf"])
def test_an_unknown_size_is_no_cut(tmp_path: Path, format_name: str) -> None:
    sizeless = {
        "mov,mp4,m4a,3gp,3g2,mj2": b"\0\0\0\0mdat" + bytes(20),
        "matroska,webm": b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(20),
        "avi": b"RIFF\0\0\0\0AVI " + bytes(20),
        "asf": bytes(40),
    }
    path = tmp_path / "a"
    path.write_bytes(sizeless[format_name])
    assert not is_cut_short(path, format_name)


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 9, b"text\n" * 5])
def test_nonsense_is_no_failure(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    for format_name in (
        "mov,mp4,m4a,3gp,3g2,mj2",
        "matroska,webm",
        "avi",
        "asf",
        "flv",
        "mpegts",
        "mpeg",
        "ogg",
        "mxf",
        "gif",
        "apng",
        "dv",
        "yuv4mpegpipe",
        "other",
    ):
        assert is_cut_short(path, format_name) in (False, True)
    assert not is_cut_short(tmp_path / "missing", "avi")


def test_the_reader_tells_of_a_missing_end_where_every_frame_is_whole(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", count=24)
    path.write_bytes(path.read_bytes()[:-5])
    with open_reader(path) as reader:
        assert len(list(reader.frames())) == 24
        assert reader.damage.truncated
        assert reader.damage.messages == ["a.mkv is cut short: the end of the file is missing"]
