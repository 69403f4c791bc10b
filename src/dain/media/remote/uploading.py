"""From this machine to elsewhere: under a temporary name, verified, then renamed."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from dain.errors import OptionError, OutputError
from dain.media.remote.addresses import RemotePath
from dain.media.remote.fetching import cannot, patiently
from dain.media.remote.side_by_side import OnBytes, transfer_all
from dain.media.remote.stores import Store, StoreError, open_store
from dain.media.stills_names import format_of
from dain.transfer.digests import difference
from dain.transfer.partial import CutError, DownloadError, OnTransfer, Patience

_STEM_LENGTH = 40  # of the final name in the temporary one


@dataclass(frozen=True)
class Upload:
    """An output elsewhere that may be written.

    Attributes:
        address: as given.
        overwrite: whether what is there may be replaced.
        exists: whether something was there when this was made.
        patience: with the store.
    """

    address: RemotePath
    overwrite: bool
    exists: bool
    patience: Patience
    _store: Store

    def send(self, result: Path, on_progress: OnTransfer = lambda done, total: None) -> list[str]:
        """Send what a run has made; it appears when all of it has arrived and is verified.

        Args:
            result: a file, or a folder of files.
            on_progress: called with bytes so far, and of how many.

        Returns:
            What a person should know, one line each.

        Raises:
            OutputError: access is refused, or the output was made by someone else meanwhile.
            TransferError: the connection was cut again and again, or what arrives is damaged.
        """
        with _told(self.address), contextlib.closing(self._store):
            return self._send(result, on_progress)

    def _send(self, result: Path, on_progress: OnTransfer) -> list[str]:
        folder = _folder_of(self._store, self.address)
        staged: dict[str, str] = {}  # temporary paths by final ones
        try:
            if _is_folder(self.address):
                patiently(lambda: self._store.make_folder(folder), self.patience)
            sources = self._sources(result)
            total = sum(source.stat().st_size for source in sources.values())

            def send_one(name: str, on_bytes: OnBytes) -> None:
                temporary = staged[_join(folder, name)] = _join(folder, temporary_name(name))
                _send_one(self._store, sources[name], temporary, self.patience, on_bytes)

            sending = [partial(send_one, name) for name in sources]
            at_once = self._store.at_once
            transfer_all(sending, at_once, lambda done: on_progress(done, total))
            taken = patiently(lambda: _taken(self._store, self.address), self.patience)
            if taken and not self.overwrite:
                raise OutputError(
                    f"output {self.address} was made by someone else meanwhile; give --overwrite "
                    "to replace it"
                )
            return self._reveal(staged, taken)
        except BaseException:
            for temporary in list(staged.values()):
                with contextlib.suppress(StoreError):
                    self._store.remove(temporary)
            raise

    def _sources(self, result: Path) -> dict[str, Path]:
        """The files to send, by the names that they get."""
        if not result.is_dir():
            return {self._store.locate(self.address).rpartition("/")[2]: result}
        files = sorted(entry for entry in result.iterdir() if entry.is_file())
        return {file.name: file for file in files if not file.name.startswith(".")}

    def _reveal(self, staged: dict[str, str], taken: list[str]) -> list[str]:
        """Give the final names, and remove what an earlier output had beyond them."""
        notes: list[str | None] = []
        finals = list(staged)

        def reveal(final: str, on_bytes: OnBytes) -> None:
            notes.append(patiently(lambda: self._rename(staged[final], final), self.patience))
            del staged[final]

        transfer_all([partial(reveal, final) for final in finals], self._store.at_once)
        if _is_folder(self.address):
            for path in taken:
                if path not in finals:
                    patiently(partial(self._store.remove, path), self.patience)
        return [note for note in notes if note]

    def _rename(self, temporary: str, final: str) -> str | None:
        try:
            return self._store.rename(temporary, final)
        except StoreError as error:
            # What was cut may have been the answer to a rename that was done.
            if error.missing and self._store.find(final) is not None:
                return None
            raise


def prepare_upload(
    address: RemotePath, overwrite: bool, patience: Patience, trial: bool = True
) -> Upload:
    """Find out before the work whether an output can be written there.

    Args:
        address: of the output.
        overwrite: whether what is there may be replaced.
        patience: with the store.
        trial: write a small file under a temporary name there, and remove it.

    Raises:
        OptionError: the address cannot be written to, or an extra is not installed.
        OutputError: the output exists and `overwrite` is False, access is refused, or the
            bucket, server or folder is not there.
        TransferError: the connection was cut again and again.
    """
    if address.is_on_web:
        raise OptionError(
            f"expected an output on this machine, or s3://, gs://, sftp:// or gdrive://, found "
            f"{address}; the web can only be read"
        )
    with _told(address):
        opened = patiently(lambda: open_store(address, patience.timeout), patience)
        # The work takes long; nobody keeps a line open for it.
        with contextlib.closing(opened) as store:
            exists = bool(patiently(lambda: _taken(store, address), patience))
            if exists and not overwrite:
                what = "holds frames already" if _is_folder(address) else "exists already"
                raise OutputError(f"output {address} {what}; give --overwrite to replace it")
            if trial:
                patiently(lambda: _try_to_write(store, address), patience)
            return Upload(address, overwrite, exists, patience, store)


def _try_to_write(store: Store, address: RemotePath) -> None:
    home = _folder_of(store, address)
    if store.has_folders:
        if _is_folder(address) and store.find(home) is None:
            home = home.rpartition("/")[0]  # the folder itself is made when there is a result
        if home and store.find(home) is None:
            raise StoreError(f"the folder {home} does not exist; create it first")
    with tempfile.TemporaryDirectory(prefix="dain-") as here:
        sample = Path(here) / "sample"
        sample.write_bytes(b"dain")
        temporary = _join(home, temporary_name("dain"))
        try:
            store.write(sample, temporary, lambda done: None)
        except StoreError as error:
            if error.missing and not store.has_folders:
                raise StoreError("there is no such bucket") from error
            raise
        store.remove(temporary)


def _taken(store: Store, address: RemotePath) -> list[str]:
    """The paths of what is there already and would be replaced."""
    path, pattern = store.locate(address), address.pattern
    if not _is_folder(address):
        found = store.find(path)
        if found is not None and found.is_folder:
            raise OutputError(
                f"expected a file name for the output, found that {address} is a folder"
            )
        return [] if found is None else [path]
    files = store.files_in(_folder_of(store, address))
    if pattern is not None:
        return [file.path for file in files if pattern.number(file.name) is not None]
    return [file.path for file in files if format_of(file.name) and file.name[0] != "."]


def _is_folder(address: RemotePath) -> bool:
    """Whether an output is a folder or a pattern of stills."""
    return address.pattern is not None or address.is_folder_by_name


def _folder_of(store: Store, address: RemotePath) -> str:
    """The path of the folder in which the output is to appear."""
    path = store.locate(address)
    if _is_folder(address) and address.pattern is None:
        return path
    return path.rpartition("/")[0]


def _send_one(store: Store, source: Path, path: str, patience: Patience, on_bytes: OnBytes) -> None:
    """Write one file until what is there is what was sent."""
    size, tries = source.stat().st_size, count()

    def attempt() -> None:
        if next(tries):  # whatever the last one left
            with contextlib.suppress(StoreError):
                store.remove(path)
        store.write(source, path, on_bytes)
        found = store.written(source, path)
        if found.size != size:
            raise CutError(f"{found.size} of {size} bytes have arrived")
        wrong = difference(source, found.digest)
        if wrong is not None:
            raise CutError(f"what arrived is not what was sent: {wrong}")

    patiently(attempt, patience)


@contextlib.contextmanager
def _told(address: RemotePath) -> Iterator[None]:
    try:
        yield
    except DownloadError as error:
        raise cannot("write to", address, str(error), error.passing, OutputError) from error
    except StoreError as error:
        raise cannot("write to", address, str(error), error.passing, OutputError) from error


def temporary_name(name: str) -> str:
    """A hidden name beside the final one."""
    return f".{name[:_STEM_LENGTH]}.{secrets.token_hex(4)}.part"


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
