"""OpenEXR files as arrays, by the library of that name."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dain.media.exr_header import is_whole, read_head

Plane = npt.NDArray[Any]

MOST_PIXELS = 1 << 28  # beyond it a header is taken for damaged, for memory's sake
_COLOURS = ("R", "G", "B")


@dataclass(frozen=True)
class ExrPicture:
    """The picture in an EXR: one part, one layer of it.

    Attributes:
        header: attributes of the part.
        names: of the channels that are used: three colours or one, then alpha if there is any.
        planes: their pixels, ``(H, W)`` float16 or float32, as wide as the data window.
        others: names of the channels and parts that are not used.
    """

    header: Mapping[str, Any]
    names: tuple[str, ...]
    planes: tuple[Plane, ...]
    others: tuple[str, ...]

    @property
    def grey(self) -> bool:
        """There is one channel for all colours."""
        return len(self.names) < len(_COLOURS)

    @property
    def alpha(self) -> bool:
        """The last channel is alpha."""
        return len(self.names) in (2, 4)


def read_exr(data: bytes) -> ExrPicture | None:
    """Decode an EXR.

    Returns:
        The picture; None if it is damaged, cut short, deep, or holds none.
    """
    head = read_head(data)
    if head is None or head.data.width * head.data.height > MOST_PIXELS:
        return None
    if not is_whole(data, head):
        return None
    import OpenEXR

    try:
        # What it cannot decode it prints on standard output, and goes on without.
        with contextlib.redirect_stdout(io.StringIO()):
            file = OpenEXR.File(io.BytesIO(data), separate_channels=True)
        kinds = (OpenEXR.scanlineimage, OpenEXR.tiledimage)
        flat = [part for part in file.parts if part.type() in kinds]
    except (RuntimeError, ValueError, OSError, MemoryError, ArithmeticError):
        return None
    found = [picture for picture in map(_picture_of, flat) if picture is not None]
    # A depth of its own may come before the colours.
    return min(found, key=lambda picture: picture.grey, default=None)


def _picture_of(part: Any) -> ExrPicture | None:
    """The picture in a part: its main colours, else the first layer that has any."""
    planes: dict[str, Plane] = {name: each.pixels for name, each in part.channels.items()}
    shape = max((plane.shape for plane in planes.values()), default=None)
    whole = [name for name, plane in planes.items() if plane.shape == shape]
    names = _choose(whole)
    if not names:
        return None
    return ExrPicture(
        header=dict(part.header),
        names=names,
        planes=tuple(
            plane if plane.dtype in (np.float16, np.float32) else plane.astype(np.float32)
            for plane in (planes[name] for name in names)
        ),
        others=tuple(sorted(set(planes) - set(names))),
    )


def _choose(names: Sequence[str]) -> tuple[str, ...]:
    """Channels of the picture: RGB, a layer's RGB, luminance, or the only one."""
    prefixes = sorted({name[: name.rfind(".") + 1] for name in names}, key=lambda p: (p != "", p))
    for prefix in prefixes:
        for wanted in (_COLOURS, ("Y",)):
            chosen = [prefix + name for name in wanted]
            if all(name in names for name in chosen):
                cover = prefix + "A"
                return (*chosen, cover) if cover in names else tuple(chosen)
    return (names[0],) if len(names) == 1 else ()


def write_exr(header: Mapping[str, Any], planes: Mapping[str, Plane]) -> bytes:
    """Encode an EXR of one part.

    Args:
        header: its attributes.
        planes: ``(H, W)`` float16 or float32 by channel.

    Raises:
        ValueError: the library refused them.
    """
    import OpenEXR

    file = io.BytesIO()
    whole = {name: np.ascontiguousarray(plane) for name, plane in planes.items()}
    try:
        OpenEXR.File(dict(header), whole).write(file)
    except RuntimeError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    return file.getvalue()
