"""Putting an ICC colour profile into an encoded still, and what TIFFs lack of OpenCV's."""

from __future__ import annotations

import struct
import zlib

_HEADER_END = 33  # of a PNG: the header is its first chunk, of fixed length
_SPACE = slice(16, 20)  # of a profile: the kind of colours that it is for
_SEGMENT = 65519  # bytes of a profile that one segment of a JPEG has room for
_MOST_SEGMENTS = 255

# Of TIFF 6.0: tags and types of their values.
_EXTRA_SAMPLES_TAG, _PROFILE_TAG = 338, 34675
_SHORT, _UNDEFINED = 3, 7
_STRAIGHT = 2  # alpha that is not multiplied into the colours


def is_of_rgb(profile: bytes) -> bool:
    """Whether a profile tells of RGB; one of print or grey is of no use to what we write."""
    return profile[_SPACE] == b"RGB "


def is_srgb(profile: bytes) -> bool:
    """Whether a profile calls itself sRGB, in its text of version 2 or that of version 4."""
    return b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile


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
    if image_format == "tiff":
        return with_tag(still, _PROFILE_TAG, _UNDEFINED, len(profile), profile)
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


def with_straight_alpha(tiff: bytes) -> bytes:
    """An RGBA TIFF that says what its fourth component is, without which readers may drop it."""
    return with_tag(tiff, _EXTRA_SAMPLES_TAG, _SHORT, 1, struct.pack("<H", _STRAIGHT))


def with_tag(tiff: bytes, tag: int, kind: int, count: int, value: bytes) -> bytes:
    """A little-endian TIFF of one picture with one tag more; its directory moves to the end."""
    (start,) = struct.unpack_from("<I", tiff, 4)
    (entries,) = struct.unpack_from("<H", tiff, start)
    listed = [tiff[at : at + 12] for at in range(start + 2, start + 2 + 12 * entries, 12)]
    made = tiff + bytes(len(tiff) % 2)
    field = value.ljust(4, b"\0")
    if len(value) > 4:
        field = struct.pack("<I", len(made))
        made += value + bytes(len(value) % 2)
    listed = [entry for entry in listed if struct.unpack_from("<H", entry)[0] != tag]
    listed.append(struct.pack("<HHI", tag, kind, count) + field)
    listed.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    directory = struct.pack("<H", len(listed)) + b"".join(listed) + bytes(4)
    return made[:4] + struct.pack("<I", len(made)) + made[8:] + directory


def _after_first_segment(jpeg: bytes) -> int:
    """Behind the start and the JFIF segment, which must come first."""
    if jpeg[2:4] != b"\xff\xe0":
        return 2
    (length,) = struct.unpack(">H", jpeg[4:6])
    return int(4 + length)
