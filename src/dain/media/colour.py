"""Between the video's pixels and RGB, by the tagged matrix and range, in both directions.

swscale only resamples chroma and repacks planes here; the matrix is applied by OpenCV in
floating point. swscale's own RGB output of more than 8 bits ends below 65535 (white of
limited 10-bit video comes out as 65280), and it knows fewer matrices.

Chroma is resampled bicubically both ways, which are near inverses: a frame that goes
through both functions keeps its chroma to a small fraction of one step on natural footage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from dain.media.frame import Colour, Pixels
from dain.media.pixel_formats import Family, family, is_full_range, working_depth
from dain.media.planes import plane_of, planes_of, rescaled

# ITU-T H.273 matrix coefficients: weights of red and blue in luma.
LUMA_WEIGHTS: dict[int, tuple[float, float]] = {
    1: (0.2126, 0.0722),  # BT.709
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # BT.601, 625 lines
    6: (0.299, 0.114),  # BT.601, 525 lines
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020, non-constant luminance
    10: (0.2627, 0.0593),  # BT.2020, constant luminance, taken as non-constant
}
YCGCO = 8
RGB_MATRIX, BT709, BT601 = 0, 1, 6
LIMITED, FULL = 1, 2
UNSPECIFIED_MATRIX, UNSPECIFIED_RANGE = 2, 0

# swscale flags; PyAV 17 has no names for the second.
_BICUBIC, _ACCURATE_ROUNDING = 4, 0x40000
_ANY_MATRIX = 1  # given for source and target alike, so that swscale leaves values alone

Matrix = npt.NDArray[np.float64]


def is_known(matrix: int) -> bool:
    """Whether pixels can be converted by this H.273 matrix (or need none)."""
    return matrix in LUMA_WEIGHTS or matrix in (YCGCO, RGB_MATRIX, UNSPECIFIED_MATRIX)


def assumed(colour: Colour, width: int, height: int) -> Colour:
    """The colour with the usual players' rule where luma and chroma carry no usable tag.

    Matrix: BT.709 from 720 lines or 1280 columns, else BT.601. Range: limited.
    """
    matrix, value_range = colour.matrix, colour.range
    if matrix not in LUMA_WEIGHTS and matrix != YCGCO:
        matrix = BT709 if height >= 720 or width >= 1280 else BT601
    return replace(colour, matrix=matrix, range=value_range or LIMITED)


def tags_for(colour: Colour, pixel_format: str, width: int, height: int) -> Colour:
    """The colour tags that pixels of this format should carry.

    RGB has no matrix and is full range. Luma and chroma keep what `colour` says, unspecified
    included, except for an RGB or unusable matrix, in whose stead the assumed one is written
    (from RGB in limited range, as players expect it).
    """
    described = VideoFormat(pixel_format)
    if family(described) is Family.RGB:
        return replace(colour, matrix=RGB_MATRIX, range=FULL)
    if colour.matrix == RGB_MATRIX:
        colour = replace(colour, range=LIMITED)  # full range was the RGB's own
    if is_full_range(described):
        colour = replace(colour, range=FULL)
    if colour.matrix == RGB_MATRIX or not is_known(colour.matrix):
        colour = replace(colour, matrix=assumed(colour, width, height).matrix)
    return colour


def colour_of(frame: VideoFrame, default: Colour | None = None) -> Colour:
    """The tags of a decoded frame, with those of `default` where it has none."""
    default = default or Colour()
    full = is_full_range(frame.format)
    is_rgb = family(frame.format) is Family.RGB
    return Colour(
        primaries=_tag(frame.color_primaries, 2, default.primaries),
        transfer=_tag(frame.color_trc, 2, default.transfer),
        matrix=RGB_MATRIX if is_rgb else _tag(frame.colorspace, UNSPECIFIED_MATRIX, default.matrix),
        range=FULL if full else _tag(frame.color_range, UNSPECIFIED_RANGE, default.range),
    )


def to_rgb(
    frame: VideoFrame,
    colour: Colour,
    size: tuple[int, int] | None = None,
    reformatter: VideoReformatter | None = None,
    alpha: bool = False,
) -> Pixels:
    """Convert a decoded frame to RGB, or to RGBA.

    Args:
        frame: of any pixel format that FFmpeg can read on the CPU.
        colour: matrix and range of its pixels; see `assumed` for what is unspecified.
        size: width and height to scale to; None keeps the frame's own.
        reformatter: reused between calls of one thread, it saves its setup each time.
        alpha: keep transparency (opaque where the format has none); else it is dropped.

    Returns:
        ``(H, W, 3)``, or ``(H, W, 4)`` with alpha, uint8 for sources of up to 8 bits, else
        uint16 over 0..65535; C-contiguous and owned by the caller.
    """
    width, height = size or (frame.width, frame.height)
    kind, depth = family(frame.format), working_depth(frame.format)
    colour = _effective(colour, frame.format, width, height)
    if kind is Family.RGB and depth == 8:
        name = "rgba" if alpha else "rgb24"
        packed = _reformat(frame, name, colour.range, (width, height), reformatter)
        pixels: Pixels = plane_of(packed, 0, 4 if alpha else 3).copy()
        return pixels
    name = kind.planar(depth, alpha)
    planar = _reformat(frame, name, colour.range, (width, height), reformatter)
    planes = planes_of(planar)
    cover = planes.pop() if alpha else None
    if kind is Family.RGB:
        planes = [planes[2], planes[0], planes[1]]  # stored as green, blue, red
    stacked = planes[0] if kind is Family.GRAY else cast("Pixels", cv2.merge(planes))
    pixels = _transform(stacked, _decoding(kind, depth, colour))
    if cover is None:
        return pixels
    return cast("Pixels", np.dstack([pixels, rescaled(cover, depth, 8 * pixels.itemsize)]))


def from_rgb(
    pixels: Pixels,
    pixel_format: str,
    colour: Colour,
    reformatter: VideoReformatter | None = None,
) -> VideoFrame:
    """Convert RGB to a frame of the pixel format, tagged as `tags_for` says.

    Args:
        pixels: ``(H, W, 3)``, or ``(H, W, 4)`` with alpha; uint8, or uint16 over 0..65535.
        pixel_format: as FFmpeg names it; where it has no room for alpha, alpha is dropped.
        colour: matrix and range to convert by; see `assumed` for what is unspecified.
        reformatter: reused between calls of one thread, it saves its setup each time.

    Raises:
        ValueError: no such pixel format.
    """
    height, width = pixels.shape[:2]
    target = VideoFormat(pixel_format)
    kind, depth = family(target), working_depth(target)
    tags = tags_for(colour, pixel_format, width, height)
    colour = _effective(tags, target, width, height)
    alpha = pixels.shape[2] == 4
    if kind is Family.RGB and depth == 8 and pixels.dtype == np.uint8:
        source = VideoFrame(width, height, "rgba" if alpha else "rgb24")
        plane_of(source, 0, pixels.shape[2])[...] = pixels
    else:
        source = VideoFrame(width, height, kind.planar(depth, alpha))
        rgb = cast("Pixels", np.ascontiguousarray(pixels[..., :3]))
        components = _components(rgb, kind, depth, colour)
        if alpha:
            components.append(rescaled(pixels[..., 3], 8 * pixels.itemsize, depth))
        for plane, values in zip(planes_of(source), components, strict=True):
            plane[...] = values
    frame = _reformat(source, pixel_format, colour.range, (width, height), reformatter)
    frame.color_primaries, frame.color_trc = tags.primaries, tags.transfer
    frame.colorspace, frame.color_range = tags.matrix, tags.range
    return frame


def _tag(value: int, unspecified: int, default: int) -> int:
    return default if int(value) == unspecified else int(value)


def _effective(colour: Colour, pixel_format: VideoFormat, width: int, height: int) -> Colour:
    """Matrix and range to calculate with, nothing left unspecified."""
    if is_full_range(pixel_format):
        colour = replace(colour, range=FULL)
    elif family(pixel_format) is Family.GRAY:
        colour = replace(colour, range=colour.range or FULL)  # as FFmpeg and players take it
    return assumed(colour, width, height)


def _reformat(
    frame: VideoFrame,
    pixel_format: str,
    value_range: int,
    size: tuple[int, int],
    reformatter: VideoReformatter | None,
) -> VideoFrame:
    """Resample and repack; values stay in the matrix and range they are in."""
    return (reformatter or VideoReformatter()).reformat(
        frame,
        width=size[0],
        height=size[1],
        format=pixel_format,
        src_colorspace=_ANY_MATRIX,
        dst_colorspace=_ANY_MATRIX,
        src_color_range=value_range,
        dst_color_range=value_range,
        interpolation=_BICUBIC | _ACCURATE_ROUNDING,
    )


def _components(pixels: Pixels, kind: Family, depth: int, colour: Colour) -> list[Pixels]:
    """RGB as the planes of the family, in the order in which FFmpeg stores them."""
    source_depth = 8 * pixels.dtype.itemsize
    wide = pixels if source_depth == 16 or depth == 8 else pixels.astype(np.uint16)
    values = _transform(wide, _encoding(kind, depth, colour, source_depth))
    if source_depth == 16 and depth < 16:
        np.minimum(values, (1 << depth) - 1, out=values)
        values = values.astype(np.uint8) if depth == 8 else values
    if kind is Family.GRAY:
        return [values]
    first, second, third = cast("Sequence[Pixels]", cv2.split(values))
    return [second, third, first] if kind is Family.RGB else [first, second, third]


def _transform(values: Pixels, matrix: Matrix) -> Pixels:
    """Apply an affine matrix to every pixel, rounded and clipped to the array's type."""
    return cast("Pixels", cv2.transform(values, matrix))


