"""The interpolator: numpy frames in, numpy frames out, features kept for the next pair."""

from __future__ import annotations

import copy
import hashlib
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt
import torch
from torch import Tensor

from dain.engine.devices import resolve_device, resolve_precision
from dain.engine.doubt import MadeFrame, certain, fall_back, fallback_share, judged
from dain.engine.fitting import MemoryFit
from dain.engine.limits import FrameLimits, automatic_scale
from dain.engine.pair_work import KnownFrame, PairWork
from dain.engine.pixels import check_frame, check_times, join_alpha, to_array, to_tensor
from dain.engine.sharpness import describe, even_sharpness
from dain.errors import FrameError, OptionError
from dain.networks import FrameFeatures, Motion, Synthesis
from dain.settings import (
    DEFAULT_MODEL,
    DOUBT,
    SHARPNESS,
    Doubt,
    EngineSettings,
    Precision,
    Sharpness,
)
from dain.weights import load_network


class Interpolator:
    """Makes frames between two frames.

    Features of the last two frames are kept, recognised by content, so a caller may reuse its
    buffers; consecutive pairs pay once for the frame they share, and further times of the same
    pair pay nothing for its motion. Not safe to call from two threads at a time.

    Attributes:
        model: name of the network.
        device: where it runs.
        weights_digest: SHA-256 of its weights.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        device: str = "auto",
        precision: Precision = "auto",
        weights: str | Path | None = None,
        scale: Fraction | Literal["auto"] = "auto",
        tile_size: int | Literal["auto"] = "auto",
        memory: int | None = None,
        doubt: Doubt = "off",
        sharpness: Sharpness = "off",
    ) -> None:
        """Load a network.

        Args:
            model: ``dain-lite`` or ``dain``.
            device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
            precision: ``auto``, or one that the network can run in.
            weights: a file of weights; None for those inside the package or, for ``dain``,
                those that were imported or fetched.
            scale: size at which motion is estimated, in (0, 1], or ``auto`` (1 up to 1080p, so
                that no more pixels are searched beyond it).
            tile_size: side in pixels of the pieces in which new frames are made, or ``auto``:
                whole frames where memory allows, else the largest that it allows. The frames
                are the same; models that need little memory make no pieces.
            memory: bytes that the network may count on for ``auto``; None for a share of what
                is free.
            doubt: where a new frame is likely to be wrong, take the ``blend`` of both old frames,
                or ``hold`` the nearer one, more softly the less is sure; ``off`` leaves new
                frames as the network made them.
            sharpness: ``auto`` gives new frames back the fine detail and grain that they lack
                beside the old ones, where it can be told from error; ``even`` nearly all of it;
                ``off`` leaves them as they are.

        Raises:
            OptionError: an unknown model, device, precision, kind of doubt or sharpness, or a
                scale, tile size or memory out of range.
            WeightsError: the weights cannot be used.
        """
        settings = EngineSettings(
            model=model,
            device=device,
            precision=precision,
            scale=scale,
            tile_size=tile_size,
            memory=memory,
        )
        _check_finish(doubt, sharpness)
        self._doubt, self._sharpness = doubt, sharpness
        self._device = resolve_device(device)
        self._network = load_network(model, weights)
        self.weights_digest = _digest(self._network)
        self._network = self._network.to(self._device)
        arithmetic = resolve_precision(precision, self._network.precisions, self._device, model)
        self._fit = MemoryFit(self._network, self._device, arithmetic, tile_size, memory)
        self._scale = settings.scale
        self._work = PairWork(detailed=sharpness != "off")
        self.model = model
        self.device = str(self._device)

    def finishing(self, *, doubt: Doubt, sharpness: Sharpness) -> Interpolator:
        """One that finishes new frames otherwise; what it shares with this one is worked out once.

        Args:
            doubt: see above.
            sharpness: see above.
        """
        _check_finish(doubt, sharpness)
        if sharpness != "off" and not self._work.detailed:
            self._work.forget()
            self._work.detailed = True
        self._work.shared = True
        other = copy.copy(self)
        other._doubt, other._sharpness = doubt, sharpness
        return other

    def reserve(self, count: int) -> None:
        """Leave `count` bytes of the memory to count on to others, such as frames that wait.

        On a GPU, which has memory of its own, this changes nothing.
        """
        self._fit.reserve(count)

    @property
    def precision(self) -> str:
        """The arithmetic of the learned layers, resolved."""
        return self._fit.precision

    @property
    def threads(self) -> int:
        """Threads that share the work on a CPU; the last bits of a frame may hang on it."""
        return torch.get_num_threads()

    def use_threads(self, count: int) -> None:
        """Share the work among this many threads; holds for the whole process."""
        if count != torch.get_num_threads():
            torch.set_num_threads(count)

    @property
    def tile(self) -> int | None:
        """Side of the pieces in which the last frames were made; None for whole frames."""
        return self._network.tile

    def limits(self) -> FrameLimits:
        """The largest frames that there is memory for now, by prediction, at automatic scale."""
        return self._fit.limits()

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float] = (0.5,),
    ) -> list[npt.NDArray[Any]]:
        """Frames between two frames: the pixels of `make`, which see.

        Returns:
            One frame for each time, of the size and type given: clamped, rounded if integer.
        """
        return [made.pixels for made in self.make(frame0, frame1, times)]

    def make(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float] = (0.5,),
    ) -> list[MadeFrame]:
        """Frames between two frames, and how far to trust each.

        Args:
            frame0: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA, alpha not multiplied into the
                colours: uint8, uint16, or float32 in [0, 1]. Alpha moves as the colours do.
            frame1: the same size and type.
            times: each in (0, 1), from frame 0 to frame 1.

        Returns:
            One frame for each time, its pixels of the size and type given: clamped, rounded if
            integer. Between equal frames nothing is in doubt.

        Raises:
            FrameError: a frame is of the wrong type, shape or range, or a time outside (0, 1).
            RunError: there is not enough memory even for the smallest pieces.

        Warns:
            MemoryWarning: memory ran out, and smaller pieces or less precision had to do.
        """
        frame0, frame1 = check_frame(frame0, "frame0"), check_frame(frame1, "frame1")
        if frame0.shape != frame1.shape or frame0.dtype != frame1.dtype:
            raise FrameError(
                "both frames must have one size and type, found "
                f"{frame0.shape} {frame0.dtype} and {frame1.shape} {frame1.dtype}"
            )
        wanted = check_times(times)
        with torch.inference_mode():
            self._fit.fit(frame0.shape, self._scale_for(frame0), self._work.forget)
            return self._fit.run(lambda: self._make(frame0, frame1, wanted), self._work.forget)

    def _make(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[MadeFrame]:
        known0, known1 = self._find(frame0, frame1)
        if known0 is known1:  # nothing moves, and nothing is to be made better
            return [certain(frame0.copy(order="C")) for _ in times]
        motion = self._relate(known0.features, known1.features)
        return [self._make_at(float(t), known0, known1, motion) for t in times]

    def _make_at(
        self, t: float, known0: KnownFrame, known1: KnownFrame, motion: Motion
    ) -> MadeFrame:
        """One new frame: synthesised, given up where it is in doubt, and brought to pixels."""
        before, after = known0.features, known1.features
        made = self._synthesise(before, after, motion, t)
        pictures = [(made.frame, before.frame, after.frame)]
        if known0.cover is not None and known1.cover is not None:
            cover = self._network.synthesise(known0.cover, known1.cover, motion, t)
            pictures += [
                (made.blended, before.frame, after.frame),
                (cover.blended, known0.cover.frame, known1.cover.frame),
            ]
        share: Tensor | None = None
        if self._doubt != "off":
            share = fallback_share(made.certainty, before.frame, after.frame, self._doubt)
            pictures = [
                (fall_back(picture, (old0, old1), t, share, self._doubt), old0, old1)
                for picture, old0, old1 in pictures
            ]
        picture = pictures[0][0]
        if self._sharpness != "off" and known0.detail is not None and known1.detail is not None:
            # Colours that alpha is multiplied into: of these, `join_alpha` takes the covered.
            picture = even_sharpness(
                picture, known0.detail, known1.detail, motion, t, self._sharpness
            )
        if len(pictures) > 1:
            picture = join_alpha(picture, pictures[1][0], pictures[2][0][:, :1].clamp(0, 1))
        return judged(to_array(picture, known0.pixels.dtype), made.certainty, share)

    def _synthesise(
        self, before: FrameFeatures, after: FrameFeatures, motion: Motion, t: float
    ) -> Synthesis:
        known = self._work.find_made(motion, t)
        if known is not None:
            return known
        made: Synthesis = self._network.synthesise(before, after, motion, t)
        self._work.keep_made(motion, t, made)
        return made

    def _find(
        self, frame0: npt.NDArray[Any], frame1: npt.NDArray[Any]
    ) -> tuple[KnownFrame, KnownFrame]:
        """Both frames with their features; whatever is of neither is let go of first."""
        work = self._work
        known0, known1 = work.recall(frame0), work.recall(frame1)
        if known0 is None or known1 is None:
            work.motion, work.made = None, []
        work.known = [known for known in (known0, known1) if known is not None]
        if known0 is None:
            known0 = self._encode(frame0)
            known1 = known0 if known0.is_of(frame1) else known1
        if known1 is None:
            known1 = self._encode(frame1)
        work.known = [known0, known1]
        return known0, known1

    def _encode(self, frame: npt.NDArray[Any]) -> KnownFrame:
        # Our own copy: the caller's may change, and may be one that torch cannot look at.
        frame = frame.copy(order="C")
        tensor = to_tensor(frame, self._device)
        colours = tensor[:, :3] * tensor[:, 3:] if frame.shape[2] == 4 else tensor
        features = self._network.encode(colours, self._scale_for(frame))
        cover = None
        if frame.shape[2] == 4:
            alpha = tensor[:, 3:].expand(-1, 3, -1, -1).contiguous()
            cover = self._network.reframe(features, alpha)
        detail = None
        if self._work.detailed:
            detail = describe(colours, zlib.crc32(frame.tobytes()))
        return KnownFrame(frame, features, cover, detail)

    def _relate(self, features0: FrameFeatures, features1: FrameFeatures) -> Motion:
        work = self._work
        if work.motion is not None:
            before, after, known = work.motion
            if before is features0 and after is features1:
                return known
        motion: Motion = self._network.relate(features0, features1)
        work.motion, work.made = (features0, features1, motion), []
        return motion

    def _scale_for(self, frame: npt.NDArray[Any]) -> Fraction:
        if self._scale != "auto":
            return self._scale
        return automatic_scale(frame.shape[0], frame.shape[1])


def _check_finish(doubt: str, sharpness: str) -> None:
    """Refuse unknown ways to finish a frame.

    Raises:
        OptionError: one is unknown.
    """
    if doubt not in DOUBT:
        raise OptionError(f"--doubt must be one of {', '.join(DOUBT)}, found {doubt!r}")
    if sharpness not in SHARPNESS:
        raise OptionError(f"--sharpness must be one of {', '.join(SHARPNESS)}, found {sharpness!r}")


def _digest(network: torch.nn.Module) -> str:
    """SHA-256 of all weights, by their names."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()
