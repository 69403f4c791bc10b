"""Classical optical flow: OpenCV's dense inverse search (DIS).

Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dain.ops.compiling import spread

# OpenCV's DIS throws below about 12 pixels; patches (8 pixels) need room to move.
_FLOOR = 32

# Measured on the DAVIS triplets: a patch every 4 pixels (instead of 3) and the finest level
# searched give 26.37 dB where the "medium" preset gives 25.98 on the same half-size frames;
# two steps of variational refinement do as well as the preset's five, and none loses 0.05 dB.
_PATCH_STRIDE = 4
_REFINEMENT_STEPS = 2


class ClassicalFlow:
    """Dense flow between two grey pictures, both ways at once.

    Not safe to call from two threads at a time: OpenCV keeps its buffers in the object.
    """

    def __init__(self) -> None:
        self._searches: tuple[Any, Any] | None = None

    def both(
        self, grey0: npt.NDArray[np.uint8], grey1: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Flow from picture 0 to 1, and from 1 to 0.

        Pictures of any size are taken; below 32 pixels a side they are extended by
        replication for the search.

        Args:
            grey0: ``(H, W)``, uint8.
            grey1: the same size.

        Returns:
            F01 and F10, each ``(H, W, 2)`` float32: x right, y down, in pixels.
        """
        import cv2

        height, width = grey0.shape
        grey0, grey1 = np.ascontiguousarray(grey0), np.ascontiguousarray(grey1)
        below, right = max(_FLOOR - height, 0), max(_FLOOR - width, 0)
        if below or right:
            grey0, grey1 = (
                np.pad(grey, ((0, below), (0, right)), mode="edge") for grey in (grey0, grey1)
            )
        if self._searches is None:
            self._searches = (_search(cv2), _search(cv2))
        searches, pictures = self._searches, (grey0, grey1)
        flows: list[npt.NDArray[np.float32]] = [np.empty(0, np.float32)] * 2

        def search(start: int, stop: int) -> None:
            for k in range(start, stop):
                flows[k] = searches[k].calc(pictures[k], pictures[1 - k], None)

        spread(search, 2)
        flow01, flow10 = (np.ascontiguousarray(flow[:height, :width]) for flow in flows)
        return flow01, flow10


def _search(cv2: Any) -> Any:
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    search.setPatchStride(_PATCH_STRIDE)
    search.setVariationalRefinementIterations(_REFINEMENT_STEPS)
    return search


def grey_pictures(frames: Tensor, height: int, width: int) -> npt.NDArray[np.uint8]:
    """The grey pictures of frames, reduced by area to the size at which flow is searched.

    Args:
        frames: ``(B, 3, H, W)`` RGB in [0, 1], on any device.
        height: of the result, at most H.
        width: of the result, at most W.

    Returns:
        ``(B, height, width)`` uint8, by the luma weights of BT.601.
    """
    import cv2

    luma = frames.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    grey = (frames * luma).sum(1).mul_(255).round_().clamp_(0, 255).to(torch.uint8).cpu().numpy()
    if grey.shape[1:] != (height, width):
        size = (width, height)
        grey = np.stack([cv2.resize(g, size, interpolation=cv2.INTER_AREA) for g in grey])
    return np.ascontiguousarray(grey)
