import pytest
from tests.support.checkpoints import save_old, tiny_record, tiny_tensors


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch, no_proxy):
    """A data folder of the test's own, and no proxy between it and its server."""
    folder = tmp_path / "data"
    monkeypatch.setenv("DAIN_DATA_DIR", str(folder))
    return folder / "weights"


@pytest.fixture
def best(tmp_path):
    """The tiny network's checkpoint as its authors published it."""
    return save_old(tiny_tensors(), tmp_path / "best.pth")


@pytest.fixture
def record(best):
    return tiny_record(published=best)
