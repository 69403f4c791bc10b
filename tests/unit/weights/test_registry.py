"""The records of the models, and the paper's network loaded by its authors' names."""

import hashlib
import re

import pytest
import torch
from tests.support.checkpoints import published_keys, save_old

from dain.errors import OptionError, WeightsError
from dain.networks import DainLite, InterpolationNetwork
from dain.networks.dain import Dain
from dain.weights import MODELS, load_network
from dain.weights import embedded as embedded_module
from dain.weights.authors import their_name
from dain.weights.fetching import check_address
from dain.weights.importing import format_of, import_checkpoint
from dain.weights.registry import DAIN, DAIN_LITE
from dain.weights.saving import pack_weights


@pytest.mark.parametrize("record", MODELS.values(), ids=MODELS)
def test_every_record_tells_what_a_person_asks(record):
    assert MODELS[record.name] is record
    assert record.summary
    assert record.licence
    assert record.citation
    if record.checkpoint is not None:
        assert record.checkpoint.urls
        assert re.fullmatch("[0-9a-f]{40}", record.checkpoint.git_blob_id)
        for url in record.checkpoint.urls:
            check_address(url)


def test_unknown_models():
    with pytest.raises(OptionError, match="one of dain-lite, dain, found 'toaster'"):
        load_network("toaster")


def test_the_weights_inside_the_package_are_those_on_record():
    """Loaded without a word, though they are kept in half precision."""
    embedded = DAIN_LITE.embedded
    assert embedded is not None
    assert embedded.path.stat().st_size <= 8_000_000
    assert hashlib.sha256(embedded.path.read_bytes()).hexdigest() == embedded.sha256
    assert embedded.data
    assert all(source.name and source.licence for source in embedded.data)
    network = load_network("dain-lite")
    assert not network.training
    learned = dict(network.named_parameters())
    assert all(weight.dtype == torch.float32 for weight in learned.values())
    assert learned["frame_refiner.head.weight"].abs().max() > 0, "an untrained network"


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_damaged_weights_inside_the_package(damage, tmp_path, monkeypatch):
    assert DAIN_LITE.embedded is not None
    content = bytearray(DAIN_LITE.embedded.path.read_bytes())
    monkeypatch.setattr(embedded_module, "_FOLDER", tmp_path)
    if damage == "changed":
        content[-1] ^= 1
        (tmp_path / DAIN_LITE.embedded.file).write_bytes(content)
    with pytest.raises(WeightsError, match="install dain again"):
        load_network("dain-lite")


def test_other_weights_in_place_of_those_inside(tmp_path):
    path = tmp_path / "mine.safetensors"
    tensors = DainLite().state_dict()
    path.write_bytes(pack_weights("dain-lite", tensors, {}, half=False))
    state = load_network("dain-lite", path).state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in tensors.items())
    with pytest.raises(WeightsError, match=r"best\.pth"):
        load_network("dain-lite", "best.pth")


def test_the_paper_s_network_without_weights(data_folder):
    with pytest.raises(WeightsError, match="dain models fetch dain"):
        load_network("dain")


def test_our_names_are_one_for_each_of_the_authors():
    state = Dain().state_dict()
    keys = published_keys()
    assert len(keys) == 954
    assert {their_name(name) for name in state} == keys.keys()
    for name, ours in state.items():
        shape, dtype = keys[their_name(name)]
        assert (tuple(ours.shape), str(ours.dtype)) == (shape, f"torch.{dtype}"), name
    assert sum(t.numel() for t in state.values() if t.is_floating_point()) == 24_045_800


def test_unknown_names_are_none_of_theirs():
    for key in ("", "weight", "flow", "flow.decoders.9.predict.weight", "depth.9.weight"):
        with pytest.raises(KeyError):
            their_name(key)


def test_the_format_needs_no_numbers():
    kinds = {name: (kind.shape, kind.dtype) for name, kind in format_of(DAIN).expected.items()}
    state = Dain().state_dict()
    assert kinds == {name: (tuple(t.shape), t.dtype) for name, t in state.items()}


def test_the_authors_checkpoint(authors_checkpoint, tmp_path):
    path = save_old(authors_checkpoint, tmp_path / "best.pth")
    network = load_network("dain", path)
    assert isinstance(network, InterpolationNetwork)
    assert not network.training
    state = network.state_dict()
    assert all(
        torch.equal(tensor, authors_checkpoint[their_name(name)]) for name, tensor in state.items()
    )
    installed = import_checkpoint(DAIN, path)
    assert installed.size == pytest.approx(4 * 24_045_800, rel=0.01)
    again = load_network("dain").state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in state.items())


def test_an_incomplete_checkpoint_names_what_is_missing(authors_checkpoint, tmp_path):
    part = {
        key: tensor for key, tensor in authors_checkpoint.items() if not key.startswith("ctxNet")
    }
    with pytest.raises(WeightsError, match=r"missing: ctxNet.block1.0.weight"):
        load_network("dain", save_old(part, tmp_path / "best.pth"))
