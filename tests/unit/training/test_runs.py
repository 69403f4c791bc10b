"""Whole runs: begun, stopped in every way, and gone on with."""

import errno
import json
import os
import signal
import threading
from dataclasses import replace

import pytest
import torch
from filelock import FileLock
from tests.support.runs import (
    LossWithGaps,
    NoiseSource,
    TinyNetwork,
    noisy_loss,
    tiny_session,
    tiny_settings,
    write_triplets,
)

from dain.errors import DainWarning, MediaError, OptionError, OutputError, RunError, WeightsError
from dain.training.checkpoints import CheckpointFolder
from dain.training.run_log import read_log
from dain.training.starting import begin, read_settings, resume
from dain.training.validation import Validation


class StopAt:
    """A loss that stops the process by a signal in one of its steps."""

    def __init__(self, call, number=signal.SIGINT, times=1):
        self.call, self.number, self.times = call, number, times

    def __call__(self, network, batch):
        self.call -= 1
        if self.call == 0:
            for _ in range(self.times):
                signal.raise_signal(self.number)
        return noisy_loss(network, batch)


def last(folder):
    return CheckpointFolder(folder).load_last()


def assert_same(one, two):
    """Both states are equal to the bit."""
    assert one.step == two.step
    for kind in ("network", "average"):
        first, second = getattr(one, kind), getattr(two, kind)
        assert first.keys() == second.keys()
        for name in first:
            assert torch.equal(first[name], second[name]), name
    states = one.optimiser["state"], two.optimiser["state"]
    assert states[0].keys() == states[1].keys()
    assert states[0]
    for number in states[0]:
        for name, value in states[0][number].items():
            assert torch.equal(value, states[1][number][name]), name
    assert one.optimiser["param_groups"] == two.optimiser["param_groups"]


def lines(folder, kind):
    return [line for line in read_log(folder) if line["kind"] == kind]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_twenty_steps_equal_ten_and_ten(tmp_path, precision):
    settings = tiny_settings(precision=precision)
    begin(tmp_path / "whole", settings, tiny_session())
    stopped = begin(tmp_path / "halves", settings, tiny_session(loss=StopAt(10)))
    assert (stopped.step, stopped.reason, stopped.signal) == (10, "asked", signal.SIGINT)
    assert last(tmp_path / "halves").step == 10
    # Neither the weights that a network is built with nor the generator's state may matter.
    torch.manual_seed(12345)
    ended = resume(tmp_path / "halves", {}, tiny_session(network=TinyNetwork(seed=99)))
    assert (ended.step, ended.reason, ended.signal) == (20, "complete", None)
    assert_same(last(tmp_path / "whole"), last(tmp_path / "halves"))


def test_twenty_steps_with_workers_and_validation_are_the_same_ones(tmp_path):
    folder = write_triplets(tmp_path / "set", 1)
    begin(tmp_path / "plain", tiny_settings(), tiny_session())
    care = {"validate": [folder], "validate_minutes": 0, "checkpoint_minutes": 0, "workers": 1}
    begin(tmp_path / "watched", tiny_settings(**care), tiny_session())
    assert_same(last(tmp_path / "plain"), last(tmp_path / "watched"))
    assert [line["step"] for line in lines(tmp_path / "watched", "validation")] == list(range(21))


def test_other_seeds_are_other_runs(tmp_path):
    for seed in (0, 1):
        begin(tmp_path / str(seed), tiny_settings(seed=seed), tiny_session())
    weights = [last(tmp_path / str(seed)).network["mix.weight"] for seed in (0, 1)]
    assert not torch.equal(*weights)


def test_what_a_run_leaves_behind(tmp_path):
    folder = write_triplets(tmp_path / "set", 2)
    events = []
    settings = tiny_settings(validate=[folder], log_steps=8)
    session = tiny_session(on_progress=events.append)
    outcome = begin(tmp_path / "run", settings, session)
    assert (outcome.step, outcome.reason) == (20, "complete")
    found = sorted(p.name for p in (tmp_path / "run").iterdir() if p.name != ".lock")
    assert found == ["checkpoints", "log.jsonl", "settings.json"]
    assert read_settings(tmp_path / "run") == settings
    assert [line["step"] for line in lines(tmp_path / "run", "steps")] == [8, 16, 20]
    assert [line["step"] for line in lines(tmp_path / "run", "validation")] == [0, 20]
    step = lines(tmp_path / "run", "steps")[-1]
    assert step["parts"].keys() == {"error"}
    assert step["parts"]["error"] == pytest.approx(step["loss"])
    assert 0 <= step["waiting"] <= 1
    assert step["samples_per_second"] > 0
    assert step["rate"] == pytest.approx(0.01 * settings.optimisation.rate)
    scores = lines(tmp_path / "run", "validation")
    assert scores[1]["psnr"] != scores[0]["psnr"]
    best = CheckpointFolder(tmp_path / "run").load_best()
    assert best.best == max(score["psnr"] for score in scores)
    assert {event.stage for event in events} == {"training", "validating"}
    assert events[-1].scores == {str(folder): scores[1]["psnr"]}


