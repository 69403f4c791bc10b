"""The three stages that every network has: once per frame, once per pair, once per new frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from dain.errors import FrameError


@dataclass(frozen=True)
class FrameFeatures:
    """What a network keeps of one frame; subclasses add their own.

    Attributes:
        frame: ``(B, 3, H, W)`` RGB in [0, 1].
    """

    frame: Tensor


@dataclass(frozen=True)
class Motion:
    """What a network keeps of a pair; subclasses add their own.

    Attributes:
        flow01: ``(B, 2, h, w)``, F01 in pixels of its own size.
        flow10: likewise, F10.
    """

    flow01: Tensor
    flow10: Tensor


class Synthesis(NamedTuple):
    """A new frame, neither clamped nor rounded.

    Attributes:
        frame: ``(B, 3, H, W)``.
        blended: the same, before frame synthesis adds its residual.
        certainty: ``(B, 1, ceil(H / 4), ceil(W / 4))`` in (0, 1], without gradient: how sure one
            can be of each square of 4 by 4 pixels (`dain.networks.certainty`).
    """

    frame: Tensor
    blended: Tensor
    certainty: Tensor


class Output(NamedTuple):
    """New frames, neither clamped nor rounded.

    Attributes:
        frames: ``(B, T, 3, H, W)``.
        blended: the same, before frame synthesis adds its residual.
    """

    frames: Tensor
    blended: Tensor


_BYTES_PER_PIXEL = 150  # two frames, flows and warped pictures in float32, and room to work

Features = TypeVar("Features", bound=FrameFeatures)
Related = TypeVar("Related", bound=Motion)


class InterpolationNetwork(nn.Module, ABC, Generic[Features, Related]):
    """A network that makes frames between two frames.

    Attributes:
        precisions: the arithmetic that it can run in.
        least_tile: side in pixels of the smallest tile it can work in; None where it needs none.
        tile: side of the pieces in which new frames are made, to save memory; None for whole
            frames. The result does not depend on it.
    """

    precisions: tuple[str, ...] = ("fp32",)
    least_tile: int | None = None
    tile: int | None = None

    def prepare(self, precision: str) -> None:
        """Make the network fast for running, and unfit for training.

        Args:
            precision: arithmetic of the learned layers, one of `precisions`.

        Raises:
            ValueError: the network cannot run in it.
        """
        if precision not in self.precisions:
            raise ValueError(f"expected one of {', '.join(self.precisions)}, found {precision!r}")

    def working_set(self, height: int, width: int, scale: Fraction, tile: int | None) -> int:
        """Bytes that interpolating frames of this size takes at its peak, beside the weights.

        Args:
            height: of a frame.
            width: of a frame.
            scale: size at which motion is estimated, as given to `encode`.
            tile: side of the pieces, or None.
        """
        return _BYTES_PER_PIXEL * height * width

    def reframe(self, features: Features, picture: Tensor) -> Features:
        """The features of a frame with another picture in its place, such as its alpha.

        Args:
            features: of a frame.
            picture: ``(B, 3, H, W)``, moves as that frame does.
        """
        return replace(features, frame=picture)

    @abstractmethod
    def encode(self, frame: Tensor, scale: Fraction = Fraction(1)) -> Features:
        """What can be known of one frame alone.

        Args:
            frame: ``(B, 3, H, W)`` RGB in [0, 1], any size.
            scale: size at which motion will be estimated, in (0, 1].
        """

    @abstractmethod
    def relate(self, features0: Features, features1: Features) -> Related:
        """How the two frames move into each other, whatever the time between them."""

    @abstractmethod
    def synthesise(
        self, features0: Features, features1: Features, motion: Related, t: float
    ) -> Synthesis:
        """The frame at time `t` in (0, 1), and how sure one can be of it."""

    def forward(
        self,
        frame0: Tensor,
        frame1: Tensor,
        times: Sequence[float],
        scale: Fraction = Fraction(1),
    ) -> Output:
        """All stages at once.

        Args:
            frame0: ``(B, 3, H, W)`` RGB in [0, 1].
            frame1: the same size.
            times: each in (0, 1).
            scale: see `encode`.

        Raises:
            FrameError: the frames are of other shapes or types, or a time is outside (0, 1).
        """
        _check(frame0, frame1, times)
        features0, features1 = self.encode(frame0, scale), self.encode(frame1, scale)
        motion = self.relate(features0, features1)
        made = [self.synthesise(features0, features1, motion, float(t)) for t in times]
        return Output(
            torch.stack([each.frame for each in made], dim=1),
            torch.stack([each.blended for each in made], dim=1),
        )


def _check(frame0: Tensor, frame1: Tensor, times: Sequence[float]) -> None:
    for frame in (frame0, frame1):
        if frame.ndim != 4 or frame.shape[1] != 3 or 0 in frame.shape:
            raise FrameError(f"frames must be (B, 3, H, W), found {tuple(frame.shape)}")
        if not frame.is_floating_point():
            raise FrameError(f"frames must be floating, in [0, 1], found {frame.dtype}")
    if frame0.shape != frame1.shape or frame0.dtype != frame1.dtype:
        raise FrameError(
            "both frames must have one size and type, found "
            f"{tuple(frame0.shape)} {frame0.dtype} and {tuple(frame1.shape)} {frame1.dtype}"
        )
    if not len(times) or not all(0 < t < 1 for t in times):
        raise FrameError(f"times must lie between 0 and 1, both excluded, found {list(times)}")
