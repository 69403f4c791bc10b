"""Scenes rendered by PyTorch, against those that NumPy and OpenCV render; on the CPU."""

import pickle
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
import torch
from tests.support.runs import NoiseSource

from dain.errors import MediaError
from dain.training import device_packing, scene_bending
from dain.training.device_packing import pack_scenes
from dain.training.device_scenes import render_parcel, render_scenes
from dain.training.device_spoiling import Spoilings, pack_spoiling, spoil
from dain.training.loading import StepIndices, load_batches
from dain.training.mixing import MixedSource
from dain.training.samples import Batch, Planner, collate
from dain.training.scenes import CLEAN, SceneSettings, SceneSource
from dain.training.spoiling import Spoiling, random_grain

CPU = torch.device("cpu")
FRAMES = ("first", "truth", "last")
EVERYTHING = SceneSettings(
    shadows=0.5, overlays=1, motion_blur=1, light=1, softness=1, grain=1, compression=1
)


def make_plans(count, size=64, seed=0, settings=CLEAN, start=0):
    source = SceneSource(None, size, seed, times="any", settings=settings)
    return [source.plan(index) for index in range(start, start + count)]


def both(plans, monkeypatch):
    """The batch by OpenCV and by PyTorch.

    OpenCV's side looks up only every fourth pixel of what bends; here it takes the same trouble.
    """
    monkeypatch.setattr(scene_bending, "_COARSE", 1)
    return collate([plan.render() for plan in plans]), render_scenes(plans, CPU)


def off_by(one, two, name):
    """How many levels of 255 frames differ by."""
    return 255 * (getattr(one, name) - getattr(two, name)).abs()


def assert_alike(expected, made):
    """Frames to rounding, and everything else where both see the same layer."""
    for name in FRAMES:
        difference = off_by(expected, made, name)
        assert difference.mean() < 0.2
        assert difference.mean((1, 2, 3)).max() < 0.4
        assert (difference > 3.5).float().mean() < 1e-3
    for flow, k in (("flow01", "0"), ("flow10", "1")):
        same = getattr(expected, f"nearness{k}") == getattr(made, f"nearness{k}")
        assert same.float().mean() > 0.999
        seen = getattr(expected, f"visible{k}") == getattr(made, f"visible{k}")
        assert seen.float().mean() > 0.998
        gap = (getattr(expected, flow) - getattr(made, flow)).abs().amax(1, keepdim=True)[same]
        assert gap.mean() < 1e-3
        assert gap.max() < 0.05
    assert torch.equal(expected.time, made.time)
    assert torch.equal(expected.kind, made.kind)


@pytest.fixture(scope="module")
def clean():
    """Forty plans as they are, and their batches by OpenCV and by PyTorch."""
    plans = make_plans(40)
    with pytest.MonkeyPatch.context() as monkeypatch:
        return plans, *both(plans, monkeypatch)


def test_clean_scenes_are_those_of_opencv(clean):
    plans, expected, made = clean
    assert any(layer.bending for plan in plans for layer in plan.layers)
    assert any(layer.path.tilt != (0, 0) for plan in plans for layer in plan.layers)
    assert_alike(expected, made)
    for field in fields(Batch):
        one, two = getattr(expected, field.name), getattr(made, field.name)
        assert (one.shape, one.dtype) == (two.shape, two.dtype)
        assert two.is_contiguous()


@pytest.mark.parametrize("size", [16, 50, 131])
def test_every_size(size, monkeypatch):
    assert_alike(*both(make_plans(6, size, seed=1), monkeypatch))


def test_what_bends_is_a_little_off_where_opencv_saves_trouble(clean):
    plans, _, made = clean
    usual = collate([plan.render() for plan in plans])
    assert off_by(usual, made, "first").mean() < 0.05
    same = usual.nearness0 == made.nearness0
    gap = (usual.flow01 - made.flow01).abs().amax(1, keepdim=True)[same]
    assert gap.mean() < 5e-3
    assert gap.quantile(0.999) < 0.2


