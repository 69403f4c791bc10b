"""Training scenes on a real GPU."""

import time
from dataclasses import fields

import pytest
import torch

from dain.training.device_packing import pack_scenes
from dain.training.device_scenes import render_parcel, render_scenes
from dain.training.loading import StepIndices, load_batches
from dain.training.samples import Batch
from dain.training.scenes import CLEAN, SceneSettings, SceneSource

pytestmark = pytest.mark.gpu

CPU, GPU = torch.device("cpu"), torch.device("cuda")
SPOILT = SceneSettings(overlays=0.5, motion_blur=0.5, light=0.5, softness=0.5, grain=0.5)


@pytest.mark.parametrize("settings", [CLEAN, SPOILT], ids=["clean", "spoilt"])
def test_the_gpu_shows_what_the_cpu_shows(settings):
    source = SceneSource(None, 96, seed=1, times="any", settings=settings)
    plans = [source.plan(index) for index in range(24)]
    expected, made = render_scenes(plans, CPU), render_scenes(plans, GPU)
    for field in fields(Batch):
        one, two = getattr(expected, field.name), getattr(made, field.name).cpu()
        assert (one.shape, one.dtype) == (two.shape, two.dtype)
        assert (one - two).abs().float().mean() < 1e-3, field.name
    for name in ("first", "truth", "last"):
        difference = 255 * (getattr(expected, name) - getattr(made, name).cpu()).abs()
        assert difference.mean() < 0.05
        assert (difference > 4.5).float().mean() < 2e-3


def test_pinned_batches_from_a_worker():
    source, steps = SceneSource(None, 32, seed=2, settings=CLEAN), StepIndices(0, 3, 4)
    here = list(load_batches(source, steps, 0, pin=False))
    there = list(load_batches(source, steps, 1, pin=True, render_on=GPU))
    for one, two in zip(here, there, strict=True):
        assert two["first"].is_cuda
        assert (255 * (one["first"] - two["first"].cpu()).abs()).mean() < 0.1


def test_rendering_waits_for_nothing():
    parcel = pack_scenes([SceneSource(None, 64, settings=SPOILT).plan(k) for k in range(8)])
    parcel = parcel.pin_memory()
    render_parcel(parcel, GPU)
    torch.cuda.set_sync_debug_mode("error")
    try:
        render_parcel(parcel, GPU)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_throughput_is_told(capsys):
    source = SceneSource(None, 192)
    parcel = pack_scenes([source.plan(index) for index in range(64)]).pin_memory()
    render_parcel(parcel, GPU)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    for _ in range(10):
        render_parcel(parcel, GPU)
    torch.cuda.synchronize()
    speed = 640 / (time.perf_counter() - began)
    memory = torch.cuda.max_memory_allocated() / 2**20
    with capsys.disabled():
        print(f"\n{speed:.0f} scenes of 192 pixels a second, {memory:.0f} MiB at most")