def test_time_runs_out(tmp_path):
    outcome = begin(tmp_path / "run", tiny_settings(steps=10**6), tiny_session(minutes=0.5 / 60))
    assert outcome.reason == "time"
    assert 0 < outcome.step < 10**6
    assert last(tmp_path / "run").step == outcome.step


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_step_end(tmp_path, number):
    before = signal.getsignal(number)
    outcome = begin(tmp_path / "run", tiny_settings(), tiny_session(loss=StopAt(3, number)))
    assert (outcome.step, outcome.signal) == (3, number)
    assert last(tmp_path / "run").step == 3
    assert signal.getsignal(number) is before


def test_a_second_signal_stops_at_once(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        begin(tmp_path / "run", tiny_settings(), tiny_session(loss=StopAt(3, times=2)))
    assert last(tmp_path / "run").step == 0
    assert resume(tmp_path / "run", {}, tiny_session()).step == 20


def test_a_run_in_another_thread_leaves_signals_alone(tmp_path):
    outcomes = []

    def train():
        outcomes.append(begin(tmp_path / "run", tiny_settings(), tiny_session()))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert outcomes[0].step == 20


def test_going_on_with_a_complete_run_does_nothing(tmp_path):
    begin(tmp_path / "run", tiny_settings(), tiny_session())
    before = (tmp_path / "run" / "checkpoints" / "step-00000020.pt").stat()
    outcome = resume(tmp_path / "run", {}, tiny_session())
    assert (outcome.step, outcome.reason) == (20, "complete")
    after = (tmp_path / "run" / "checkpoints" / "step-00000020.pt").stat()
    assert after.st_mtime_ns == before.st_mtime_ns


def test_what_did_best_on_other_pictures_is_no_measure(tmp_path):
    hard = write_triplets(tmp_path / "hard", 1)
    settings = tiny_settings(validate=[hard])
    begin(tmp_path / "run", settings, tiny_session(loss=StopAt(5)))
    folder = CheckpointFolder(tmp_path / "run")
    folder.save(replace(folder.load_last(), best=99.0))
    resume(tmp_path / "run", {}, tiny_session(loss=StopAt(2)))
    assert last(tmp_path / "run").best == 99.0
    other = write_triplets(tmp_path / "other", 1)
    resume(tmp_path / "run", {"validate": [other]}, tiny_session())
    assert folder.load_best().step == last(tmp_path / "run").step
    assert folder.load_best().best < 99


def test_damaged_checkpoints_do_not_outlive_the_run_that_goes_on(tmp_path):
    begin(tmp_path / "run", tiny_settings(), tiny_session(loss=StopAt(9)))
    folder = tmp_path / "run" / "checkpoints"
    (folder / "step-00000015.pt").write_bytes(b"cut")
    with pytest.warns(DainWarning, match="taking the one before"):
        outcome = resume(tmp_path / "run", {"keep": 1}, tiny_session(loss=StopAt(2)))
    assert [path.name for path in folder.glob("step-*.pt")] == [f"step-{outcome.step:08d}.pt"]
    assert last(tmp_path / "run").step == outcome.step == 11


def test_a_first_validation_that_fails_can_be_made_up_for(tmp_path):
    folder = write_triplets(tmp_path / "set", 1)
    broken = next(folder.rglob("im2.png"))
    whole = broken.read_bytes()
    broken.write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"im2\.png is none"):
        begin(tmp_path / "run", tiny_settings(validate=[folder]), tiny_session())
    broken.write_bytes(whole)
    assert resume(tmp_path / "run", {}, tiny_session()).step == 20
    assert [line["step"] for line in lines(tmp_path / "run", "validation")] == [0, 20]


