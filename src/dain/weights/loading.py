"""Strict loading: every tensor of the network, in its shape and type, or an error that names it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dain.errors import WeightsError, WeightsWarning
from dain.weights.reading import CheckpointFile, read_checkpoint

# What our own safetensors say of themselves.
FORMAT_VERSION = 1
FORMAT_KEY = "dain_format"

# Other floating types hold the same numbers, wider or narrower.
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_SHOWN = 3


@dataclass(frozen=True)
class TensorKind:
    """Shape and type of a tensor."""

    shape: tuple[int, ...]
    dtype: torch.dtype

    def __str__(self) -> str:
        size = "x".join(str(length) for length in self.shape) or "one"
        return f"{size} {str(self.dtype).removeprefix('torch.')}"


@dataclass(frozen=True)
class CheckpointFormat:
    """What a checkpoint of one network holds.

    Attributes:
        model: name of the network in messages.
        expected: kinds of the tensors by our names.
        their_name: the name that a network's authors give to a tensor of ours.
    """

    model: str
    expected: Mapping[str, TensorKind]
    their_name: Callable[[str], str]

    @classmethod
    def of(
        cls, model: str, network: nn.Module, their_name: Callable[[str], str]
    ) -> CheckpointFormat:
        """The format of a network; its values do not matter."""
        kinds = {
            name: TensorKind(tuple(tensor.shape), tensor.dtype)
            for name, tensor in network.state_dict().items()
        }
        return cls(model, kinds, their_name)


def load_checkpoint(
    path: Path, expected: CheckpointFormat, shown: str | None = None
) -> dict[str, Tensor]:
    """Read a checkpoint of a network: our safetensors, or the authors' own.

    Recognised by content. Names may be ours or the authors', with ``module.`` in front of all
    or not, and the tensors may lie in a wrapping dictionary. Floating tensors of another
    precision are converted to the network's.

    Args:
        path: the file.
        expected: what it must hold.
        shown: how messages call it; by default its path.

    Returns:
        New tensors by our names, on the CPU, contiguous, sharing no memory.

    Warns:
        WeightsWarning: the file holds more than was expected, or in another precision.

    Raises:
        WeightsError: the file cannot be read, or a tensor is missing, misshapen, of the wrong
            type, or not finite.
    """
    shown = str(path) if shown is None else shown
    file = read_checkpoint(path, shown)
    _check_version(file, shown)
    names = _names(file, expected)
    _check_complete(names, file, expected, shown)
    _check_kinds(names, file, expected, shown)
    _warn_of_extras([*(name for name in file.tensors if name not in names), *file.others], shown)
    _warn_of_conversion(names, file, expected, shown)
    found = {
        ours: _convert(file.tensors[theirs], expected.expected[ours], theirs, shown)
        for theirs, ours in names.items()
    }
    return {name: found[name] for name in expected.expected}


def _check_version(file: CheckpointFile, shown: str) -> None:
    version = file.metadata.get(FORMAT_KEY, str(FORMAT_VERSION))
    if version != str(FORMAT_VERSION):
        raise WeightsError(
            f"expected weights in format {FORMAT_VERSION}, found that {shown} is in format "
            f"{version}; update dain"
        )


def _names(file: CheckpointFile, expected: CheckpointFormat) -> dict[str, str]:
    """Our name of every expected tensor by the one that it would have in the file.

    A file has our names or the authors', whichever it has more of.
    """
    authors = {expected.their_name(name): name for name in expected.expected}
    ours = {name: name for name in expected.expected}
    return max(authors, ours, key=lambda names: len(names.keys() & file.tensors.keys()))


def _check_complete(
    names: Mapping[str, str], file: CheckpointFile, expected: CheckpointFormat, shown: str
) -> None:
    missing = [name for name in names if name not in file.tensors]
    if len(missing) == len(names):
        held = f"others: {some(file.tensors)}" if file.tensors else "none"
        raise WeightsError(
            f"expected the {len(names)} tensors of {expected.model} in {shown}, found {held}; "
            "is it of another network?"
        )
    if missing:
        raise WeightsError(
            f"expected the {len(names)} tensors of {expected.model} in {shown}, found "
            f"{len(missing)} missing: {some(missing)}"
        )


def _check_kinds(
    names: Mapping[str, str], file: CheckpointFile, expected: CheckpointFormat, shown: str
) -> None:
    wrong = []
    for theirs, ours in names.items():
        tensor, kind = file.tensors[theirs], expected.expected[ours]
        if not _fits(tensor, kind):
            found = TensorKind(tuple(tensor.shape), tensor.dtype)
            oddity = "" if _is_plain(tensor) else " of a special layout"
            wrong.append(f"{theirs} is {found}{oddity} instead of {kind}")
    if wrong:
        raise WeightsError(
            f"the tensors in {shown} do not fit {expected.model}: {some(wrong)}; "
            "is it of another network?"
        )


def _fits(tensor: Tensor, kind: TensorKind) -> bool:
    both_float = tensor.dtype in _FLOATS and kind.dtype in _FLOATS
    same_type = tensor.dtype == kind.dtype or both_float
    return tuple(tensor.shape) == kind.shape and same_type and _is_plain(tensor)


def _is_plain(tensor: Tensor) -> bool:
    # Not sparse, not quantised, and with values: a tensor on "meta" has none.
    return tensor.layout == torch.strided and tensor.device.type == "cpu"


def _warn_of_extras(names: list[str], shown: str) -> None:
    if names:
        _warn(f"left out of {shown} what the network does not have: {some(names)}")


def _warn_of_conversion(
    names: Mapping[str, str], file: CheckpointFile, expected: CheckpointFormat, shown: str
) -> None:
    kinds = {
        (file.tensors[theirs].dtype, expected.expected[ours].dtype)
        for theirs, ours in names.items()
    }
    ours = FORMAT_KEY in file.metadata  # float16 is how we store weights
    for found, wanted in sorted(kinds, key=str):
        if found != wanted and not (ours and found == torch.float16):
            before, after = (TensorKind((), kind).__str__().split()[1] for kind in (found, wanted))
            how = "rounded" if found == torch.float64 else "widened, with the precision of before"
            _warn(f"converted the {before} tensors of {shown} to {after}, {how}")


def _convert(tensor: Tensor, kind: TensorKind, name: str, shown: str) -> Tensor:
    converted = tensor.detach().to(kind.dtype)
    # Tensors of a checkpoint may be parts of one storage, or of the mapped file.
    converted = converted.clone(memory_format=torch.contiguous_format)
    if converted.is_floating_point() and not bool(torch.isfinite(converted).all()):
        raise WeightsError(
            f"expected finite numbers in {shown}, found others in {name}; get the file again"
        )
    return converted


def _warn(message: str) -> None:
    warnings.warn(message, WeightsWarning, stacklevel=5)  # whoever called who called us


def some(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
