"""The first line of a Y4M stream, which says all that is known of it.

``YUV4MPEG2 W720 H576 F25:1 It A16:15 C420mpeg2 XCOLORRANGE=LIMITED``: size, rate, interlacing,
pixel aspect, chroma, and comments of which FFmpeg reads two.
"""

from __future__ import annotations

from fractions import Fraction

MAGIC = b"YUV4MPEG2"
LONGEST_LINE = 4096  # far beyond any honest one

# FFmpeg's demuxer takes no longer line, so comments that it does not know are kept from it.
_KNOWN_COMMENTS = (b"XYSCSS=", b"XCOLORRANGE=")

_CHROMA = {
    "gray": "mono",
    "yuv420p": "420jpeg",  # chroma in the middle of its four pixels, as swscale puts it
    "yuv422p": "422",
    "yuv444p": "444",
}
_DEEP_CHROMA = {"gray": "mono{}", "yuv420p": "420p{}", "yuv422p": "422p{}", "yuv444p": "444p{}"}
_DEPTHS = (9, 10, 12, 14, 16)

CHROMA_TAGS = {
    **_CHROMA,
    **{
        f"{name}{depth}le": tag.format(depth)
        for name, tag in _DEEP_CHROMA.items()
        for depth in _DEPTHS
        if (name, depth) != ("gray", 14)
    },
}
"""FFmpeg's pixel formats that Y4M can hold, and what it calls their chroma."""

_SCANS = {b"t": "top field first", b"b": "bottom field first", b"m": "mixed"}


def format_header(
    width: int, height: int, rate: Fraction, aspect: Fraction, pixel_format: str, full: bool
) -> bytes:
    """The line of a progressive stream, its end included."""
    value_range = "FULL" if full else "LIMITED"
    return (
        f"YUV4MPEG2 W{width} H{height} F{rate.numerator}:{rate.denominator} Ip "
        f"A{aspect.numerator}:{aspect.denominator} C{CHROMA_TAGS[pixel_format]} "
        f"XCOLORRANGE={value_range}\n"
    ).encode()


def without_comments(line: bytes) -> bytes:
    """The same line without comments that FFmpeg does not read."""
    words = line.split()
    kept = (word for word in words if word[:1] != b"X" or word.startswith(_KNOWN_COMMENTS))
    return b" ".join(kept) + b"\n"


def interlacing(line: bytes) -> str | None:
    """How frames are interlaced; None where they are whole, or nothing is said."""
    for word in line.split()[1:]:
        if word[:1] == b"I":
            return _SCANS.get(word[1:])
    return None


def states_rate(line: bytes) -> bool:
    """Whether a rate above 0 is given."""
    for word in line.split()[1:]:
        if word[:1] == b"F":
            return all(part.isdigit() and int(part) for part in word[1:].split(b":"))
    return False
