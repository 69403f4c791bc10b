"""The options an encoder gets: ours, what the frames ask for, and what a person asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dain.errors import OutputError
from dain.media.encoder import Encoder
from dain.media.encoder_tables import ENCODERS
from dain.media.frame import OutputSpec
from dain.media.hdr_encoding import encoder_parameters
from dain.media.pixel_formats import alpha_is_stored
from dain.settings import EncodeSettings

_NAME = re.compile(r"(?:^|:)([^:=]+)=")  # in name=value:name=value


def encoder_options(
    name: str, pixel_format: str, spec: OutputSpec, settings: EncodeSettings
) -> dict[str, str]:
    """All options of an encoder.

    Args:
        name: of the encoder, as FFmpeg knows it.
        pixel_format: that it is to take.
        spec: what the frames are like.
        settings: what was asked for; it overrules all else.

    Raises:
        OutputError: a crf was asked of an encoder that has no like of it.
    """
    encoder = ENCODERS.get(name, Encoder())
    options = dict(encoder.options)
    if alpha_is_stored(pixel_format):
        options.update(encoder.alpha_options)
    if settings.crf is not None:
        if encoder.quality is None:
            raise OutputError(f"encoder {name} has no --crf; {encoder.no_quality}")
        options.update(encoder.quality(settings.crf))
    usual = options.get(encoder.parameters or "", "")
    options.update(settings.options)
    if encoder.parameters is not None:
        ours = encoder_parameters(name, pixel_format, spec.colour, spec.hdr)
        asked = settings.options.get(encoder.parameters, "")
        merged = merged_parameters(usual, ours, asked)
        options.update({encoder.parameters: merged} if merged else {})
    return options


def merged_parameters(usual: str, ours: Mapping[str, str], asked: str) -> str:
    """Parameters of a library in one line; what was asked for stands last and as it was given."""
    overruled = set(_NAME.findall(asked))
    parts = [part for part in usual.split(":") if part.partition("=")[0] not in overruled]
    parts += [f"{name}={value}" for name, value in ours.items() if name not in overruled]
    return ":".join(part for part in (*parts, asked) if part)
