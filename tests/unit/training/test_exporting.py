"""From a run to a file of weights."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from tests.support.runs import TinyNetwork, tiny_session, tiny_settings, write_triplets

from dain.errors import OptionError, OutputError, RunError, WeightsError
from dain.training.checkpoints import CheckpointFolder
from dain.training.exporting import export
from dain.training.settings import TrainSettings
from dain.training.starting import begin
from dain.weights.loading import CheckpointFormat, load_checkpoint


@pytest.fixture
def run(tmp_path):
    folder = write_triplets(tmp_path / "set", 1)
    settings = tiny_settings(validate=[folder], rate=0.2, warm_up=0)
    begin(tmp_path / "run", settings, tiny_session())
    return tmp_path / "run"


def load(path):
    expected = CheckpointFormat.of("dain-lite", TinyNetwork(), str)
    return load_checkpoint(path, expected)


def test_the_last_average_comes_back_exactly(run, tmp_path):
    done = export(run, tmp_path / "w.safetensors", checkpoint="last")
    state = CheckpointFolder(run).load_last()
    found = load(tmp_path / "w.safetensors")
    for name, weight in state.average.items():
        assert torch.equal(found[name], weight)
    assert not torch.equal(found["mix.weight"], state.network["mix.weight"])
    assert done.step == 20
    assert done.size == (tmp_path / "w.safetensors").stat().st_size
    assert done.scores.keys() == {"set"}


def test_best_and_last_differ(run, tmp_path):
    folder = CheckpointFolder(run)
    last = folder.load_last()
    doubled = {name: 2 * weight for name, weight in last.average.items()}
    folder.save_best(replace(last, step=7, average=doubled))
    for name, state, step in (("best", doubled, 7), ("last", last.average, 20)):
        assert export(run, tmp_path / name, checkpoint=name).step == step
        assert torch.equal(load(tmp_path / name)["mix.weight"], state["mix.weight"])


def test_scores_of_other_weights_are_not_theirs(run, tmp_path):
    folder = CheckpointFolder(run)
    folder.save(replace(folder.load_last(), step=21))
    assert export(run, tmp_path / "w", checkpoint="last").scores == {}


def test_half_is_float16_and_counts_stay_whole(run, tmp_path):
    export(run, tmp_path / "w.safetensors", checkpoint="last", half=True)
    with safe_open(tmp_path / "w.safetensors", "pt") as file:
        assert file.get_tensor("mix.weight").dtype == torch.float16
        assert file.get_tensor("runs").dtype == torch.int64
    average = CheckpointFolder(run).load_last().average["mix.weight"]
    assert torch.equal(load(tmp_path / "w.safetensors")["mix.weight"], average.half().float())


def test_the_file_tells_how_it_came_to_be(run, tmp_path):
    export(run, tmp_path / "w.safetensors", checkpoint="last")
    with safe_open(tmp_path / "w.safetensors", "pt") as file:
        about = file.metadata()
    settings = TrainSettings.from_json(about["settings"])
    assert settings.optimisation == tiny_settings(rate=0.2, warm_up=0).optimisation
    assert (about["model"], about["steps"], about["samples"]) == ("dain-lite", "20", "40")
    assert json.loads(about["scores"]).keys() == {"set"}
    assert str(tmp_path) not in "".join(about.values()), "no one else has these folders"


def test_what_cannot_be_exported_is_told(run, tmp_path):
    with pytest.raises(OptionError, match="--checkpoint must be best or last"):
        export(run, tmp_path / "w", checkpoint="first")
    with pytest.raises(WeightsError, match="expected checkpoints"):
        export(tmp_path, tmp_path / "w", checkpoint="last")
    (tmp_path / "w").write_bytes(b"mine")
    with pytest.raises(OutputError, match="give --overwrite"):
        export(run, tmp_path / "w")
    assert (tmp_path / "w").read_bytes() == b"mine"
    export(run, tmp_path / "w", overwrite=True)
    assert load(tmp_path / "w")


def test_a_weight_beyond_float16_is_told(run, tmp_path):
    folder = CheckpointFolder(run)
    state = folder.load_last()
    state.average["mix.bias"][0] = 1e6
    folder.save(state)
    with pytest.raises(RunError, match=r"found others in mix\.bias"):
        export(run, tmp_path / "w", checkpoint="last", half=True)
    assert not (tmp_path / "w").exists()
    export(run, tmp_path / "w", checkpoint="last")
