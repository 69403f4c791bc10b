"""Keeping a network within memory: tiles by prediction, and less of everything where that erred."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal, TypeVar

import torch

from dain.engine.limits import FrameLimits, find_limits
from dain.engine.memory import budget_on, choose_tile, is_out_of_memory, tiles_below
from dain.errors import MemoryWarning, OptionError, RunError
from dain.networks import InterpolationNetwork

Result = TypeVar("Result")

# Elsewhere bfloat16, which keeps the range of float32.
_LESS_PRECISE = {"cuda": "fp16", "mps": "fp16"}

_WITH_ALPHA = Fraction(7, 5)  # of what frames without it need: their features are kept besides


class MemoryFit:
    """Sizes the work of a network to the memory there is.

    Attributes:
        precision: in which the network runs now.
    """

    def __init__(
        self,
        network: InterpolationNetwork[Any, Any],
        device: torch.device,
        precision: str,
        tile_size: int | Literal["auto"],
        memory: int | None,
    ) -> None:
        """Prepare the network.

        Args:
            network: on its device; changed by this.
            device: it is on.
            precision: to run in.
            tile_size: side of the tiles, or ``auto``.
            memory: bytes to count on; None for a share of what is free.

        Raises:
            OptionError: the tiles are smaller than the network can take.
        """
        least = network.least_tile
        if tile_size != "auto" and least is not None and tile_size < least:
            raise OptionError(
                f"--tile-size must be at least {least} for this model, found {tile_size}"
            )
        network.prepare(precision)
        self.precision = precision
        self._network = network
        self._device = device
        self._tile_size = tile_size
        self._memory = memory
        self._reserved = 0
        self._ceiling: int | None = None  # tiles that turned out to be the largest possible
        self._shape: tuple[tuple[int, ...], Fraction] | None = None

    def reserve(self, count: int) -> None:
        """Leave `count` bytes of the host's memory alone when tiles are chosen next."""
        self._reserved = count if self._device.type != "cuda" else 0
        self._shape = None

    def fit(
        self,
        shape: tuple[int, ...],
        scale: Fraction,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """Choose the tiles for frames of a shape, if it is not the last one's.

        Args:
            shape: of a frame, ``(H, W, C)``.
            scale: size at which motion is estimated.
            forget: lets go of everything that was kept of other frames.

        Warns:
            MemoryWarning: the memory to count on is less than what the smallest tiles need.
        """
        if self._shape == (shape, scale):
            return
        self._shape = (shape, scale)
        forget()
        height, width, channels = shape
        tile: int | None
        if self._tile_size != "auto":
            tile = self._tile_size if self._network.least_tile is not None else None
        else:
            budget = self._budget()
            budget = int(budget / _WITH_ALPHA) if channels == 4 else budget
            tile = choose_tile(self._network, height, width, scale, budget)
            needed = self._network.working_set(height, width, scale, tile)
            if needed > budget and self._memory is not None:
                warnings.warn(
                    f"frames of {width}x{height} need about "
                    f"{(needed + self._reserved) / 2**30:.1f} GiB, more than "
                    "--memory allows",
                    MemoryWarning,
                    4,
                )
        if self._ceiling is not None:
            tile = self._ceiling if tile is None else min(tile, self._ceiling)
        if tile is not None and tile >= max(height, width):
            tile = None
        self._network.tile = tile

    def limits(self) -> FrameLimits:
        """The largest frames, without alpha, that the memory to count on allows now."""
        return find_limits(self._network, self._budget())

    def _budget(self) -> int:
        return budget_on(self._device, self._memory, self._reserved)

    def run(self, work: Callable[[], Result], forget: Callable[[], None]) -> Result:
        """Do some work; where memory runs out, do it again in a way that needs less.

        Args:
            work: may be done several times.
            forget: lets go of everything that earlier work has kept.

        Warns:
            MemoryWarning: memory ran out, and the work was done otherwise.

        Raises:
            RunError: there is no way that needs less.
        """
        stepped = False
        while True:
            try:
                result = work()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            else:
                if stepped:
                    warnings.warn(f"memory ran out; going on {self._manner()}", MemoryWarning, 4)
                return result
            # Not in the handler: the exception holds on to everything that the work had made.
            forget()
            self._release()
            if not self._step_down():
                raise RunError(
                    f"out of memory {self._manner()}; close other programs, or give a smaller "
                    "--scale or a smaller video"
                )
            stepped = True

    def _release(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _step_down(self) -> bool:
        """Make tiles at most half as large, or else the arithmetic coarser."""
        least = self._network.least_tile
        if least is None or self._shape is None:
            return False
        now = self._network.tile or max(self._shape[0][:2])
        smaller = tiles_below(now, least)
        if smaller:
            tile = next((tile for tile in smaller if 2 * tile <= now), smaller[-1])
            self._network.tile = self._ceiling = tile
            return True
        coarser = _LESS_PRECISE.get(self._device.type, "bf16")
        if self.precision != "fp32" or coarser not in self._network.precisions:
            return False
        self._network.prepare(coarser)
        self.precision = coarser
        return True

    def _manner(self) -> str:
        tile = self._network.tile
        pieces = "with whole frames" if tile is None else f"in tiles of {tile} pixels"
        return f"{pieces}, in {self.precision}"
