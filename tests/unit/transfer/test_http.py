"""Downloads against a server that fails in every way."""

import base64
import hashlib
import socket
import time
from types import SimpleNamespace

import pytest
from tests.support.servers import Answer

from dain.errors import OutputError, RunError
from dain.transfer import http
from dain.transfer.http import download, is_unchanged
from dain.transfer.partial import DownloadError, Origin, PartialFile, Patience

BODY = bytes(range(256)) * 2000  # several blocks
HURRY = Patience(timeout=5, pauses=(0, 0))


@pytest.fixture
def partial(tmp_path):
    return PartialFile(tmp_path / "tiny.partial")


def get(url, partial, patience=HURRY, on_progress=None):
    download(url, partial, patience, on_progress)
    return partial.path.read_bytes()


def test_a_whole_file(server, partial):
    heard = []
    url = server.give("a", Answer(BODY))
    assert get(url, partial, on_progress=lambda *event: heard.append(event)) == BODY
    assert heard[-1] == (len(BODY), len(BODY))
    assert heard == sorted(heard)
    assert server.asked_ranges() == [None]
    assert server.asked[0][1]["User-Agent"].startswith("dain/")


@pytest.mark.parametrize("reset", [False, True], ids=["ended", "reset"])
def test_a_cut_connection_is_resumed(reset, server, partial):
    url = server.give("a", Answer(BODY, cut_after=70_000, reset=reset), Answer(BODY))
    assert get(url, partial) == BODY
    assert server.asked_ranges() == [None, "bytes=70000-"]
    assert server.asked[1][1]["If-Range"] == '"one"'


def test_every_attempt_that_brings_something_earns_another(server, partial):
    cuts = [Answer(BODY, cut_after=30_000)] * 12
    url = server.give("a", *cuts, Answer(BODY))
    assert get(url, partial) == BODY
    assert len(server.asked) == 13


def test_last_modified_serves_where_there_is_no_strong_tag(server, partial):
    date = "Sat, 01 Jun 2019 00:00:00 GMT"
    file = {"body": BODY, "tag": 'W/"weak"', "modified": date}
    url = server.give("a", Answer(**file, cut_after=70_000), Answer(**file))
    assert get(url, partial) == BODY
    assert server.asked[1][1]["If-Range"] == date
    assert server.asked_ranges() == [None, "bytes=70000-"]


def test_without_a_version_nothing_is_joined(server, partial):
    url = server.give("a", Answer(BODY, tag=None, cut_after=70_000), Answer(BODY, tag=None))
    assert get(url, partial) == BODY
    assert server.asked_ranges() == [None, None]


def test_a_changed_file_is_begun_anew(server, partial):
    other = BODY[::-1]
    url = server.give("a", Answer(BODY, cut_after=70_000), Answer(other, tag='"two"'))
    assert get(url, partial) == other
    assert server.asked_ranges() == [None, "bytes=70000-"]


def test_parts_of_two_versions_are_not_joined(server, partial):
    other = BODY[::-1]
    url = server.give(
        "a", Answer(BODY, cut_after=70_000), Answer(other, tag='"two"', careless=True)
    )
    assert get(url, partial) == other
    assert server.asked_ranges() == [None, "bytes=70000-", None]


def test_a_server_without_ranges_is_asked_for_all(server, partial):
    url = server.give("a", Answer(BODY, ranges=False, cut_after=70_000), Answer(BODY, ranges=False))
    assert get(url, partial) == BODY


def test_a_shorter_file_than_the_partial_one_is_begun_anew(server, partial):
    short = BODY[:1000]
    url = server.give("a", Answer(BODY, cut_after=70_000), Answer(short))
    assert get(url, partial) == short
    assert server.asked_ranges() == [None, "bytes=70000-", None]


def test_another_part_than_the_one_asked_for_is_not_joined(server, partial):
    url = server.give("a", Answer(BODY, cut_after=70_000), Answer(BODY, shift=5), Answer(BODY))
    assert get(url, partial) == BODY
    assert server.asked_ranges() == [None, "bytes=70000-", None]


def test_a_partial_file_of_another_address_is_not_continued(server, partial):
    with pytest.raises(DownloadError, match="cut after 70000 of 512000 bytes"):
        get(server.give("a", Answer(BODY, cut_after=70_000), Answer(BODY, cut_after=0)), partial)
    assert partial.size == 70_000
    assert get(server.give("b", Answer(BODY)), partial) == BODY
    assert server.asked_ranges()[-1] is None


