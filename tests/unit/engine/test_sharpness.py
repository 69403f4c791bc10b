import cv2
import numpy as np
import pytest
import torch

from dain.engine import Interpolator
from dain.engine.octaves import energy_of, luma_of, octaves_of
from dain.engine.sharpness import describe, even_sharpness
from dain.errors import OptionError
from dain.networks import Motion

WAYS = ["auto", "even"]


def tensor(grey):
    """A grey picture ``(H, W)`` in [0, 1] as a frame."""
    return torch.from_numpy(np.asarray(grey, np.float32))[None, None].expand(-1, 3, -1, -1)


def still(height, width):
    """No motion, as a network of half the frame's size, extended to whole 16s, tells it."""
    shape = (1, 2, -(-height // 16) * 8, -(-width // 16) * 8)
    return Motion(torch.zeros(shape), torch.zeros(shape))


def evened(made, frame0, frame1, sharpness="auto", t=0.5, motion=None):
    motion = motion or still(*made.shape[2:])
    return even_sharpness(made, describe(frame0, 1), describe(frame1, 2), motion, t, sharpness)


def texture(seed=0, height=96, width=128):
    """Of fine detail, strong on the right and weak on the left: no grain, which is even."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).random((height, width)), (0, 0), 0.8)
    return 0.5 + (noise - 0.5) * np.linspace(0.1, 1, width)


def power(frame):
    return energy_of(octaves_of(luma_of(frame))).mean((0, 2, 3))


def softened(picture, sigma=0.35):
    return cv2.GaussianBlur(picture, (0, 0), sigma)


@pytest.mark.parametrize("sharpness", WAYS)
def test_a_soft_frame_gets_its_detail_back(sharpness):
    sharp = texture()
    soft = softened(sharp)
    wanted = power(tensor(sharp)).sum()
    assert power(tensor(soft)).sum() / wanted < 0.95
    made = evened(tensor(soft), tensor(sharp), tensor(sharp), sharpness)
    assert abs(power(made).sum() / wanted - 1) < 0.02


def test_detail_that_disagreed_is_given_back_on_demand_alone():
    one, two = (tensor(texture(seed)) for seed in (0, 1))
    blend = (one + two) / 2
    wanted = (power(one) + power(two)) / 2
    assert (power(blend) / wanted).max() < 0.6
    assert torch.equal(evened(blend, one, two, "auto"), blend)
    assert power(evened(blend, one, two, "even"))[0] / wanted[0] > 0.85


def test_what_detail_there_should_be_moves_along():
    """A patch of texture that moved by 64 pixels; its middle is given at its own place."""
    height, width, step = 128, 256, 64
    patch = texture(3, height, width)[:, ::-1] - 0.5
    frames = []
    for x in (32, 32 + step // 2, 32 + step):
        picture = np.full((height, width), 0.5)
        picture[:, x : x + 96] += patch[:, :96]
        frames.append(picture)
    shape = (1, 2, height // 2, width // 2)
    flow01, flow10 = torch.zeros(shape), torch.zeros(shape)
    flow01[:, 0], flow10[:, 0] = step / 2, -step / 2
    soft = tensor(softened(frames[1]))
    ends = tensor(frames[0]), tensor(frames[2])
    inside = (slice(None), slice(None), slice(16, -16), slice(80, 144))
    wanted, before = power(tensor(frames[1])[inside]).sum(), power(soft[inside]).sum()
    moved = evened(soft, *ends, motion=Motion(flow01, flow10))
    assert before / wanted < 0.95
    assert abs(power(moved[inside]).sum() / wanted - 1) < 0.02
    outside = (slice(None), slice(None), slice(None), slice(208, None))
    assert torch.equal(moved[outside], soft[outside])


@pytest.mark.parametrize("sharpness", WAYS)
def test_identical_frames_stay_as_they_are(sharpness):
    frame = tensor(texture())
    assert torch.equal(evened(frame, frame, frame, sharpness, t=0.3), frame)


@pytest.mark.parametrize("sharpness", WAYS)
def test_flat_places_stay_flat(sharpness):
    """What rounding left in the old frames is no detail."""
    rounding = np.random.default_rng(0).integers(0, 2, (64, 64)) / 255
    old = tensor(0.5 + rounding)
    new = tensor(np.full((64, 64), 0.5))
    assert torch.equal(evened(new, old, old, sharpness), new)
    almost = tensor(0.5 + softened(rounding))
    assert (evened(almost, old, old, sharpness) - almost).abs().max() < 0.5 / 255


@pytest.mark.parametrize("sharpness", WAYS)
@pytest.mark.parametrize("sigma", [0.6, 1.0, 2.0])
def test_edges_do_not_ring(sharpness, sigma):
    """Nothing beyond the two sides of an edge, by more than half a level."""
    edge = np.full((96, 96), 0.2)
    edge[:, 48:] = 0.8
    sharp, soft = tensor(edge), tensor(softened(edge, sigma))
    made = evened(soft, sharp, sharp, sharpness)
    assert made.min() >= 0.2 - 0.51 / 255
    assert made.max() <= 0.8 + 0.51 / 255


def test_softer_edges_are_made_steeper():
    edge = np.full((96, 96), 0.2)
    edge[:, 48:] = 0.8
    sharp, soft = tensor(edge), tensor(softened(edge, 0.6))
    steepest = [frame.diff(dim=3).max() for frame in (soft, evened(soft, sharp, sharp, "even"))]
    assert steepest[1] > 1.02 * steepest[0]


def test_a_sharper_frame_is_left_alone():
    soft = tensor(softened(texture()))
    sharp = tensor(texture())
    made = evened(sharp, soft, soft, "even")
    inside = (slice(None), slice(None), slice(16, -16), slice(16, -16))
    assert torch.equal(made[inside], sharp[inside])


def test_colours_keep_their_differences():
    sharp = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25
    soft = torch.from_numpy(softened(sharp[0].permute(1, 2, 0).numpy())).permute(2, 0, 1)[None]
    change = evened(soft, sharp, sharp, "even") - soft
    assert change.abs().max() > 0.01
    assert torch.allclose(change[:, 0], change[:, 1], atol=1e-6)
    assert torch.allclose(change[:, 0], change[:, 2], atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 3), (16, 16), (33, 47), (64, 17)])
def test_any_size(height, width):
    sharp = texture(0, height, width) if height > 1 else np.full((1, 1), 0.5)
    made = evened(tensor(softened(sharp)), tensor(sharp), tensor(sharp))
    assert made.shape == (1, 3, height, width)
    assert made.dtype == torch.float32
    assert made.isfinite().all()


def test_flow_of_a_frame_that_was_extended_further():
    """The paper's network extends frames to whole 64s, and tells flow at full size."""
    sharp, soft = tensor(texture(0, 80, 100)), tensor(softened(texture(0, 80, 100)))
    wide = Motion(torch.zeros(1, 2, 128, 128), torch.zeros(1, 2, 128, 128))
    assert torch.equal(evened(soft, sharp, sharp, motion=wide), evened(soft, sharp, sharp))


def pair(dtype=np.uint8, channels=3):
    frames = []
    for step in (0, 3):
        grey = texture(5, 64, 106)[:, step : step + 96, None] * np.ones(channels)
        scale = 1 if dtype == np.float32 else np.iinfo(dtype).max
        frames.append((grey * scale).astype(dtype))
    return frames


@pytest.fixture(scope="module")
def interpolators():
    return {way: Interpolator(device="cpu", sharpness=way) for way in (*WAYS, "off")}


def test_off_is_what_the_network_makes(interpolators):
    plain = Interpolator(device="cpu").between(*pair(), [0.3, 0.5])
    off = interpolators["off"].between(*pair(), [0.3, 0.5])
    assert all(np.array_equal(a, b) for a, b in zip(plain, off, strict=True))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_interpolator_evens_frames_of_any_type(interpolators, dtype):
    one, two = pair(dtype)
    scale = 1 if dtype == np.float32 else np.iinfo(dtype).max
    found, old = {}, [power(tensor(frame[..., 0] / scale)).sum() for frame in (one, two)]
    for way, interpolator in interpolators.items():
        made = interpolator.between(one, two)[0]
        assert made.dtype == dtype
        found[way] = float(power(tensor(made[..., 0] / scale)).sum() / np.mean(old))
    assert found["off"] < found["auto"] < found["even"] < 1.03


def test_alpha_is_left_as_it_was_and_colours_change_inside_alone(interpolators):
    one, two = pair(channels=4)
    for frame in (one, two):
        frame[..., 3] = 255
        frame[:, :40, 3] = 90
    plain, made = (interpolators[way].between(one, two)[0] for way in ("off", "even"))
    assert np.array_equal(plain[..., 3], made[..., 3])
    seen_through = plain[..., 3] < 250
    assert np.array_equal(plain[seen_through], made[seen_through])
    assert not np.array_equal(plain, made)


def test_one_frame_is_the_same_in_whatever_order_frames_are_made(interpolators):
    one, two = pair()
    first = interpolators["auto"].between(one, two, [0.25, 0.5])[1]
    fresh = Interpolator(device="cpu", sharpness="auto")
    fresh.between(two, one, [0.5])
    assert np.array_equal(fresh.between(one, two, [0.5])[0], first)


def test_an_unknown_sharpness_is_refused():
    with pytest.raises(OptionError, match="--sharpness must be one of auto, even, off"):
        Interpolator(device="cpu", sharpness="very")
