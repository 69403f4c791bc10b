from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from dain.engine import Interpolator
from dain.engine.devices import computes_in_bfloat16, resolve_device
from dain.errors import FrameError, OptionError, WeightsError


def frame(seed=0, height=24, width=32, dtype=np.uint8):
    values = np.random.default_rng(seed).random((height, width, 3))
    if dtype == np.float32:
        return values.astype(np.float32)
    return (values * np.iinfo(dtype).max).astype(dtype)


class Counting:
    """Counts the calls of each stage of an interpolator's network."""

    def __init__(self, interpolator, monkeypatch):
        self.calls = {"encode": 0, "relate": 0, "synthesise": 0}
        for stage in self.calls:
            monkeypatch.setattr(
                interpolator._network,
                stage,
                self._counted(stage, getattr(interpolator._network, stage)),
            )

    def _counted(self, stage, function):
        def call(*arguments):
            self.calls[stage] += 1
            return function(*arguments)

        return call


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_gives_back_the_type_and_size_it_was_given(dtype):
    made = Interpolator(device="cpu").between(
        frame(0, dtype=dtype), frame(1, dtype=dtype), [Fraction(1, 3), 0.5]
    )
    assert len(made) == 2
    for picture in made:
        assert picture.dtype == dtype
        assert picture.shape == (24, 32, 3)
        assert picture.flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_types_agree_with_each_other(dtype):
    """The same picture in any type gives the same middle, up to its rounding."""
    interpolator = Interpolator(device="cpu")
    wide = [frame(k, dtype=np.uint8) for k in (0, 1)]
    full = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
    given = [(f / 255 * full).astype(dtype) if dtype != np.uint8 else f for f in wide]
    expected = interpolator.between(*wide)[0] / 255
    found = interpolator.between(*given)[0] / full
    assert np.abs(found - expected).max() <= 1 / 255


def slid(step):
    """A smooth picture and its alpha, both `step` pixels to the right."""
    y, x = np.mgrid[0:64, 0:96].astype(float)
    waves = [np.sin((x - step) / part + y / 7) for part in (4, 6, 9, 5)]
    return np.stack([127 + 100 * wave for wave in waves], axis=-1).astype(np.uint8)


def test_alpha_moves_as_the_colours_do():
    interpolator = Interpolator(device="cpu")
    one, middle, two = (slid(step) for step in (0, 2, 4))
    made = interpolator.between(one, two)[0]
    assert made.shape == one.shape
    error = np.abs(made.astype(int) - middle)[8:-8, 8:-8].mean(axis=(0, 1))
    averaged = np.abs((one.astype(int) + two) // 2 - middle)[8:-8, 8:-8].mean(axis=(0, 1))
    assert (error < averaged / 3).all()


def test_opaque_alpha_changes_nothing():
    interpolator = Interpolator(device="cpu")
    one, two = (slid(step) for step in (0, 4))
    plain = interpolator.between(one[..., :3], two[..., :3])[0]
    one[..., 3] = two[..., 3] = 255
    made = interpolator.between(one, two)[0]
    assert np.array_equal(made[..., :3], plain)
    assert (made[..., 3] == 255).all()


def test_alpha_on_one_side_only_is_refused():
    with pytest.raises(FrameError, match="one size and type"):
        Interpolator(device="cpu").between(slid(0), slid(4)[..., :3])


def test_nothing_asked_nothing_made():
    assert Interpolator(device="cpu").between(frame(0), frame(1), []) == []


def test_pays_once_per_frame_pair_and_new_frame(monkeypatch):
    interpolator = Interpolator(device="cpu")
    counting = Counting(interpolator, monkeypatch)
    frames = [frame(k) for k in range(3)]
    interpolator.between(frames[0], frames[1], [Fraction(k, 8) for k in range(1, 8)])
    assert counting.calls == {"encode": 2, "relate": 1, "synthesise": 7}
    interpolator.between(frames[0], frames[1], [0.5])
    assert counting.calls == {"encode": 2, "relate": 1, "synthesise": 8}
    interpolator.between(frames[1], frames[2], [0.5])
    assert counting.calls == {"encode": 3, "relate": 2, "synthesise": 9}


def test_features_do_not_go_stale_when_a_buffer_is_used_again():
    reused = Interpolator(device="cpu")
    buffer, other = frame(0), frame(1)
    reused.between(buffer, other)
    buffer[:] = frame(2)
    expected = Interpolator(device="cpu").between(frame(2), other)[0]
    assert np.array_equal(reused.between(buffer, other)[0], expected)


def test_the_cache_does_not_change_the_result():
    frames = [frame(k) for k in range(4)]
    kept = Interpolator(device="cpu")
    for before, after in pairwise(frames):
        fresh = Interpolator(device="cpu").between(before, after)[0]
        assert np.array_equal(kept.between(before, after)[0], fresh)


def test_given_frames_are_left_alone():
    one, two = frame(0), frame(1)
    Interpolator(device="cpu").between(one, two)
    assert np.array_equal(one, frame(0))
    assert np.array_equal(two, frame(1))


def test_strided_views_are_taken():
    wide = frame(0, width=64)
    interpolator = Interpolator(device="cpu")
    found = interpolator.between(wide[:, ::2], wide[::, 1::2])[0]
    expected = interpolator.between(wide[:, ::2].copy(), wide[:, 1::2].copy())[0]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[1, 2], [3, 4]], "must be a numpy array, found list"),
        (np.zeros((4, 4), np.uint8), "must be .H, W, 3. RGB"),
        (np.zeros((4, 4, 2), np.uint8), "must be .H, W, 3. RGB"),
        (np.zeros((4, 4, 5), np.uint8), "must be .H, W, 3. RGB"),
        (np.zeros((0, 4, 3), np.uint8), "must be .H, W, 3. RGB"),
        (np.zeros((4, 4, 3), np.int64), "must be uint8, uint16 or float32, found int64"),
        (np.full((4, 4, 3), 255, np.float32), r"must lie in \[0, 1\], found 255"),
        (np.full((4, 4, 3), np.nan, np.float32), r"must lie in \[0, 1\]"),
    ],
)
def test_bad_frames_are_refused(bad, message):
    good = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(FrameError, match=message):
        Interpolator(device="cpu").between(bad, good)
    with pytest.raises(FrameError, match=message):
        Interpolator(device="cpu").between(good, bad)


