"""From a run to a file of weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from dain.errors import OptionError, RunError
from dain.media.output import check_file_output, write_output
from dain.training.checkpoints import CheckpointFolder
from dain.training.settings import TrainSettings
from dain.weights.saving import pack_weights

CHECKPOINTS = ("best", "last")


@dataclass(frozen=True)
class Exported:
    """Weights that were written.

    Attributes:
        path: where.
        size: in bytes.
        step: steps that they were trained for.
        scores: PSNR by folder, as measured in training; empty if these were not.
    """

    path: Path
    size: int
    step: int
    scores: dict[str, float]


def export(
    run: Path,
    output: Path,
    checkpoint: str = "best",
    half: bool = False,
    overwrite: bool = False,
) -> Exported:
    """Write the averaged weights of a checkpoint as safetensors, with recipe and scores.

    Folders appear in them by their last name only.

    Args:
        run: folder of the run.
        output: file to write.
        checkpoint: ``best`` in validation, or ``last``.
        half: as float16.
        overwrite: replace a file that is there.

    Raises:
        OptionError: there is no such kind of checkpoint.
        WeightsError: there is no such checkpoint, or it is damaged.
        OutputError: the file is there already, or cannot be written.
        EncodeError: the disk is full.
        RunError: a weight has no finite value in the file.
    """
    if checkpoint not in CHECKPOINTS:
        allowed = " or ".join(CHECKPOINTS)
        raise OptionError(f"--checkpoint must be {allowed}, found {checkpoint!r}")
    check_file_output(output, overwrite)
    folder = CheckpointFolder(run)
    found = folder.load_best() if checkpoint == "best" else folder.load_last()
    settings = _by_last_name(TrainSettings.from_json(found.settings, "the checkpoint"))
    # The last validation may have been steps ago, of other weights.
    known = found.scores if found.validated == found.step else {}
    scores = {Path(name).name: score for name, score in known.items()}
    about = {
        "settings": settings.to_json(),
        "steps": str(found.step),
        "samples": str(found.step * settings.optimisation.batch),
        "scores": json.dumps(scores),
        "data_sha256": found.data,
    }
    try:
        data = pack_weights(settings.model, found.average, about, half)
    except ValueError as error:
        raise RunError(f"cannot export {run}: {error}") from error
    write_output(output, data, overwrite)
    return Exported(output, len(data), found.step, scores)


def _by_last_name(settings: TrainSettings) -> TrainSettings:
    data = settings.data
    return settings.changed(
        {
            "textures": None if data.textures is None else data.textures.name,
            "clips": None if data.clips is None else data.clips.name,
            "cache": None,
            "validate": [path.name for path in settings.care.validate],
        }
    )
