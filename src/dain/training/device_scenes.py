"""Scenes rendered on a device, many at a time, as `dain.training.scene_rendering` does one by one.

Pixel centres lie on whole numbers throughout: `grid_sample` is called with ``align_corners=True``.
Pixels are whole levels of 255 after each step, as they are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from dain.training.device_packing import Parcel, SceneGroup, pack_scenes
from dain.training.device_spoiling import Spoilings, spoil
from dain.training.samples import Batch
from dain.training.scene_bending import ROUNDS
from dain.training.scenes import ScenePlan

_SLACK = 1e-3  # pixels: what stands still at the border is inside, rounding or not


def render_scenes(plans: Sequence[ScenePlan], device: torch.device) -> Batch:
    """What the plans' own `render` gives, to rounding, and with other noise of the same kind.

    Args:
        plans: at least one; all of one size.
        device: to render on.
    """
    return render_parcel(pack_scenes(plans), device)


@torch.no_grad()
def render_parcel(parcel: Parcel, device: torch.device) -> Batch:
    """Scenes in the order in which they were packed, without waiting for the device.

    Args:
        parcel: from `pack_scenes`.
        device: to render on.
    """
    *groups, common = parcel.on(device)
    time, place = common.pop("time"), common.pop("place")
    rendered = [_render(SceneGroup(**group)) for group in groups]
    whole = {
        field.name: torch.cat([getattr(part, field.name) for part in rendered])[place]
        for field in fields(_Rendered)
    }
    frames = spoil(whole.pop("frames"), Spoilings(**common)).div_(255)
    first, truth, last = frames.unbind(1)
    kind = torch.zeros(len(place), dtype=torch.int64, device=device)
    return Batch(
        first=first.contiguous(),
        truth=truth.contiguous(),
        last=last.contiguous(),
        time=time,
        kind=kind,
        **whole,
    )


@dataclass(frozen=True)
class _Rendered:
    """A group of scenes; what has no comment is as in `Batch`."""

    frames: Tensor  # (S, 3, 3, H, W): first, truth and last, RGB, in levels of 255
    flow01: Tensor
    flow10: Tensor
    nearness0: Tensor
    nearness1: Tensor
    visible0: Tensor
    visible1: Tensor


def _render(group: SceneGroup) -> _Rendered:
    x, y = _sources(group)
    pixels = torch.stack(torch.meshgrid(group.line, group.line, indexing="xy"))
    frames, labels = _compose(_look_up(group, x, y))
    target0, target1 = (_carry(group, x, y, labels[:, k], k) for k in (0, 1))
    return _Rendered(
        frames=torch.einsum("sfm,scmhw->sfchw", group.weights, frames).round_(),
        flow01=target0 - pixels,
        flow10=target1 - pixels,
        nearness0=_by_label(group.nearness, labels[:, 0])[:, None],
        nearness1=_by_label(group.nearness, labels[:, 1])[:, None],
        visible0=_visible(target0, labels[:, 0], labels[:, 1]),
        visible1=_visible(target1, labels[:, 1], labels[:, 0]),
    )


def _sources(group: SceneGroup) -> tuple[Tensor, Tensor]:
    """Which place of each layer's picture lies at each pixel: x and y, ``(S, E, M, H, W)``."""
    matrix = group.back[..., None, None].unbind(3)
    x, y = _project(matrix, group.line, group.line[:, None])
    if len(group.bent):
        bent = group.bent.unbind(1)
        x[bent], y[bent] = _unbend(group, x[bent], y[bent])
    return x, y


