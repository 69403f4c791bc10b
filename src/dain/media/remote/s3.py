"""Amazon S3 and what speaks like it, through s3fs."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dain.media.remote.addresses import RemotePath
from dain.media.remote.side_by_side import OnBytes
from dain.media.remote.stores import RemoteFile, Store, StoreError, counting
from dain.transfer.digests import from_base64

_PART = 16 << 20
_MOST_PARTS = 9000  # S3 takes 10000
_AT_ONCE = 4
_RETRIES = 3  # of one request, within a second or so
_PASSING = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "503")


class S3Store(Store):
    """Buckets of S3. Credentials and endpoint are those of the AWS tools."""

    module = "s3fs"
    extra = "s3"
    sign_in = (
        "sign in with aws configure or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as someone "
        "who may list, read, write and delete there"
    )
    has_folders = False

    def _connect(self, address: RemotePath) -> Any:
        import s3fs
        from aiobotocore.session import AioSession
        from botocore.session import Session

        session = AioSession()
        session.register_component("data_loader", _service_models())
        # A public bucket needs nobody to sign in.
        anonymous = Session().get_credentials() is None
        waits = {"connect_timeout": self._timeout, "read_timeout": self._timeout}
        made = s3fs.S3FileSystem(
            anon=anonymous,
            session=session,
            config_kwargs={**waits, "retries": {"max_attempts": 0}},  # one count is enough
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        made.retries = _RETRIES
        return made

    def locate(self, address: RemotePath) -> str:
        """Bucket and key."""
        return f"{address.host}/{address.path}".rstrip("/")

    def stat(self, path: str) -> RemoteFile:
        """What is at a path, with the checksum."""
        bucket, _, key = path.partition("/")
        with self.failures():
            try:
                head = self._fs.call_s3(
                    "head_object", Bucket=bucket, Key=key, ChecksumMode="ENABLED"
                )
            except FileNotFoundError:  # it may be a folder, which only its files tell
                head = None
        if head is None:
            return super().stat(path)
        return RemoteFile(path, head["ContentLength"], head.get("ETag"), _digest(head))

    def write(self, source: Path, path: str, on_bytes: OnBytes) -> None:
        """Write a whole file; it appears when all its parts are there."""
        with self.failures():
            self._fs.put_file(
                str(source),
                path,
                chunksize=_part_size(source),
                max_concurrency=_AT_ONCE,
                callback=counting(on_bytes),
            )

    def written(self, source: Path, path: str) -> RemoteFile:
        """What is where `source` was written; the tag tells the sum of the parts' sums."""
        found = self.stat(path)
        tag = (found.version or "").strip('"')
        if found.digest is None and re.fullmatch(r"[0-9a-f]{32}-\d+", tag):
            return replace(found, digest=f"md5-{_part_size(source)}:{tag}")
        return found

    def _describe(self, info: dict[str, Any]) -> RemoteFile:
        folder = info["type"] == "directory"
        return RemoteFile(info["name"], info["size"] or 0, info.get("ETag"), is_folder=folder)

    def _explain(self, error: BaseException) -> StoreError | None:
        from aiohttp import ClientError
        from botocore import exceptions as boto

        if isinstance(error, (boto.NoCredentialsError, boto.PartialCredentialsError)):
            return StoreError(f"no credentials; {self.sign_in}")
        if isinstance(error, (boto.HTTPClientError, boto.ConnectionError, ClientError)):
            return StoreError("the connection failed, or the server did not answer", passing=True)
        answer = getattr(error.__cause__, "response", None) or getattr(error, "response", None)
        code = str(answer["Error"].get("Code", "")) if answer else ""
        if code == "NoSuchBucket":
            return StoreError("there is no such bucket", missing=True)
        if code in _PASSING:
            return StoreError(f"the server answered {code}", passing=True)
        return None


@functools.cache
def _service_models() -> Any:
    """What botocore knows of the service, which takes a third of a second to read, once."""
    from botocore.loaders import create_loader

    return create_loader()


def _part_size(source: Path) -> int:
    return _PART * (1 + source.stat().st_size // (_PART * _MOST_PARTS))


def _digest(head: Mapping[str, Any]) -> str | None:
    """The checksum of a whole object: one that was uploaded with it, or its tag.

    The tag is the MD5 sum only of what came in one part and is not encrypted by a key of its own.
    """
    if head.get("ChecksumType") == "FULL_OBJECT":
        for algorithm in ("sha256", "sha1", "crc32"):
            told = head.get(f"Checksum{algorithm.upper()}")
            if told:
                return from_base64(algorithm, told)
    tag = head.get("ETag", "").strip('"')
    is_plain = head.get("ServerSideEncryption", "AES256") == "AES256"
    if is_plain and "SSECustomerAlgorithm" not in head and re.fullmatch(r"[0-9a-f]{32}", tag):
        return f"md5:{tag}"
    return None
