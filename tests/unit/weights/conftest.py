import pytest
from tests.support.checkpoints import save_old, tiny_record, tiny_tensors
from tests.support.servers import serve

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    """A data folder of the test's own, and no proxy between it and its server."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
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


@pytest.fixture
def server():
    with serve() as running:
        yield running