def test_a_partial_file_without_its_note_is_begun_anew(server, partial):
    partial.path.write_bytes(b"of unknown origin")
    assert get(server.give("a", Answer(BODY)), partial) == BODY
    partial.path.with_name("tiny.partial.json").write_text("[nonsense")
    assert get(server.give("a", Answer(BODY)), partial) == BODY


def test_a_length_that_is_a_lie_ends_after_a_few_attempts(server, partial):
    url = server.give("a", Answer(BODY, length=len(BODY) + 100))
    with pytest.raises(DownloadError, match=r"cut|not part of"):
        get(url, partial)
    assert len(server.asked) < 10


def test_a_length_too_small_gives_that_many_bytes(server, partial):
    assert get(server.give("a", Answer(BODY, length=1000)), partial) == BODY[:1000]


def test_no_length(server, partial):
    heard = []
    url = server.give("a", Answer(BODY, length=0))
    assert get(url, partial, on_progress=lambda *event: heard.append(event)) == BODY
    assert heard[-1] == (len(BODY), None)


def test_redirects_are_followed(server, partial):
    url = server.give("a", Answer(status=302, location=server.give("b", Answer(BODY))))
    assert get(url, partial) == BODY


def test_a_part_is_asked_for_through_a_redirect(server, partial):
    target = server.give("b", Answer(BODY, cut_after=70_000), Answer(BODY))
    url = server.give("a", Answer(status=302, location=target))
    assert get(url, partial) == BODY
    assert server.asked_ranges() == [None, None, *["bytes=70000-"] * 2]


@pytest.mark.parametrize("to", ["file:///etc/hosts", "ftp://127.0.0.1/a", "data:,a"])
def test_redirects_off_the_web_are_not(to, server, partial):
    with pytest.raises(DownloadError, match=r"not allowed|unknown url type"):
        get(server.give("a", Answer(status=302, location=to)), partial)
    assert partial.size == 0


def test_redirects_in_a_circle(server, partial):
    url = server.give("a", Answer(status=302, location="/a"))
    with pytest.raises(DownloadError, match="302"):
        get(url, partial)


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_refusals_are_not_repeated(status, server, partial):
    with pytest.raises(DownloadError, match=f"the server answered {status} "):
        get(server.give("a", Answer(status=status)), partial)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_passes_is_tried_again(status, server, partial):
    assert get(server.give("a", Answer(status=status), Answer(BODY)), partial) == BODY
    with pytest.raises(DownloadError, match=f"the server answered {status} "):
        get(server.give("b", Answer(status=status)), partial)
    assert len(server.asked) == 2 + 3


@pytest.mark.parametrize("after", [0, 70_000])
def test_a_silent_server_is_not_waited_for_for_ever(after, server, partial):
    url = server.give("a", Answer(BODY, silent_after=after), Answer(BODY))
    started = time.monotonic()
    assert get(url, partial, Patience(timeout=0.3, pauses=(0,))) == BODY
    assert time.monotonic() - started < 5
    url = server.give("b", Answer(BODY, silent_after=0))
    with pytest.raises(DownloadError, match="did not answer in time"):
        get(url, partial, Patience(timeout=0.2, pauses=()))


def test_nobody_listens(partial):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match="connection refused"):
        get(f"http://127.0.0.1:{port}/a", partial)