def test_a_later_validation_that_fails_loses_no_steps(tmp_path):
    folder = write_triplets(tmp_path / "set", 1)
    settings = tiny_settings(validate=[folder], validate_minutes=0.0)

    def spoil(progress):
        if progress.step >= 2:
            next(folder.rglob("im2.png")).write_bytes(b"no picture")

    with pytest.raises(MediaError, match=r"im2\.png is none"):
        begin(tmp_path / "run", settings, tiny_session(on_progress=spoil))
    assert last(tmp_path / "run").step >= 2


def test_more_steps_before_the_decay_are_a_longer_run(tmp_path):
    begin(tmp_path / "long", tiny_settings(decay=0.5), tiny_session())
    short = tiny_settings(decay=0.5, steps=12)
    begin(tmp_path / "short", short, tiny_session(loss=StopAt(6)))
    resume(tmp_path / "short", {"steps": 20}, tiny_session())
    assert_same(last(tmp_path / "long"), last(tmp_path / "short"))
    assert read_settings(tmp_path / "short").optimisation.steps == 20


def test_more_steps_in_the_decay_are_told(tmp_path):
    begin(tmp_path / "run", tiny_settings(), tiny_session())
    with pytest.warns(DainWarning, match="the learning rate goes from 5e-06 to"):
        outcome = resume(tmp_path / "run", {"steps": 25}, tiny_session())
    assert outcome.step == 25


def test_what_was_lost_leaves_the_log(tmp_path):
    begin(tmp_path / "run", tiny_settings(log_steps=2), tiny_session(loss=StopAt(5)))
    with (tmp_path / "run" / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "steps", "step": 6}\n{"kind": "st')
    resume(tmp_path / "run", {}, tiny_session())
    steps = [line["step"] for line in lines(tmp_path / "run", "steps")]
    assert steps == [2, 4, 5, *range(6, 21, 2)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 3}, "--batch: this run was begun with 2, found 3"),
        ({"model": "dain"}, "this run trains dain-lite"),
        ({"steps": 3}, "--steps: 5 were made already, found 3"),
        ({"clips": "nowhere"}, "expected a folder of clips"),
    ],
)
def test_going_on_as_another_run_is_refused(tmp_path, changes, message):
    begin(tmp_path / "run", tiny_settings(), tiny_session(loss=StopAt(5)))
    before = (tmp_path / "run" / "settings.json").read_bytes()
    with pytest.raises((OptionError, MediaError), match=message):
        resume(tmp_path / "run", changes, tiny_session())
    assert (tmp_path / "run" / "settings.json").read_bytes() == before


def test_edited_settings_are_refused_too(tmp_path):
    begin(tmp_path / "run", tiny_settings(), tiny_session(loss=StopAt(5)))
    path = tmp_path / "run" / "settings.json"
    path.write_text(path.read_text().replace('"batch": 2', '"batch": 4'))
    with pytest.raises(OptionError, match="begun with 2, found 4"):
        resume(tmp_path / "run", {}, tiny_session())


def test_other_pictures_are_refused(tmp_path):
    textures = tmp_path / "textures"
    textures.mkdir()
    (textures / "a.png").write_bytes(b"1")
    settings = tiny_settings(textures=textures)
    begin(tmp_path / "run", settings, tiny_session(loss=StopAt(5)))
    textures.rename(tmp_path / "moved")
    session = tiny_session(loss=StopAt(5))
    assert resume(tmp_path / "run", {"textures": tmp_path / "moved"}, session).step == 10
    (tmp_path / "moved" / "b.png").write_bytes(b"2")
    with pytest.raises(OptionError, match="files were added, removed or changed"):
        resume(tmp_path / "run", {}, tiny_session())


def test_a_folder_in_use_is_refused(tmp_path):
    begin(tmp_path / "run", tiny_settings(steps=1), tiny_session())
    with pytest.raises(OutputError, match=r"holds a run already; go on with --resume"):
        begin(tmp_path / "run", tiny_settings(), tiny_session())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="expected an empty folder"):
        begin(tmp_path / "other", tiny_settings(), tiny_session())
    with pytest.raises(OutputError, match=r"found that .* is none"):
        begin(tmp_path / "other" / "letter.txt", tiny_settings(), tiny_session())
    with FileLock(tmp_path / "run" / ".lock"), pytest.raises(OutputError, match="another process"):
        resume(tmp_path / "run", {}, tiny_session())


