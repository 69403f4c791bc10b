"""What of the source's depth, colour and shape an encoder does not keep, in words."""

from __future__ import annotations

from pathlib import Path

from av.video.format import VideoFormat

from dain.media.container_tables import Container
from dain.media.encoder import Encoder
from dain.media.encoder_tables import ENCODERS
from dain.media.encoding import Choice
from dain.media.frame import Colour, OutputSpec
from dain.media.hdr import BT2020, is_hdr
from dain.media.hdr_encoding import left_behind
from dain.media.left_behind import profile_note
from dain.media.pixel_formats import bit_depth


def losses(
    path: Path, container: Container, choice: Choice, spec: OutputSpec, stored: Colour
) -> list[str]:
    """One message for each thing that the output does not keep.

    Args:
        path: of the output.
        container: that it is.
        choice: of the encoder and pixel format.
        spec: what the frames are like.
        stored: the colour description that can be written.
    """
    which = f"{path.suffix} with {choice.encoder}"
    messages = []
    if not _keeps_aspect(container, choice, spec):
        messages.append(
            f"{which} cannot note the pixel aspect {spec.sample_aspect_ratio}: pixels will be "
            "shown square; an .mp4 or .mov, or libx264 in .mkv, keeps it"
        )
    if _look(stored) != _look(spec.colour) and is_wide(spec.colour):
        messages.append(
            f"{which} cannot note the source's wide or high dynamic range colour: it will look "
            "pale; an .mp4 keeps it"
        )
    if missing_bits(choice.pixel_format, spec.bit_depth):
        messages.append(
            f"{which} as {choice.pixel_format} holds "
            f"{bit_depth(VideoFormat(choice.pixel_format))} bits of the source's "
            f"{spec.bit_depth}; {_holds_more(spec.bit_depth)}"
        )
    messages += profile_note(spec.profile)
    lost = left_behind(choice.encoder, spec.hdr)
    if lost:
        messages.append(
            f"{lost} of the source cannot be noted by {choice.encoder} and will be missing; "
            "libx265 (.mp4, .mkv) and libsvtav1 (.webm) can"
        )
    return messages


def _holds_more(depth: int) -> str:
    if depth <= 12:
        return f"an .mp4 holds {10 if depth <= 10 else 12}"
    return "--codec ffv1 in .mkv holds them all"


def missing_bits(pixel_format: str, depth: int) -> int:
    """How many bits a component of the depth loses in a pixel format; 0 if it is unknown."""
    try:
        return max(0, depth - bit_depth(VideoFormat(pixel_format)))
    except ValueError:
        return 0


def is_wide(colour: Colour) -> bool:
    """Whether a picture looks pale where this description is not known."""
    return colour.primaries == BT2020 or is_hdr(colour.transfer)


def _look(colour: Colour) -> tuple[int, int]:
    """What no conversion of pixels can stand in for, other than of matrix and range."""
    return colour.primaries, colour.transfer


def _keeps_aspect(container: Container, choice: Choice, spec: OutputSpec) -> bool:
    """PyAV gives the aspect to the encoder and to MP4, but to no other container."""
    stored = ENCODERS.get(choice.encoder, Encoder()).aspect or container.aspect
    return stored or spec.sample_aspect_ratio == 1