def test_mixed_sizes_and_types_are_refused():
    interpolator = Interpolator(device="cpu")
    with pytest.raises(FrameError, match="one size and type"):
        interpolator.between(frame(0), frame(1, width=30))
    with pytest.raises(FrameError, match="one size and type"):
        interpolator.between(frame(0), frame(1, dtype=np.uint16))


def test_times_may_come_from_a_generator():
    interpolator = Interpolator(device="cpu")
    listed = interpolator.between(frame(0), frame(1), [0.25, 0.5])
    drawn = interpolator.between(frame(0), frame(1), (t / 4 for t in (1, 2)))
    assert len(drawn) == 2
    assert all(np.array_equal(a, b) for a, b in zip(listed, drawn, strict=True))


@pytest.mark.parametrize("times", [["0.5"], "0.5", None, [None], [0.5j], [[0.5]], 1.5])
def test_times_that_are_no_numbers_are_refused(times):
    with pytest.raises(FrameError, match="times must lie between 0 and 1"):
        Interpolator(device="cpu").between(frame(0), frame(1), times)


@pytest.mark.parametrize("how", ["read-only", "flipped", "strided", "broadcast", "one flipped"])
def test_arrays_of_every_make(how):
    made = {
        "read-only": lambda: np.frombuffer(frame(0).tobytes(), np.uint8).reshape(24, 32, 3),
        "flipped": lambda: frame(0)[::-1, ::-1],
        "strided": lambda: frame(0)[::2, ::3],
        "broadcast": lambda: np.broadcast_to(np.uint8([1, 2, 3]), (24, 32, 3)),
        "one flipped": lambda: frame(0)[:1, :1][::-1],
    }[how]()
    other = 255 - made
    found = Interpolator(device="cpu").between(made, other)[0]
    dense = Interpolator(device="cpu").between(np.array(made, order="C"), np.array(other))[0]
    assert np.array_equal(found, dense)


def test_what_is_of_neither_frame_is_let_go_of_before_more_is_made(monkeypatch):
    interpolator = Interpolator(device="cpu")
    kept = []
    encode = interpolator._network.encode

    def watched(*arguments):
        kept.append((len(interpolator._work.known), interpolator._work.motion is None))
        return encode(*arguments)

    monkeypatch.setattr(interpolator._network, "encode", watched)
    for index in range(3):
        interpolator.between(frame(index), frame(index + 1))
    assert kept == [(0, True), (0, True), (1, True), (1, True)]


def test_frames_are_finished_otherwise_without_working_twice(monkeypatch):
    plain = Interpolator(device="cpu")
    plain.between(frame(0), frame(1))  # without what evening sharpness needs
    ways = [("off", "even"), ("blend", "off"), ("hold", "even"), ("off", "off")]
    others = [plain.finishing(doubt=doubt, sharpness=sharpness) for doubt, sharpness in ways]
    counting = Counting(plain, monkeypatch)
    for pair in ((0, 1), (1, 2)):
        before, after = map(frame, pair)
        for (doubt, sharpness), other in zip(ways, others, strict=True):
            alone = Interpolator(device="cpu", doubt=doubt, sharpness=sharpness)
            (made,), (expected,) = other.between(before, after), alone.between(before, after)
            np.testing.assert_array_equal(made, expected)
        np.testing.assert_array_equal(
            others[-1].between(before, after), plain.between(before, after)
        )
    assert counting.calls == {"encode": 3, "relate": 2, "synthesise": 2}
    with pytest.raises(OptionError, match="--doubt must be one of"):
        plain.finishing(doubt="some", sharpness="off")


