"""Plans of scenes as a few arrays in one piece of memory, on their way to a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dain.training.device_spoiling import pack_spoiling
from dain.training.scene_motion import inverse
from dain.training.scene_rendering import Layer, exposure_moments
from dain.training.scenes import ScenePlan

Arrays = Mapping[str, npt.NDArray[Any]]

# Pixels of all layers at all moments that are worked on at once: 50 bytes each.
_MOST_PIXELS = 2**24
_ALIGNED = 16  # bytes; where an array may begin
_MARGIN = 1  # transparent pixels around each picture
_NOWHERE = (0.0, 0.0, -9.0, 0.0, 0.0, -9.0, 0.0, 0.0, 1.0)  # takes every pixel to the margin


@dataclass(frozen=True)
class SceneGroup:
    """Scenes that are rendered together: `S` of them, of up to `E` layers at up to `M` moments.

    Moments 0 and 1 are the times of the first and the last frame. Scenes with fewer layers have
    transparent ones in front, those with fewer moments have some without weight.

    Attributes:
        atlas: ``(S, h, w, 4)`` uint8 RGBA, the pictures of a scene one below the other, with
            transparent pixels around each.
        top: ``(S, E)`` float32, row of the atlas at which a picture begins; all begin in column 1.
        extent: ``(S, E, 2)`` float32, width and height of the pictures.
        nearness: ``(S, E)`` float32.
        back: ``(S, E, M, 9)`` float32, matrices from pixels of the frame to those of the picture.
        ahead: ``(S, E, 2, 9)`` float32, the reverse, at moments 0 and 1.
        weights: ``(S, 3, M)`` float32, of each moment in the first frame, the truth and the last.
        bent: ``(B, 2)`` int64, scene and layer of what bends.
        fields: ``(B, 2, h, w)`` float32, see `Bending.field`.
        field_extent: ``(B, 2)`` float32, width and height of each field.
        spacing: ``(B,)`` float32, see `Bending.spacing`.
        done: ``(B, M)`` float32, how much of the bending is done.
        line: ``(size,)`` float32, from 0: where the pixels of a frame lie along each side.
    """

    atlas: Tensor
    top: Tensor
    extent: Tensor
    nearness: Tensor
    back: Tensor
    ahead: Tensor
    weights: Tensor
    bent: Tensor
    fields: Tensor
    field_extent: Tensor
    spacing: Tensor
    done: Tensor
    line: Tensor


class Parcel:
    """Groups of named arrays in one tensor.

    Worker processes hand on every tensor with a file descriptor of its own, and a device takes
    one large copy more readily than many small ones.
    """

    def __init__(self, groups: Sequence[Arrays]) -> None:
        """Copy the arrays."""
        self._layout: list[dict[str, tuple[int, torch.dtype, tuple[int, ...]]]] = []
        pieces, end = [], 0
        for group in groups:
            places = {}
            for name, array in group.items():
                places[name] = (end, torch.from_numpy(array[:0]).dtype, array.shape)
                pieces.append((end, np.ascontiguousarray(array)))
                end += -(-array.nbytes // _ALIGNED) * _ALIGNED
            self._layout.append(places)
        self._store = torch.empty(end, dtype=torch.uint8)
        target = self._store.numpy()
        for start, array in pieces:
            target[start : start + array.nbytes] = array.reshape(-1).view(np.uint8)

    def pin_memory(self) -> Parcel:
        """In memory from which a GPU can copy at once; PyTorch's loader calls this."""
        self._store = self._store.pin_memory()
        return self

    def on(self, device: torch.device) -> list[dict[str, Tensor]]:
        """The arrays as tensors on a device, by group and name."""
        store = self._store.to(device, non_blocking=True)
        return [
            {name: _cut(store, *place) for name, place in places.items()} for places in self._layout
        ]


def pack_scenes(plans: Sequence[ScenePlan]) -> Parcel:
    """All that a device needs to render scenes of one size.

    The last group is that of `dain.training.device_spoiling.Spoilings`, with the ``time`` of each
    scene and its ``place`` among all that are rendered; the others are `SceneGroup`.
    """
    steps = [plan.exposure_steps() for plan in plans]
    rendered = _group(plans, steps)
    groups = [_pack([plans[k] for k in group], [steps[k] for k in group]) for group in rendered]
    common: Arrays = {
        "time": np.array([plan.time for plan in plans], np.float32),
        "place": np.argsort([k for group in rendered for k in group]),
    }
    return Parcel([*groups, {**common, **pack_spoiling(plans)}])


def _group(plans: Sequence[ScenePlan], steps: Sequence[int]) -> list[list[int]]:
    """Numbers of plans to render together: of like size, and not too many."""
    groups: list[list[int]] = []
    for number in sorted(range(len(plans)), key=lambda k: (steps[k], len(plans[k].layers))):
        together = [*groups[-1], number] if groups else []
        most_layers = max((len(plans[k].layers) for k in together), default=0)
        moments = _count_moments(steps[number])  # of the last one, which has the most
        pixels = len(together) * most_layers * moments * plans[number].size ** 2
        alike = bool(together) and (steps[together[0]] > 0) == (steps[number] > 0)
        if alike and pixels <= _MOST_PIXELS:
            groups[-1] = together
        else:
            groups.append([number])
    return groups


