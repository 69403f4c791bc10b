"""A short soak; `benchmarks/soak.py` does the long ones."""

from benchmarks.soak import Soak, soak


def test_memory_and_open_files_do_not_grow(tmp_path):
    found = soak("video", 2000, tmp_path)
    assert found.frames == 2000
    assert len(found.resident) == 200
    assert found.is_steady, (found.growth, found.more_files)


def test_growth_is_seen():
    leaking = Soak("video", resident=[100 * 2**20 + k * 2**17 for k in range(200)], files=[9] * 200)
    assert not leaking.is_steady
    noisy = Soak("video", resident=[2**27 + k % 3 * 2**20 for k in range(200)], files=[9] * 200)
    assert noisy.is_steady
    files = Soak("video", resident=[2**27] * 200, files=list(range(200)))
    assert not files.is_steady
