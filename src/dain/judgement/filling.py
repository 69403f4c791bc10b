"""What is under an overlay in one frame, by what another frame shows there."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from dain.judgement.glance import glance_at
from dain.judgement.masks import Mask, grown, outside
from dain.judgement.verdict import Pixels

DISTURBED = 4
"""Pixels around a hole whose motion it may disturb: DIS compares patches of 8 x 8."""
_LEAST = 1e-3  # of weight: less says nothing


def filled(picture: Pixels, other: Pixels, hole: Mask) -> Pixels:
    """A copy with a hole filled by what another picture shows there.

    The motion between the two is that around the hole.

    Args:
        picture: ``(H, W, C)``.
        other: a frame just before or after, of the same size and type.
        hole: ``(H, W)``, 1 in the hole.
    """
    place = hole > 0
    result: Pixels = picture.copy()
    smooth = _spread(picture.astype(np.float32), outside(hole))
    result[place] = smooth[place]  # so that its edges do not look like motion
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(
        glance_at(result).grey, glance_at(other).grey, _at_rest(hole.shape)
    )
    flow = _spread(np.asarray(flow, np.float32), outside(grown(hole, DISTURBED)))
    down, across = np.mgrid[: hole.shape[0], : hole.shape[1]].astype(np.float32)
    moved = cv2.remap(
        other,
        across + flow[..., 0],
        down + flow[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    result[place] = np.asarray(moved)[place]
    return result


def _at_rest(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """What a search of motion begins with: OpenCV takes whatever is given for a first guess."""
    return np.zeros((*shape, 2), np.float32)


def _spread(values: npt.NDArray[np.float32], known: Mask) -> npt.NDArray[np.float32]:
    """Values everywhere, from those where they are known, smoothly.

    Averages of what is known at ever smaller sizes, then back up, each filling what the larger
    size does not know (push and pull; Gortler et al., The Lumigraph, SIGGRAPH 1996).
    """
    weight = known.astype(np.float32)
    return _pulled(values * weight[..., None], weight)


def _pulled(
    weighted: npt.NDArray[np.float32], weight: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = weighted / np.maximum(weight, np.float32(_LEAST))[..., None]
    height, width = weight.shape
    if min(height, width) < 2 or float(weight.min()) >= 1:
        return values
    smaller = np.asarray(cv2.pyrDown(weighted), np.float32)
    coarse = _pulled(smaller, np.asarray(cv2.pyrDown(weight), np.float32))
    beneath = np.asarray(cv2.resize(coarse, (width, height)), np.float32)
    sure = np.minimum(weight, np.float32(1))[..., None]
    mixed: npt.NDArray[np.float32] = values * sure + beneath * (1 - sure)
    return mixed