def _count_moments(steps: int) -> int:
    return 2 + 3 * steps if steps else 3


def _pack(plans: Sequence[ScenePlan], steps: Sequence[int]) -> Arrays:
    """The arrays of a `SceneGroup`."""
    layers, moments = max(len(p.layers) for p in plans), max(map(_count_moments, steps))
    count = len(plans)
    back = np.tile(np.array(_NOWHERE, np.float32), (count, layers, moments, 1))
    ahead = np.tile(np.eye(3, dtype=np.float32).ravel(), (count, layers, 2, 1))
    weights = np.zeros((count, 3, moments), np.float32)
    nearness = np.zeros((count, layers), np.float32)
    bent: list[tuple[int, int]] = []
    done: list[npt.NDArray[np.float32]] = []
    for number, (plan, exposed) in enumerate(zip(plans, steps, strict=True)):
        times = _moments(plan, exposed, weights[number])
        for place, layer in enumerate(plan.layers):
            matrices = [layer.matrix(t) for t in times]
            back[number, place, : len(times)] = [inverse(m).ravel() for m in matrices]
            ahead[number, place] = [m.ravel() for m in matrices[:2]]
            nearness[number, place] = layer.nearness
            if layer.bending is not None:
                bent.append((number, place))
                done.append(np.zeros(moments, np.float32))
                done[-1][: len(times)] = [layer.path.done(t) for t in times]
    return {
        **_pack_pictures([plan.layers for plan in plans], layers),
        "nearness": nearness,
        "back": back,
        "ahead": ahead,
        "line": np.arange(plans[0].size, dtype=np.float32),
        "weights": weights,
        "bent": np.array(bent, np.int64).reshape(-1, 2),
        "done": np.array(done, np.float32).reshape(-1, moments),
        **_pack_fields([plans[number].layers[place] for number, place in bent]),
    }


def _moments(plan: ScenePlan, steps: int, weights: npt.NDArray[np.float32]) -> list[float]:
    """At which times a scene is rendered; fills in their weights, ``(3, M)``."""
    times = [0.0, 1.0]
    for frame, time in enumerate((0.0, plan.time, 1.0)):
        if steps:
            assert plan.shutter is not None
            weights[frame, len(times) : len(times) + steps] = 1 / steps
            times += exposure_moments(time, plan.shutter, steps)
    if not steps:
        times.append(plan.time)
        weights[[0, 1, 2], [0, 2, 1]] = 1
    return times


def _pack_pictures(scenes: Sequence[Sequence[Layer]], layers: int) -> Arrays:
    """Pictures of all scenes, each scene's one below the other."""
    shapes = [[layer.picture.shape for layer in scene] for scene in scenes]
    height = max(sum(h + _MARGIN for h, _, _ in each) for each in shapes) + _MARGIN
    width = max(w for each in shapes for _, w, _ in each) + 2 * _MARGIN
    atlas = np.zeros((len(scenes), height, width, 4), np.uint8)
    top = np.full((len(scenes), layers), _MARGIN, np.float32)
    extent = np.zeros((len(scenes), layers, 2), np.float32)
    for number, scene in enumerate(scenes):
        row = _MARGIN
        for place, layer in enumerate(scene):
            assert layer.endless == (place == 0), "the first layer is endless, and no other"
            h, w = layer.picture.shape[:2]
            atlas[number, row : row + h, _MARGIN : _MARGIN + w] = layer.picture
            top[number, place], extent[number, place] = row, (w, h)
            row += h + _MARGIN
    return {"atlas": atlas, "top": top, "extent": extent}


def _pack_fields(layers: Sequence[Layer]) -> Arrays:
    """How layers bend, padded to the largest field."""
    bendings = [layer.bending for layer in layers if layer.bending is not None]
    height = max((b.field.shape[0] for b in bendings), default=2)
    width = max((b.field.shape[1] for b in bendings), default=2)
    fields = np.zeros((len(bendings), 2, height, width), np.float32)
    for number, bending in enumerate(bendings):
        h, w = bending.field.shape[:2]
        fields[number, :, :h, :w] = bending.field.transpose(2, 0, 1)
    extents = [bending.field.shape[1::-1] for bending in bendings]
    return {
        "fields": fields,
        "field_extent": np.array(extents, np.float32).reshape(-1, 2),
        "spacing": np.array([bending.spacing for bending in bendings], np.float32),
    }


def _cut(store: Tensor, start: int, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    length = int(np.prod(shape)) * dtype.itemsize
    return store[start : start + length].view(dtype).view(shape)
