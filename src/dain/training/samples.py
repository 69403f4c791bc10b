"""What training eats: samples as workers make them, and batches as the network takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

if TYPE_CHECKING:
    from dain.training.scenes import ScenePlan


@dataclass(frozen=True)
class Sample:
    """Two frames, the true one between them, and what else is known; all of one size.

    What is not known is NaN.

    Attributes:
        first: frame 0, ``(H, W, 3)`` uint8 RGB.
        truth: the frame at `time`.
        last: frame 1.
        time: in (0, 1).
        flow01: ``(H, W, 2)`` float32 on frame 0, x right and y down, in pixels.
        flow10: likewise, on frame 1.
        nearness0: ``(H, W)`` float32 on frame 0: larger is nearer; only the order counts.
        nearness1: likewise, on frame 1.
        visible0: ``(H, W)`` float32: 1 where a pixel of frame 0 is seen in frame 1 too, else 0.
        visible1: likewise, of frame 1 in frame 0.
        kind: where it comes from: 0 a procedural scene, 1 real footage, 2 compressed footage.
    """

    first: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.uint8]
    last: npt.NDArray[np.uint8]
    time: float
    flow01: npt.NDArray[np.float32]
    flow10: npt.NDArray[np.float32]
    nearness0: npt.NDArray[np.float32]
    nearness1: npt.NDArray[np.float32]
    visible0: npt.NDArray[np.float32]
    visible1: npt.NDArray[np.float32]
    kind: int


class Source(Protocol):
    """Makes samples; the same `index` gives the same sample on every machine."""

    def sample(self, index: int) -> Sample:
        """The sample of this number, from 0 up; there is no end."""


@runtime_checkable
class Planner(Source, Protocol):
    """A source whose samples, or some of them, need not be rendered where they are chosen."""

    def plan(self, index: int) -> ScenePlan | Sample:
        """What is to be rendered, or the sample itself where there is nothing to render."""


def plan_or_sample(source: Source, index: int) -> ScenePlan | Sample:
    """The plan of a sample if its source makes plans, else the sample."""
    return source.plan(index) if isinstance(source, Planner) else source.sample(index)


@dataclass(frozen=True)
class Batch:
    """Samples as tensors, colours in [0, 1]; attributes as in `Sample`.

    Attributes:
        first: ``(B, 3, H, W)`` float32.
        truth: likewise.
        last: likewise.
        time: ``(B,)`` float32.
        flow01: ``(B, 2, H, W)``.
        flow10: likewise.
        nearness0: ``(B, 1, H, W)``.
        nearness1: likewise.
        visible0: likewise.
        visible1: likewise.
        kind: ``(B,)`` int64.
    """

    first: Tensor
    truth: Tensor
    last: Tensor
    time: Tensor
    flow01: Tensor
    flow10: Tensor
    nearness0: Tensor
    nearness1: Tensor
    visible0: Tensor
    visible1: Tensor
    kind: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)}
        return Batch(**moved)


def collate(samples: Sequence[Sample]) -> Batch:
    """Samples of one size as a batch."""
    tensors = {}
    for entry in fields(Batch):
        values = [getattr(sample, entry.name) for sample in samples]
        if entry.name in ("time", "kind"):
            kind = torch.int64 if entry.name == "kind" else torch.float32
            tensors[entry.name] = torch.tensor(values, dtype=kind)
            continue
        stacked = torch.from_numpy(np.stack(values))
        if stacked.dtype == torch.uint8:
            tensors[entry.name] = stacked.permute(0, 3, 1, 2).contiguous().float().div_(255)
        elif stacked.ndim == 4:
            tensors[entry.name] = stacked.permute(0, 3, 1, 2).contiguous()
        else:
            tensors[entry.name] = stacked[:, None]
    return Batch(**tensors)


def join(batches: Sequence[Batch], order: Tensor) -> Batch:
    """Batches on one device as one.

    Args:
        batches: of samples of one size.
        order: ``(B,)`` int64, the place of each sample of the result among those of all batches.
    """
    return Batch(
        **{
            entry.name: torch.cat([getattr(batch, entry.name) for batch in batches])[order]
            for entry in fields(Batch)
        }
    )


def from_footage(
    first: npt.NDArray[np.uint8],
    truth: npt.NDArray[np.uint8],
    last: npt.NDArray[np.uint8],
    time: float,
    kind: int,
) -> Sample:
    """A sample of which only the frames are known."""
    height, width = first.shape[:2]
    flow = np.full((height, width, 2), np.nan, np.float32)
    plane = np.full((height, width), np.nan, np.float32)
    return Sample(first, truth, last, time, flow, flow, plane, plane, plane, plane, kind)