def test_unusable_inputs_leave_nothing_behind(tmp_path):
    for changes in ({"textures": tmp_path / "no"}, {"validate": [tmp_path / "no"]}):
        with pytest.raises(MediaError):
            begin(tmp_path / "run", tiny_settings(**changes), tiny_session())
    with pytest.raises(WeightsError):
        begin(tmp_path / "run", tiny_settings(), tiny_session(), tmp_path / "no.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_go_on_with(tmp_path):
    with pytest.raises(OptionError, match=r"found no settings\.json"):
        resume(tmp_path, {}, tiny_session())


def test_bad_steps_are_counted_and_skipped(tmp_path):
    begin(tmp_path / "run", tiny_settings(), tiny_session(loss=LossWithGaps({1, 2, 9})))
    assert [line["skipped"] for line in lines(tmp_path / "run", "steps")] == [2, 3, 3, 3]
    assert last(tmp_path / "run").skipped == 3


def test_too_many_bad_steps_in_a_row_end_the_run(tmp_path):
    loss = LossWithGaps(set(range(7, 100)))
    with pytest.raises(RunError, match=r"not finite in 2\d steps in a row, up to step 30"):
        begin(tmp_path / "run", tiny_settings(steps=100), tiny_session(loss=loss))
    last_step = lines(tmp_path / "run", "steps")[-1]
    assert last_step["loss"] is None
    assert json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1]) == last_step


def test_a_broken_sample_ends_the_run_with_all_that_was_learned(tmp_path):
    with pytest.raises(MediaError, match="sample 15 is broken; mend it"):
        begin(tmp_path / "run", tiny_settings(), tiny_session(source=NoiseSource(fails_at=15)))
    assert last(tmp_path / "run").step == 7
    assert resume(tmp_path / "run", {}, tiny_session()).step == 20


def test_a_full_disk_in_between_does_not_end_the_run(tmp_path, monkeypatch):
    calls = []
    sync = os.fsync

    def sync_or_refuse(handle):
        calls.append(handle)
        if 5 <= len(calls) <= 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", sync_or_refuse)
    with pytest.warns(DainWarning, match="no space left on device.*training goes on") as told:
        begin(tmp_path / "run", tiny_settings(checkpoint_minutes=0), tiny_session())
    assert len(told) == 2
    assert last(tmp_path / "run").step == 20


def test_a_best_that_cannot_be_kept_does_not_end_the_run(tmp_path, monkeypatch):
    folder = write_triplets(tmp_path / "set", 1)
    settings = tiny_settings(validate=[folder])
    begin(tmp_path / "run", settings, tiny_session(loss=StopAt(5)))
    best = CheckpointFolder(tmp_path / "run").load_best()
    monkeypatch.setattr("dain.training.run.fmean", lambda scores: 99.0)

    def refuse(self, checkpoint):
        raise RunError("no space left on device")

    monkeypatch.setattr(CheckpointFolder, "save_best", refuse)
    with pytest.warns(DainWarning, match="no space left on device; training goes on"):
        resume(tmp_path / "run", {}, tiny_session())
    assert (last(tmp_path / "run").step, last(tmp_path / "run").best) == (20, best.best)


def test_a_signal_after_the_last_step_stops_nothing(tmp_path, monkeypatch):
    folder = write_triplets(tmp_path / "set", 1)
    measure = Validation.measure

    def interrupted(self, network, device):
        if (tmp_path / "run" / "checkpoints" / "step-00000020.pt").exists():
            signal.raise_signal(signal.SIGINT)
        return measure(self, network, device)

    monkeypatch.setattr(Validation, "measure", interrupted)
    outcome = begin(tmp_path / "run", tiny_settings(validate=[folder]), tiny_session())
    assert (outcome.step, outcome.reason, outcome.signal) == (20, "complete", None)


def test_a_full_disk_at_the_end_is_an_error(tmp_path, monkeypatch):
    begin(tmp_path / "run", tiny_settings(), tiny_session(loss=StopAt(5)))

    def refuse(path, data):
        if path.suffix == ".pt":
            raise RunError("no space left on device")

    monkeypatch.setattr("dain.training.checkpoints.write_whole", refuse)
    with pytest.raises(RunError, match="no space"):
        resume(tmp_path / "run", {}, tiny_session())
    assert last(tmp_path / "run").step == 5


def test_the_best_outlives_what_came_after(tmp_path):
    folder = write_triplets(tmp_path / "set", 1)
    settings = tiny_settings(validate=[folder], validate_minutes=0, rate=0.2, steps=60, keep=1)
    begin(tmp_path / "run", settings, tiny_session())
    scores = {line["step"]: line["psnr"] for line in lines(tmp_path / "run", "validation")}
    best = CheckpointFolder(tmp_path / "run").load_best()
    assert scores[best.step] == best.best == max(scores.values())
    assert last(tmp_path / "run").step == 60
