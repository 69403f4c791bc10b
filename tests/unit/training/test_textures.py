import pickle

import cv2
import numpy as np
import pytest

from dain.errors import MediaError
from dain.training import textures as module
from dain.training.procedural_textures import draw_texture, fractal_noise
from dain.training.textures import Textures


def write(path, pixels):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(cv2.imencode(path.suffix, pixels)[1]))


def flat(level, shape=(20, 30, 3), dtype=np.uint8):
    return np.full(shape, level, dtype)


@pytest.fixture
def forty(tmp_path):
    """Forty pictures, each of a level of its own."""
    for n in range(40):
        write(tmp_path / f"{n:02}.png", flat(5 * n))
    return tmp_path


def levels(textures, index, picks=200):
    random = np.random.default_rng(0)
    return {int(textures.pick(random, index, photograph=True)[0, 0, 0]) for _ in range(picks)}


def test_every_format_becomes_8_bit_rgb(tmp_path):
    write(tmp_path / "a.png", flat(30_000, dtype=np.uint16))
    write(tmp_path / "deeper" / "b.png", flat(117, (20, 30)))
    bgr = flat(0)
    bgr[..., 0] = 250
    write(tmp_path / "c.tiff", bgr)
    textures = Textures(tmp_path, 64, 0)
    random = np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        picture = textures.pick(random, 0, photograph=True)
        assert picture.shape == (20, 30, 3)
        assert picture.dtype == np.uint8
        seen.add(tuple(int(v) for v in picture[0, 0]))
    assert seen == {(117, 117, 117), (0, 0, 250)}


def test_large_pictures_are_made_smaller(tmp_path):
    write(tmp_path / "wide.png", flat(9, (100, 300, 3)))
    picture = Textures(tmp_path, 60, 0).pick(np.random.default_rng(0), 0, photograph=True)
    assert picture.shape == (20, 60, 3)


def test_a_few_pictures_are_all_in_use(forty):
    assert levels(Textures(forty, 32, 0), 0, picks=600) == {5 * n for n in range(40)}


def test_of_many_a_window_moves_over_all(forty, monkeypatch):
    monkeypatch.setattr(module, "_CACHE_BYTES", 96 * 3 * 16**2)  # leaves the least window, 16
    textures = Textures(forty, 32, 0)
    early, soon, late = (levels(textures, index) for index in (0, 16, 16 * 20))
    assert len(early) == len(soon) == 16
    assert len(early & soon) == 15
    assert early != late
    everything = set().union(*(levels(textures, 16 * step, 60) for step in range(40)))
    assert everything == {5 * n for n in range(40)}


def test_pictures_are_decoded_once_and_memory_is_bounded(forty, monkeypatch):
    decoded = []
    original = module.decode_still
    monkeypatch.setattr(module, "decode_still", lambda data: decoded.append(1) or original(data))
    textures = Textures(forty, 32, 0)
    levels(textures, 0, picks=600)
    levels(textures, 5, picks=600)
    assert len(decoded) == 40
    monkeypatch.setattr(module, "_CACHE_BYTES", 5 * 20 * 30 * 3)
    small = Textures(forty, 32, 0)
    levels(small, 0)
    assert 4 <= len(small._kept) <= 5


def test_order_depends_on_the_seed_alone(forty):
    def run(seed):
        random = np.random.default_rng(0)
        textures = pickle.loads(pickle.dumps(Textures(forty, 32, seed)))
        return [int(textures.pick(random, 0, photograph=True)[0, 0, 0]) for _ in range(20)]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_drawn_ones_stand_in_for_photographs():
    textures = Textures(None, 48, 0)
    assert not textures.photographs
    one = textures.pick(np.random.default_rng(4), 0, photograph=True)
    two = textures.pick(np.random.default_rng(4), 0, photograph=False)
    assert one is two
    assert one.shape == (24, 24, 3)


def test_a_damaged_picture_is_named(tmp_path):
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    textures = Textures(tmp_path, 32, 0)
    with pytest.raises(MediaError, match=r"torn\.png damaged; remove it"):
        textures.pick(np.random.default_rng(0), 0, photograph=True)


def test_a_picture_that_has_gone_is_named(tmp_path):
    write(tmp_path / "gone.png", flat(1))
    textures = Textures(tmp_path, 32, 0)
    (tmp_path / "gone.png").unlink()
    with pytest.raises(MediaError, match=r"cannot read the texture .*gone\.png"):
        textures.pick(np.random.default_rng(0), 0, photograph=True)


@pytest.mark.parametrize("side", [48, 384])
def test_drawn_textures_vary(side):
    pictures = [draw_texture(np.random.default_rng(seed), side) for seed in range(25)]
    for picture in pictures:
        assert picture.shape == (side, side, 3)
        assert picture.dtype == np.uint8
    assert np.std([picture.mean() for picture in pictures]) > 15
    assert np.mean([picture.std() > 8 for picture in pictures]) > 0.6


def test_noise_is_bounded_and_smooth():
    noise = fractal_noise(np.random.default_rng(0), 60, 90, 30, 2)
    assert noise.shape == (60, 90)
    assert np.abs(noise).max() == pytest.approx(1)
    assert np.abs(np.diff(noise, axis=1)).max() < 0.4
