"""One suite over every store: S3, Google Cloud Storage, SFTP and Google Drive."""

import os
from collections import Counter
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from tests.support import stores

from dain.errors import MediaError, OptionError, OutputError, TransferError
from dain.media.remote import as_place, fetch, prepare_upload
from dain.media.remote import stores as our_stores
from dain.transfer.partial import Patience

HURRY = Patience(timeout=5, pauses=(0, 0))
BODY = os.urandom(700_000)
NEEDED = {
    "s3": ("s3fs", "moto", "boto3", "flask"),
    "gs": ("gcsfs",),
    "sftp": ("sshfs",),
    "gdrive": ("gdrive_fsspec",),
}


@pytest.fixture(scope="module")
def s3():
    with stores.s3_world() as world:
        yield world


@pytest.fixture(params=NEEDED)
def world(request, tmp_path, monkeypatch, no_proxy):
    """A store behind a line, and a user who has signed in."""
    for name in NEEDED[request.param]:
        pytest.importorskip(name, reason=f"needs dain[{request.param}] and its server")
    home = tmp_path / "home"
    home.mkdir()
    with ExitStack() as stack:
        if request.param == "s3":
            made = request.getfixturevalue("s3")
            made.clear()
        elif request.param == "sftp":
            made = stack.enter_context(stores.sftp_world(tmp_path / "root", home))
        else:
            made = stack.enter_context(stores.google_world(request.param, home))
        sign_in(made, home, monkeypatch)
        hurry(request.param, made, monkeypatch)
        yield made
        made.line.cuts.clear()
        made.line.sent_cuts.clear()


