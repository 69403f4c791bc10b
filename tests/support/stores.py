"""Stores on the loopback address: real server programs, and Google's as faithful fakes.

All look alike to a test, and lie behind a line that can be cut.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.cutting import Line, line_to
from tests.support.google import FOLDER, Google, serve_google

BUCKET = "films"


class World:
    """One store with nothing in it but what a test puts there.

    Attributes:
        line: to the server.
        url: of a folder that is there.
        environment: what a user of the store has in it.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.url = ""
        self.environment: dict[str, str] = {}

    def put(self, name: str, body: bytes) -> str:
        """A file in the folder; returns its address."""
        raise NotImplementedError

    def files(self) -> dict[str, bytes]:
        """All files below the folder."""
        raise NotImplementedError

    def refuse(self, *rights: str) -> None:
        """Refuse ``read`` or ``write`` from now on."""
        raise NotImplementedError


class S3World(World):
    """A bucket of Moto, a server program that speaks S3."""

    def __init__(self, line: Line, server: Any, port: int) -> None:
        import boto3

        super().__init__(line)
        self.url = f"s3://{BUCKET}/reels"
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self._client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        self._client.create_bucket(Bucket=BUCKET)

    def put(self, name: str, body: bytes) -> str:
        self._client.put_object(Bucket=BUCKET, Key=f"reels/{name}", Body=body)
        return f"{self.url}/{name}"

    def files(self) -> dict[str, bytes]:
        self.refuse()
        listed = self._client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            entry["Key"].removeprefix("reels/"): self._client.get_object(
                Bucket=BUCKET, Key=entry["Key"]
            )["Body"].read()
            for entry in listed
        }

    def refuse(self, *rights: str) -> None:
        if not rights:
            self._client.delete_bucket_policy(Bucket=BUCKET)
            return
        actions = {"read": "s3:GetObject", "write": "s3:PutObject"}
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": [actions[right] for right in rights],
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self._client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    def clear(self) -> None:
        """Empty the bucket."""
        for name in self.files():
            self._client.delete_object(Bucket=BUCKET, Key=f"reels/{name}")


class SftpWorld(World):
    """A folder behind AsyncSSH's server for SFTP."""

    def __init__(self, line: Line, server: SftpServer, home: Path) -> None:
        super().__init__(line)
        self.url = f"sftp://me:sesame@127.0.0.1:{line.port}/reels"
        self.environment = {"HOME": str(home)}
        self._server = server
        self._folder = server.root / "reels"
        self._folder.mkdir(parents=True)
        (home / ".ssh").mkdir()
        known = f"[127.0.0.1]:{line.port} {server.host_key}\n"
        (home / ".ssh" / "known_hosts").write_text(known)

    def put(self, name: str, body: bytes) -> str:
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return f"{self.url}/{name}"

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self._folder)): path.read_bytes()
            for path in self._folder.rglob("*")
            if path.is_file()
        }

    def refuse(self, *rights: str) -> None:
        self._server.refused = set(rights)


class CloudWorld(World):
    """A bucket of the fake Google Cloud Storage."""

    def __init__(self, line: Line, google: Google) -> None:
        super().__init__(line)
        self.url = f"gs://{BUCKET}/reels"
        self.environment = {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{line.port}"}
        self.google = google
        google.buckets[BUCKET] = {}

    def put(self, name: str, body: bytes) -> str:
        self.google.put_object(BUCKET, f"reels/{name}", body)
        return f"{self.url}/{name}"

    def files(self) -> dict[str, bytes]:
        items = self.google.buckets[BUCKET]
        return {name.removeprefix("reels/"): item.body for name, item in items.items()}

    def refuse(self, *rights: str) -> None:
        self.google.refused = set(rights)


class DriveWorld(World):
    """A folder of the fake Google Drive."""

    def __init__(self, line: Line, google: Google, home: Path) -> None:
        super().__init__(line)
        self.url = "gdrive://reels"
        token = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
        (home / "token.json").write_text(json.dumps(token))
        self.environment = {"DAIN_GDRIVE_CREDENTIALS": str(home / "token.json")}
        self.google = google
        self._folders = {"": google.put("reels", mime=FOLDER)}

    def put(self, name: str, body: bytes) -> str:
        folder, _, last = name.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self.google.put(folder, parent=self._folders[""], mime=FOLDER)
        for key, item in list(self.google.drive.items()):
            if (item.name, item.parent) == (last, self._folders[folder]):
                del self.google.drive[key]
        self.google.put(last, body, self._folders[folder])
        return f"{self.url}/{name}"

    def files(self) -> dict[str, bytes]:
        folders = {
            key: f"{item.name}/" for key, item in self.google.drive.items() if item.mime == FOLDER
        } | {self._folders[""]: ""}
        return {
            folders[item.parent] + item.name: item.body
            for item in self.google.drive.values()
            if item.mime != FOLDER and not item.trashed
        }

    def refuse(self, *rights: str) -> None:
        self.google.refused = set(rights)


@contextmanager
def s3_world() -> Iterator[S3World]:
    """A bucket; starting the server takes a second."""
    from moto.server import ThreadedMotoServer
    from werkzeug.serving import WSGIRequestHandler

    WSGIRequestHandler.disable_nagle_algorithm = True  # answers come in several pieces
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells of every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    try:
        with line_to(port) as line:
            yield S3World(line, server, port)
    finally:
        server.stop()


@contextmanager
def google_world(kind: str, home: Path) -> Iterator[CloudWorld | DriveWorld]:
    """A bucket or a Drive."""
    with serve_google() as google, line_to(google.port) as line:
        yield CloudWorld(line, google) if kind == "gs" else DriveWorld(line, google, home)


@contextmanager
def sftp_world(root: Path, home: Path) -> Iterator[SftpWorld]:
    """A folder over SSH."""
    server = SftpServer(root)
    try:
        with line_to(server.port) as line:
            yield SftpWorld(line, server, home)
    finally:
        server.close()


class SftpServer:
    """AsyncSSH's server, for the user ``me`` with the password ``sesame``.

    Attributes:
        root: what clients see as ``/``.
        port: on the loopback address.
        host_key: the public one.
        refused: ``read`` or ``write``.
    """

    def __init__(self, root: Path) -> None:
        import asyncssh

        server = self
        self.root = root
        self.refused: set[str] = set()
        self._connections: list[Any] = []

        class Files(asyncssh.SFTPServer):  # type: ignore[misc]
            def __init__(self, channel: Any) -> None:
                super().__init__(channel, chroot=str(root).encode())

            def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
                right = "write" if pflags & asyncssh.FXF_WRITE else "read"
                if right in server.refused:
                    raise asyncssh.SFTPPermissionDenied("not yours")
                return super().open(path, pflags, attrs)

        class Door(asyncssh.SSHServer):  # type: ignore[misc]
            def connection_made(self, conn: Any) -> None:
                server._connections.append(conn)

            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == ("me", "sesame")

        key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = key.export_public_key().decode().strip()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

        async def listen() -> Any:
            return await asyncssh.create_server(
                Door, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=Files
            )

        self._acceptor = asyncio.run_coroutine_threadsafe(listen(), self._loop).result()
        self.port = self._acceptor.get_port()

    def close(self) -> None:
        """End it, and every connection to it."""

        async def end() -> None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            for connection in self._connections:
                connection.abort()
                await connection.wait_closed()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
