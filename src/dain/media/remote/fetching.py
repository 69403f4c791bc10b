"""From elsewhere into a folder on this machine: continued, verified, with progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from dain.errors import DainError, MediaError, TransferError
from dain.media.remote.addresses import RemotePath, local_name
from dain.media.remote.side_by_side import OnBytes, transfer_all
from dain.media.remote.stores import RemoteFile, Store, StoreError, open_store
from dain.media.stills_names import format_of
from dain.transfer.digests import difference
from dain.transfer.disk import check_space, disk_errors
from dain.transfer.http import download, is_unchanged
from dain.transfer.partial import (
    CutError,
    DownloadError,
    OnTransfer,
    Origin,
    PartialFile,
    Patience,
    persist,
)

CACHE_FOLDER_VARIABLE = "DAIN_CACHE_DIR"

_Result = TypeVar("_Result")


def fetch(
    address: RemotePath,
    folder: Path,
    patience: Patience,
    on_progress: OnTransfer = lambda done, total: None,
) -> Path:
    """Bring a file, a folder of stills, or a pattern of stills here.

    What an earlier attempt has brought is used, if it is still what lies there.

    Args:
        address: of what to fetch.
        folder: on this machine, for this address alone; exists.
        patience: with the server.
        on_progress: called for every piece with bytes so far, and of how many if that is known.

    Returns:
        The file, folder or pattern to read, in `folder`.

    Raises:
        MediaError: nothing is there, access is refused, or it is another kind of thing.
        TransferError: the connection was cut again and again, or the bytes are not those that
            the store's checksum promises.
        OptionError: an extra is not installed.
        OutputError: `folder` cannot be written.
        RunError: the disk is full.
    """
    try:
        if address.is_on_web:
            return _fetch_from_web(address, folder, patience, on_progress)
        return _fetch_from_store(address, folder, patience, on_progress)
    except DownloadError as error:
        raise cannot("fetch", address, str(error), error.passing, MediaError) from error
    except StoreError as error:
        raise cannot("fetch", address, str(error), error.passing, MediaError) from error


def cannot(
    what: str, address: RemotePath, reason: str, passing: bool, lasting: type[DainError]
) -> DainError:
    """What to raise when bytes do not move: the connection's fault, or the request's."""
    return (TransferError if passing else lasting)(f"cannot {what} {address}: {reason}")


def _fetch_from_web(
    address: RemotePath, folder: Path, patience: Patience, on_progress: OnTransfer
) -> Path:
    if address.path.endswith("/") or address.pattern is not None:
        raise MediaError(
            f"expected a file at {address}, found a folder or a pattern; a web server lists no "
            "files, so give a video, or a folder of s3://, gs://, sftp:// or gdrive://"
        )
    partial = PartialFile(folder / address.name, CACHE_FOLDER_VARIABLE)

    def attempt() -> None:
        origin = partial.origin(address.url)
        if (
            origin is None
            or origin.version is None
            or origin.size != partial.size
            or not is_unchanged(address.url, origin.version, patience.timeout)
        ):
            download(address.url, partial, patience, on_progress)
        _verify(partial, address.url)

    persist(attempt, patience)
    return partial.path


def _verify(partial: PartialFile, url: str) -> None:
    """Hold the whole file against the checksum that was told with it."""
    origin = partial.origin(url)
    wrong = difference(partial.path, origin.digest if origin is not None else None)
    if wrong is not None:
        partial.discard()
        raise CutError(f"what arrived is not what was sent: {wrong}")


def _fetch_from_store(
    address: RemotePath, folder: Path, patience: Patience, on_progress: OnTransfer
) -> Path:
    with closing(patiently(lambda: open_store(address, patience.timeout), patience)) as store:
        return _fetch_with(store, address, folder, patience, on_progress)


def _fetch_with(
    store: Store, address: RemotePath, folder: Path, patience: Patience, on_progress: OnTransfer
) -> Path:
    path = store.locate(address)
    if address.pattern is not None and patiently(lambda: store.find(path), patience) is None:
        parent, number = path.rpartition("/")[0], address.pattern.number
        target, name = parent, address.name
        files = _stills(store, parent, lambda name: number(name) is not None, patience)
    else:
        found = patiently(lambda: store.stat(path), patience)
        if not found.is_folder:
            _fetch_file(store, address.url, found, folder / address.name, patience, on_progress)
            return folder / address.name
        target, name = path, ""
        files = _stills(store, path, lambda name: format_of(name) is not None, patience)
    if not files:
        raise MediaError(f"expected PNG, JPEG, TIFF or WebP images at {address}, found none")
    names = {local_name(file.name) for file in files}
    if len(names) < len(files):
        raise MediaError(f"several images at {address} would have one name here; rename them")
    home = folder / local_name(target.rpartition("/")[2] or "frames")
    with disk_errors(home, CACHE_FOLDER_VARIABLE):
        home.mkdir(exist_ok=True)
        _drop_others(home, names)
    _fetch_files(store, address.url, files, home, patience, on_progress)
    return home / name if name else home


def _stills(
    store: Store, folder: str, wanted: Callable[[str], bool], patience: Patience
) -> list[RemoteFile]:
    files = patiently(lambda: store.files_in(folder), patience)
    return [file for file in files if not file.name.startswith(".") and wanted(file.name)]


def _drop_others(home: Path, names: set[str]) -> None:
    """Remove what an earlier attempt has brought and is no longer there."""
    for entry in home.iterdir():
        if entry.name not in names and entry.name.removesuffix(".json") not in names:
            entry.unlink()


def _fetch_files(
    store: Store,
    url: str,
    files: Sequence[RemoteFile],
    home: Path,
    patience: Patience,
    on_progress: OnTransfer,
) -> None:
    total = sum(file.size for file in files)
    check_space(home, total - _size(home), CACHE_FOLDER_VARIABLE)

    def fetch_one(file: RemoteFile, on_bytes: OnBytes) -> None:
        address, target = f"{url.rstrip('/')}#{file.name}", home / local_name(file.name)
        _fetch_file(store, address, file, target, patience, lambda done, _: on_bytes(done))

    fetches = [partial(fetch_one, file) for file in files]
    transfer_all(fetches, store.at_once, lambda done: on_progress(done, total))


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.iterdir())


def _fetch_file(
    store: Store,
    url: str,
    file: RemoteFile,
    target: Path,
    patience: Patience,
    on_progress: OnTransfer,
) -> None:
    """One file of a store, continued while it is the same one."""
    partial = PartialFile(target, CACHE_FOLDER_VARIABLE)

    def attempt() -> None:
        found = store.stat(file.path)
        is_same = found.version is not None and partial.version_from(url) == found.version
        start = partial.size if is_same and partial.size <= found.size else 0
        partial.begin(url, Origin(found.version, found.size, found.digest), start)
        check_space(target.parent, found.size - start, CACHE_FOLDER_VARIABLE)
        _append(store, found, partial, start, on_progress)
        if partial.size != found.size:
            raise CutError(f"the connection was cut after {partial.size} of {found.size} bytes")
        _verify(partial, url)

    patiently(attempt, patience, lambda: partial.size)


def _append(
    store: Store, file: RemoteFile, partial: PartialFile, start: int, on_progress: OnTransfer
) -> None:
    done = start
    with (
        disk_errors(partial.path, CACHE_FOLDER_VARIABLE),
        partial.path.open("ab" if start else "wb") as target,
    ):
        on_progress(done, file.size)
        for block in store.read(file, start):
            target.write(block)
            target.flush()  # what has arrived is kept, whatever comes next
            done += len(block)
            on_progress(done, file.size)


def patiently(
    action: Callable[[], _Result], patience: Patience, reached: Callable[[], int] = lambda: 0
) -> _Result:
    """Ask a store again while its failures may pass.

    Raises:
        StoreError: a failure that lasts.
        DownloadError: the last one of those that pass.
    """

    def attempt() -> _Result:
        try:
            return action()
        except StoreError as error:
            if error.passing:
                raise CutError(str(error)) from error
            raise

    return persist(attempt, patience, reached)
