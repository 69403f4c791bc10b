"""Runs from and to elsewhere, with a run between them that only copies bytes."""

import os
import re
import time
from fractions import Fraction

import pytest
from tests.support import stores
from tests.support.servers import Answer

from dain.errors import (
    DamageError,
    MediaError,
    OptionError,
    OutputError,
    RunError,
    TransferError,
)
from dain.jobs import JobResult, run_anywhere
from dain.jobs.staging_folder import cache_folder, staging_folder
from dain.media.remote import as_place
from dain.settings import EncodeSettings, JobSettings, TimeSettings
from dain.transfer.partial import Patience

HURRY = Patience(timeout=5, pauses=(0,))
BODY = os.urandom(300_000)
REPORT = {
    "status": "done",
    "error": None,
    "seconds": 0.5,
    "input": {"path": "/cache/in", "bytes": 7, "codec": "h264"},
    "output": {"path": "/cache/out", "bytes": 9},
    "model": "copy",
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DAIN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "staging"


@pytest.fixture
def host(tmp_path, monkeypatch, no_proxy):
    pytest.importorskip("sshfs", reason="needs dain[sftp]")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with stores.sftp_world(tmp_path / "root", home) as world:
        yield world


class CopyingRun:
    """Copies the input, reversed, and counts how often it was asked.

    Attributes:
        error: what it raises instead.
    """

    def __init__(self, error=None):
        self.error = error
        self.calls = []

    def __call__(self, source, output, settings, *others, on_report=None, **more):
        self.calls.append((source, output))
        if on_report is not None and self.error is None:
            on_report(REPORT)
        if self.error is not None:
            raise self.error
        output.write_bytes(contents(source)[::-1])
        return JobResult(
            output=output,
            frames_in=2,
            frames_out=4,
            frames_kept=0,
            fps=Fraction(60000, 1001),
            duration=Fraction(1, 3),
            model="copy",
            device="cpu",
            precision="fp32",
            seconds=1.0,
            warnings=("look",),
        )


def contents(source):
    """Of a file, or of the images of a folder."""
    files = sorted(source.glob("*.png")) if source.is_dir() else [source]
    return b"".join(file.read_bytes() for file in files)


def settings(overwrite=False, factor=2):
    return JobSettings(
        time=TimeSettings(factor=Fraction(factor)), encode=EncodeSettings(overwrite=overwrite)
    )


def go(source, output, run, on_report=None, **options):
    events = []
    result = run_anywhere(
        as_place(str(source)),
        as_place(str(output)),
        settings(**options),
        events.append,
        on_report=on_report,
        patience=HURRY,
        run=run,
    )
    return result, events


def kept(cache):
    """The names of all files in the cache but the locks."""
    files = [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return sorted(path.name for path in files)


def test_paths_on_this_machine_are_left_alone(tmp_path, cache):
    run = CopyingRun()
    (tmp_path / "a.bin").write_bytes(BODY)
    go(tmp_path / "a.bin", tmp_path / "b.bin", run)
    assert run.calls == [(tmp_path / "a.bin", tmp_path / "b.bin")]
    assert not cache.exists()


def test_from_the_web_to_here(server, tmp_path, cache):
    url = server.give("clip%20one.mp4?sig=secret", Answer(BODY))
    run = CopyingRun()
    result, events = go(url, tmp_path / "out.mp4", run)
    assert (tmp_path / "out.mp4").read_bytes() == BODY[::-1]
    assert run.calls[0][0].name == "clip one.mp4"
    assert result.output == tmp_path / "out.mp4"
    fetching = [event for event in events if event.stage == "fetching"]
    assert fetching[-1].done == fetching[-1].total == len(BODY)
    assert kept(cache) == []


def test_from_here_to_elsewhere(host, tmp_path, cache):
    (tmp_path / "clip.mp4").write_bytes(BODY)
    url = f"{host.url}/smooth.mp4"
    result, events = go(tmp_path / "clip.mp4", url, CopyingRun())
    assert host.files() == {"smooth.mp4": BODY[::-1]}
    assert str(result.output) == url.replace(":sesame", "")
    assert result.warnings == ("look",)
    assert events[-1].stage == "uploading"
    assert events[-1].done == events[-1].total == len(BODY)
    assert kept(cache) == []


def test_an_output_that_exists_is_refused_before_anything_is_fetched(host, server, tmp_path):
    url = server.give("clip.mp4", Answer(BODY))
    (tmp_path / "out.mp4").write_bytes(b"precious")
    host.put("out.mp4", b"precious")
    for output in (tmp_path / "out.mp4", f"{host.url}/out.mp4"):
        with pytest.raises(OutputError, match="exists already"):
            go(url, output, pytest.fail)
    assert server.asked == []


def test_an_upload_that_fails_is_all_that_is_done_again(host, tmp_path, cache, monkeypatch):
    (tmp_path / "clip.mp4").write_bytes(BODY)
    run, url = CopyingRun(), f"{host.url}/smooth.mp4"

    def refused(*arguments, **options):
        host.refuse("write")
        return run(*arguments, **options)

    with pytest.raises(OutputError, match=r"access is refused; .*; the finished output is kept at"):
        go(tmp_path / "clip.mp4", url, refused)
    assert kept(cache) == ["result.json", "smooth.mp4"]
    host.refuse()
    result, _ = go(tmp_path / "clip.mp4", url, pytest.fail)
    assert (result.fps, result.duration) == (Fraction(60000, 1001), Fraction(1, 3))
    assert result.warnings == ("look",)
    assert host.files() == {"smooth.mp4": BODY[::-1]}
    assert kept(cache) == []


def test_a_folder_from_elsewhere_is_known_again(host, tmp_path):
    for number in range(2):
        host.put(f"shots/{number}.png", os.urandom(2000))
    run, url = CopyingRun(), f"{host.url}/smooth.mp4"

    def refused(*arguments, **options):
        host.refuse("write")
        return run(*arguments, **options)

    with pytest.raises(OutputError):
        go(f"{host.url}/shots/", url, refused)
    host.refuse()
    go(f"{host.url}/shots/", url, run)
    assert len(run.calls) == 1


def test_the_report_tells_of_the_places_as_given_and_of_how_all_ended(host, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(BODY)
    run, reports, url = CopyingRun(), [], f"{host.url}/smooth.mp4"
    shown = url.replace(":sesame", "")

    def refused(*arguments, **options):
        host.refuse("write")
        return run(*arguments, **options)

    with pytest.raises(OutputError):
        go(clip, url, refused, on_report=reports.append)
    failed = reports.pop()
    assert (failed["status"], failed["error"]["type"]) == ("failed", "OutputError")
    assert failed["input"] == {"path": str(clip), "bytes": 7, "codec": "h264"}
    assert (failed["output"]["path"], failed["output"]["bytes"]) == (shown, None)
    host.refuse()
    go(clip, url, pytest.fail, on_report=reports.append)  # which only uploads
    assert reports[-1]["cuts"] is reports[-1]["doubts"] is None
    done = reports.pop()
    assert (done["status"], done["frames"]["out"], done["frames"]["kept"]) == ("done", 4, 4)
    go(url, f"{host.url}/other.mp4", run, on_report=reports.append)
    done = reports.pop()
    assert (done["status"], done["model"], done["output"]["bytes"]) == ("done", "copy", 9)
    assert (done["input"]["path"], done["output"]["path"]) == (
        shown,
        shown.replace("smooth", "other"),
    )
    with pytest.raises(MediaError):
        go(f"{host.url}/none.mp4", tmp_path / "out.mp4", run, on_report=reports.append)
    (failed,) = reports
    assert (failed["status"], failed["input"]["codec"]) == ("failed", None)
    assert "sesame" not in repr(failed)


@pytest.mark.parametrize("change", ["input", "settings"])
def test_another_request_does_not_get_an_earlier_result(change, host, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(BODY)
    url, run = f"{host.url}/smooth.mp4", CopyingRun()

    def refused(*arguments, **options):
        host.refuse("write")
        return run(*arguments, **options)

    with pytest.raises(OutputError):
        go(clip, url, refused)
    host.refuse()
    if change == "input":
        clip.write_bytes(b"another")
    go(clip, url, run, factor=3 if change == "settings" else 2)
    assert len(run.calls) == 2
    assert host.files() == {"smooth.mp4": clip.read_bytes()[::-1]}


def test_a_run_that_fails_keeps_what_was_fetched(server, tmp_path, cache):
    url = server.give("clip.mp4", Answer(BODY))
    with pytest.raises(RunError, match=r"disk full; what was fetched and made is kept in "):
        go(url, tmp_path / "out.mp4", CopyingRun(RunError("disk full")))
    assert kept(cache) == ["clip.mp4", "clip.mp4.json"]
    with pytest.raises(KeyboardInterrupt, match=r"^what was fetched and made is kept in "):
        go(url, tmp_path / "out.mp4", CopyingRun(KeyboardInterrupt()))
    go(url, tmp_path / "out.mp4", CopyingRun())
    assert [headers.get("If-None-Match") for _, headers in server.asked] == [None, *['"one"'] * 2]
    assert kept(cache) == []


def test_an_input_that_nothing_can_be_made_of_is_not_kept(server, tmp_path, cache):
    url = server.give("clip.mp4", Answer(BODY))

    def refuse(source, *arguments, **options):
        raise MediaError(f"no video in {source}")

    with pytest.raises(MediaError, match=f"^no video in {re.escape(url)}$"):
        go(url, tmp_path / "out.mp4", refuse)
    assert kept(cache) == []


def test_a_refusal_later_on_loses_nothing_of_what_was_fetched(server, tmp_path, cache):
    url = server.give("clip.mp4", Answer(BODY, cut_after=100_000), Answer(status=503))
    with pytest.raises(TransferError):
        go(url, tmp_path / "out.mp4", pytest.fail)
    server.give("clip.mp4", Answer(status=403))
    with pytest.raises(MediaError, match=r"answered 403 .*; what was fetched and made is kept in"):
        go(url, tmp_path / "out.mp4", pytest.fail)
    server.give("clip.mp4", Answer(BODY))
    go(url, tmp_path / "out.mp4", CopyingRun())
    assert server.asked_ranges()[-1] == "bytes=100000-"


def test_a_fetch_cut_for_good_goes_on_where_it_was(server, tmp_path, cache):
    url = server.give("clip.mp4", *[Answer(BODY, cut_after=100_000)], Answer(status=503))
    with pytest.raises(TransferError, match=r"the server answered 503.*goes on from there$"):
        go(url, tmp_path / "out.mp4", pytest.fail)
    server.give("clip.mp4", Answer(BODY))
    go(url, tmp_path / "out.mp4", CopyingRun())
    assert server.asked_ranges()[-1] == "bytes=100000-"
    assert (tmp_path / "out.mp4").read_bytes() == BODY[::-1]


def test_a_file_that_is_not_what_its_checksum_says(server, tmp_path):
    url = server.give("clip.mp4", Answer(BODY, headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}))
    with pytest.raises(TransferError, match="what arrived is not what was sent: its checksum is"):
        go(url, tmp_path / "out.mp4", pytest.fail)
    assert len(server.asked) == 2


@pytest.mark.parametrize(("status", "error"), [(403, MediaError), (404, MediaError)])
def test_what_the_web_refuses(status, error, server, tmp_path, cache):
    url = server.give("clip.mp4?sig=secret", Answer(status=status))
    with pytest.raises(error, match=rf"answered {status} ") as caught:
        go(url.replace("http://", "http://me:hidden@"), tmp_path / "out.mp4", pytest.fail)
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert kept(cache) == []


def test_the_web_lists_no_folders_and_takes_no_output(server, tmp_path):
    for name in ("frames/", "f_%05d.png"):
        with pytest.raises(MediaError, match="a web server lists no files"):
            go(server.url + name, tmp_path / "out.mp4", pytest.fail)
    with pytest.raises(OptionError, match="the web can only be read"):
        go(tmp_path / "clip.mp4", server.url + "out.mp4", pytest.fail)


def test_secrets_are_not_left_on_the_disk(server, tmp_path, cache):
    url = server.give("clip.mp4?sig=secret", Answer(BODY))
    with pytest.raises(DamageError):
        go(url, tmp_path / "out.mp4", CopyingRun(DamageError("damaged")))
    texts = [path.read_bytes() for path in cache.rglob("*") if path.is_file()]
    assert texts
    assert not any(b"secret" in text for text in texts)


def test_two_runs_of_the_same_do_not_meet(tmp_path, server):
    url = as_place(server.give("clip.mp4", Answer(BODY)))
    with (
        staging_folder(url, tmp_path / "out.mp4"),
        pytest.raises(OutputError, match=r"another run turns http://.*; let it end first"),
        staging_folder(url, tmp_path / "out.mp4"),
    ):
        pass
    assert list((cache_folder() / "staging").glob("*.lock")) != []


def test_what_nobody_came_back_for_is_removed(tmp_path, server, cache):
    url = server.give("clip.mp4", Answer(BODY))
    with pytest.raises(RunError):
        go(url, tmp_path / "out.mp4", CopyingRun(RunError("disk full")))
    (old,) = (entry for entry in cache.iterdir() if entry.is_dir())
    go(url, tmp_path / "other.mp4", CopyingRun())
    assert old.is_dir()
    long_ago = time.time() - 15 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    go(url, tmp_path / "third.mp4", CopyingRun())
    assert not old.exists()


def test_an_input_that_is_away_for_a_while_costs_nothing_that_was_made(host, tmp_path, cache):
    def begin_and_fail(source, output, *others, **named):
        (output.parent / ".smooth.mp4.dain").mkdir()
        (output.parent / ".smooth.mp4.dain" / "000000.segment").write_bytes(BODY)
        raise MediaError("the input is gone; put it back")

    (tmp_path / "clip.mp4").write_bytes(BODY)
    with pytest.raises(MediaError, match=r"put it back; .*the same command goes on from there"):
        go(tmp_path / "clip.mp4", f"{host.url}/smooth.mp4", begin_and_fail)
    assert kept(cache) == ["000000.segment"]
