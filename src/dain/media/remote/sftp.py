"""Machines reached over SSH, through sshfs and asyncssh."""

from __future__ import annotations

from typing import Any

from dain.media.remote.addresses import RemotePath
from dain.media.remote.stores import RemoteFile, Store, StoreError

_ALIVE = 10.0  # seconds between two questions whether the other side is still there


class SftpStore(Store):
    """Files over SFTP. Keys, known hosts and settings are those of ``~/.ssh``."""

    module = "sshfs"
    extra = "sftp"
    sign_in = "check the user, the key or agent, and the rights of the file and its folder"

    def _connect(self, address: RemotePath) -> Any:
        import sshfs

        host, port = _split(address.host)
        known = {"username": address.user, "password": address.password, "port": port}
        return sshfs.SSHFileSystem(
            host,
            # The user's own file of known hosts; sshfs would trust anyone.
            known_hosts=(),
            connect_timeout=self._timeout,
            login_timeout=self._timeout,
            keepalive_interval=_ALIVE,
            skip_instance_cache=True,
            **{name: value for name, value in known.items() if value is not None},
        )

    def _disconnect(self, connected: Any) -> None:
        connected.loop.call_soon_threadsafe(connected.client.close)

    def _open(self, path: str) -> Any:
        return self._fs.open(path, "rb")  # in blocks as the server likes them

    def rename(self, path: str, final: str) -> str | None:
        """Give a file its final name, in place of what has it."""
        with self.failures():
            self._fs.mv(path, final)
        return None

    def _describe(self, info: dict[str, Any]) -> RemoteFile:
        folder = info["type"] == "directory"
        version = f"{info['mtime']} {info['size']}" if info.get("mtime") else None
        return RemoteFile(info["name"].rstrip("/"), info["size"] or 0, version, is_folder=folder)

    def _explain(self, error: BaseException) -> StoreError | None:
        import asyncssh
        from asyncssh import sftp

        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return StoreError(
                "the server's key is not the known one; connect once with ssh, and compare"
            )
        if isinstance(error, (asyncssh.PermissionDenied, sftp.SFTPPermissionDenied)):
            return StoreError(f"access is refused; {self.sign_in}")
        if isinstance(error, (sftp.SFTPNoSuchFile, sftp.SFTPNoSuchPath)):
            return StoreError("nothing is there", missing=True)
        if isinstance(error, (sftp.SFTPNoSpaceOnFilesystem, sftp.SFTPQuotaExceeded)):
            return StoreError("the server's disk is full")
        lost = (sftp.SFTPConnectionLost, sftp.SFTPNoConnection, asyncssh.ConnectionLost)
        if isinstance(error, (*lost, asyncssh.DisconnectError, asyncssh.ChannelOpenError)):
            return StoreError("the connection was lost", passing=True)
        if isinstance(error, ConnectionRefusedError):
            return StoreError("the connection was refused", passing=True)
        return None


def _split(host: str) -> tuple[str, int | None]:
    """A host and its port; an IPv6 address stands in brackets."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and (name.endswith("]") or ":" not in name):
        return name.strip("[]"), int(port)
    return host.strip("[]"), None
