"""From a checkpoint to installed weights, and back into a network."""

import errno
import json
import subprocess
import sys
import threading

import pytest
import torch
from safetensors import safe_open
from tests.support.checkpoints import (
    TINY_NAMES,
    TinyNetwork,
    save_new,
    tiny_record,
    tiny_tensors,
)

from dain import __version__
from dain.errors import OutputError, RunError, WeightsError, WeightsWarning
from dain.weights import MODELS, load_network, store
from dain.weights.checksums import checksums_of
from dain.weights.importing import find_installed, import_checkpoint, verify_installed
from dain.weights.registry import DAIN_LITE
from dain.weights.store import locked, read_record, weights_folder


@pytest.fixture
def tiny(record, monkeypatch):
    """The tiny network as a model that can be named."""
    monkeypatch.setitem(MODELS, "tiny", record)
    return record


@pytest.fixture
def others(tmp_path):
    return save_new(tiny_tensors(seed=1), tmp_path / "others.pth")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_installed_file(record, best, data_folder):
    installed = import_checkpoint(record, best)
    assert installed.path == data_folder / "tiny.safetensors"
    assert names(data_folder) == [".tiny.lock", "tiny.json", "tiny.safetensors"]
    sums = checksums_of(best)
    with safe_open(installed.path, "pt") as file:
        about = file.metadata()
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert about == {
        "format": "pt",
        "dain_format": "1",
        "model": "tiny",
        "source_sha256": sums.sha256,
        "source_git_blob_id": sums.git_blob_id,
        "dain_version": __version__,
    }
    tensors = tiny_tensors()
    assert found.keys() == set(TINY_NAMES.values())
    assert all(torch.equal(found[ours], tensors[theirs]) for theirs, ours in TINY_NAMES.items())


def test_the_record(record, best, data_folder):
    installed = import_checkpoint(record, best)
    known = json.loads((data_folder / "tiny.json").read_text())
    sums, source = checksums_of(installed.path), checksums_of(best)
    assert known == {
        "model": "tiny",
        "source": str(best),
        "source_sha256": source.sha256,
        "source_git_blob_id": source.git_blob_id,
        "sha256": sums.sha256,
        "version": __version__,
    }
    assert (installed.sha256, installed.size) == (sums.sha256, sums.size)


def test_git_blob_ids_are_gits(tmp_path):
    (tmp_path / "a").write_bytes(b"hello\n")
    assert checksums_of(tmp_path / "a").git_blob_id == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_importing_again_changes_nothing(record, best):
    first = import_checkpoint(record, best)
    before = first.path.stat().st_mtime_ns
    again = import_checkpoint(record, best)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.path.stat().st_mtime_ns == before


def test_importing_what_is_installed_changes_nothing(record, best, tmp_path):
    installed = import_checkpoint(record, best)
    assert not import_checkpoint(record, installed.path).is_new
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(installed.path.read_bytes())
    assert not import_checkpoint(record, copy).is_new


def test_our_safetensors_of_another_machine(record, best, tmp_path, monkeypatch):
    copy = tmp_path / "tiny.safetensors"
    copy.write_bytes(import_checkpoint(record, best).path.read_bytes())
    monkeypatch.setenv("DAIN_DATA_DIR", str(tmp_path / "elsewhere"))
    assert import_checkpoint(record, copy).is_new
    verify_installed(record)


def test_other_weights_are_not_replaced_unasked(record, best, others):
    first = import_checkpoint(record, best)
    with pytest.raises(WeightsError, match=f"from {best} are installed .* give --overwrite"):
        import_checkpoint(record, others)
    assert find_installed(record).sha256 == first.sha256
    second = import_checkpoint(record, others, overwrite=True)
    assert second.is_new
    assert second.sha256 != first.sha256


def test_an_unusable_file_is_refused_for_itself(record, best, tmp_path):
    first = import_checkpoint(record, best)
    bad = save_new({"a": torch.ones(1)}, tmp_path / "bad.pth")
    for overwrite in (False, True):
        with pytest.raises(WeightsError, match="is it of another network"):
            import_checkpoint(record, bad, overwrite)
    assert find_installed(record).sha256 == first.sha256
    assert names(first.path.parent) == [".tiny.lock", "tiny.json", "tiny.safetensors"]


def test_a_missing_file_makes_no_folder(record, tmp_path, data_folder):
    with pytest.raises(WeightsError, match="found no"):
        import_checkpoint(record, tmp_path / "no.pth")
    assert not data_folder.exists()


def test_damaged_weights_are_replaced(record, best):
    installed = import_checkpoint(record, best)
    installed.path.write_bytes(b"damaged")
    assert import_checkpoint(record, best).is_new
    verify_installed(record)


def test_a_model_whose_weights_come_with_dain(best):
    for work in (lambda: import_checkpoint(DAIN_LITE, best), lambda: verify_installed(DAIN_LITE)):
        with pytest.raises(WeightsError, match="come inside dain"):
            work()