def test_a_change_of_size_forgets_the_frames_before():
    interpolator = Interpolator(device="cpu")
    interpolator.between(frame(0), frame(1))
    before = interpolator._work.known
    interpolator.between(frame(0, 20, 20), frame(1, 20, 20))
    assert not set(map(id, before)) & set(map(id, interpolator._work.known))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("tile_size", "64"),
        ("tile_size", 64.5),
        ("tile_size", True),
        ("tile_size", -1),
        ("memory", "6G"),
        ("memory", 0),
        ("scale", "half"),
        ("scale", 0),
        ("scale", float("nan")),
    ],
)
def test_options_of_the_wrong_type_or_range_are_refused(option, value):
    name = option.replace("_", "-")
    with pytest.raises(OptionError, match=f"--{name} must be"):
        Interpolator(device="cpu", **{option: value})


@pytest.mark.parametrize("t", [0, 1, -0.5, 1.5, float("nan"), Fraction(1)])
def test_times_outside_are_refused(t):
    with pytest.raises(FrameError, match="between 0 and 1"):
        Interpolator(device="cpu").between(frame(0), frame(1), [t])


def test_bad_options_are_refused():
    with pytest.raises(OptionError, match="--model must be one of dain-lite, dain, found 'rife'"):
        Interpolator(model="rife")
    with pytest.raises(OptionError, match="--precision must be"):
        Interpolator(precision="fp8")
    with pytest.raises(OptionError, match="--scale must be"):
        Interpolator(scale=Fraction(2))
    with pytest.raises(WeightsError, match=r"some\.safetensors"):
        Interpolator(weights="some.safetensors")


@pytest.mark.parametrize("name", ["tpu", "cuda:x", "cpu:1", "", "cuda:999"])
def test_bad_devices_are_refused(name):
    with pytest.raises(OptionError, match="--device"):
        resolve_device(name)


def test_resolved_names():
    interpolator = Interpolator(device="cpu")
    assert (interpolator.model, interpolator.device, interpolator.precision) == (
        "dain-lite",
        "cpu",
        "bf16" if computes_in_bfloat16() else "fp32",
    )


def test_equal_frames_come_back_as_they_are():
    """A held frame stays held to the bit: the network would make its noise better."""
    for dtype in (np.uint8, np.uint16, np.float32):
        still = frame(0, dtype=dtype)
        made = Interpolator(device="cpu").between(still, still.copy(), [0.25, 0.5])
        assert all(np.array_equal(one, still) for one in made)
        assert not np.shares_memory(made[0], made[1])


def test_scale_halves_beyond_1080p():
    interpolator = Interpolator(device="cpu")
    for size, scale in (((1080, 1920), 1), ((2160, 3840), 2), ((4320, 7680), 4)):
        assert interpolator._scale_for(np.empty((*size, 3), np.uint8)) == Fraction(1, scale)
    fixed = Interpolator(device="cpu", scale=Fraction(1, 3))
    assert fixed._scale_for(np.empty((9, 9, 3), np.uint8)) == Fraction(1, 3)


@pytest.mark.gpu
def test_a_gpu_agrees_with_the_cpu():
    on_cpu = Interpolator(device="cpu").between(frame(0), frame(1))[0].astype(int)
    on_gpu = Interpolator(device="cuda").between(frame(0), frame(1))[0].astype(int)
    assert np.abs(on_cpu - on_gpu).mean() < 0.5


def test_colours_under_a_transparent_place_do_not_bleed():
    """A grey disc drifts over nothing; whatever colour nothing has, the disc stays grey."""
    frames = []
    for left in (20, 24):
        y, x = np.mgrid[:64, :64]
        inside = (y - 32) ** 2 + (x - left - 10) ** 2 < 15**2
        picture = np.zeros((64, 64, 4), np.uint8)
        picture[..., 0] = 255  # red, unseen
        picture[inside] = (128, 128, 128, 255)
        frames.append(picture)
    made = Interpolator(device="cpu").between(*frames)[0]
    seen = made[..., 3] > 8
    assert seen.any()
    assert (made[..., 3] < 128).any()
    assert np.abs(made[seen][:, :3].astype(int) - 128).max() <= 2