def _encoding(kind: Family, depth: int, colour: Colour, source_depth: int) -> Matrix:
    """Affine matrix from RGB of `source_depth` bits to the components of the family."""
    scale = 1.0 / ((1 << source_depth) - 1)
    gains, offsets = _levels(kind, depth, colour)
    linear = np.eye(3) if kind is Family.RGB else _luma_chroma(colour.matrix)[: len(gains)]
    return np.column_stack([gains[:, None] * linear * scale, offsets])


def _decoding(kind: Family, depth: int, colour: Colour) -> Matrix:
    """Affine matrix from the components of the family to RGB over 0..255 or 0..65535."""
    top = 255 if depth == 8 else 65535
    gains, offsets = _levels(kind, depth, colour)
    if kind is Family.YUV:
        linear = np.linalg.inv(_luma_chroma(colour.matrix))
    else:
        linear = np.eye(3) if kind is Family.RGB else np.ones((3, 1))
    linear = top * linear / gains
    return np.column_stack([linear, -linear @ offsets])


def _levels(kind: Family, depth: int, colour: Colour) -> tuple[Matrix, Matrix]:
    """Code values per unit, and the code value of zero, of each component (H.273, 8.3)."""
    step, top = 1 << (depth - 8), (1 << depth) - 1
    middle = 128 * step
    if kind is Family.RGB:
        gains, offsets = [top] * 3, [0] * 3
    elif colour.range == FULL:
        gains, offsets = [top] * 3, [0, middle, middle]
    else:
        gains, offsets = [219 * step, 224 * step, 224 * step], [16 * step, middle, middle]
    count = 1 if kind is Family.GRAY else 3
    return np.array(gains[:count], np.float64), np.array(offsets[:count], np.float64)


def _luma_chroma(matrix: int) -> Matrix:
    """Rows that give luma in [0, 1] and both chroma in [-0.5, 0.5] from RGB in [0, 1]."""
    if matrix == YCGCO:
        return np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0.0, -0.5]])
    red, blue = LUMA_WEIGHTS[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    return np.stack(
        [
            luma,
            (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - blue)),
            (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - red)),
        ]
    )
