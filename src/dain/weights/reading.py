"""What a checkpoint file holds, whatever wrote it; nothing in it is ever executed.

The kind is told by content, never by name: safetensors, or what ``torch.save`` writes (a zip
archive since PyTorch 1.6, pickles one after the other before that, which is what the authors'
checkpoint is). Both are read by torch's restricted unpickler, which makes tensors, numbers,
strings and containers of them, and refuses everything else.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dain.errors import WeightsError, reason_of

# The number that `torch.save` of before 1.6 begins with, as a pickle writes it.
_LEGACY_MARK = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_LARGEST_HEADER = 100_000_000  # of safetensors, by its own specification
_HEAD_BYTES = 512

# Under these names training scripts keep the tensors among other things.
_WRAPPERS = ("state_dict", "model", "model_state_dict", "params", "params_ema", "net", "network")
_DEEPEST = 4  # wrapped in one another; a dictionary may even hold itself
_PARALLEL_PREFIX = "module."  # of `torch.nn.DataParallel`


@dataclass(frozen=True)
class CheckpointFile:
    """What was read.

    Attributes:
        tensors: by the names of the file, a ``module.`` in front of all of them taken off.
        others: names beside the tensors of things that are none.
        metadata: of a safetensors file.
    """

    tensors: Mapping[str, Tensor]
    others: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_checkpoint(path: Path, shown: str) -> CheckpointFile:
    """Read the tensors of a file, on the CPU.

    Args:
        path: the file.
        shown: how messages call it.

    Raises:
        WeightsError: there is no such file, or it is no checkpoint, a damaged one, or one that
            would execute code.
    """
    with read_errors(shown):
        return _reader_for(path, shown)(path, shown)


def check_readable(path: Path, shown: str) -> None:
    """Refuse what is plainly no checkpoint, by its first bytes.

    Raises:
        WeightsError: there is no such file, or it is of another kind.
    """
    with read_errors(shown):
        _reader_for(path, shown)


@contextlib.contextmanager
def read_errors(shown: str) -> Iterator[None]:
    """Turn what a disk refuses to read into our error.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        yield
    except OSError as error:
        reason = reason_of(error)
        raise WeightsError(f"cannot read the weights file {shown}: {reason}") from error


def _reader_for(path: Path, shown: str) -> Callable[[Path, str], CheckpointFile]:
    if not path.exists():
        raise WeightsError(f"expected a file of weights, found no {shown}")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no regular file"
        raise WeightsError(f"expected a file of weights, found that {shown} is {what}")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= _LARGEST_HEADER:
        return _read_safetensors
    if head.startswith(b"PK\x03\x04"):
        _check_archive(path, shown)
        return _read_pickled
    if head.startswith(b"\x80") and _LEGACY_MARK in head[:32]:
        return _read_pickled
    raise WeightsError(
        f"expected weights as safetensors or as a PyTorch checkpoint, found that {shown} "
        f"{_describe(head)}"
    )


def _describe(head: bytes) -> str:
    """What a file is that is no checkpoint, and what to do."""
    text = head.lstrip().lower()
    if not head:
        return "is empty; get it again"
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "is a web page; download the file that the page links to"
    if text.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer; get the file that it stands for with git lfs pull"
    if head.startswith(b"\x80"):
        return "is a pickle that torch.save did not write; nothing in it was executed"
    return "is neither"


def _check_archive(path: Path, shown: str) -> None:
    """Refuse a zip archive that is no checkpoint, before torch looks at it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise _damaged(shown) from error
    inside = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inside or any(name.startswith("code/") for name in inside):
        raise WeightsError(
            f"expected tensors, found that {shown} is a TorchScript program; save the state_dict "
            "of the network instead"
        )
    if "data.pkl" not in inside:
        raise WeightsError(
            f"expected a PyTorch checkpoint, found that {shown} is a zip archive of other files; "
            "unpack it first"
        )


def _damaged(shown: str) -> WeightsError:
    return WeightsError(f"the weights file {shown} is damaged or cut short; get it again")


def _read_safetensors(path: Path, shown: str) -> CheckpointFile:
    try:
        # Maps the file, so that tensors which nobody asks for cost nothing.
        with safe_open(path, framework="pt", device="cpu") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return CheckpointFile(*_without_prefix(tensors, ()), file.metadata() or {})
    except SafetensorError as error:
        raise _damaged(shown) from error


def _read_pickled(path: Path, shown: str) -> CheckpointFile:
    return CheckpointFile(*_without_prefix(*_find_tensors(_unpickle(path, shown), shown)))


def _unpickle(path: Path, shown: str) -> Any:
    # An open file, because torch takes a path's suffix for the kind of the file.
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how torch itself is written
        try:
            return torch.load(file, map_location="cpu", weights_only=True, mmap=False)
        except pickle.UnpicklingError as error:
            asked = re.search(r"GLOBAL (\S+)", str(error))
            if asked is None or not file.read(1):  # the file ends in the middle of a name
                raise _damaged(shown) from error
            raise WeightsError(
                f"expected tensors only, found that {shown} asks for {asked[1]}, which may run "
                "code when it is loaded; nothing in it was executed; save a plain state_dict"
            ) from error
        except OSError:
            raise
        except Exception as error:  # a damaged pickle fails in any way there is
            raise _damaged(shown) from error


def _find_tensors(value: Any, shown: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors of a state dict, plain or wrapped, and the names of what is none."""
    for _ in range(_DEEPEST):
        if not isinstance(value, Mapping):
            break
        inner = next((key for key in _WRAPPERS if isinstance(value.get(key), Mapping)), None)
        if inner is None:
            tensors = {str(key): item for key, item in value.items() if isinstance(item, Tensor)}
            others = [str(key) for key, item in value.items() if not isinstance(item, Tensor)]
            return tensors, tuple(others) if tensors else ()
        value = value[inner]
    raise WeightsError(
        f"expected tensors by name, found that {shown} holds one {type(value).__name__}; "
        "save the state_dict of the network"
    )


def _without_prefix(
    tensors: dict[str, Tensor], others: tuple[str, ...]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    while tensors and all(name.startswith(_PARALLEL_PREFIX) for name in tensors):
        tensors = {name.removeprefix(_PARALLEL_PREFIX): tensor for name, tensor in tensors.items()}
    return tensors, others
