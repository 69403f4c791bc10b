"""What an animated image can be asked for: by its name, and by the options of encoders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dain.errors import OutputError
from dain.media.animation_gif import HUNDREDTH
from dain.media.animation_webp import MILLISECOND
from dain.media.apng_encoder import DEFAULT_LEVEL
from dain.media.frame import OutputSpec
from dain.media.gif_encoder import LEAST_DELAY
from dain.media.webp_encoder import WebpQuality
from dain.settings import EncodeSettings

SUFFIXES = {".gif": "gif", ".apng": "apng", ".webp": "webp"}

_CODECS = {
    "gif": ("gif",),
    "apng": ("apng", "png"),
    "webp": ("webp", "libwebp", "libwebp_anim"),
}
_WEBP_QUALITY, _WEBP_LOSSLESS_QUALITY = 90, 75
# Browsers show what stands 10 ms or less for 100 ms; a rate above this has such delays.
_FASTEST_IN_BROWSERS = Fraction(1000, 11)


@dataclass(frozen=True)
class Limits:
    """What a format has room for.

    Attributes:
        side: largest width and height, in pixels.
        shortest: delay in seconds.
        longest: delay in seconds.
    """

    side: int
    shortest: Fraction
    longest: Fraction


LIMITS = {
    "gif": Limits(65535, LEAST_DELAY * HUNDREDTH, 65535 * HUNDREDTH),
    "apng": Limits(2**31 - 1, Fraction(1, 65535), Fraction(65535)),
    "webp": Limits(16383, MILLISECOND, (2**24 - 1) * MILLISECOND),
}


def output_format(path: Path, codec: str | None) -> str | None:
    """``gif``, ``apng`` or ``webp`` by an output's name; None if it is to be no animated image.

    A ``.png`` is one only if the codec says so.
    """
    suffix = path.suffix.lower()
    if suffix == ".png" and codec is not None and codec.lower() == "apng":
        return "apng"
    return SUFFIXES.get(suffix)


def check_request(
    path: Path, image_format: str, spec: OutputSpec, settings: EncodeSettings
) -> None:
    """Refuse what the format cannot do.

    Raises:
        OutputError: an option that does not apply, or a size or rate beyond the limits.
    """
    name = path.suffix.lower()
    if settings.codec is not None and settings.codec.lower() not in _CODECS[image_format]:
        raise OutputError(f"a {name} file cannot hold {settings.codec}; leave --codec out")
    if settings.crf is not None:
        hint = "--encoder-option quality=N sets it" if image_format == "webp" else "leave it out"
        raise OutputError(f"--crf does not apply to a {name} file; {hint}")
    if settings.pix_fmt is not None:
        raise OutputError(f"--pix-fmt does not apply to a {name} file; leave it out")
    limits = LIMITS[image_format]
    if not (0 < spec.width <= limits.side and 0 < spec.height <= limits.side):
        raise OutputError(
            f"a {name} file holds up to {limits.side}x{limits.side} pixels, found "
            f"{spec.width}x{spec.height}"
        )
    _check_rate(name, limits, spec.rate)
    if spec.varying is not None:
        _check_longest(name, limits, spec.varying.longest)


def _check_rate(name: str, limits: Limits, rate: Fraction) -> None:
    if rate <= 0:
        raise OutputError(f"expected a rate above 0, found {rate}")
    if 1 / rate < limits.shortest:
        fastest = 1 / limits.shortest
        why = " (browsers take shorter delays for a mistake)" if name == ".gif" else ""
        other = "name an .apng or .webp" if name == ".gif" else "name an .mp4"
        raise OutputError(
            f"a {name} file shows at most {float(fastest):g} frames per second{why}, found "
            f"{float(rate):.6g}; give --fps {float(fastest):g}, or {other}"
        )
    _check_longest(name, limits, 1 / rate)


def _check_longest(name: str, limits: Limits, longest: Fraction) -> None:
    if longest > limits.longest:
        raise OutputError(
            f"a {name} file shows a frame for at most {float(limits.longest):g} s, found "
            f"{float(longest):.6g} s; give a higher --fps"
        )


def short_note(name: str, image_format: str, spec: OutputSpec) -> str | None:
    """What to say of varying delays of which some are too short for the format."""
    least = LIMITS[image_format].shortest
    if spec.varying is None or spec.shortest >= least:
        return None
    return (
        f"a {name} file shows no frame for less than {float(least):g} s: shorter ones stand for "
        "that, and the next ones make up for it"
    )


def browser_note(image_format: str, rate: Fraction) -> str | None:
    """What to say of a rate that browsers do not play."""
    if image_format == "gif" or rate <= _FASTEST_IN_BROWSERS:
        return None
    return (
        f"{float(rate):.6g} frames per second are stored exactly, but browsers slow animated "
        f"images down above {int(_FASTEST_IN_BROWSERS)}"
    )


def gif_dither(options: Mapping[str, str]) -> bool:
    """Whether to mix missing colours: the option ``dither``, 1 or 0.

    Raises:
        OutputError: there is another option, or another value.
    """
    read = _Options(".gif", options, ("dither",))
    return bool(read.number("dither", 1, 1))


def apng_level(options: Mapping[str, str]) -> int:
    """How hard to compress: the option ``compression_level``, 0 to 9.

    Raises:
        OutputError: there is another option, or another value.
    """
    read = _Options(".apng", options, ("compression_level",))
    return read.number("compression_level", DEFAULT_LEVEL, 9)


def webp_quality(options: Mapping[str, str], exact: bool) -> WebpQuality:
    """How to compress: the options ``lossless``, ``quality`` and ``compression_level``.

    They are named as FFmpeg's encoder names them. A quality alone means a lossy picture.

    Args:
        options: as given.
        exact: the source's pictures have lost nothing; then it is lossless unless asked.

    Raises:
        OutputError: there is another option, or another value.
    """
    read = _Options(".webp", options, ("lossless", "quality", "compression_level"))
    lossless = bool(read.number("lossless", exact and "quality" not in options, 1))
    usual = _WEBP_LOSSLESS_QUALITY if lossless else _WEBP_QUALITY
    return WebpQuality(
        lossless, read.number("quality", usual, 100), read.number("compression_level", 4, 6)
    )


class _Options:
    """The options of one encoder."""

    def __init__(self, name: str, options: Mapping[str, str], known: tuple[str, ...]) -> None:
        self._options = options
        for option in options:
            if option not in known:
                raise OutputError(
                    f"a {name} file has no option {option!r}; it has {', '.join(known)}"
                )

    def number(self, option: str, usual: int, most: int) -> int:
        """A whole number from 0 to `most`."""
        text = self._options.get(option, str(int(usual)))
        if not (text.isascii() and text.isdecimal() and int(text) <= most):
            raise OutputError(
                f"--encoder-option {option} must be between 0 and {most}, found {text!r}"
            )
        return int(text)
