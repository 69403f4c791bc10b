"""Frames into an animated GIF, PNG or WebP."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dain.errors import EncodeError, reason_of
from dain.media.animation_encoding import AnimationEncoder
from dain.media.animation_options import (
    apng_level,
    browser_note,
    check_request,
    gif_dither,
    short_note,
    webp_quality,
)
from dain.media.apng_encoder import ApngEncoder
from dain.media.frame import Frame, OutputSpec, Pixels
from dain.media.gif_encoder import GifEncoder
from dain.media.interfaces import FrameWriter
from dain.media.left_behind import kinds_left_behind, profile_note
from dain.media.losses import is_wide
from dain.media.output import StagedFile, check_file_output
from dain.media.stills_codec import to_depth
from dain.media.webp_encoder import WebpEncoder
from dain.settings import EncodeSettings


class AnimationWriter(FrameWriter):
    """Writes an animated image frame by frame; its size on disk bounds it, not memory.

    The first frame is shown from 0 on. Each frame stands until the next one begins, rounded
    to what the format can say in such a way that no error adds up (see `animation_delays`):

    - GIF: 1/100 s, at least 2; up to 50 frames per second. Up to 256 colours a frame, chosen
      for each, and transparency of one bit.
    - APNG: exact, if a frame stands for a fraction of two 16-bit numbers, as 1001/60000 s. No
      loss, up to 16 bits a component.
    - WebP: 1/1000 s. Lossless if the source has lost nothing either (see `OutputSpec.exact`),
      else of quality 90.

    A last frame that is shorter than the format's least delay stands for that.

    Args:
        path: the output.
        image_format: ``gif``, ``apng`` or ``webp``.
        spec: what the frames will be like, and how often they are played.
        settings: options of the encoder and `overwrite`.

    Raises:
        OutputError: the output exists and may not be replaced, cannot be written, or cannot
            hold what was asked.
    """

    def __init__(
        self, path: Path, image_format: str, spec: OutputSpec, settings: EncodeSettings
    ) -> None:
        self._path, self._format, self._spec = path, image_format, spec
        check_request(path, image_format, spec, settings)
        check_file_output(path, settings.overwrite)
        self.messages = _notes(path.suffix.lower(), image_format, spec)
        self._start: Fraction | None = None
        self._held: tuple[Frame, Pixels] | None = None
        self._staged = StagedFile(path, settings.overwrite)
        self._file: BinaryIO | None = None
        try:
            self._file = self._staged.path.open("r+b")
            self._encoder = _encoder(self._file, image_format, spec, settings)
        except BaseException:
            self.abort()
            raise

    def write(self, frame: Frame) -> None:
        """Take the next frame; the one before it is written, as its end is now known.

        Raises:
            EncodeError: it has another shape than announced or does not follow the one before,
                or the disk refused that one.
        """
        if self._file is None:
            raise EncodeError(f"{self._path} is finished; it takes no more frames")
        expected = (self._spec.height, self._spec.width, 4 if self._spec.alpha else 3)
        if frame.pixels.shape != expected:
            raise EncodeError(
                f"expected frames of shape {expected}, found {frame.pixels.shape} "
                f"in frame {frame.index}"
            )
        pixels = frame.pixels
        if self._format != "apng":
            pixels = to_depth(pixels, np.dtype(np.uint8))
        if self._held is None:
            self._start = frame.time
        elif frame.time <= self._held[0].time:
            raise EncodeError(
                f"frame {frame.index} at {float(frame.time):.6f} s does not come after the one "
                "before it"
            )
        else:
            self._put(self._held[1], pixels, frame.time)
        self._held = frame, pixels

    def finish(self) -> None:
        """Write the last frame and move the file to its final name.

        Raises:
            EncodeError: the disk refused, or there was no frame; what was written is removed.
        """
        if self._file is None:
            return
        if self._held is None:
            self.abort()
            raise EncodeError(f"cannot write {self._path}: expected a frame, found none")
        frame, pixels = self._held
        duration = 1 / self._spec.rate
        if frame.duration is not None:
            duration = frame.duration * frame.time_base
        self._put(pixels, None, frame.time + duration)
        try:
            self._encoder.finish()
            self._file.close()
        except (OSError, ValueError) as error:
            raise self._failure(error) from error
        self._file = self._held = None
        self._staged.commit()

    def abort(self) -> None:
        """Close and remove what was written; the final name is untouched. Safe to call twice."""
        file, self._file = self._file, None
        self._held = None
        if file is not None:
            with suppress(OSError):
                file.close()
        self._staged.discard()

    def _put(self, pixels: Pixels, following: Pixels | None, end: Fraction) -> None:
        assert self._start is not None
        try:
            self._encoder.add(pixels, following, end - self._start)
        except (OSError, ValueError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> EncodeError:
        """Clean up, and say in one line what went wrong."""
        self.abort()
        reason = reason_of(error)
        return EncodeError(f"cannot write {self._path}: {reason}; what was written is removed")


def _encoder(
    file: BinaryIO, image_format: str, spec: OutputSpec, settings: EncodeSettings
) -> AnimationEncoder:
    size = (spec.width, spec.height)
    if image_format == "gif":
        return GifEncoder(file, *size, spec.plays, gif_dither(settings.options))
    if image_format == "apng":
        return ApngEncoder(file, spec.plays, apng_level(settings.options))
    quality = webp_quality(settings.options, spec.exact)
    return WebpEncoder(file, *size, spec.plays, quality)


def _notes(name: str, image_format: str, spec: OutputSpec) -> list[str]:
    """What the output cannot hold, or others cannot play."""
    notes: list[str | None] = []
    kinds = kinds_left_behind(spec.source)
    if kinds:
        notes.append(f"a {name} file holds pictures only; the source's {kinds} is left behind")
    if spec.bit_depth > 8 and image_format != "apng":
        notes.append(f"a {name} file holds 8 bits a component; {spec.bit_depth} are rounded")
    if spec.sample_aspect_ratio != 1:
        notes.append(
            f"a {name} file cannot note the pixel aspect {spec.sample_aspect_ratio}: pixels will "
            "be shown square; an .mp4 keeps it"
        )
    if is_wide(spec.colour):
        notes.append(
            f"a {name} file cannot note the source's wide or high dynamic range colour: it will "
            "look pale; an .mp4 keeps it"
        )
    notes += profile_note(spec.profile)
    notes.append(browser_note(image_format, spec.rate))
    notes.append(short_note(name, image_format, spec))
    return [note for note in notes if note]
