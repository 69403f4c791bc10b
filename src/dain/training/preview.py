"""A picture of what the network would see."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2

from dain.errors import OutputError
from dain.media.output import check_file_output, write_output
from dain.training.contact_sheet import draw
from dain.training.settings import TrainSettings
from dain.training.sources import make_source


def write_preview(
    settings: TrainSettings, output: Path, indices: Iterable[int], overwrite: bool = False
) -> None:
    """Draw samples of a run and write them as a picture.

    Args:
        settings: of the run.
        output: file to write; its ending says in which format.
        indices: numbers of the samples.
        overwrite: replace a file that is there.

    Raises:
        MediaError: the textures or clips cannot be used.
        OutputError: the file is there already, cannot be written, or is no picture by its name.
        EncodeError: the disk is full.
    """
    if not cv2.haveImageWriter(output.name):
        raise OutputError(f"expected a name of a picture for the output, such as .png: {output}")
    check_file_output(output, overwrite)
    source = make_source(settings.data, settings.optimisation.seed)
    sheet = draw([source.sample(index) for index in indices])
    encoded = cv2.imencode(output.suffix, sheet[:, :, ::-1])[1]
    write_output(output, encoded.tobytes(), overwrite)
