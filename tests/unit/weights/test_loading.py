"""Every tensor in its shape and type, or an error that names it."""

import warnings

import pytest
import torch
from safetensors.torch import save_file
from tests.support.checkpoints import (
    TINY_NAMES,
    save_new,
    save_old,
    tiny_format,
    tiny_tensors,
)

from dain.errors import WeightsError, WeightsWarning
from dain.weights.loading import load_checkpoint, some


@pytest.fixture
def tensors():
    return tiny_tensors()


@pytest.fixture
def load(tmp_path):
    def run(value):
        return load_checkpoint(save_new(value, tmp_path / "a.pth"), tiny_format(), "a.pth")

    return run


def same(found, expected):
    """Whether loaded tensors are those under the authors' names."""
    return all(torch.equal(found[ours], expected[theirs]) for theirs, ours in TINY_NAMES.items())


def test_the_authors_file(tensors, tmp_path):
    path = save_old(tensors, tmp_path / "best.pth")
    found = load_checkpoint(path, tiny_format())
    assert list(found) == list(tiny_format().expected)
    assert same(found, tensors)


def test_our_file(tensors, tmp_path):
    ours = {TINY_NAMES[name]: tensor for name, tensor in tensors.items()}
    save_file(ours, tmp_path / "a.safetensors")
    assert same(load_checkpoint(tmp_path / "a.safetensors", tiny_format()), tensors)


def test_our_names_in_a_pickle_and_the_authors_in_safetensors(tensors, load, tmp_path):
    assert same(load({TINY_NAMES[name]: tensor for name, tensor in tensors.items()}), tensors)
    save_file(dict(tensors), tmp_path / "a.safetensors")
    assert same(load_checkpoint(tmp_path / "a.safetensors", tiny_format()), tensors)


@pytest.mark.parametrize("name", TINY_NAMES)
def test_a_missing_tensor_is_named(name, tensors, load):
    del tensors[name]
    with pytest.raises(WeightsError, match=f"1 missing: {name}$"):
        load(tensors)


def test_of_many_missing_tensors_some_are_named(tensors, load):
    with pytest.raises(
        WeightsError, match=r"7 missing: block1.0.bias, block1.1.weight, block1.1.bias and 4 more$"
    ):
        load({"block1.0.weight": tensors["block1.0.weight"]})


@pytest.mark.parametrize("name", TINY_NAMES)
def test_a_misshapen_tensor_is_named(name, tensors, load):
    tensors[name] = torch.zeros(2, 2, dtype=tensors[name].dtype)
    with pytest.raises(WeightsError, match=rf"{name} is 2x2 (float32|int64) instead of \S+ "):
        load(tensors)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("block1.0.weight", torch.int64),
        ("block1.0.weight", torch.complex64),
        ("block1.0.bias", torch.uint8),
        ("block1.1.num_batches_tracked", torch.float32),
        ("block1.1.num_batches_tracked", torch.int32),
    ],
)
def test_a_tensor_of_another_type_is_named(name, dtype, tensors, load):
    tensors[name] = tensors[name].to(dtype)
    with pytest.raises(WeightsError, match=f"{name} is .* instead of"):
        load(tensors)


@pytest.mark.parametrize(
    "change", [torch.Tensor.to_sparse, lambda tensor: tensor.to("meta")], ids=["sparse", "meta"]
)
def test_a_tensor_of_a_special_layout_is_named(change, tensors, load):
    tensors["block2.weight"] = change(tensors["block2.weight"])
    with pytest.raises(WeightsError, match=r"block2.weight is .* of a special layout instead of"):
        load(tensors)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["block1.1.running_var", "block2.weight"])
def test_a_tensor_that_is_not_finite_is_named(value, name, tensors, load):
    tensors[name].view(-1)[-1] = value
    with pytest.raises(WeightsError, match=f"expected finite numbers .* in {name};"):
        load(tensors)


def test_extra_tensors_are_named(tensors, load):
    tensors["block9.weight"] = torch.ones(1)
    with pytest.warns(WeightsWarning, match=r"left out of a.pth .* block9.weight, epoch$"):
        assert same(load({**tensors, "epoch": 3}), tensors)


def test_a_name_of_the_authors_that_the_network_lacks_is_extra(tensors, load, monkeypatch):
    monkeypatch.setitem(TINY_NAMES, "block9.weight", "lost.weight")
    with pytest.warns(WeightsWarning, match=r"block9\.weight$"):
        assert "lost.weight" not in load({**tensors, "block9.weight": torch.ones(1)})


def test_another_network(load):
    with pytest.raises(
        WeightsError, match=r"the 8 tensors of tiny in a.pth, found others: conv.weight; is it of"
    ):
        load({"conv.weight": torch.ones(3)})


def test_no_tensors_at_all(load):
    with pytest.raises(WeightsError, match="found none; is it of another network"):
        load({})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_converted_and_said(dtype, tensors, load):
    converted = {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    short = str(dtype).removeprefix("torch.")
    with pytest.warns(WeightsWarning, match=f"converted the {short} tensors of a.pth to float32"):
        found = load(converted)
    floats = [tensor for tensor in found.values() if tensor.is_floating_point()]
    assert {tensor.dtype for tensor in floats} == {torch.float32}
    assert same(found, {name: tensor.to(tensors[name].dtype) for name, tensor in converted.items()})


@pytest.mark.filterwarnings("ignore::dain.errors.WeightsWarning")
def test_a_number_too_large_for_float32_is_not_finite(tensors, load):
    tensors["block2.weight"] = tensors["block2.weight"].double() * 1e300
    with pytest.raises(WeightsError, match=r"in block2.weight;"):
        load(tensors)


def test_tensors_that_share_memory_or_lie_across_come_out_apart(tensors, load):
    tensors["block1.1.weight"] = tensors["block1.1.bias"]
    tensors["block1.0.weight"] = torch.randn(3, 3, 3, 4).permute(3, 2, 1, 0)
    found = load(tensors)
    assert same(found, tensors)
    assert all(tensor.is_contiguous() for tensor in found.values())
    assert len({tensor.data_ptr() for tensor in found.values()}) == len(found)


def test_later_formats_are_refused(tensors, tmp_path):
    save_file(dict(tensors), tmp_path / "a.safetensors", {"dain_format": "2"})
    with pytest.raises(WeightsError, match=r"found that .* is in format 2; update dain"):
        load_checkpoint(tmp_path / "a.safetensors", tiny_format())


def test_a_fitting_file_warns_of_nothing(tensors, load):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        load(tensors)
    assert heard == []


def test_the_first_few_names():
    assert some([]) == ""
    assert some("abc") == "a, b, c"
    assert some("abcde") == "a, b, c and 2 more"
