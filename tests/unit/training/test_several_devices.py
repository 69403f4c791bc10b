"""One run on two devices, which are processes here, is the run on one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.support.runs import (
    LossWithGaps,
    NoiseSource,
    TinyNetwork,
    plain_loss,
    tiny_session,
    tiny_settings,
    write_triplets,
)

from dain.training.checkpoints import CheckpointFolder
from dain.training.run_log import read_log
from dain.training.starting import begin

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes of CPUs talk by gloo, which others may lack"
)

SCRIPT = """
import sys
from pathlib import Path
from tests.unit.training.test_several_devices import train

if __name__ == "__main__":
    train(Path(sys.argv[1]), sys.argv[2], devices=2)
"""


class GapOnOneDevice(LossWithGaps):
    """Not a number in step 3: on the second of two devices, or on the only one."""

    def __call__(self, network, batch):
        if os.environ.get("LOCAL_RANK", "0") == "1" or len(batch.time) == 4:
            self.bad = {3}
        losses = plain_loss(network, batch)
        if self.calls in self.bad:
            losses.total = losses.total * float("nan")
        self.calls += 1
        return losses


def train(folder: Path, how: str, devices: int) -> None:
    settings = tiny_settings(batch=4, steps=10, validate=[folder.parent / "set"], rate=0.01)
    source = NoiseSource(fails_at=21 if how == "fails" else None)
    session = tiny_session(loss=GapOnOneDevice(), devices=devices, source=source)
    begin(folder, settings, session)


def train_on_two(folder, how):
    script = folder.parent / "two.py"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, str(script), str(folder), how],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def losses(folder):
    return [line["loss"] for line in read_log(folder) if line["kind"] == "steps"]


def test_both_make_the_same_run_and_skip_the_same_step(tmp_path):
    write_triplets(tmp_path / "set", 1)
    train(tmp_path / "one", "well", devices=1)
    run = train_on_two(tmp_path / "two", "well")
    assert run.returncode == 0, run.stderr
    one, two = (CheckpointFolder(tmp_path / name).load_last() for name in ("one", "two"))
    assert one.step == two.step == 10
    assert one.skipped == two.skipped == 1
    begun = TinyNetwork().mix.weight
    for kind in ("network", "average"):
        first, second = getattr(one, kind)["mix.weight"], getattr(two, kind)["mix.weight"]
        assert not torch.allclose(first, begun, atol=1e-3)
        torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-4)
    assert losses(tmp_path / "one")[1] == pytest.approx(losses(tmp_path / "two")[1], rel=1e-4)
    assert len([line for line in read_log(tmp_path / "two") if line["kind"] == "validation"]) == 2


def test_a_failure_on_the_second_device_ends_both(tmp_path):
    write_triplets(tmp_path / "set", 1)
    run = train_on_two(tmp_path / "two", "fails")
    assert run.returncode != 0
    assert "sample 21 is broken; mend it" in run.stderr
