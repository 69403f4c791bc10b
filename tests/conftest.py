"""Settings of the whole suite."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# As the command does: torch's threads, when they spin, slow each other down on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# The same examples every time, and no deadline: the first example may compile a kernel.
settings.register_profile("dain", deadline=None, derandomize=True, database=None)
settings.load_profile("dain")

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The footage beside the checkout; a test that asks for it is skipped where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no shared footage beside this checkout")
    return SHARED_DATA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if gpu:
        import torch

        if not torch.cuda.is_available():
            for item in gpu:
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device, found none"))
