"""Google Drive through a signed-in account, on gdrive-fsspec.

What the package leaves open is added here: checksums, uploads that go on where they were cut,
new names, and signing in without a browser.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dain.media.remote.addresses import RemotePath
from dain.media.remote.side_by_side import OnBytes
from dain.media.remote.stores import BLOCK, RemoteFile, Store, StoreError

CREDENTIALS_VARIABLE = "DAIN_GDRIVE_CREDENTIALS"
FOLDER_VARIABLE = "DAIN_GDRIVE_FOLDER"  # the ID of a folder that stands for the whole Drive

_SCOPES = ("https://www.googleapis.com/auth/drive",)
_RETRIES = 3  # of one request, with pauses that double
_GOOGLE_KIND = "application/vnd.google-apps"


class DriveStore(Store):
    """The signed-in account's own Drive, by the names of its folders and files."""

    module = "gdrive_fsspec"
    extra = "gdrive"
    sign_in = (
        f"name a file with a token or a key by {CREDENTIALS_VARIABLE}, of an account that may "
        "read and write there; see docs/remote.md"
    )
    at_once = 1  # its client is for one thread, and Drive takes few changes a second

    def _connect(self, address: RemotePath) -> Any:
        return _file_system(_credentials(), self._timeout)

    def _disconnect(self, connected: Any) -> None:
        connected.srv.close()

    def stat(self, path: str) -> RemoteFile:
        """What is at a path; names are not unique there, and we do not guess."""
        with self.failures():
            listed = self._fs.ls(_parent(path), detail=True)
        twins = [info for info in listed if info["name"] == path]
        if len(twins) > 1:
            raise StoreError("several files there have this name; rename all but one")
        if not twins:
            raise StoreError("nothing is there", missing=True)
        if twins[0]["mimeType"].startswith(_GOOGLE_KIND) and twins[0]["type"] == "file":
            raise StoreError("it is a document of Google's own kind, which has no bytes")
        return self._describe(twins[0])

    def write(self, source: Path, path: str, on_bytes: OnBytes) -> None:
        """Write a new file, in blocks of which each is tried again."""
        from googleapiclient.http import MediaFileUpload

        class Blocks(MediaFileUpload):  # type: ignore[misc]
            def has_stream(self) -> bool:
                """No: httplib2 sends a block again as bytes, but of a stream only what is left."""
                return False

        folder, name = _parent(path), path.rpartition("/")[2]
        with self.failures():
            parent = self._fs.info(folder)["id"]
            media = Blocks(
                str(source), mimetype="application/octet-stream", chunksize=BLOCK, resumable=True
            )
            request = self._fs.files.create(
                body={"name": name, "parents": [parent]},
                media_body=media,
                fields="id",
                supportsAllDrives=True,
            )
            try:
                answer = None
                while answer is None:
                    status, answer = request.next_chunk(num_retries=_RETRIES)
                    if status is not None:
                        on_bytes(status.resumable_progress)
            finally:
                media.stream().close()
        on_bytes(source.stat().st_size)

    def remove(self, path: str) -> None:
        """Delete what is ours for a while, for good; what is anyone's goes to the bin.

        An upload whose last answer was lost, and which was made again, is there twice.
        """
        name = path.rpartition("/")[2]
        with self.failures():
            listed = self._fs.ls(_parent(path), detail=True)
            for info in (info for info in listed if info["name"] == path):
                known = {"fileId": info["id"], "supportsAllDrives": True}
                if name.startswith(".") and name.endswith(".part"):
                    request = self._fs.files.delete(**known)
                else:
                    request = self._fs.files.update(**known, body={"trashed": True})
                request.execute(num_retries=_RETRIES)

    def rename(self, path: str, final: str) -> str | None:
        """Give a file its final name; what had it goes to the bin, from which it can come back."""
        before = self.find(final)
        with self.failures():
            old = None if before is None else self._fs.info(final)["id"]
            self._fs.files.update(
                fileId=self._fs.info(path)["id"],
                body={"name": final.rpartition("/")[2]},
                supportsAllDrives=True,
            ).execute(num_retries=_RETRIES)
            if old is not None:
                self._fs.files.update(
                    fileId=old, body={"trashed": True}, supportsAllDrives=True
                ).execute(num_retries=_RETRIES)
        return None

    def _describe(self, info: dict[str, Any]) -> RemoteFile:
        path = info["name"].rstrip("/")
        if info["type"] == "directory":
            return RemoteFile(path, 0, is_folder=True)
        digest = f"md5:{info['md5Checksum']}" if info.get("md5Checksum") else None
        # Drive's own version number changes with who may see the file, too.
        return RemoteFile(path, int(info["size"]), digest or info.get("modifiedTime"), digest)

    def _explain(self, error: BaseException) -> StoreError | None:
        import httplib2
        from google.auth.exceptions import GoogleAuthError, TransportError
        from googleapiclient.errors import HttpError

        if isinstance(error, (httplib2.HttpLib2Error, TransportError)):
            return StoreError("the connection failed, or the server did not answer", passing=True)
        if isinstance(error, GoogleAuthError):
            return StoreError(f"no usable credentials; {self.sign_in}")
        if isinstance(error, HttpError):
            return _answered(int(error.resp.status), str(error.reason), self.sign_in)
        return None


def _answered(status: int, reason: str, sign_in: str) -> StoreError:
    is_limit = "limit" in reason.lower()  # 403 stands for "too fast", too
    if status == 404:
        return StoreError("nothing is there", missing=True)
    if status in (401, 403) and not is_limit:
        full = "quota" in reason.lower()
        return StoreError("the Drive is full" if full else f"access is refused; {sign_in}")
    passing = status >= 500 or status in (408, 429) or is_limit
    return StoreError(f"the server answered {status}", passing=passing)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _credentials() -> Any:
    """Those in the named file, or the ones that Google's own tools have left."""
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.oauth2.credentials import Credentials

    named = os.environ.get(CREDENTIALS_VARIABLE)
    try:
        if named is None:
            return google.auth.default(scopes=_SCOPES)[0]
        text = Path(named).expanduser().read_text(encoding="utf-8")
        if '"type"' in text:
            return google.auth.load_credentials_from_file(named, scopes=_SCOPES)[0]
        return Credentials.from_authorized_user_file(named, _SCOPES)
    except (DefaultCredentialsError, OSError, ValueError) as error:
        found = "none" if named is None else f"an unusable {named}"
        raise StoreError(f"expected credentials, found {found}; {DriveStore.sign_in}") from error


def _file_system(credentials: Any, timeout: float) -> Any:
    """The package's file system, with our credentials and a checksum among the fields."""
    import gdrive_fsspec.core as package
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build
    from googleapiclient.http import build_http

    if "md5Checksum" not in package.fields:
        package.fields += ",md5Checksum"

    class SignedIn(package.GoogleDriveFileSystem):  # type: ignore[misc]
        def connect(self, method: str | None = None) -> None:
            http = build_http()  # which knows that 308 is no redirection here
            http.timeout = timeout
            signed = AuthorizedHttp(credentials, http=http)
            self.srv = build("drive", "v3", http=signed, static_discovery=True)
            self.files = self.srv.files()

    return SignedIn(
        root_file_id=os.environ.get(FOLDER_VARIABLE),
        use_listings_cache=False,
        skip_instance_cache=True,
    )
