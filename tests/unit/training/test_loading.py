"""From samples to batches, in this process and in workers."""

import multiprocessing
import os
import subprocess
import sys
import time

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.support.runs import NoiseSource

from dain.errors import MediaError
from dain.training.loading import StepIndices, load_batches


def indices(*arguments):
    return list(StepIndices(*arguments))


@given(
    start=st.integers(0, 50),
    count=st.integers(0, 10),
    each=st.integers(1, 4),
    world=st.integers(1, 4),
)
def test_devices_share_each_step(start, count, each, world):
    batch = each * world
    alone = indices(start, start + count, batch)
    parts = [indices(start, start + count, batch, rank, world) for rank in range(world)]
    for step, whole in enumerate(alone):
        assert sorted(k for part in parts for k in part[step]) == whole
        assert {len(part[step]) for part in parts} == {each}
    assert [k for step in alone for k in step] == list(
        range(start * batch, (start + count) * batch)
    )


def test_a_later_start_leaves_the_rest_as_it_is():
    assert indices(0, 9, 4)[5:] == indices(5, 9, 4)


def test_workers_make_the_same_batches_in_order():
    here = list(load_batches(NoiseSource(), StepIndices(3, 8, 4), workers=0, pin=False))
    there = list(load_batches(NoiseSource(), StepIndices(3, 8, 4), workers=2, pin=False))
    assert len(here) == len(there) == 5
    for one, two in zip(here, there, strict=True):
        assert one.keys() == two.keys()
        for name in one:
            assert torch.equal(one[name].nan_to_num(7), two[name].nan_to_num(7))
    assert here[0]["first"].shape == (4, 3, 16, 16)


@pytest.mark.parametrize("workers", [0, 1])
def test_the_error_of_a_source_arrives_in_its_own_words(workers):
    batches = load_batches(NoiseSource(fails_at=5), StepIndices(0, 9, 2), workers, pin=False)
    next(batches)
    next(batches)
    with pytest.raises(MediaError) as caught:
        next(batches)
    assert str(caught.value) == "sample 5 is broken; mend it"


KILLED = """
import os, signal
from dain.training.loading import StepIndices, load_batches
from tests.support.runs import NoiseSource

if __name__ == "__main__":
    batches = load_batches(NoiseSource(), StepIndices(0, 10**6, 2), workers=2, pin=False)
    next(batches)
    import psutil
    print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_workers_do_not_outlive_a_killed_run(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False
    )
    children = [int(number) for number in run.stdout.split()]
    assert len(children) >= 3, run.stderr
    deadline = time.monotonic() + 60
    while any(map(psutil.pid_exists, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    alive = [pid for pid in children if psutil.pid_exists(pid)]
    for pid in alive:
        psutil.Process(pid).kill()
    assert not alive


def test_workers_end_with_the_batches():
    before = set(multiprocessing.active_children())
    batches = load_batches(NoiseSource(), StepIndices(0, 10**6, 2), workers=1, pin=False)
    next(batches)
    assert set(multiprocessing.active_children()) > before
    batches.close()
    del batches
    assert set(multiprocessing.active_children()) == before


SIGNALLED = """
import os, signal, time
from dain.training.loading import StepIndices, load_batches
from tests.support.runs import NoiseSource

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    batches = load_batches(NoiseSource(), StepIndices(0, 10**6, 2), workers=1, pin=False)
    next(batches)
    os.killpg(0, signal.SIGTERM)
    os.killpg(0, signal.SIGINT)
    time.sleep(6)  # the loader's workers look every five seconds whether they are orphans
    for _ in range(20):
        next(batches)
    print("fine")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no groups to signal")
def test_workers_outlast_a_signal_to_the_group(tmp_path):
    script = tmp_path / "signalled.py"
    script.write_text(SIGNALLED, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert run.stdout == "fine\n", run.stderr
