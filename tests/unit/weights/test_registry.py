"""The records of the models, and the paper's network loaded by its authors' names."""

import re

import pytest
import torch
from tests.support.checkpoints import published_keys, save_old

from dain.errors import OptionError, WeightsError
from dain.networks import InterpolationNetwork
from dain.networks.dain import Dain
from dain.weights import MODELS, load_network
from dain.weights.authors import their_name
from dain.weights.downloading import check_address
from dain.weights.importing import format_of, import_checkpoint
from dain.weights.registry import DAIN


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


def test_a_model_without_learned_parts_takes_no_weights():
    with pytest.raises(WeightsError, match=r"takes no weights, found 'best.pth'"):
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
