"""Published weights: downloaded from the first address that has them, verified, installed."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from dain.errors import OptionError, RunError, WeightsError
from dain.transfer.http import download
from dain.transfer.partial import DownloadError, OnTransfer, PartialFile, Patience
from dain.weights.checksums import Checksums, checksums_of
from dain.weights.importing import (
    Installed,
    find_installed,
    format_of,
    install_tensors,
    is_damaged,
    others_installed,
    source_of,
)
from dain.weights.loading import load_checkpoint
from dain.weights.registry import CheckpointSource, ModelRecord
from dain.weights.store import DATA_FOLDER_VARIABLE, locked, partial_path

LARGEST_DOWNLOAD = 1 << 30  # a checkpoint of one network is a tenth of this


def check_address(url: str) -> None:
    """Refuse an address that is not on the web.

    Raises:
        OptionError: it is malformed or of another scheme.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise OptionError(
            f"expected an address that begins with https:// or http://, found {url!r}; a file "
            "that is here already is for dain models import"
        )


def fetch_weights(
    record: ModelRecord,
    url: str | None = None,
    *,
    verify: bool = True,
    overwrite: bool = False,
    patience: Patience | None = None,
    on_progress: OnTransfer | None = None,
    on_wait: Callable[[], None] = lambda: None,
) -> Installed:
    """Download the published checkpoint of a model and install it; safe to run twice at once.

    A download that was cut is continued, now or by the next call. Where the weights are
    installed already and sound, nothing is done.

    Args:
        record: of the model.
        url: an address to fetch from instead of the known ones.
        verify: refuse bytes other than the published ones; False takes any checkpoint of the
            model that `url` gives.
        overwrite: replace other weights that are installed.
        patience: with the servers.
        on_progress: called for every piece that arrives.
        on_wait: called once if another process that fetches has to end first.

    Warns:
        WeightsWarning: something in the file was left out or converted.

    Raises:
        OptionError: `url` is not on the web.
        WeightsError: what `url` gives cannot be used, other weights are installed and
            `overwrite` is False, or the model takes none.
        RunError: no address gave the file, or the disk is full.
        OutputError: the data folder cannot be written.
    """
    source = source_of(record)
    if url is not None:
        check_address(url)
    expected = source if verify else None
    # Before locking, too: weights may lie where nobody may write.
    if not overwrite and (found := _sound(record)) and _is_asked_for(found, expected, url):
        return found
    with locked(record.name, on_wait):
        if not overwrite and (found := _sound(record)):
            if _is_asked_for(found, expected, url):
                return found
            raise others_installed(found)
        partial = PartialFile(partial_path(record.name), DATA_FOLDER_VARIABLE)
        addresses = source.urls if url is None else (url,)
        fetch = _Fetch(record, partial, patience or Patience(), on_progress)
        origin, sums = fetch.fetch(addresses, expected, is_given=url is not None)
        try:
            tensors = load_checkpoint(partial.path, format_of(record), origin)
        except WeightsError:
            partial.discard()
            raise
        installed = install_tensors(record, tensors, sums, origin)
        partial.discard()
        return installed


def _sound(record: ModelRecord) -> Installed | None:
    """The installed weights, unless they are damaged."""
    found = find_installed(record)
    return None if found is None or is_damaged(found) else found


def _is_asked_for(found: Installed, expected: CheckpointSource | None, url: str | None) -> bool:
    """Whether weights are the published ones, or those that an address gave unverified."""
    if found.record is None:
        return False
    if expected is None:
        return found.record.source == url
    return found.record.source_git_blob_id == expected.git_blob_id


def _difference(sums: Checksums, expected: CheckpointSource | None) -> str | None:
    """How a file differs from the published one; None if it does not, or may."""
    if expected is None:
        return None
    for name, found, wanted in (
        ("git blob id", sums.git_blob_id, expected.git_blob_id),
        ("SHA-256", sums.sha256, expected.sha256),
    ):
        if wanted is not None and found != wanted:
            return f"gave {sums.size} bytes with {name} {found} instead of {wanted}"
    return None


class _Fetch:
    """One address after the other, until the file is there."""

    def __init__(
        self,
        record: ModelRecord,
        partial: PartialFile,
        patience: Patience,
        on_progress: OnTransfer | None,
    ) -> None:
        self._record = record
        self._partial = partial
        self._patience = patience
        self._on_progress = on_progress

    def fetch(
        self, addresses: tuple[str, ...], expected: CheckpointSource | None, *, is_given: bool
    ) -> tuple[str, Checksums]:
        """The address that gave the file, which is then the partial one, and its checksums."""
        if expected is not None and self._partial.size:
            sums = checksums_of(self._partial.path)
            if _difference(sums, expected) is None:  # complete, but the disk was full
                return addresses[0], sums
        reasons = []
        for address in addresses:
            try:
                download(
                    address, self._partial, self._patience, self._on_progress, LARGEST_DOWNLOAD
                )
            except DownloadError as error:
                reasons.append(f"{address}: {error}")
                continue
            sums = checksums_of(self._partial.path)
            difference = _difference(sums, expected)
            if difference is None:
                return address, sums
            self._partial.discard()
            reasons.append(f"{address}: {difference}")
            if is_given:
                raise WeightsError(
                    f"expected the published weights of {self._record.name}: {reasons[0]}; give "
                    "--no-verify if other weights are meant"
                )
        raise RunError(self._explain(addresses, reasons))

    def _explain(self, addresses: tuple[str, ...], reasons: list[str]) -> str:
        """Why there is no file, and what to do."""
        continues = any(self._partial.version_from(address) for address in addresses)
        kept = self._partial.size if continues else 0
        parts = [
            f"cannot fetch the weights of {self._record.name}: {'; '.join(reasons)}",
            f"the first {kept} bytes are kept, and the same command continues" if kept else "",
            f"by hand: get {source_of(self._record).urls[0]} on any machine, then run dain models "
            "import with that file",
        ]
        return "; ".join(part for part in parts if part)
