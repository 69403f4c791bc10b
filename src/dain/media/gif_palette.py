"""The colours of one frame of a GIF: 256 at most, each frame with its own.

Measured on eight frames of a sky's gradient with a moving ball (320x240), and of film: palettes
of their own by median cut and one step of k-means over 16384 pixels, with error diffusion, reach
54.1 and 45.8 dB after a blur that stands for the eye; without k-means 49.9 and 39.9, with ordered
dithering 44.9 and 41.0. Pillow's octree reaches 47.2 and 49.5: better on film, but its noise in a
plain gradient is what people see in a GIF. One palette for all frames gives 53.5 and 45.9, but
has to be known before the first frame is written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MOST_COLOURS = 256

_SAMPLE = 16384  # pixels by which a palette is chosen
_KMEANS_STEPS = 1

Bytes = npt.NDArray[np.uint8]


def index_colours(
    colours: Bytes, drawn: npt.NDArray[np.bool_], dither: bool = True, spare: bool = False
) -> tuple[Bytes, bytes, int | None]:
    """Choose colours for the pixels to be drawn, and give each pixel one.

    A picture of few enough colours keeps them all exactly.

    Args:
        colours: ``(H, W, 3)`` RGB.
        drawn: ``(H, W)``, False where pixels are to be left as they are.
        dither: mix colours by error diffusion where the exact one is missing.
        spare: have an index that means "left as it is" even if no pixel is.

    Returns:
        Indices ``(H, W)``; the table of colours, three bytes each; and the index that means
        "left as it is", None if there is none.
    """
    is_needed = spare or not drawn.all()
    room = MOST_COLOURS - is_needed
    exact = _exact(colours, drawn, room)
    indices, table = exact if exact is not None else _approximate(colours, drawn, room, dither)
    if not is_needed:
        return indices, table, None
    transparent = len(table) // 3
    indices[~drawn] = transparent
    return indices, table + b"\0\0\0", transparent


def _exact(colours: Bytes, drawn: npt.NDArray[np.bool_], room: int) -> tuple[Bytes, bytes] | None:
    """Indices and table if the drawn pixels have no more colours than there is room for."""
    parts = colours[drawn].astype(np.uint32)
    packed = parts[:, 0] << 16 | parts[:, 1] << 8 | parts[:, 2]
    # A few pixels most often tell at once that there are too many.
    if np.unique(packed[:: max(1, len(packed) // _SAMPLE)]).size > room:
        return None
    found, places = np.unique(packed, return_inverse=True)
    if found.size > room:
        return None
    indices = np.zeros(drawn.shape, np.uint8)
    indices[drawn] = places.reshape(-1)
    table = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.uint8)
    return indices, table.tobytes()


def _approximate(
    colours: Bytes, drawn: npt.NDArray[np.bool_], room: int, dither: bool
) -> tuple[Bytes, bytes]:
    from PIL import Image

    flat = colours[drawn]
    # A regular step would sample some columns only.
    chosen = np.random.default_rng(0).integers(0, len(flat), min(len(flat), _SAMPLE))
    sample = Image.fromarray(flat[chosen][None])
    palette = sample.quantize(room, Image.Quantize.MEDIANCUT, kmeans=_KMEANS_STEPS)
    table = bytes((palette.getpalette() or [])[: 3 * room])
    nearest = _quantised(colours, palette, Image.Dither.NONE)
    if not dither:
        return nearest, table
    # What is not drawn must leave no error to its neighbours.
    smooth = colours.copy()
    known = np.frombuffer(table, np.uint8).reshape(-1, 3)
    smooth[~drawn] = known[nearest[~drawn]]
    return _quantised(smooth, palette, Image.Dither.FLOYDSTEINBERG), table


def _quantised(colours: Bytes, palette: Any, dither: Any) -> Bytes:
    from PIL import Image

    return np.array(Image.fromarray(colours).quantize(palette=palette, dither=dither))
