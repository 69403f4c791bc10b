"""Addresses: what they name, how they are shown, and which are refused."""

from pathlib import Path
from urllib.parse import quote

import pytest

from dain.errors import OptionError
from dain.media.remote import RemotePath, as_place

SHOWN = {
    "http://me:pw@host:80/a/clip%20one.mp4?sig=x#f": "http://host:80/a/clip%20one.mp4?...",
    "HTTPS://host/clip.mp4": "https://host/clip.mp4",
    "s3://bucket/a/clip.mp4": "s3://bucket/a/clip.mp4",
    "gs://bucket/frames/": "gs://bucket/frames/",
    "sftp://me:p%40w@[::1]:22/home/me/clip.mp4": "sftp://me@[::1]:22/home/me/clip.mp4",
    "gdrive://folder/clip.mp4": "gdrive://folder/clip.mp4",
    "gdrive:///clip.mp4": "gdrive://clip.mp4",
}


@pytest.mark.parametrize("url", SHOWN)
def test_secrets_are_not_shown(url):
    place = as_place(url)
    assert str(place) == SHOWN[url]
    assert "pw" not in repr(place)
    assert "p%40w" not in repr(place)


def test_names():
    names = {
        "http://host/a/clip%20one.mp4?x=/y": "clip one.mp4",
        "http://host/": "input",
        "http://host/a%2F..%2Fb.mp4": "a_.._b.mp4",
        "s3://b/clip%20one.mp4": "clip%20one.mp4",
        "s3://b/..": "input",
        "gs://b/frames/": "frames",
        f"s3://b/{'x' * 300}.mp4": f"{'x' * 146}.mp4",
        f"http://host/{quote('映' * 300)}.mp4": f"{'映' * 48}.mp4",
        "s3://b/..\\..\\up.mp4": ".._.._up.mp4",
    }
    assert {url: as_place(url).name for url in names} == names


def test_parts():
    place = as_place("sftp://me:p%40w@host:22/home/clip.mp4")
    assert (place.user, place.password, place.host) == ("me", "p@w", "host:22")
    assert place.path == "/home/clip.mp4"
    place = as_place("s3://bucket/a/f_%03d.png")
    assert (place.host, place.path) == ("bucket", "a/f_%03d.png")
    assert place.pattern.name(7) == "f_007.png"
    assert as_place("s3://bucket/clip.mp4").pattern is None
    assert str(as_place("s3://bucket/out/") / "clip.mp4") == "s3://bucket/out/clip.mp4"


@pytest.mark.parametrize("name", ["clip.mp4", "/a/b", "-", "C:\\clip.mp4", "a:b", "out/"])
def test_names_on_this_machine_are_paths(name):
    assert as_place(name) == Path(name)
    assert as_place(Path(name)) == Path(name)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/a.mp4", "begins with one of http://, https://, s3://, .* found ftp://"),
        ("s3:///clip.mp4", "found no bucket"),
        ("s3://bucket/", "no file or folder"),
        ("s3://key:secret@bucket/a.mp4", "credentials come from the environment"),
        ("gdrive://", "no file or folder"),
        ("http:///a.mp4", "found no host"),
        ("http://[::1/a.mp4", "found no host"),
        ("http://host:x/a.mp4", "found no host"),
        ("sftp:///a.mp4", "no usable host"),
        ("sftp://host:x/a.mp4", "no usable host"),
        ("sftp://host", "no file or folder"),
    ],
)
def test_what_cannot_be_an_address(url, message):
    with pytest.raises(OptionError, match=message) as caught:
        as_place(url)
    assert "secret" not in str(caught.value)


def test_a_remote_path_is_no_path():
    assert isinstance(as_place("s3://b/a"), RemotePath)
