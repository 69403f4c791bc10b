"""Files of every kind: read by content, refused in one line, never executed."""

import contextlib
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from tests.support.checkpoints import Evil, save_new, save_old

from dain.errors import WeightsError
from dain.weights.reading import check_readable, read_checkpoint

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3)}


def read(path):
    return read_checkpoint(path, path.name)


def refusal(path):
    with pytest.raises(WeightsError) as caught:
        read(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    return message


def write_safetensors(value, path):
    save_file(value, path)
    return path


WRITERS = {"old": save_old, "new": save_new, "safetensors": write_safetensors}


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


# The name says something else on purpose: torch, for one, goes by the suffix.
@pytest.mark.parametrize("name", ["best.pth", "best.safetensors", "best", "best.txt"])
def test_every_kind_under_every_name(write, name, tmp_path):
    file = read(write(TENSORS, tmp_path / name))
    assert file.tensors.keys() == TENSORS.keys()
    for key, tensor in TENSORS.items():
        torch.testing.assert_close(file.tensors[key], tensor, rtol=0, atol=0)
    assert file.others == ()


def test_metadata_of_safetensors(tmp_path):
    save_file(TENSORS, tmp_path / "a.safetensors", {"model": "tiny"})
    assert read(tmp_path / "a.safetensors").metadata == {"model": "tiny"}


@pytest.mark.parametrize(
    "value",
    [
        {"state_dict": TENSORS, "epoch": 3},
        {"model": TENSORS},
        {"model": {"state_dict": TENSORS}},
        {"module.a": TENSORS["a"], "module.b": TENSORS["b"]},
        {"state_dict": {f"module.module.{key}": value for key, value in TENSORS.items()}},
    ],
    ids=["state_dict", "model", "both", "parallel", "parallel twice, wrapped"],
)
def test_wrappings(value, tmp_path):
    assert read(save_new(value, tmp_path / "a.pth")).tensors.keys() == TENSORS.keys()


def test_a_prefix_of_some_names_is_part_of_them(tmp_path):
    path = save_new({"module.a": TENSORS["a"], "b": TENSORS["b"]}, tmp_path / "a.pth")
    assert read(path).tensors.keys() == {"module.a", "b"}


def test_parameters_are_tensors(tmp_path):
    path = save_new({"a": torch.nn.Parameter(torch.ones(2))}, tmp_path / "a.pth")
    assert read(path).tensors.keys() == {"a"}


def test_what_is_no_tensor_is_named(tmp_path):
    path = save_new({**TENSORS, "epoch": 3, "best": "yes"}, tmp_path / "a.pth")
    assert read(path).others == ("epoch", "best")


def test_missing_file(tmp_path):
    assert "found no nowhere.pth" in refusal(tmp_path / "nowhere.pth")


def test_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = save_new(TENSORS, tmp_path / "a.pth")

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert "permission denied" in refusal(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html>Sign in</html>", "is a web page"),
        (b"<html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        (b"hello\n", "is neither"),
        (bytes(1000), "is neither"),
        (pickle.dumps({"a": 1}), "is a pickle that torch.save did not write"),
        (b"PK\x03\x04", "damaged or cut short"),
        (b"\x10\0\0\0\0\0\0\0{", "damaged or cut short"),
        (b"\x02\0\0\0\0\0\0\0{}", "expected"),
    ],
    ids=["empty", "page", "page2", "lfs", "text", "zeros", "pickle", "zip", "header", "no tensors"],
)
def test_files_of_other_kinds(content, said, tmp_path):
    (tmp_path / "best.pth").write_bytes(content)
    if said == "expected":
        assert read(tmp_path / "best.pth").tensors == {}
        return
    assert said in refusal(tmp_path / "best.pth")


def test_truncated_files(write, tmp_path):
    path = write(TENSORS, tmp_path / "best.pth")
    whole = path.read_bytes()
    for length in range(20, len(whole), 3):  # the first bytes tell the kind
        path.write_bytes(whole[:length])
        assert "damaged or cut short" in refusal(path), f"the first {length} of {len(whole)} bytes"


def test_damaged_pickles_never_fail_in_another_way(tmp_path):
    path = save_old(TENSORS, tmp_path / "best.pth")
    whole = path.read_bytes()
    refused = 0
    for place in range(40, 400):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with contextlib.suppress(WeightsError):
            read(path)
            refused -= 1
        refused += 1
    assert refused > 100


@pytest.mark.parametrize("save", [save_old, save_new])
@pytest.mark.parametrize("wrap", [lambda evil: evil, lambda evil: {**TENSORS, "extra": evil}])
def test_nothing_is_executed(save, wrap, tmp_path):
    marker = tmp_path / "executed"
    path = save(wrap(Evil(marker)), tmp_path / "best.pth")
    message = refusal(path)
    assert "mkdir" in message
    assert "nothing in it was executed" in message
    assert not marker.exists()
    with path.open("rb") as file:
        torch.load(file, weights_only=False)
    assert marker.exists(), "the file does nothing even when it is executed"


def test_a_bare_pickle_is_not_executed(tmp_path):
    path = tmp_path / "best.pth"
    path.write_bytes(pickle.dumps(Evil(tmp_path / "executed")))
    assert "nothing in it was executed" in refusal(path)
    assert not (tmp_path / "executed").exists()


def test_the_environment_cannot_make_it_execute(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    path = save_new(Evil(tmp_path / "executed"), tmp_path / "best.pth")
    assert "nothing in it was executed" in refusal(path)
    assert not (tmp_path / "executed").exists()


def test_whole_network_object(tmp_path):
    path = save_new(torch.nn.Linear(2, 2), tmp_path / "best.pth")
    assert "asks for torch.nn.modules.linear.Linear" in refusal(path)


def test_torchscript(tmp_path):
    path = tmp_path / "best.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("best/data.pkl", "best/constants.pkl", "best/code/__torch__.py"):
            archive.writestr(name, b"")
    assert "is a TorchScript program" in refusal(path)


def test_zip_of_other_files(tmp_path):
    path = tmp_path / "best.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("best.pth", b"")
    assert "unpack it first" in refusal(path)


@pytest.mark.parametrize("value", [torch.ones(2), [1, 2], 3, "text"], ids=str)
def test_values_that_are_no_dictionary(value, tmp_path):
    assert "expected tensors by name" in refusal(save_new(value, tmp_path / "a.pth"))


def test_a_quick_look_reads_only_the_head(tmp_path):
    path = save_old(TENSORS, tmp_path / "best.pth")
    check_readable(path, "best.pth")
    with pytest.raises(WeightsError, match="found no"):
        check_readable(tmp_path / "no.pth", "no.pth")


def test_a_dictionary_that_holds_itself(tmp_path):
    endless = {}
    endless["model"] = endless
    with pytest.raises(WeightsError, match="expected tensors by name"):
        read_checkpoint(save_old(endless, tmp_path / "endless.pth"), "endless.pth")