def sign_in(world, home, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "DAIN_", "STORAGE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)


def hurry(scheme, world, monkeypatch):
    """Small requests, and no pauses between the attempts of the libraries themselves."""
    monkeypatch.setattr(our_stores, "BLOCK", 1 << 18)
    monkeypatch.setattr("dain.media.remote.s3._RETRIES", 1)
    if scheme == "gs":

        async def at_once(seconds):
            pass

        monkeypatch.setattr("gcsfs.retry.asyncio", SimpleNamespace(sleep=at_once))
    if scheme == "gdrive":
        import httplib2

        request = httplib2.Http.request

        def redirected(self, uri, *arguments, **options):
            for host in ("https://www.googleapis.com", "https://oauth2.googleapis.com"):
                uri = uri.replace(host, f"http://127.0.0.1:{world.line.port}")
            return request(self, uri, *arguments, **options)

        monkeypatch.setattr(httplib2.Http, "request", redirected)
        monkeypatch.setattr("dain.media.remote.drive.BLOCK", 1 << 18)
        monkeypatch.setattr("dain.media.remote.drive._RETRIES", 0)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "staging"
    path.mkdir()
    return path


@pytest.fixture
def result(tmp_path):
    path = tmp_path / "smooth.mp4"
    path.write_bytes(BODY)
    return path


def get(url, folder, on_progress=lambda done, total: None):
    return fetch(as_place(url), folder, HURRY, on_progress)


def send(url, result, overwrite=False):
    return prepare_upload(as_place(url), overwrite, HURRY).send(result)


def test_a_file_is_fetched_and_known_again(world, folder):
    heard = []
    url = world.put("clip one.mp4", BODY)
    path = get(url, folder, lambda *event: heard.append(event))
    assert path == folder / "clip one.mp4"
    assert path.read_bytes() == BODY
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == ((0, len(BODY)), (len(BODY), len(BODY)))
    heard.clear()
    assert get(url, folder, lambda *event: heard.append(event)).read_bytes() == BODY
    assert heard == [(len(BODY), len(BODY))]
    world.put("clip one.mp4", BODY[:-1])
    assert get(url, folder).read_bytes() == BODY[:-1]


def test_a_cut_connection_is_made_again(world, folder):
    url = world.put("clip.mp4", BODY)
    world.line.cuts[:] = [500_000]
    broken = world.line.broken
    assert get(url, folder).read_bytes() == BODY
    assert world.line.broken == broken + 1


def test_a_connection_cut_for_good_is_told_and_gone_on_with_later(world, folder):
    url = world.put("clip.mp4", BODY)
    world.line.cuts[:] = [500_000, *[0] * 1000]
    with pytest.raises(TransferError, match=r"^cannot fetch .*clip.mp4: ") as error:
        get(url, folder)
    assert "sesame" not in str(error.value)
    world.line.cuts.clear()
    heard = []
    assert get(url, folder, lambda *event: heard.append(event)).read_bytes() == BODY
    assert heard[0][0] >= 1 << 18


def test_a_file_that_changed_meanwhile_is_begun_anew(world, folder):
    url = world.put("clip.mp4", BODY)
    world.line.cuts[:] = [500_000, *[0] * 1000]
    with pytest.raises(TransferError):
        get(url, folder)
    world.line.cuts.clear()
    world.put("clip.mp4", BODY[::-1] + b"more")
    heard = []
    path = get(url, folder, lambda *event: heard.append(event))
    assert path.read_bytes() == BODY[::-1] + b"more"
    assert heard[0][0] == 0


def test_nothing_there(world, folder):
    for url in (f"{world.url}/none.mp4", f"{world.url}/none/clip.mp4"):
        with pytest.raises(MediaError, match="nothing is there"):
            get(url, folder)
    assert not any(folder.iterdir())


def test_refused_rights(world, folder, result):
    url = world.put("clip.mp4", BODY)
    world.refuse("read")
    with pytest.raises(MediaError, match="access is refused; "):
        get(url, folder)
    world.refuse("write")
    with pytest.raises(OutputError, match="access is refused; "):
        prepare_upload(as_place(f"{world.url}/smooth.mp4"), False, HURRY)
    assert world.files() == {"clip.mp4": BODY}


def test_an_upload_appears_when_it_is_complete(world, result):
    heard = []
    upload = prepare_upload(as_place(f"{world.url}/smooth.mp4"), False, HURRY)
    assert world.files() == {}
    assert upload.send(result, lambda *event: heard.append(event)) == []
    assert world.files() == {"smooth.mp4": BODY}
    assert heard[-1] == (len(BODY), len(BODY))


def test_what_is_there_is_replaced_only_when_that_is_asked(world, result):
    url = world.put("smooth.mp4", b"precious")
    with pytest.raises(OutputError, match="exists already; give --overwrite to replace it"):
        prepare_upload(as_place(url), False, HURRY)
    upload = prepare_upload(as_place(f"{world.url}/other.mp4"), False, HURRY)
    world.put("other.mp4", b"of someone else")
    with pytest.raises(OutputError, match="made by someone else meanwhile"):
        upload.send(result)
    assert world.files() == {"smooth.mp4": b"precious", "other.mp4": b"of someone else"}
    send(url, result, overwrite=True)
    assert world.files()["smooth.mp4"] == BODY


def test_a_cut_upload_is_made_again(world, result):
    upload = prepare_upload(as_place(f"{world.url}/smooth.mp4"), False, HURRY)
    world.line.sent_cuts[:] = [400_000]
    broken = world.line.broken
    upload.send(result)
    assert world.line.broken == broken + 1
    assert world.files() == {"smooth.mp4": BODY}


def test_an_upload_cut_for_good_leaves_what_was_there(world, result):
    url = world.put("smooth.mp4", b"precious")
    upload = prepare_upload(as_place(url), True, HURRY)
    world.line.sent_cuts[:] = [400_000, *[0] * 1000]
    with pytest.raises(TransferError, match=r"^cannot write to .*smooth.mp4: "):
        upload.send(result)
    assert world.files()["smooth.mp4"] == b"precious"
    world.line.sent_cuts.clear()
    upload.send(result)
    assert world.files()["smooth.mp4"] == BODY


def test_folders_and_patterns_of_stills(world, folder):
    bodies = {f"shots/f_{number:03d}.png": os.urandom(2000 + number) for number in (1, 2, 10)}
    for name, body in bodies.items():
        world.put(name, body)
    world.put("shots/notes.txt", b"not a frame")
    heard = []
    path = get(f"{world.url}/shots/", folder, lambda *event: heard.append(event))
    images = {f"shots/{entry.name}": entry.read_bytes() for entry in path.glob("*.png")}
    assert images == bodies
    assert heard[-1] == (6013, 6013)
    pattern = get(f"{world.url}/shots/f_%03d.png", folder)
    assert pattern == folder / "shots" / "f_%03d.png"
    with pytest.raises(MediaError, match="expected PNG, JPEG, TIFF or WebP images at "):
        get(f"{world.url}/shots/g_%03d.png", folder)
    made = folder / "made"
    made.mkdir()
    for number in (1, 2):
        (made / f"f_{number:03d}.png").write_bytes(b"new %d" % number)
    with pytest.raises(OutputError, match="holds frames already"):
        prepare_upload(as_place(f"{world.url}/shots/"), False, HURRY)
    send(f"{world.url}/shots/f_%03d.png", made, overwrite=True)
    assert world.files() == {
        "shots/f_001.png": b"new 1",
        "shots/f_002.png": b"new 2",
        "shots/notes.txt": b"not a frame",
    }
    send(f"{world.url}/fresh", made)
    assert Counter(name.split("/")[0] for name in world.files()) == {"shots": 3, "fresh": 2}


@pytest.mark.parametrize("scheme", ["gs", "gdrive"])
def test_a_damaged_upload_is_noticed(scheme, tmp_path, monkeypatch, no_proxy, result):
    for name in NEEDED[scheme]:
        pytest.importorskip(name, reason=f"needs dain[{scheme}]")
    with stores.google_world(scheme, tmp_path) as world:
        sign_in(world, tmp_path, monkeypatch)
        hurry(scheme, world, monkeypatch)
        upload = prepare_upload(as_place(f"{world.url}/smooth.mp4"), False, HURRY)
        world.google.spoils = True
        with pytest.raises(TransferError, match="what arrived is not what was sent: its checksum"):
            upload.send(result)
        assert world.files() == {}


@pytest.mark.parametrize("scheme", NEEDED)
def test_an_extra_that_is_not_installed_is_named(scheme, folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, NEEDED[scheme][0], None)
    with pytest.raises(OptionError, match=rf"pip install 'dain\[{scheme}\]'"):
        get(f"{scheme}://host/folder/clip.mp4", folder)
