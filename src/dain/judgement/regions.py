"""Which of the pixels that stand still belong to an overlay rather than to a quiet scene."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from dain.judgement.masks import Mask, Pieces, grown, joined, outside, share_around, shrunk

# Chosen as those of `standing_window`. A piece in the way of what moves:
LEAST_AREA = 6
"""Pixels; less is chance."""
LARGEST_SHARE = 0.1
"""Of the picture; what stands of a quiet scene is larger."""
OUTLINED = 0.5
"""Share of its rim that has contrast: letters and logos all around, quiet places here and there."""
SURROUNDED = 0.7
"""Share of the pixels beside it that change."""

# A camera that moves:
CELLS = (12, 8)
"""Across and down: small enough that a subtitle fills few."""
TEXTURED = 0.02
"""Share of contrast in a cell that tells anything."""
MOVING = 0.5
"""Share of a cell's contrast that does not stand."""
EVERYWHERE = 0.6
"""Share of the cells that move: 0.77 to 0.93 with overlays over two panning clips."""
FEWEST_CELLS = 4
"""Less of them tell nothing."""

# Where it is worth looking:
CELL = 16
"""Pixels: twice the height of a small letter."""
DENSE = 0.1
"""Share of a cell's contrast: half of what an overlay is asked for in all its vicinity."""

# An outline that does not move with the rest:
AROUND = 7
"""Pixels: about the height of a letter each way."""
LOCAL_SHARE = 0.4
"""Share of the contrast around that stands as well."""
GAP = 3
"""Half the pixels between strokes of one piece."""
LEAST_OUTLINE = 1 / 2000
"""Share of the picture's pixels in the outline of a piece, in each direction."""
ALONG = 0.3
"""Share of an outline that runs in either direction: a line has none in one of them."""
REACH = 2
"""Pixels: half a stroke."""


def enclosed(stands: Mask, edges: Mask, changes: Mask) -> Mask:
    """Pieces that have an outline and are surrounded by change: it passes behind them.

    What stands of a quiet scene is one large piece, or its outline is where something passed by.

    Args:
        stands: where pixels keep their value.
        edges: where there is contrast to a neighbour.
        changes: where the picture changes.
    """
    pieces = Pieces(stands)
    rim = stands & outside(shrunk(stands))
    wanted = (pieces.area >= LEAST_AREA) & (pieces.area <= LARGEST_SHARE * stands.size)
    wanted &= pieces.within(rim & edges) >= OUTLINED * pieces.within(rim)
    if not wanted[1:].any():
        return np.zeros_like(stands)
    around = pieces.around()
    ring = around * (stands ^ 1)  # 0 beside nothing, and in the pieces themselves
    beside = np.bincount(ring.reshape(-1), minlength=pieces.count)
    changing = np.bincount((ring * changes).reshape(-1), minlength=pieces.count)
    return pieces.chosen(wanted & (changing >= SURROUNDED * beside) & (beside > 0))


def in_places(core: Mask, edges: Mask, *rivals: Mask) -> float:
    """Pixels of a core that lie where it is a good part of all contrast, by small cells.

    A bound that is quick to find: chance spreads, overlays keep together.

    Args:
        core: contrast that stands.
        edges: all contrast.
        rivals: what there is more of where the core is chance.
    """
    own, all_of_it = _by_cells(core), _by_cells(edges)
    own *= CELL * CELL / 255
    all_of_it *= CELL * CELL / 255
    counts = (own >= DENSE * all_of_it) & (own > LEAST_AREA - 1)
    for rival in rivals:
        counts &= own >= _by_cells(rival) * (CELL * CELL / 255)
    return float(own[counts].sum())


def _by_cells(mask: Mask) -> npt.NDArray[np.float32]:
    """Shares of whole cells, 255 for all of one."""
    down, across = max(1, mask.shape[0] // CELL), max(1, mask.shape[1] // CELL)
    whole = mask[: down * CELL, : across * CELL] * np.uint8(255)
    return np.asarray(cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA), np.float32)


def camera_moves(stands: Mask, edges: Mask) -> bool:
    """Whether contrast moves nearly everywhere, by cells of a grid."""
    textured, quiet = _by_large_cells(edges), _by_large_cells(edges & stands)
    full = textured > TEXTURED
    moving = full & (textured - quiet > MOVING * textured)
    return int(moving.sum()) >= max(FEWEST_CELLS, EVERYWHERE * int(full.sum()))


def _by_large_cells(mask: Mask) -> npt.NDArray[np.float32]:
    """Shares of a few cells; what is left over at the right and below is left out."""
    across, down = (
        max(1, side // cells) for side, cells in zip(mask.shape[::-1], CELLS, strict=True)
    )
    whole = mask[: down * CELLS[1], : across * CELLS[0]].astype(np.float32)
    return np.asarray(cv2.resize(whole, CELLS, interpolation=cv2.INTER_AREA), np.float32)


def structures(stands: Mask, across: Mask, down: Mask) -> Mask:
    """Outlines that stand, of any shape but straight lines, with what stands right beside.

    A straight line stands as well where a picture moves along it.

    Args:
        stands: where pixels keep their value.
        across: where there is contrast to the left or the right.
        down: where there is contrast above or below.
    """
    edges = across | down
    core = stands & edges
    most = share_around(core, AROUND) >= LOCAL_SHARE * share_around(edges, AROUND)
    core &= most.astype(np.uint8)
    pieces = Pieces(joined(core, GAP))
    outline = pieces.within(core)
    least = np.maximum(LEAST_OUTLINE * stands.size, ALONG * outline)
    chosen = (pieces.within(core & across) >= least) & (pieces.within(core & down) >= least)
    return grown(pieces.chosen(chosen) & core, REACH) & stands
