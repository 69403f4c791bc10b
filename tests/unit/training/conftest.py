"""Little clips to train on."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.videos import make_video


def moving(count: int, width: int, height: int, seed: int = 0, blur: float = 2) -> list[np.ndarray]:
    """Pictures of a texture that moves two pixels to the left from each to the next."""
    step = 2
    noise = np.random.default_rng(seed).random((height, width + step * count, 3))
    wide = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), blur)
    wide = np.rint(255 * (wide - wide.min()) / (wide.max() - wide.min())).astype(np.uint8)
    return [np.ascontiguousarray(wide[:, step * k : step * k + width]) for k in range(count)]


def make_clip(path: Path, pictures: list[np.ndarray], **options: object) -> Path:
    """A clip whose decoded frames are the pictures, nearly."""
    return make_video(
        path, images=pictures, options={"crf": "12", "preset": "ultrafast"}, **options
    )


@pytest.fixture(scope="session")
def made_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed: two clips, one with a cut before frame 7, and frame 12 shown twice."""
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "pan.mp4", moving(24, 160, 120))
    broken = moving(7, 128, 96, seed=1, blur=8) + moving(13, 128, 96, seed=2, blur=8)
    broken[13] = broken[12]
    make_video(folder / "broken.mkv", images=broken, codec="ffv1", pixel_format="yuv444p")
    (folder / "SOURCES.md").write_text("whose they are")
    return folder


@pytest.fixture(scope="session")
def made_cache(made_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed: these clips, decoded."""
    from dain.training.clip_cache import cache_clips

    cache = tmp_path_factory.mktemp("decoded")
    cache_clips(made_clips, cache)
    return cache


@pytest.fixture
def clips(made_clips: Path, tmp_path: Path) -> Path:
    """A copy of the clips."""
    return Path(shutil.copytree(made_clips, tmp_path / "clips"))


@pytest.fixture
def cache(made_cache: Path, tmp_path: Path) -> Path:
    """A copy of their cache; those of `clips` are the same to it."""
    return Path(shutil.copytree(made_cache, tmp_path / "decoded"))
