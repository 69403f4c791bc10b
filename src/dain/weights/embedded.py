"""Weights of our own that come inside the package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dain.errors import WeightsError, reason_of

_FOLDER = Path(__file__).parent / "files"


@dataclass(frozen=True)
class DataSource:
    """Something that weights were trained on.

    Attributes:
        name: whose it is, or what.
        licence: as its source states it.
    """

    name: str
    licence: str


@dataclass(frozen=True)
class EmbeddedWeights:
    """A file of weights in the package.

    Attributes:
        file: its name.
        sha256: of it.
        recipe: the command that made it.
        steps: of training.
        data: what was trained on.
    """

    file: str
    sha256: str
    recipe: str
    steps: int
    data: tuple[DataSource, ...]

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return _FOLDER / self.file

    def check(self) -> Path:
        """The file's path, once its checksum was compared.

        Raises:
            WeightsError: it is missing or damaged.
        """
        try:
            found = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as error:
            reason = reason_of(error)
            raise WeightsError(
                f"expected the weights that come with dain at {self.path}: {reason}; "
                "install dain again"
            ) from error
        if found != self.sha256:
            raise WeightsError(
                f"the weights that come with dain at {self.path} are damaged: their SHA-256 is "
                "not the recorded one; install dain again"
            )
        return self.path
