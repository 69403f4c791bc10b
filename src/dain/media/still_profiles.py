"""Putting an ICC colour profile into an encoded still."""

from __future__ import annotations

import struct
import zlib

_HEADER_END = 33  # of a PNG: the header is its first chunk, of fixed length
_SPACE = slice(16, 20)  # of a profile: the kind of colours that it is for
_SEGMENT = 65519  # bytes of a profile that one segment of a JPEG has room for
_MOST_SEGMENTS = 255


def is_of_rgb(profile: bytes) -> bool:
    """Whether a profile tells of RGB; one of print or grey is of no use to what we write."""
    return profile[_SPACE] == b"RGB "


def with_profile(still: bytes, image_format: str, profile: bytes) -> bytes | None:
    """The same still with a profile.

    Args:
        still: encoded, without one.
        image_format: ``png``, ``jpeg``, ...
        profile: ICC data.

    Returns:
        None if that is not done for this format, or a profile of this size.
    """
    if image_format == "png":
        body = b"iCCP" + b"ICC profile\0\0" + zlib.compress(profile)
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return still[:_HEADER_END] + chunk + still[_HEADER_END:]
    if image_format != "jpeg":
        return None
    parts = [profile[start : start + _SEGMENT] for start in range(0, len(profile), _SEGMENT)]
    if len(parts) > _MOST_SEGMENTS:
        return None
    segments = (
        b"\xff\xe2" + struct.pack(">H", len(part) + 16) + b"ICC_PROFILE\0"
        + bytes([number, len(parts)]) + part
        for number, part in enumerate(parts, 1)
    )  # fmt: skip
    after = _after_first_segment(still)
    return still[:after] + b"".join(segments) + still[after:]


def _after_first_segment(jpeg: bytes) -> int:
    """Behind the start and the JFIF segment, which must come first."""
    if jpeg[2:4] != b"\xff\xe0":
        return 2
    (length,) = struct.unpack(">H", jpeg[4:6])
    return int(4 + length)
