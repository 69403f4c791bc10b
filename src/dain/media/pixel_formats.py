"""Facts about FFmpeg's pixel formats: family, depth, alpha."""

from __future__ import annotations

from enum import Enum

from av.video.format import VideoFormat

PLANAR_DEPTHS = (8, 9, 10, 12, 14, 16)  # depths in which FFmpeg knows every planar family


class Family(Enum):
    """What the components of a pixel format mean."""

    YUV = "yuv444p"
    RGB = "gbrp"
    GRAY = "gray"

    def planar(self, depth: int, alpha: bool = False) -> str:
        """The planar format of this family without chroma subsampling, of the depth.

        With `alpha` one that has a plane for it, except that grey and alpha are interleaved.
        """
        name = _WITH_ALPHA[self.value] if alpha else self.value
        if name == "ya":
            return "ya8" if depth == 8 else "ya16le"
        return name if depth == 8 else f"{name}{depth}le"


_WITH_ALPHA = {"yuv444p": "yuva444p", "gbrp": "gbrap", "gray": "ya"}


def family(pixel_format: VideoFormat) -> Family:
    """Whether a format holds luma and chroma, red, green and blue, or luma alone."""
    name = pixel_format.name
    if pixel_format.is_rgb or pixel_format.has_palette or name.startswith(("bayer", "xyz")):
        return Family.RGB
    if sum(not component.is_alpha for component in pixel_format.components) < 3:
        return Family.GRAY
    return Family.YUV


def bit_depth(pixel_format: VideoFormat) -> int:
    """Bits of the deepest component that is no alpha."""
    return max(component.bits for component in pixel_format.components if not component.is_alpha)


def working_depth(pixel_format: VideoFormat) -> int:
    """The planar depth that holds the format without loss (floats are cut to 16 bits)."""
    bits = bit_depth(pixel_format)
    return next((depth for depth in PLANAR_DEPTHS if depth >= bits), PLANAR_DEPTHS[-1])


def has_alpha(pixel_format: VideoFormat) -> bool:
    """Whether a format has room for transparency."""
    return pixel_format.has_palette or any(
        component.is_alpha for component in pixel_format.components
    )


def alpha_is_stored(name: str) -> bool:
    """Whether a format named so has components of transparency; False for unknown names."""
    try:
        return any(component.is_alpha for component in VideoFormat(name).components)
    except ValueError:
        return False


def halves_chroma(name: str) -> bool:
    """Whether a format named so has chroma at half the size; False for unknown names."""
    try:
        described = VideoFormat(name)
    except ValueError:
        return False
    return described.chroma_width(2) < 2 or described.chroma_height(2) < 2


def is_full_range(pixel_format: VideoFormat) -> bool:
    """Whether the name alone says full range: RGB, and FFmpeg's old ``yuvj`` formats."""
    return pixel_format.name.startswith("yuvj") or family(pixel_format) is Family.RGB