def test_no_network(partial, monkeypatch):
    def fail(*arguments, **options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(DownloadError, match="no such server, or no network"):
        get("http://weights.example/best.pth", partial)


def test_pauses_grow_until_something_comes(server, partial, monkeypatch):
    slept = []
    monkeypatch.setattr("dain.transfer.partial.time.sleep", slept.append)
    url = server.give(
        "a",
        *[Answer(status=503)] * 2,
        Answer(BODY, cut_after=70_000),
        *[Answer(status=503)] * 3,
        Answer(BODY),
    )
    assert get(url, partial, Patience(pauses=(1, 2, 4))) == BODY
    assert slept == [1, 2, 1, 1, 2, 4]


def test_an_endless_file_is_refused(server, partial):
    with pytest.raises(DownloadError, match="sends more than 100000 bytes"):
        download(server.give("a", Answer(BODY, length=0)), partial, HURRY, largest=100_000)
    assert not list(partial.path.parent.iterdir())


def test_the_proxy_of_the_environment_is_used(server, partial, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    server.answers["http://weights.example/best.pth"] = [Answer(BODY)]
    assert get("http://weights.example/best.pth", partial) == BODY


def test_interruption_keeps_what_came(server, partial):
    def interrupt(done, total):
        if done > 200_000:
            raise KeyboardInterrupt

    url = server.give("a", Answer(BODY))
    with pytest.raises(KeyboardInterrupt):
        get(url, partial, on_progress=interrupt)
    kept = partial.size
    assert 200_000 < kept < len(BODY)
    assert get(url, partial) == BODY
    assert server.asked_ranges() == [None, f"bytes={kept}-"]


def test_a_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="DAIN_DATA_DIR can name"):
        get(server.give("a", Answer(BODY)), PartialFile(tmp_path / "file" / "a.partial"))


def test_a_full_disk_keeps_what_came(server, partial, monkeypatch):
    url = server.give("a", Answer(BODY))
    blocks = http._blocks

    def fill(response):
        yield next(blocks(response))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(http, "_blocks", fill)
        with pytest.raises(RunError, match=r"tiny.partial: no space left on device"):
            get(url, partial)
    assert 0 < partial.size < len(BODY)
    assert get(url, partial) == BODY
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999999/a", "http://127.0.0.1:x/a", "http://a b/"]
)
def test_addresses_that_lead_nowhere(url, partial):
    with pytest.raises(DownloadError):
        get(url, partial)


def test_a_name_and_a_password_go_to_that_server_alone(server, partial):
    target = server.give("b", Answer(BODY))
    url = server.give("a", Answer(status=302, location=target))
    get(url.replace("http://", "http://me:p%40ss@"), partial)
    sent = [headers.get("Authorization") for _, headers in server.asked]
    assert sent == [f"Basic {base64.b64encode(b'me:p@ss').decode()}", None]


def test_an_address_as_people_write_it(server, partial):
    server.give("my%20clip%C3%A9.mp4?a=b%20c", Answer(BODY))
    assert get(f"{server.url}my clip\u00e9.mp4?a=b c#part", partial) == BODY


SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
MD5 = base64.b64encode(hashlib.md5(BODY).digest()).decode()


@pytest.mark.parametrize(
    ("headers", "digest"),
    [
        ({"Repr-Digest": f"sha-256=:{SHA256}:, md5=:{MD5}:"}, "sha256"),
        ({"Digest": f"unixsum=1,SHA-256={SHA256}"}, "sha256"),
        ({"Digest": f"md5={MD5}"}, "md5"),
        ({"Content-MD5": MD5}, "md5"),
        ({"Content-MD5": "nonsense!"}, None),
        ({}, None),
    ],
)
def test_checksums_in_headers_are_noted(headers, digest, server, partial):
    answers = (Answer(BODY, cut_after=70_000, headers=headers), Answer(BODY))
    url = server.give("a", *answers)
    get(url, partial)
    found = None if digest is None else f"{digest}:{getattr(hashlib, digest)(BODY).hexdigest()}"
    assert partial.origin(url) == Origin('"one"', len(BODY), found)


def test_a_full_disk_is_told_before_anything_is_fetched(server, partial, monkeypatch):
    monkeypatch.setattr(
        "dain.transfer.disk.shutil.disk_usage", lambda path: SimpleNamespace(free=9)
    )
    with pytest.raises(RunError, match=r"expected 512000 bytes of free space in .*, found 9; make"):
        get(server.give("a", Answer(BODY)), partial)
    assert partial.size == 0


@pytest.mark.parametrize("version", ['"one"', "Sat, 01 Jun 2019 00:00:00 GMT"])
def test_a_server_tells_whether_a_file_has_changed(version, server):
    url = server.give("a", Answer(BODY, modified="Sat, 01 Jun 2019 00:00:00 GMT"))
    assert is_unchanged(url, version, timeout=5)
    assert not is_unchanged(server.give("a", Answer(BODY, tag='"two"')), version, timeout=5)
    assert not is_unchanged(f"{server.url}gone", version, timeout=5)