def test_a_network_with_installed_weights(tiny, best):
    import_checkpoint(tiny, best)
    network = load_network("tiny")
    assert isinstance(network, TinyNetwork)
    assert not network.training
    tensors = tiny_tensors()
    state = network.state_dict()
    assert all(torch.equal(state[ours], tensors[theirs]) for theirs, ours in TINY_NAMES.items())


def test_a_network_with_weights_of_a_file(tiny, best, data_folder):
    assert torch.equal(
        load_network("tiny", str(best)).state_dict()["enter.bias"],
        tiny_tensors()["block1.0.bias"],
    )
    assert not data_folder.exists()


def test_a_network_does_not_live_in_its_file(tiny, best):
    installed = import_checkpoint(tiny, best)
    network = load_network("tiny")
    installed.path.write_bytes(b"")
    assert torch.isfinite(network.enter.weight).all()


def test_a_network_without_weights(tiny, data_folder):
    with pytest.raises(WeightsError) as caught:
        load_network("tiny")
    message = str(caught.value)
    assert str(data_folder / "tiny.safetensors") in message
    assert "dain models fetch tiny" in message
    assert "dain models import FILE" in message


def test_a_warning_points_at_who_asked(tiny, tmp_path):
    path = save_new({**tiny_tensors(), "more": torch.ones(1)}, tmp_path / "a.pth")
    with pytest.warns(WeightsWarning, match="more") as heard:
        load_network("tiny", path)
    assert heard[0].filename == __file__


def test_sound_weights(record, best):
    installed = import_checkpoint(record, best)
    assert verify_installed(record).sha256 == installed.sha256


def test_weights_that_are_not_there(record):
    with pytest.raises(WeightsError, match="no weights of tiny are installed at"):
        verify_installed(record)


@pytest.mark.parametrize("place", [20, -1])
def test_one_changed_byte_is_found(place, record, best):
    installed = import_checkpoint(record, best)
    data = bytearray(installed.path.read_bytes())
    data[place] ^= 1
    installed.path.write_bytes(data)
    with pytest.raises(WeightsError, match="damaged"):
        verify_installed(record)


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"model": 1}', "\xff"])
def test_without_a_readable_record_the_tensors_are_checked(text, record, best, data_folder):
    import_checkpoint(record, best)
    (data_folder / "tiny.json").unlink()
    if text is not None:
        (data_folder / "tiny.json").write_text(text, encoding="latin-1")
    assert read_record("tiny") is None
    assert verify_installed(record).record is None
    (data_folder / "tiny.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="is neither"):
        verify_installed(record)


def test_a_full_disk_leaves_what_was_there(record, best, others, monkeypatch):
    first = import_checkpoint(record, best)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("dain.weights.store.os.fsync", full)
        with pytest.raises(RunError, match="no space left on device; DAIN_DATA_DIR can name"):
            import_checkpoint(record, others, overwrite=True)
    assert checksums_of(first.path).sha256 == first.sha256
    assert set(names(first.path.parent)) <= {".tiny.lock", "tiny.json", "tiny.safetensors"}


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_data_folder_that_cannot_be(place, record, best, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DAIN_DATA_DIR", str(tmp_path / place))
    with pytest.raises(OutputError, match="DAIN_DATA_DIR can name a folder elsewhere"):
        import_checkpoint(record, best)


def test_the_systems_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("DAIN_DATA_DIR")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *names, **options: tmp_path)
    assert weights_folder() == tmp_path / "weights"


def test_a_data_folder_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("DAIN_DATA_DIR", "~/weights of mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert weights_folder() == tmp_path / "weights of mine" / "weights"


def test_another_process_is_waited_for(record, best, data_folder):
    code = (
        "from dain.weights.store import locked\n"
        "with locked('tiny'):\n"
        "    print('locked', flush=True)\n"
        "    input()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "locked\n"
        waited = []

        def let_go():
            waited.append(find_installed(record))
            other.stdin.write("\n")
            other.stdin.flush()

        assert import_checkpoint(record, best, on_wait=let_go).is_new
    assert waited == [None]
    assert other.returncode == 0


def test_many_at_once_leave_sound_weights(record, best):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(import_checkpoint(record, best)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.is_new for result in results) == [False] * 7 + [True]
    verify_installed(record)


def test_a_lock_is_let_go_after_a_failure(data_folder):
    def fail():
        with locked("tiny"):
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail()
    with locked("tiny", on_wait=lambda: pytest.fail("still locked")):
        pass


def test_a_crash_between_weights_and_record_is_no_damage(record, best, others, monkeypatch):
    import_checkpoint(record, best)
    replace = store._replace

    def crash(final, data):
        if final.suffix == ".json":
            raise KeyboardInterrupt
        replace(final, data)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_replace", crash)
        with pytest.raises(KeyboardInterrupt):
            import_checkpoint(record, others, overwrite=True)
    assert verify_installed(record).record is None
    assert import_checkpoint(tiny_record(), others, overwrite=True).record is not None
