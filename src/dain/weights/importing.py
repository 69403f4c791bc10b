"""From any checkpoint of a model to our safetensors in the user's data folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from dain._version import __version__
from dain.errors import WeightsError
from dain.weights.checksums import Checksums, checksums_of, sha256_of
from dain.weights.loading import FORMAT_KEY, FORMAT_VERSION, CheckpointFormat, load_checkpoint
from dain.weights.reading import check_readable
from dain.weights.registry import CheckpointSource, ModelRecord, damaged_weights
from dain.weights.store import InstalledRecord, install, locked, read_record, weights_path


@dataclass(frozen=True)
class Installed:
    """Weights in the data folder.

    Attributes:
        path: where they lie.
        size: in bytes.
        sha256: of the file.
        record: what was written down when they were installed; None where nothing was.
        is_new: whether they were put there just now.
    """

    path: Path
    size: int
    sha256: str
    record: InstalledRecord | None
    is_new: bool = False


def import_checkpoint(
    record: ModelRecord,
    path: Path,
    overwrite: bool = False,
    on_wait: Callable[[], None] = lambda: None,
) -> Installed:
    """Convert a checkpoint and install it; importing the same file again changes nothing.

    Args:
        record: of the model.
        path: our safetensors or the authors' checkpoint.
        overwrite: replace other weights that are installed.
        on_wait: called once if another process that installs has to end first.

    Warns:
        WeightsWarning: something in the file was left out or converted.

    Raises:
        WeightsError: the file does not fit, the model takes no weights, or others are
            installed and `overwrite` is False.
        OutputError: the data folder cannot be written.
        RunError: the disk is full.
    """
    source_of(record)
    check_readable(path, str(path))
    with locked(record.name, on_wait):
        sums = checksums_of(path)
        found = find_installed(record)
        is_sound = found is not None and not is_damaged(found)
        if found is not None and is_sound and not overwrite and _is_made_of(found, sums):
            return found
        tensors = load_checkpoint(path, format_of(record))
        if found is not None and is_sound and not overwrite:
            raise others_installed(found)
        return install_tensors(record, tensors, sums, str(path))


def source_of(record: ModelRecord) -> CheckpointSource:
    """Where the weights of a model come from.

    Raises:
        WeightsError: they come inside the package.
    """
    if record.checkpoint is None:
        raise WeightsError(
            f"the weights of {record.name} come inside dain; use others with --weights FILE"
        )
    return record.checkpoint


def find_installed(record: ModelRecord) -> Installed | None:
    """The installed weights as they are on the disk; None where there are none."""
    path = weights_path(record.name)
    if not path.is_file():
        return None
    sums = checksums_of(path)
    return Installed(path, sums.size, sums.sha256, read_record(record.name))


def is_damaged(found: Installed) -> bool:
    """Whether a file is not the one that was recorded."""
    return found.record is not None and found.record.sha256 != found.sha256


def _is_made_of(found: Installed, sums: Checksums) -> bool:
    """Whether weights were made of a file, or are it."""
    made_of = None if found.record is None else found.record.source_sha256
    return sums.sha256 in (found.sha256, made_of)


def others_installed(found: Installed) -> WeightsError:
    """What to say where weights would replace others."""
    origin = "" if found.record is None else f" from {found.record.source}"
    return WeightsError(
        f"other weights{origin} are installed at {found.path}; give --overwrite to replace them"
    )


def install_tensors(
    record: ModelRecord, tensors: Mapping[str, Tensor], sums: Checksums, origin: str
) -> Installed:
    """Install weights in place of whatever is installed.

    Args:
        record: of the model.
        tensors: by our names.
        sums: of the file that held them.
        origin: where that came from.

    Raises:
        OutputError: the data folder cannot be written.
        RunError: the disk is full.
    """
    about = {
        "format": "pt",  # as safetensors asks of files for PyTorch
        FORMAT_KEY: str(FORMAT_VERSION),
        "model": record.name,
        "source_sha256": sums.sha256,
        "source_git_blob_id": sums.git_blob_id,
        "dain_version": __version__,
    }
    weights = save(dict(tensors), about)
    installed = InstalledRecord(
        model=record.name,
        source=origin,
        source_sha256=sums.sha256,
        source_git_blob_id=sums.git_blob_id,
        sha256=sha256_of(weights),
        version=__version__,
    )
    place = install(record.name, weights, installed)
    return Installed(place, len(weights), installed.sha256, installed, is_new=True)


def format_of(record: ModelRecord) -> CheckpointFormat:
    """What a checkpoint of a model holds.

    Raises:
        WeightsError: the model takes no weights.
    """
    source = source_of(record)
    with torch.device("meta"):  # names and shapes without the numbers
        network = record.build()
    return CheckpointFormat.of(record.name, network, source.their_name)


def verify_installed(record: ModelRecord) -> Installed:
    """Read the installed weights again and check all that can be.

    Raises:
        WeightsError: there are none, or they are damaged.
    """
    source_of(record)
    found = find_installed(record)
    if found is None:
        raise WeightsError(
            f"no weights of {record.name} are installed at {weights_path(record.name)}; run dain "
            f"models fetch {record.name}, or dain models import FILE"
        )
    if is_damaged(found):
        raise damaged_weights(record.name, found.path)
    load_checkpoint(found.path, format_of(record))
    return found
