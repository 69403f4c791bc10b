"""Measuring a network in the course of training."""

import pytest
import torch
from tests.support.runs import TinyNetwork, write_triplets

from dain.errors import MediaError
from dain.evaluation import evaluate, find_samples
from dain.networks import Output
from dain.training.validation import Validation

CPU = torch.device("cpu")


class Hold(torch.nn.Module):
    """Shows the first frame again, and does a disorderly thing: it draws a random number."""

    def forward(self, frame0, frame1, times):
        assert not self.training
        torch.rand(1)
        frames = torch.stack([frame0 for _ in times], 1)
        return Output(frames, frames)


class HoldArrays:
    def between(self, frame0, frame1, times):
        return [frame0 for _ in times]


def test_scores_are_those_of_evaluation(tmp_path):
    folder = write_triplets(tmp_path / "set", 3)
    [score] = Validation([folder], None).measure(Hold(), CPU)
    report = evaluate(HoldArrays(), find_samples("triplets", folder))
    assert (score.psnr, score.ssim, score.mae) == (report.psnr, report.ssim, report.mae)
    assert (score.folder, score.samples) == (str(folder), 3)
    assert score.psnr < 40


def test_a_count_spreads_over_each_folder(tmp_path):
    folders = [write_triplets(tmp_path / "a", 5), write_triplets(tmp_path / "b", 2)]
    scores = Validation(folders, 3).measure(Hold(), CPU)
    assert [score.samples for score in scores] == [3, 2]


@pytest.mark.parametrize("training", [True, False])
def test_it_leaves_no_trace(tmp_path, training):
    network = TinyNetwork().train(training)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    validation = Validation([write_triplets(tmp_path / "set", 1)], None)
    validation.measure(network, CPU)
    validation.measure(Hold(), CPU)
    assert network.training is training
    assert torch.equal(torch.get_rng_state(), random)
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name])
    assert network.mix.weight.requires_grad


def test_the_mode_returns_after_an_error(tmp_path):
    folder = write_triplets(tmp_path / "set", 1)
    validation = Validation([folder], None)
    (folder / "00" / "im2.png").write_bytes(b"")
    network = TinyNetwork().train()
    with pytest.raises(MediaError):
        validation.measure(network, CPU)
    assert network.training


def test_folders_are_looked_at_before_training(tmp_path):
    with pytest.raises(MediaError):
        Validation([tmp_path], None)
    assert not Validation([], None)
