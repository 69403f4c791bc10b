"""The command line from and to elsewhere, with a tiny clip."""

import pytest
from tests.support import stores
from tests.support.servers import Answer
from tests.support.videos import make_video

from dain.media import open_reader

FAST = ("--fps", 48, "--scale", 0.25)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DAIN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "staging"


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mkv", count=4)


def test_from_the_web_to_here_and_what_it_would_take(dain, clip, server, tmp_path, cache):
    url = server.give("clip.mkv?key=secret", Answer(clip.read_bytes()))
    out = tmp_path / "smooth.mkv"
    guess = dain("interpolate", url, "-o", out, *FAST, "--dry-run", "--json")
    assert guess.code == 0
    assert guess.json["output"] == str(out)
    assert any("kept for the run" in line for line in guess.json["warnings"])
    made = dain("interpolate", url, "-o", out, *FAST, "--json")
    assert (made.code, made.json["frames_out"]) == (0, guess.json["frames_out"])
    assert "secret" not in "".join(made.lines) + guess.out
    assert len(server.asked) == 2  # the second only asks whether it has changed
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_several_inputs_from_the_web(dain, clip, server, tmp_path):
    urls = [server.give(name, Answer(clip.read_bytes())) for name in ("a.mkv", "b.mkv")]
    made = dain("interpolate", *urls, server.url + "none.mkv", "-o", tmp_path / "out", *FAST)
    assert made.code == 2
    assert made.errors == [
        f"dain: error: {server.url}none.mkv: cannot fetch {server.url}none.mkv: "
        "the server answered 404 Not Found"
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mkv", "b.mkv"]


def test_to_another_machine_and_back(dain, clip, tmp_path, monkeypatch, no_proxy):
    pytest.importorskip("sshfs", reason="needs dain[sftp]")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with stores.sftp_world(tmp_path / "root", home) as host:
        out = f"{host.url}/smooth.mkv"
        made = dain("interpolate", clip, "-o", out, *FAST, "--json")
        assert made.code == 0
        assert made.json["output"] == out.replace(":sesame", "")
        again = dain("interpolate", clip, "-o", out, *FAST)
        assert again.code == 2
        assert "exists already; give --overwrite to replace it" in again.errors[0]
        assert list(host.files()) == ["smooth.mkv"]
        with open_reader(tmp_path / "root" / "reels" / "smooth.mkv") as reader:
            assert len(list(reader.frames())) == made.json["frames_out"]
        back = dain("interpolate", out, "-o", tmp_path / "frames", *FAST, "--json")
        assert back.code == 0
        assert len(list((tmp_path / "frames").iterdir())) == back.json["frames_out"]


@pytest.mark.parametrize(
    ("source", "out", "told"),
    [
        ("ftp://host/a.mp4", "b.mp4", "begins with one of http://, https://, s3://"),
        ("a.mp4", "https://host/b.mp4", "the web can only be read"),
        ("s3://key:secret@bucket/a.mp4", "b.mp4", "credentials come from the environment"),
    ],
)
def test_addresses_that_are_refused(refuses, source, out, told):
    line = refuses("interpolate", source, "-o", out, *FAST)
    assert told in line
    assert "secret" not in line
