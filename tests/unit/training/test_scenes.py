import pickle
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from dain.errors import DainError, MediaError, OptionError
from dain.training.samples import collate
from dain.training.scenes import CLEAN, SceneSettings, SceneSource


def write_pictures(folder, count=6, side=160):
    folder.mkdir(exist_ok=True)
    for n in range(count):
        noise = np.random.default_rng(n).random((side // 8, side // 8, 3)).astype(np.float32)
        picture = 255 * cv2.resize(noise, (side, side - 10 * n), interpolation=cv2.INTER_CUBIC)
        data = cv2.imencode(".png", np.clip(picture, 0, 255).astype(np.uint8))[1]
        (folder / f"photo{n}.png").write_bytes(bytes(data))
    return folder


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("textures"))


@pytest.fixture(scope="module")
def clean(photographs):
    """Scenes as they are rendered; with what belongs to a sample, both ways."""
    source = SceneSource(photographs, 128, seed=3, times="any", settings=CLEAN)
    return [source.sample(index) for index in range(60)]


def same(one, two):
    return all(np.array_equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(one))


def look_up(picture, flow):
    """`picture` at every place that `flow` points to."""
    height, width = flow.shape[:2]
    x = np.arange(width, dtype=np.float32) + flow[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
    return cv2.remap(
        picture.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def both_ways(sample):
    """Frame, the other frame, flow to it, visibility in it, nearness here and there; twice."""
    ahead = (sample.first, sample.last, sample.flow01, sample.visible0)
    back = (sample.last, sample.first, sample.flow10, sample.visible1)
    yield (*ahead, sample.nearness0, sample.nearness1, sample.flow10)
    yield (*back, sample.nearness1, sample.nearness0, sample.flow01)


def fastest(sample):
    """Flow that one pixel of fifty exceeds."""
    return float(np.quantile(np.hypot(sample.flow01[..., 0], sample.flow01[..., 1]), 0.98))


@pytest.mark.parametrize("size", [16, 32, 100, 192])
@pytest.mark.parametrize("with_photographs", [True, False])
def test_every_size_and_both_kinds_of_texture(size, with_photographs, photographs):
    source = SceneSource(photographs if with_photographs else None, size, times="any")
    samples = [source.sample(index) for index in (0, 1, 2, 10**9)]
    for sample in samples:
        for frame in (sample.first, sample.truth, sample.last):
            assert frame.shape == (size, size, 3)
            assert frame.dtype == np.uint8
        for flow in (sample.flow01, sample.flow10):
            assert flow.shape == (size, size, 2)
            assert flow.dtype == np.float32
            assert np.isfinite(flow).all()
        for near in (sample.nearness0, sample.nearness1):
            assert near.shape == (size, size)
            assert near.dtype == np.float32
            assert (near > 0).all()
            assert (near <= 1).all()
        for visible in (sample.visible0, sample.visible1):
            assert visible.dtype == np.float32
            assert set(np.unique(visible)) <= {0.0, 1.0}
        assert sample.kind == 0
        assert 0 < sample.time < 1
    assert collate(samples).first.shape == (4, 3, size, size)


def test_the_same_number_gives_the_same_sample(photographs):
    one, two = (SceneSource(photographs, 64, seed=5, times="any") for _ in range(2))
    forwards = [one.sample(index) for index in range(12)]
    backwards = [two.sample(index) for index in reversed(range(12))]
    copied = pickle.loads(pickle.dumps(two))
    assert all(same(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))
    assert all(same(sample, copied.sample(index)) for index, sample in enumerate(forwards))


def test_numpys_and_pythons_own_random_numbers_are_left_alone():
    source = SceneSource(None, 32)
    np.random.seed(1)
    one = source.sample(4)
    state = np.random.get_state()[1].copy()
    np.random.seed(2)
    assert same(one, source.sample(4))
    np.random.seed(1)
    assert np.array_equal(state, np.random.get_state()[1])


def test_other_numbers_and_seeds_give_other_samples():
    source = SceneSource(None, 32)
    assert not same(source.sample(0), source.sample(1))
    assert not same(source.sample(0), SceneSource(None, 32, seed=1).sample(0))


def test_a_copy_takes_no_decoded_pictures_along(photographs):
    source = SceneSource(photographs, 64)
    before = len(pickle.dumps(source))
    source.sample(0)
    assert len(pickle.dumps(source)) == before < 20_000


def test_flow_leads_to_the_same_thing(clean):
    """What is seen in both frames looks alike at both ends of its flow."""
    errors, unmoved = [], []
    for sample in clean:
        for here, there, flow, visible, *_ in both_ways(sample):
            seen = visible > 0
            error = np.abs(look_up(there, flow) - here).mean(-1)
            errors.append(error[seen].mean())
            if fastest(sample) > 3:
                unmoved.append(np.abs(here.astype(float) - there).mean(-1)[seen].mean())
    assert np.mean(errors) < 1.5
    assert np.max(errors) < 6
    assert np.mean(unmoved) > 8


def test_visibility_agrees_with_flow_there_and_back(clean):
    for sample in clean:
        for _, _, flow, visible, near, near_there, flow_back in both_ways(sample):
            gap = np.hypot(*np.moveaxis(flow + look_up(flow_back, flow), -1, 0))
            seen = visible > 0
            # Within a pixel of an outline two flows are mixed.
            inner = cv2.erode(visible, np.ones((5, 5))) > 0
            assert np.mean(gap[inner] < 0.3) > 0.97
            assert seen.mean() > 0.3
            # What is hidden is hidden by what is nearer.
            size = flow.shape[0]
            ends = flow + np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1)
            inside = ((ends > 1) & (ends < size - 2)).all(-1)
            hidden = cv2.erode((~seen).astype(np.uint8), np.ones((3, 3))).astype(bool) & inside
            if hidden.sum() > 30:
                assert np.mean(look_up(near_there, flow)[hidden] > near[hidden]) > 0.95


def test_what_leaves_the_frame_is_not_visible(clean):
    left = 0
    for sample in clean:
        for _, _, flow, visible, *_ in both_ways(sample):
            size = flow.shape[0]
            ends = flow + np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1)
            outside = ((ends < -0.01) | (ends > size - 0.99)).any(-1)
            left += int(outside.sum())
            assert not visible[outside].any()
    assert left > 1000


def test_the_truth_lies_between(clean):
    moving = [sample for sample in clean if fastest(sample) > 2]
    assert len(moving) > 15
    for sample in moving:
        assert not np.array_equal(sample.truth, sample.first)
        assert not np.array_equal(sample.truth, sample.last)


def carried(sample, share):
    """How far frame 0, carried along `share` of its flow, is from the truth."""
    # The flow that stands at the truth's pixels is nearly that of the pixels they come from.
    seen = cv2.erode(sample.visible0, np.ones((9, 9))) > 0
    error = np.abs(look_up(sample.first, -share * sample.flow01) - sample.truth).mean(-1)
    return float(np.median(error[seen]))


def test_the_truth_is_that_of_its_time(photographs):
    source = SceneSource(photographs, 96, seed=1, times="any", settings=CLEAN)
    samples = [source.sample(index) for index in range(130)]
    telling = [s for s in samples if fastest(s) > 3 and abs(s.time - 0.5) > 0.2]
    assert len(telling) >= 6
    right = np.mean([carried(sample, sample.time) for sample in telling])
    for share in (0.5, 0.0, 1.0):
        assert right < 0.5 * np.mean([carried(sample, share) for sample in telling])
    swapped = np.mean([carried(sample, 1 - sample.time) for sample in telling])
    assert right < 0.5 * swapped


def test_times():
    half = SceneSource(None, 16, settings=CLEAN)
    assert {half.sample(index).time for index in range(20)} == {0.5}
    other = SceneSource(None, 16, settings=CLEAN, times="any")
    times = np.array([other.sample(index).time for index in range(300)])
    assert 0.6 < np.mean(times == 0.5) < 0.85
    assert times.min() < 0.2
    assert times.max() > 0.8
    assert len(np.unique(times)) > 20


def test_a_wide_range_of_movements():
    source = SceneSource(None, 64, settings=CLEAN)
    samples = [source.sample(index) for index in range(250)]
    speeds = np.array([fastest(sample) for sample in samples])
    assert 0.15 < np.mean(speeds < 1) < 0.45
    assert 0.02 < np.mean(speeds == 0) + np.mean(speeds < 1e-3) < 0.25
    assert np.quantile(speeds, 0.97) > 0.08 * 64
    assert speeds.max() < 0.4 * 64
    # A still background, and something that stirs before it.
    stirs = [
        np.abs(s.flow01).max() > 1 and np.mean(np.abs(s.flow01).max(-1) < 1e-3) > 0.7
        for s in samples
    ]
    assert np.mean(stirs) > 0.03


def test_reach_bounds_the_movement():
    slow = SceneSource(None, 64, settings=replace(CLEAN, reach=0.02))
    assert max(fastest(slow.sample(index)) for index in range(60)) < 0.06 * 64
    still = SceneSource(None, 64, settings=replace(CLEAN, reach=0.0))
    for index in range(10):
        sample = still.sample(index)
        assert np.abs(sample.flow01).max() < 1e-3
        assert np.array_equal(sample.first, sample.last)
        assert np.array_equal(sample.first, sample.truth)
        assert sample.visible0.all()


@pytest.mark.parametrize(
    "effect", ["motion_blur", "light", "softness", "grain", "compression", "overlays", "shadows"]
)
def test_effects_change_the_frames_and_only_overlays_the_motion(effect):
    plain = SceneSource(None, 64, seed=1, settings=CLEAN)
    spoilt = SceneSource(None, 64, seed=1, settings=replace(CLEAN, **{effect: 1.0}))
    changed = 0
    for index in range(12):
        one, two = plain.sample(index), spoilt.sample(index)
        changed += not np.array_equal(one.first, two.first)
        if effect == "overlays":
            painted = two.nearness0 == 1
            assert np.abs(two.flow01[painted]).max(initial=0) < 1e-3
            assert two.visible0[painted].mean() > 0.9
        elif effect != "shadows":  # which draw random numbers for the scene itself
            assert np.array_equal(one.flow01, two.flow01)
            assert np.array_equal(one.visible1, two.visible1)
    assert changed >= 4


def test_default_scenes_look_like_footage():
    source = SceneSource(None, 96)
    samples = [source.sample(index) for index in range(40)]
    assert 40 < np.mean([sample.first.mean() for sample in samples]) < 215
    assert np.mean([sample.first.std() > 10 for sample in samples]) > 0.7


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"size": 8}, "at least 16"), ({"seed": -1}, "seed"), ({"times": "thirds"}, "half or any")],
)
def test_bad_arguments(settings, match):
    with pytest.raises(OptionError, match=match):
        SceneSource(None, **settings)


def test_bad_settings():
    with pytest.raises(OptionError, match="grain must lie between 0 and 1"):
        SceneSettings(grain=1.5)


def test_bad_folders(tmp_path):
    with pytest.raises(MediaError, match=r"found .*missing: no such file"):
        SceneSource(tmp_path / "missing")
    with pytest.raises(MediaError, match="found no picture"):
        SceneSource(tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(DainError, match="found no picture") as caught:
        SceneSource(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(MediaError, match="not a directory"):
        SceneSource(tmp_path / "notes.txt")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 this is no photograph")
    source = SceneSource(tmp_path, 32)
    with pytest.raises(MediaError, match=r"found .*broken\.jpg damaged; remove it"):
        [source.sample(index) for index in range(20)]


@pytest.mark.shared_data
def test_on_the_shared_photographs(shared_data):
    source = SceneSource(shared_data / "textures", 96, settings=CLEAN)
    errors = []
    for index in range(6):
        sample = source.sample(index)
        error = np.abs(look_up(sample.last, sample.flow01) - sample.first).mean(-1)
        errors.append(error[sample.visible0 > 0].mean())
    assert np.mean(errors) < 3