@pytest.mark.parametrize("effect", ["shadows", "overlays", "light", "softness"])
def test_what_is_no_matter_of_chance_is_that_of_opencv(effect, monkeypatch):
    plans = make_plans(12, seed=2, settings=replace(CLEAN, **{effect: 1.0}))
    assert_alike(*both(plans, monkeypatch))
    if effect in ("light", "softness"):
        plain = render_scenes([replace(plan, spoiling=Spoiling()) for plan in plans], CPU)
        assert off_by(plain, render_scenes(plans, CPU), "first").mean() > 0.3


def test_motion_blur_is_the_mean_of_moments(monkeypatch):
    plans = make_plans(24, seed=3, settings=replace(CLEAN, motion_blur=1.0))
    blurred = [plan for plan in plans if plan.exposure_steps()]
    assert len({plan.exposure_steps() for plan in blurred}) > 2
    assert len(blurred) < len(plans)  # with what is too slow, as a group of its own
    assert_alike(*both(plans, monkeypatch))
    sharp = render_scenes([replace(plan, shutter=None) for plan in blurred], CPU)
    assert off_by(sharp, render_scenes(blurred, CPU), "truth").mean() > 0.3


def on_flat(spoiling, size=96, level=128.0):
    """What befalls three grey frames, ``(3, 3, size, size)``: minus that grey."""
    plan = replace(make_plans(1, size)[0], spoiling=spoiling)
    arrays = {name: torch.from_numpy(array) for name, array in pack_spoiling([plan]).items()}
    flat = torch.full((1, 3, 3, size, size), level)
    return spoil(flat, Spoilings(**arrays))[0] - level


def neighbours(noise):
    """Correlation of pixels beside each other."""
    return np.corrcoef(noise[..., :-1].ravel(), noise[..., 1:].ravel())[0, 1]


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("coarse", [False, True])
def test_grain_is_noise_of_the_same_kind(coloured, coarse):
    grain = random_grain(np.random.default_rng(5), (96, 96, 3))
    grain = replace(grain, sigma=4.0, coloured=coloured, coarse=coarse)
    made = on_flat(Spoiling(grain=grain)).numpy()
    grey = np.full((96, 96, 3), 128, np.uint8)
    theirs = np.stack(grain.on((grey, grey, grey))).astype(float).transpose(0, 3, 1, 2) - 128
    assert made.std() == pytest.approx(theirs.std(), rel=0.03)
    assert abs(made.mean()) < 0.1
    assert neighbours(made) == pytest.approx(neighbours(theirs), abs=0.04)
    assert np.array_equal(made[0, 0], made[0, 1]) != coloured
    assert abs(np.corrcoef(made[0].ravel(), made[2].ravel())[0, 1]) < 0.04
    shares = [np.mean(np.abs(noise) < 4) for noise in (made, theirs)]
    assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_grain_is_of_the_scene_and_not_of_the_batch():
    plans = make_plans(4, settings=replace(CLEAN, grain=1.0))
    together = render_scenes(plans, CPU)
    alone = render_scenes(plans[2:3], CPU)
    assert off_by(render_scenes(plans[::-1], CPU), together, "first").mean() > 1
    assert (255 * (together.first[2] - alone.first[0]).abs()).max() < 1.5
    noise = [on_flat(plan.spoiling) for plan in plans[:2]]
    assert abs(np.corrcoef(noise[0].flatten(), noise[1].flatten())[0, 1]) < 0.04


@pytest.mark.parametrize("size", [50, 64])
@pytest.mark.parametrize("quality", [30, 49, 50, 75, 95])
def test_compression_loses_what_jpeg_loses(quality, size, monkeypatch):
    plans = make_plans(4, size, seed=4)
    original = render_scenes(plans, CPU)
    plans = [replace(plan, spoiling=Spoiling(quality=quality)) for plan in plans]
    expected, made = both(plans, monkeypatch)
    for name in FRAMES:
        lost, wanted = (off_by(original, each, name).mean().item() for each in (made, expected))
        assert lost == pytest.approx(wanted, rel=0.03)
        assert off_by(expected, made, name).mean() < 0.15 * wanted + 0.1
    colours = (made.first - expected.first).mean((0, 2, 3)) * 255
    assert colours.abs().max() < 0.4


