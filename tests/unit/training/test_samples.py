import numpy as np
import torch

from dain.training.samples import Batch, Sample, collate, from_footage


def random_sample(seed, kind=0, height=5, width=7):
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (3, height, width, 3), np.uint8)
    flows = random.normal(size=(2, height, width, 2)).astype(np.float32)
    planes = random.random((4, height, width), np.float32)
    return Sample(*frames, random.random(), *flows, *planes, kind)


def test_a_batch_holds_its_samples():
    samples = [random_sample(1), random_sample(2, kind=2)]
    batch = collate(samples)
    for index, sample in enumerate(samples):
        for name in ("first", "truth", "last"):
            frame = getattr(sample, name).transpose(2, 0, 1) / np.float32(255)
            np.testing.assert_array_equal(getattr(batch, name)[index].numpy(), frame)
        for name in ("flow01", "flow10"):
            flow = getattr(sample, name).transpose(2, 0, 1)
            np.testing.assert_array_equal(getattr(batch, name)[index].numpy(), flow)
        for name in ("nearness0", "nearness1", "visible0", "visible1"):
            plane = getattr(sample, name)[None]
            np.testing.assert_array_equal(getattr(batch, name)[index].numpy(), plane)
        assert batch.time[index] == np.float32(sample.time)
    assert batch.kind.tolist() == [0, 2]
    assert batch.kind.dtype == torch.int64
    assert batch.time.dtype == torch.float32
    assert all(tensor.is_contiguous() for tensor in vars(batch).values())


def test_colours_span_0_to_1():
    frame = np.array([[[0, 128, 255]]], np.uint8)
    batch = collate([from_footage(frame, frame, frame, 0.5, 1)])
    assert batch.first.flatten().tolist() == [0, np.float32(128) / np.float32(255), 1]


def test_footage_knows_nothing_but_frames():
    frame = np.zeros((4, 6, 3), np.uint8)
    sample = from_footage(frame, frame, frame, 0.25, 2)
    batch = collate([random_sample(0, height=4, width=6), sample])
    assert sample.kind == 2
    for name in ("flow01", "flow10", "nearness0", "nearness1", "visible0", "visible1"):
        known, unknown = getattr(batch, name)
        assert torch.isfinite(known).all()
        assert torch.isnan(unknown).all()


def test_moving_to_a_device_keeps_all_fields():
    batch = collate([random_sample(3)])
    moved = batch.to(torch.device("meta"))
    assert isinstance(moved, Batch)
    for name, tensor in vars(batch).items():
        assert getattr(moved, name).device.type == "meta"
        assert getattr(moved, name).shape == tensor.shape
        assert getattr(moved, name).dtype == tensor.dtype
