"""Settings of the whole suite."""

from __future__ import annotations

import ast
import functools
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.support.servers import Server, serve

if TYPE_CHECKING:
    from torch import Tensor

    from dain.networks import Dain

ROOT = Path(__file__).resolve().parent.parent
MOST_WORKERS = 4  # each holds a PyTorch of its own in memory

# As the command does: torch's threads, when they spin, slow each other down on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` stands for: virtual cores count, as CI has few others."""
    return min(usable_cores(), MOST_WORKERS)


def share_the_machine(worker: str, workers: int) -> None:
    """Give this one of several test processes its share of the cores, before torch is imported.

    Programs that tests start inherit it. Numba's files are each worker's own: its index and
    the code that it names are two files, which two processes may mix up.
    """
    threads = str(max(1, usable_cores() // workers))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(name, threads)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba" / worker))


if "PYTEST_XDIST_WORKER" in os.environ:
    share_the_machine(
        os.environ["PYTEST_XDIST_WORKER"], int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    )


def parse_one_at_a_time() -> None:
    """Keep threads from parsing side by side, which CPython 3.11 does not bear before 3.11.8.

    Tracebacks and signatures are parsed, too; where two threads meet, one gets a SystemError
    about the "recursion depth" (gh-106905), and ends the whole test run.
    """
    lock, parse = threading.RLock(), ast.parse

    @functools.wraps(parse)
    def parse_alone(*arguments: Any, **options: Any) -> Any:
        with lock:
            return parse(*arguments, **options)

    ast.parse = parse_alone


if (3, 11) <= sys.version_info < (3, 11, 8):
    parse_one_at_a_time()

# The same examples every time, and no deadline: the first example may compile a kernel.
settings.register_profile("dain", deadline=None, derandomize=True, database=None)
settings.load_profile("dain")

SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The footage beside the checkout; a test that asks for it is skipped where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no shared footage beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def authors_checkpoint() -> Mapping[str, Tensor]:
    """A checkpoint of the paper's network by its authors' names, to be left as it is.

    Its weights are those that the golden numbers were made with.
    """
    from tests.support.checkpoints import authors_state_dict

    return authors_state_dict()


@pytest.fixture(scope="session")
def paper_network(
    authors_checkpoint: Mapping[str, Tensor], tmp_path_factory: pytest.TempPathFactory
) -> Dain:
    """The paper's network with that checkpoint, as `load_network` makes it; not to be changed."""
    from dain.networks import Dain
    from dain.weights import load_network
    from tests.support.checkpoints import save_old

    path = save_old(authors_checkpoint, tmp_path_factory.mktemp("weights") / "best.pth")
    network = load_network("dain", path)
    assert isinstance(network, Dain)
    return network


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between a test and its server on the loopback address."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server(no_proxy: None) -> Iterator[Server]:
    """A web server that fails in every way."""
    with serve() as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if gpu:
        import torch

        if not torch.cuda.is_available():
            for item in gpu:
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device, found none"))
