"""The stills between two stills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from dain.errors import MediaError, OptionError, OutputError, reason_of
from dain.jobs.making import FrameInterpolator
from dain.jobs.prepare import check_name
from dain.jobs.progress import OnProgress, ProgressMeter
from dain.jobs.run import make_interpolator
from dain.jobs.scene_light import frames_between
from dain.media import Frame, OutputSpec, keeps_alpha, takes_scene_linear
from dain.media.frame import Pixels
from dain.media.stills import StillsWriter, is_stills_output
from dain.media.stills_codec import decode_still, to_depth
from dain.media.stills_names import format_of
from dain.media.stills_pictures import decode_picture, opaque
from dain.media.stills_reader import decoder_for
from dain.media.stills_sources import NamedStills
from dain.media.transparency import on_white
from dain.settings import EncodeSettings, EngineSettings, ReadSettings

MOST_STILLS = 100_000  # between two stills: beyond it, a slip of the keyboard


@dataclass(frozen=True)
class StillsResult:
    """What was made between two stills.

    Attributes:
        output: folder that was written.
        times: of the new stills, in (0, 1), rising; exact.
        model: network that made them.
        device: on which it ran.
        precision: of its arithmetic.
        warnings: one line each.
    """

    output: Path
    times: tuple[Fraction, ...]
    model: str
    device: str
    precision: str
    warnings: tuple[str, ...]


def even_times(count: int) -> tuple[Fraction, ...]:
    """`count` times that divide the gap evenly.

    Raises:
        OptionError: `count` is below 1 or above `MOST_STILLS`.
    """
    if not 1 <= count <= MOST_STILLS:
        raise OptionError(f"--count must be between 1 and {MOST_STILLS}, found {count}")
    return tuple(Fraction(index, count + 1) for index in range(1, count + 1))


def make_stills(
    first: Path,
    second: Path,
    output: Path,
    times: Sequence[Fraction],
    engine: EngineSettings,
    encode: EncodeSettings,
    on_progress: OnProgress | None = None,
    interpolator: FrameInterpolator | None = None,
) -> StillsResult:
    """Write the stills between two stills, numbered in order of time.

    Stills with 16 bits a component, with alpha, or of scene-linear light give such stills,
    where the format can hold them.

    Args:
        first: PNG, JPEG, TIFF, WebP or EXR.
        second: of the same size.
        output: folder, or pattern such as ``out/%04d.png``.
        times: in (0, 1); each is made once.
        engine: how they are made.
        encode: format and whether to overwrite.
        on_progress: called with each progress event.
        interpolator: engine to use; by default one made from the settings.

    Raises:
        OptionError: a time lies outside (0, 1), or the output's name cannot be one.
        MediaError: a still is missing or damaged, or they differ in size.
        OutputError: the output exists or cannot be written.
        EncodeError: the disk gave up.
    """
    for time in times:
        if not 0 < time < 1:
            raise OptionError(f"--at must lie between 0 and 1, both excluded, found {time}")
    check_name(output)
    if not is_stills_output(output):
        raise OutputError(
            f"expected a folder or a pattern such as out/%04d.png as the output, found {output}"
        )
    ordered = tuple(sorted(set(times)))
    reading = ReadSettings(
        alpha=keeps_alpha(output, encode), scene_linear=takes_scene_linear(output, encode)
    )
    notes: list[str] = []
    pixels = _read_pair(first, second, reading, notes)
    height, width = pixels[0].shape[:2]
    spec = OutputSpec(
        width=width,
        height=height,
        rate=Fraction(len(ordered) + 1),
        bit_depth=8 * pixels[0].itemsize,
        alpha=pixels[0].shape[2] == 4,
    )
    meter = ProgressMeter(on_progress)
    meter.total = len(ordered)
    writer = StillsWriter(output, spec, encode)
    try:
        meter.enter("loading")
        interpolator = interpolator or make_interpolator(engine)
        for index, time in enumerate(ordered):
            made = frames_between(interpolator, *pixels, [time])[0]
            writer.write(Frame(made, index, 1 / spec.rate, 1, index))
            meter.count()
        writer.finish()
    except BaseException:
        writer.abort()
        raise
    return StillsResult(
        output=output,
        times=ordered,
        model=interpolator.model,
        device=interpolator.device,
        precision=interpolator.precision,
        warnings=(*notes, *writer.messages),
    )


def _read_pair(
    first: Path, second: Path, reading: ReadSettings, notes: list[str]
) -> tuple[Pixels, Pixels]:
    """Both stills, in the depth of the deeper one, and with alpha if one has it and it stays."""
    if "exr" in (format_of(first.name), format_of(second.name)):
        return _read_light(first, second, reading, notes)
    a, b = _read(first, decode_picture), _read(second, decode_picture)
    if not reading.alpha and 4 in (a.shape[2], b.shape[2]):
        notes.append("the stills have alpha; what is transparent is laid on white")
        a, b = (on_white(each) if each.shape[2] == 4 else each for each in (a, b))
    elif a.shape[2] != b.shape[2]:
        a, b = (each if each.shape[2] == 4 else opaque(each) for each in (a, b))
    if a.shape != b.shape:
        raise MediaError(
            f"expected two stills of one size, found {first} with {a.shape[1]}x{a.shape[0]} "
            f"and {second} with {b.shape[1]}x{b.shape[0]} pixels"
        )
    depth = np.promote_types(a.dtype, b.dtype)
    return to_depth(a, depth), to_depth(b, depth)


def _read_light(
    first: Path, second: Path, reading: ReadSettings, notes: list[str]
) -> tuple[Pixels, Pixels]:
    """Two EXR stills, in the window that holds both."""
    decoder = decoder_for(first, NamedStills((first, second)), reading)
    found = []
    for path in (first, second):
        pixels = decoder.decode(str(path))
        if pixels is None:
            raise MediaError(f"expected an EXR image, found that {path} cannot be decoded")
        found.append(pixels)
    notes += decoder.messages
    return found[0], found[1]


def read_still(path: Path) -> Pixels:
    """Read one still: ``(H, W, 3)`` RGB, uint8 or uint16, upright; alpha is dropped.

    Raises:
        MediaError: it is missing, unreadable, damaged or no image.
    """
    return _read(path, decode_still)


def _read(path: Path, decode: Callable[[bytes], Pixels | None]) -> Pixels:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MediaError(f"expected a still, found no file {path}") from None
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"cannot read {path}: {reason}") from error
    pixels = decode(data)
    if pixels is None:
        raise MediaError(f"expected a PNG, JPEG, TIFF or WebP image, found {path} is none")
    return pixels
