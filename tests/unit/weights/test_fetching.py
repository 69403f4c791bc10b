"""From an address to installed weights, through everything that goes wrong on the way."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import torch
from tests.support.checkpoints import TinyNetwork, save_new, tiny_record, tiny_tensors
from tests.support.servers import Answer

from dain.errors import OptionError, RunError, WeightsError
from dain.transfer import http
from dain.transfer.partial import Patience
from dain.weights import store
from dain.weights.checksums import checksums_of
from dain.weights.fetching import check_address, fetch_weights
from dain.weights.importing import find_installed, import_checkpoint, verify_installed
from dain.weights.registry import DAIN_LITE

HURRY = Patience(timeout=5, pauses=(0,))
HTML = Answer(b"<!DOCTYPE html>not found, kindly")


@pytest.fixture
def body(best):
    return best.read_bytes()


@pytest.fixture
def others(tmp_path):
    """Weights of the same network that are not the published ones."""
    return save_new(tiny_tensors(seed=1), tmp_path / "others.pth").read_bytes()


@pytest.fixture
def record(server, best):
    return tiny_record((server.url + "one", server.url + "two"), best)


def fetch(record, **options):
    return fetch_weights(record, patience=HURRY, **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


INSTALLED = [".tiny.lock", "tiny.json", "tiny.safetensors"]


def test_the_first_address(record, server, body, best, data_folder):
    url = server.give("one", Answer(body))
    installed = fetch(record)
    assert installed.is_new
    assert installed.record.source == url
    assert installed.record.source_sha256 == checksums_of(best).sha256
    assert names(data_folder) == INSTALLED
    assert verify_installed(record).sha256 == installed.sha256


def test_what_is_there_is_not_fetched_again(record, server, body):
    server.give("one", Answer(body))
    fetch(record)
    assert not fetch(record).is_new
    assert len(server.asked) == 1


def test_the_same_by_import_is_not_fetched(record, server, best):
    import_checkpoint(record, best)
    assert not fetch(record).is_new
    assert server.asked == []


def test_what_is_there_needs_no_place_to_write(record, server, body, monkeypatch):
    server.give("one", Answer(body))
    fetch(record)
    monkeypatch.setattr("filelock.FileLock.acquire", lambda *a, **b: pytest.fail("locked"))
    assert not fetch(record).is_new


def test_a_known_sha256_is_verified_too(record, server, body):
    server.give("one", Answer(body))
    source = replace(record.checkpoint, sha256="0" * 64)
    with pytest.raises(RunError, match=r"with SHA-256 [0-9a-f]{64} instead of 0{64}"):
        fetch(replace(record, checkpoint=source))


def test_damaged_weights_are_fetched_again(record, server, body):
    server.give("one", Answer(body))
    fetch(record).path.write_bytes(b"damaged")
    assert fetch(record).is_new
    verify_installed(record)


def test_other_weights_are_not_replaced_unasked(record, server, body, others, tmp_path):
    (tmp_path / "others.pth").write_bytes(others)
    import_checkpoint(record, tmp_path / "others.pth")
    server.give("one", Answer(body))
    with pytest.raises(WeightsError, match=r"are installed at .* give --overwrite"):
        fetch(record)
    assert server.asked == []
    assert fetch(record, overwrite=True).is_new


@pytest.mark.parametrize(
    "first",
    [
        Answer(status=404),
        Answer(status=503),
        HTML,
        Answer(b""),
        Answer(status=302, location="/nowhere"),
    ],
    ids=["missing", "busy", "page", "empty", "moved"],
)
def test_the_next_address_where_one_fails(first, record, server, body):
    server.give("one", first)
    url = server.give("two", Answer(body))
    assert fetch(record).record.source == url


def test_the_next_address_where_bytes_are_wrong(record, server, body, data_folder):
    server.give("one", Answer(body[:-1] + b"x"))
    server.give("two", Answer(body))
    assert fetch(record).record.source == server.url + "two"
    assert server.asked_ranges() == [None, None]
    assert names(data_folder) == INSTALLED


def test_the_next_address_where_a_file_is_cut_short(record, server, body):
    server.give("one", Answer(body, length=len(body) - 7))
    server.give("two", Answer(body))
    assert fetch(record).record.source == server.url + "two"


def test_the_next_address_where_nobody_listens(server, body, best):
    record = tiny_record(("http://127.0.0.1:9/best.pth", server.url + "two"), best)
    server.give("two", Answer(body))
    assert fetch(record).record.source == server.url + "two"


def test_a_cut_connection_is_resumed(record, server, body):
    server.give("one", Answer(body, cut_after=1000), Answer(body))
    assert fetch(record).is_new
    assert server.asked_ranges() == [None, "bytes=1000-"]


def test_a_later_fetch_continues_an_earlier_one(record, server, body, data_folder):
    server.give("one", Answer(body, cut_after=1000), Answer(status=503))
    server.give("two", Answer(status=404))
    with pytest.raises(RunError, match="the first 1000 bytes are kept"):
        fetch(record)
    assert names(data_folder) == [".tiny.lock", "tiny.partial", "tiny.partial.json"]
    server.give("one", Answer(body))
    assert fetch(record).is_new
    assert server.asked_ranges()[-1] == "bytes=1000-"
    assert names(data_folder) == INSTALLED


def test_no_address_has_it(record, server, body, data_folder):
    server.give("one", Answer(body + b"x"))
    with pytest.raises(RunError) as caught:
        fetch(record)
    message = str(caught.value)
    assert "\n" not in message
    assert f"{server.url}one: gave {len(body) + 1} bytes with git blob id " in message
    assert f"{server.url}two: the server answered 404" in message
    assert f"get {server.url}one on any machine, then run dain models import" in message
    assert "are kept" not in message
    assert names(data_folder) == [".tiny.lock"]


def test_no_network(best, monkeypatch):
    def fail(*arguments, **options):
        raise http.socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    record = tiny_record(("https://weights.example/best.pth",), best)
    with pytest.raises(RunError, match=r"no such server, or no network; by hand: get https://wei"):
        fetch(record)


def test_an_address_of_ones_own(record, server, body):
    url = server.give("mine", Answer(body))
    assert fetch(record, url=url).record.source == url
    assert [path for path, _ in server.asked] == ["/mine"]


def test_an_address_of_ones_own_is_verified(record, server, others, data_folder):
    url = server.give("mine", Answer(others))
    with pytest.raises(WeightsError, match=r"git blob id .* give --no-verify if other weights"):
        fetch(record, url=url)
    assert names(data_folder) == [".tiny.lock"]


def test_an_address_of_ones_own_is_not_verified_if_so_asked(record, server, others):
    url = server.give("mine", Answer(others))
    assert fetch(record, url=url, verify=False).record.source == url
    assert not fetch(record, url=url, verify=False).is_new
    assert len(server.asked) == 1
    verify_installed(record)
    with pytest.raises(WeightsError, match="give --overwrite"):
        fetch(record)


@pytest.mark.parametrize("content", [HTML.body, b"", b"PK\x03\x04"], ids=["page", "empty", "zip"])
def test_the_tensors_are_checked_in_any_case(content, record, server, data_folder):
    url = server.give("mine", Answer(content))
    with pytest.raises(WeightsError, match=url):
        fetch(record, url=url, verify=False)
    assert names(data_folder) == [".tiny.lock"]


def test_another_network_from_an_address_of_ones_own(record, server, tmp_path):
    path = save_new({"a": torch.ones(1)}, tmp_path / "a.pth")
    url = server.give("mine", Answer(path.read_bytes()))
    with pytest.raises(WeightsError, match=f"tensors of tiny in {url}, found others"):
        fetch(record, url=url, verify=False)


def test_an_address_off_the_web(record, best):
    with pytest.raises(OptionError, match="dain models import"):
        fetch(record, url=f"file://{best}")


def test_a_model_whose_weights_come_with_dain():
    with pytest.raises(WeightsError, match="come inside dain"):
        fetch(DAIN_LITE)


def test_interruption_keeps_what_came(record, server, data_folder, monkeypatch):
    monkeypatch.setattr(http, "_BLOCK", 1000)
    body = server.give("one", Answer(bytes(5000)))

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(record, on_progress=interrupt)
    assert body
    assert names(data_folder) == [".tiny.lock", "tiny.partial", "tiny.partial.json"]


def test_a_full_disk_while_installing_does_not_fetch_again(record, server, body, monkeypatch):
    server.give("one", Answer(body))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("dain.weights.store.os.fsync", full)
        with pytest.raises(RunError, match="no space left on device"):
            fetch(record)
    assert fetch(record).is_new
    assert len(server.asked) == 1


def test_two_at_once_fetch_once(record, server, body, data_folder):
    server.give("one", Answer(body))
    results, waited = [], []
    threads = [
        threading.Thread(
            target=lambda: results.append(fetch(record, on_wait=lambda: waited.append(1)))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.is_new for result in results) == [False] * 3 + [True]
    assert len(server.asked) == 1
    assert names(data_folder) == INSTALLED


def test_nothing_is_executed(record, server, tmp_path):
    from tests.support.checkpoints import Evil, save_old

    marker = tmp_path / "executed"
    path = save_old({**tiny_tensors(), "more": Evil(marker)}, tmp_path / "evil.pth")
    url = server.give("mine", Answer(path.read_bytes()))
    with pytest.raises(WeightsError, match="nothing in it was executed"):
        fetch(record, url=url, verify=False)
    assert not marker.exists()
    assert find_installed(record) is None


def test_a_killed_process_leaves_no_lock(data_folder):
    code = "import os\nfrom dain.weights.store import locked\nwith locked('tiny'): os._exit(1)"
    subprocess.run([sys.executable, "-c", code], check=False)
    with store.locked("tiny", on_wait=lambda: pytest.fail("still locked")):
        pass


def test_the_network_of_a_fetch(record, server, body, monkeypatch):
    from dain.weights import MODELS, load_network

    monkeypatch.setitem(MODELS, "tiny", record)
    server.give("one", Answer(body))
    fetch(record)
    assert isinstance(load_network("tiny"), TinyNetwork)


@pytest.mark.parametrize(
    "url",
    [
        *("", "best.pth", "/tmp/best.pth", "file:///tmp/best.pth", "ftp://a/best.pth"),
        *("data:,a", "https:///best.pth", "http://[::1/best.pth", "c:\\best.pth"),
    ],
)
def test_addresses_off_the_web(url):
    with pytest.raises(OptionError, match="begins with https:// or http://"):
        check_address(url)


def test_addresses_on_the_web():
    check_address("https://a.example/best.pth")
    check_address("HTTP://127.0.0.1:8000/best.pth?a=b")
