"""Google Cloud Storage, through gcsfs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dain.media.remote.addresses import RemotePath
from dain.media.remote.side_by_side import OnBytes
from dain.media.remote.stores import RemoteFile, Store, StoreError, counting
from dain.transfer.digests import from_base64

_PART = 16 << 20  # bytes to a request


class GoogleStore(Store):
    """Buckets of Google Cloud Storage. Credentials are those of Google's tools."""

    module = "gcsfs"
    extra = "gs"
    sign_in = (
        "sign in with gcloud auth application-default login, or name a key file by "
        "GOOGLE_APPLICATION_CREDENTIALS, as someone who may list, read, write and delete there"
    )
    has_folders = False

    def _connect(self, address: RemotePath) -> Any:
        from aiohttp import ClientTimeout

        # The plain JSON interface; the package's own choice is one for buckets of another kind.
        from gcsfs.core import GCSFileSystem

        waits = ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout)
        return GCSFileSystem(
            session_kwargs={"timeout": waits, "trust_env": True},  # for its proxies
            skip_instance_cache=True,
            use_listings_cache=False,
        )

    def locate(self, address: RemotePath) -> str:
        """Bucket and name of the object."""
        return f"{address.host}/{address.path}".rstrip("/")

    def write(self, source: Path, path: str, on_bytes: OnBytes) -> None:
        """Write a whole file; it appears when all of it is there."""
        with self.failures():
            self._fs.put_file(str(source), path, chunksize=_PART, callback=counting(on_bytes))

    def _describe(self, info: dict[str, Any]) -> RemoteFile:
        path = info["name"].rstrip("/")
        if info["type"] == "directory":
            return RemoteFile(path, 0, is_folder=True)
        version = info.get("generation") or info.get("etag")
        return RemoteFile(path, int(info["size"]), version, _digest(info))

    def _explain(self, error: BaseException) -> StoreError | None:
        from aiohttp import ClientError
        from gcsfs.retry import HttpError
        from google.auth.exceptions import GoogleAuthError, TransportError
        from requests.exceptions import RequestException

        if isinstance(error, (ClientError, RequestException, TransportError)):
            return StoreError("the connection failed, or the server did not answer", passing=True)
        if isinstance(error, GoogleAuthError):
            return StoreError(f"no usable credentials; {self.sign_in}")
        if isinstance(error, HttpError):
            code = int(error.code or 0)
            if code in (401, 403):
                return StoreError(f"access is refused; {self.sign_in}")
            passing = code >= 500 or code in (408, 429)
            return StoreError(f"the server answered {code}", passing=passing)
        if isinstance(error, OSError) and str(error).startswith("Forbidden"):
            return StoreError(f"access is refused; {self.sign_in}")
        return None


def _digest(info: dict[str, Any]) -> str | None:
    """The MD5 sum, or that of objects composed of others."""
    if info.get("md5Hash"):
        return from_base64("md5", info["md5Hash"])
    return from_base64("crc32c", info["crc32c"]) if info.get("crc32c") else None
