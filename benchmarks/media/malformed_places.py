"""Things that are no videos, in places where videos are looked for; and odd names."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.media.writing import Clip, write_clip

Written = tuple[str, Callable[[Path], Path], tuple[int, ...]]
_DONE, _REFUSED, _ANY = (0,), (2,), (0, 1, 2)
_PLAIN = Clip(count=6, options={"bf": "0"})


def _named(name: str, folder: Path) -> Path:
    plain = write_clip(folder / "plain.mp4", _PLAIN)
    return plain.rename(folder / name)


def _bytes(name: str, data: bytes, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _linked(folder: Path) -> Path:
    write_clip(folder / "plain.mp4", _PLAIN)
    (folder / "source.mp4").symlink_to("plain.mp4")
    return folder / "source.mp4"


def _dangling(folder: Path) -> Path:
    (folder / "source.mp4").symlink_to("nowhere.mp4")
    return folder / "source.mp4"


def _circular(folder: Path) -> Path:
    (folder / "source.mp4").symlink_to("source.mp4")
    return folder / "source.mp4"


def _forbidden(folder: Path) -> Path:
    path = _named("source.mp4", folder)
    path.chmod(0)
    return path


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "source.mp4")
    return folder / "source.mp4"


def _folder(files: dict[str, bytes], folder: Path) -> Path:
    home = folder / "source"
    home.mkdir()
    for name, data in files.items():
        (home / name).write_bytes(data)
    return home


_ODD_NAMES = {
    "spaces": "two  words .mp4",
    "percent": "100%.mp4",
    "pattern": "clip%03d.mp4",
    "unicode": "Ünïcödé 日本語 🎬.mp4",
    "newline": "two\nlines.mp4",
    "dash": "-o.mp4",
    "colon": "http:clip.mp4",
    "quotes": 'it\'s "quoted" $HOME `x`.mp4',
    "brackets": "[1] {2} *.mp4",
    "backslash": "back\\slash.mp4",
    "escape": "\x1b[31mred.mp4",
    "no-suffix": "clip",
    "dots": "..clip...mp4",
    "upper": "CLIP.MP4",
    "long": "n" * 251 + ".mp4",
    "bytes": os.fsdecode(b"caf\xe9.mp4"),
}

PLACES: tuple[Written, ...] = (
    *((f"name-{about}", partial(_named, name), _DONE) for about, name in _ODD_NAMES.items()),
    ("place-missing", lambda folder: folder / "source.mp4", _REFUSED),
    ("place-no-folder", lambda folder: folder / "no" / "source.mp4", _REFUSED),
    ("place-link", _linked, _DONE),
    ("place-dangling-link", _dangling, _REFUSED),
    ("place-circular-link", _circular, _REFUSED),
    ("place-forbidden", _forbidden, (0, 2) if os.geteuid() == 0 else _REFUSED),
    ("place-pipe", _pipe, _REFUSED),
    ("place-null", lambda folder: Path(os.devnull), _REFUSED),
    ("place-zero", lambda folder: Path("/dev/zero"), _REFUSED),
    ("place-too-long", lambda folder: folder / ("n" * 300 + ".mp4"), _REFUSED),
    ("folder-empty", partial(_folder, {}), _REFUSED),
    ("folder-of-texts", partial(_folder, {"a.txt": b"a", "b.md": b"b"}), _REFUSED),
    ("folder-of-bad-png", partial(_folder, {"1.png": b"x", "2.png": b"y"}), _REFUSED),
    ("empty-mp4", partial(_bytes, "source.mp4", b""), _REFUSED),
    ("empty-gif", partial(_bytes, "source.gif", b""), _REFUSED),
    ("empty-zip", partial(_bytes, "source.zip", b""), _REFUSED),
    ("text-mp4", partial(_bytes, "source.mp4", b"This is no video.\n" * 50), _REFUSED),
    ("text-gif", partial(_bytes, "source.gif", b"This is no picture.\n" * 50), _REFUSED),
    ("text-zip", partial(_bytes, "source.zip", b"PK\x03\x04 This is no zip.\n" * 50), _REFUSED),
    ("text-y4m", partial(_bytes, "source.y4m", b"YUV4MPEG2 W64\n"), _REFUSED),
    ("text-srt", partial(_bytes, "source.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHi\n"),
     _REFUSED),
    ("text-m3u8", partial(_bytes, "source.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
     _REFUSED),
    ("text-ffconcat", partial(_bytes, "source.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
     _REFUSED),
    ("text-html", partial(_bytes, "source.mp4", b"<!DOCTYPE html><html><h1>404</h1></html>"),
     _REFUSED),
    ("noise-mp4", partial(_bytes, "source.mp4", bytes(range(256)) * 40), _REFUSED),
    ("zeros-mp4", partial(_bytes, "source.mp4", bytes(100_000)), _REFUSED),
    ("header-mp4", partial(_bytes, "source.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"), _REFUSED),
    ("header-mkv", partial(_bytes, "source.mkv", b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x23"), _REFUSED),
    ("header-gif", partial(_bytes, "source.gif", b"GIF89a"), _REFUSED),
    ("header-png", partial(_bytes, "source.png", b"\x89PNG\r\n\x1a\n"), _REFUSED),
)  # fmt: skip