def _project(matrix: Sequence[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Places through matrices, whose nine entries are given row by row."""
    a, b, c, d, e, f, g, h, i = matrix
    depth = g * x + (h * y + i)
    return (a * x + (b * y + c)) / depth, (d * x + (e * y + f)) / depth


def _unbend(group: SceneGroup, lying_x: Tensor, lying_y: Tensor) -> tuple[Tensor, Tensor]:
    """The reverse of bending, ``(B, M, H, W)`` each; see `Bending.sources`."""
    x, y = lying_x, lying_y
    done = group.done[..., None, None]
    for _ in range(ROUNDS):
        bent_x, bent_y = _bent_by(group, x, y)
        x, y = lying_x - done * bent_x, lying_y - done * bent_y
    return x, y


def _bent_by(group: SceneGroup, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The fields at places of the pictures, ``(B, M, H, W)`` each."""
    spacing, extent = group.spacing.view(-1, 1, 1, 1), group.field_extent[..., None, None, None]
    x = (x / spacing).clamp(min=0).minimum(extent[:, 0] - 1)
    y = (y / spacing).clamp(min=0).minimum(extent[:, 1] - 1)
    found_x, found_y = _sample(group.fields, x, y).unbind(1)
    return found_x, found_y


def _sample(pictures: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Pictures ``(N, C, h, w)`` between their pixels at places ``(N, ...)``: ``(N, C, ...)``."""
    height, width = pictures.shape[2:]
    grid = torch.stack([x * (2 / (width - 1)) - 1, y * (2 / (height - 1)) - 1], -1)
    found = functional.grid_sample(
        pictures, grid.flatten(1, -3), mode="bilinear", padding_mode="border", align_corners=True
    )
    return found.view(*pictures.shape[:2], *x.shape[1:])


def _look_up(group: SceneGroup, x: Tensor, y: Tensor) -> Tensor:
    """Every layer by itself, ``(S, 4, E, M, H, W)`` RGBA in levels of 255."""
    extent = group.extent[..., None, None, None]
    left, top = 1.0, group.top[..., None, None, None]
    x, y = _inside(x, extent[:, :, 0]) + left, _inside(y, extent[:, :, 1]) + top
    pictures = group.atlas.permute(0, 3, 1, 2).float()
    return _sample(pictures, x, y).round_()


def _inside(places: Tensor, extent: Tensor) -> Tensor:
    """Places from -1 to `extent`: mirrored in the first layer, in the others moved to the margin.

    Args:
        places: ``(S, E, M, H, W)``, along one side of the pictures.
        extent: ``(S, E, 1, 1, 1)``, how long that side is.
    """
    placed = places.clamp(min=-1).minimum(extent)
    once = extent[:, 0] - 1
    folded = places[:, 0].remainder(2 * once)
    placed[:, 0] = folded.minimum(2 * once - folded)
    return placed


def _compose(parts: Tensor) -> tuple[Tensor, Tensor]:
    """Layers in front of each other.

    Args:
        parts: see `_look_up`.

    Returns:
        Frames at all moments, ``(S, 3, M, H, W)``, and the number of the layer that is seen at
        moments 0 and 1, ``(S, 2, H, W)`` int64.
    """
    frames = parts[:, :3, 0]
    labels = torch.zeros_like(parts[:, 3, 0, :2], dtype=torch.int64)
    for number in range(1, parts.shape[2]):
        part = parts[:, :, number]
        frames = torch.lerp(frames, part[:, :3], part[:, 3:] / 255).round_()
        labels.masked_fill_(part[:, 3, :2] > 127, number)
    return frames, labels


def _carry(group: SceneGroup, x: Tensor, y: Tensor, labels: Tensor, start: int) -> Tensor:
    """Where what is seen at each pixel at one moment is at the other: x and y, ``(S, 2, H, W)``.

    Args:
        group: of scenes.
        x: see `_sources`.
        y: likewise.
        labels: ``(S, H, W)``, at this moment.
        start: 0 or 1, this moment.
    """
    end = 1 - start
    x, y = x[:, :, start], y[:, :, start]
    if len(group.bent):
        bent = group.bent.unbind(1)
        bent_x, bent_y = _bent_by(group, x[bent][:, None], y[bent][:, None])
        done = group.done[:, end, None, None]
        x, y = x.clone(), y.clone()
        x[bent] += done * bent_x[:, 0]
        y[bent] += done * bent_y[:, 0]
    seen_x, seen_y = (places.gather(1, labels[:, None])[:, 0] for places in (x, y))
    matrix = [_by_label(entry, labels) for entry in group.ahead[:, :, end].unbind(-1)]
    return torch.stack(_project(matrix, seen_x, seen_y), 1)


def _by_label(values: Tensor, labels: Tensor) -> Tensor:
    """Values of layers ``(S, E)`` at the pixels that show them, ``(S, H, W)``."""
    return values.gather(1, labels.flatten(1)).view(labels.shape)


def _visible(target: Tensor, labels: Tensor, other_labels: Tensor) -> Tensor:
    """1 where a pixel is seen in the other frame too, else 0; ``(S, 1, H, W)`` float32."""
    size = labels.shape[-1]
    within = ((target > -_SLACK) & (target < size - 1 + _SLACK)).all(1)
    x, y = target.round().clamp(0, size - 1).long().unbind(1)
    other = other_labels.flatten(1).gather(1, (y * size + x).flatten(1)).view(labels.shape)
    return (within & (other == labels)).float()[:, None]