def test_a_batch_of_one_and_small_groups_change_nothing(clean, monkeypatch):
    plans, _, made = clean
    monkeypatch.setattr(device_packing, "_MOST_PIXELS", 2 * 64**2 * 3 * 6)
    for again in (render_scenes(plans, CPU), render_scenes(plans[:1], CPU)):
        for field in fields(Batch):
            one, two = getattr(made, field.name), getattr(again, field.name)
            assert (one[: len(two)] - two).abs().float().mean() < 1e-4


def test_plans_and_parcels_pickle(clean):
    plans, _, made = clean
    copies = pickle.loads(pickle.dumps(plans[:5]))
    parcel = pickle.loads(pickle.dumps(pack_scenes(copies)))
    again = render_parcel(parcel, CPU)
    assert (255 * (again.first - made.first[:5]).abs()).max() < 1.5
    spoilt = make_plans(1, settings=EVERYTHING)[0]
    copy = pickle.loads(pickle.dumps(spoilt))
    assert np.array_equal(copy.render().last, spoilt.render().last)


def test_a_sample_is_its_plan_rendered_as_often_as_one_likes():
    source = SceneSource(None, 48, seed=6, times="any", settings=EVERYTHING)
    for index in range(6):
        plan, sample = source.plan(index), source.sample(index)
        for _ in range(2):
            again = plan.render()
            assert all(
                np.array_equal(getattr(sample, f.name), getattr(again, f.name))
                for f in fields(sample)
            )


def test_everything_at_once_looks_as_by_opencv(monkeypatch):
    plans = make_plans(8, seed=7, settings=EVERYTHING)
    expected, made = both(plans, monkeypatch)
    for name in FRAMES:
        one, two = (getattr(batch, name) * 255 for batch in (expected, made))
        assert (one.mean((2, 3)) - two.mean((2, 3))).abs().max() < 1.5
        assert (one.std((2, 3)) - two.std((2, 3))).abs().max() < 1.5
        grain = max(plan.spoiling.grain.sigma for plan in plans)
        assert off_by(expected, made, name).mean() < 1.5 * grain


def mixed(size=16):
    """Scenes and footage by turns."""
    scenes = SceneSource(None, size, seed=1, settings=replace(CLEAN, reach=0.0))
    return MixedSource([(0.5, scenes), (0.5, NoiseSource(size))], seed=1)


@pytest.mark.parametrize("workers", [0, 1])
def test_mixed_batches_keep_their_order(workers):
    assert isinstance(mixed(), Planner)
    here = list(load_batches(mixed(), StepIndices(0, 5, 5), 0, pin=False))
    there = list(load_batches(mixed(), StepIndices(0, 5, 5), workers, pin=False, render_on=CPU))
    assert len(here) == len(there) == 5
    for one, two in zip(here, there, strict=True):
        assert set(one["kind"].tolist()) == {0, 1}
        assert torch.equal(one["kind"], two["kind"])
        footage = one["kind"] == 1
        for name in one:
            assert torch.equal(one[name][footage].nan_to_num(7), two[name][footage].nan_to_num(7))
        assert_alike(*(Batch(**{name: b[name][~footage] for name in b}) for b in (one, two)))


@pytest.mark.parametrize("source", [SceneSource(None, 16), NoiseSource()])
def test_batches_of_one_kind(source):
    batches = list(load_batches(source, StepIndices(0, 2, 3), 0, pin=False, render_on=CPU))
    assert [batch["first"].shape for batch in batches] == [(3, 3, 16, 16)] * 2


@pytest.mark.parametrize("workers", [0, 1])
def test_errors_of_sources_come_through(workers, tmp_path):
    source = MixedSource([(1, NoiseSource(fails_at=3))], seed=0)
    batches = load_batches(source, StepIndices(0, 9, 2), workers, pin=False, render_on=CPU)
    next(batches)
    with pytest.raises(MediaError, match="sample 3 is broken; mend it"):
        next(batches)


def test_a_damaged_photograph_is_named(tmp_path):
    data = cv2.imencode(".png", np.zeros((40, 40, 3), np.uint8))[1].tobytes()
    (tmp_path / "photo.png").write_bytes(data[:60])
    batches = load_batches(
        SceneSource(tmp_path, 32), StepIndices(0, 9, 4), 0, pin=False, render_on=CPU
    )
    with pytest.raises(MediaError, match=r"photo\.png"):
        list(batches)
