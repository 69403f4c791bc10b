import cv2
import numpy as np
import pytest
import torch

from dain.engine.grain import place_of
from dain.engine.octaves import energy_of, luma_of, octaves_of
from dain.engine.sharpness import describe, even_sharpness
from dain.networks import Motion

HEIGHT, WIDTH = 192, 256
RAMP = np.linspace(0.2, 0.8, WIDTH) * np.ones((HEIGHT, 1))
MOTION = Motion(
    torch.zeros(1, 2, HEIGHT // 2, WIDTH // 2), torch.zeros(1, 2, HEIGHT // 2, WIDTH // 2)
)


def tensor(grey):
    return torch.from_numpy(np.asarray(grey, np.float32))[None, None].expand(-1, 3, -1, -1)


def grain(seed, level=5.0, blur=0.7):
    noise = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH))
    noise = cv2.GaussianBlur(noise, (0, 0), blur)
    return noise / noise.std() * level / 255


def grainy(seed, **kind):
    return np.rint((RAMP + grain(seed, **kind)) * 255) / 255


def evened(seeds=(0, 1), t=0.5, **kind):
    one, two = (tensor(grainy(seed, **kind)) for seed in seeds)
    made = torch.lerp(one, two, t)
    return made, even_sharpness(made, describe(one, seeds[0]), describe(two, seeds[1]), MOTION, t)


def noise_of(frame):
    return frame[0, 0].numpy() - RAMP


def power(frame):
    return energy_of(octaves_of(luma_of(frame))).mean((0, 2, 3))


@pytest.mark.parametrize("t", [0.25, 0.5])
@pytest.mark.parametrize(("level", "blur"), [(2, 0.5), (5, 0.7), (8, 1.0)])
def test_a_new_frame_has_as_much_grain_as_those_around(t, level, blur):
    blend, made = evened(t=t, level=level, blur=blur)
    wanted = power(tensor(grainy(0, level=level, blur=blur)))
    assert (power(blend) / wanted).max() < 0.75
    assert ((power(made) / wanted).sqrt() - 1).abs().max() < 0.03


def correlation(noise, down, across):
    one = noise[: HEIGHT - down, : WIDTH - across]
    two = noise[down:, across:]
    return float((one * two).mean() / noise.var())


@pytest.mark.parametrize("blur", [0.6, 1.0])
def test_it_is_as_coarse(blur):
    _, made = evened(blur=blur)
    source, new = grain(0, blur=blur), noise_of(made)
    for down, across in ((0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (4, 4)):
        assert abs(correlation(new, down, across) - correlation(source, down, across)) < 0.08


def test_the_layer_is_of_neither_frame_nor_of_another_time():
    layers = {}
    for t in (0.25, 0.5, 0.75):
        blend, made = evened(t=t)
        layers[t] = (made - blend)[0, 0].numpy()
    others = [grain(0), grain(1), layers[0.25], layers[0.75]]
    for other in others:
        assert abs(np.corrcoef(layers[0.5].ravel(), other.ravel())[0, 1]) < 0.1


def test_the_same_frame_has_the_same_grain():
    assert torch.equal(evened()[1], evened()[1])
    assert not torch.equal(evened((0, 1))[1], evened((0, 2))[1])


def test_grain_follows_brightness_as_the_film_s_does():
    """Half as strong in the light as in the dark."""
    strength = np.interp(RAMP, [0.2, 0.8], [1.0, 0.5])
    one, two = (tensor(RAMP + grain(seed) * strength) for seed in (0, 1))
    blend = (one + two) / 2
    layer = even_sharpness(blend, describe(one, 0), describe(two, 1), MOTION, 0.5) - blend
    dark, light = (layer[..., columns].std() for columns in (slice(64), slice(-64, None)))
    assert 0.5 < light / dark < 0.8


def test_a_clean_picture_has_none():
    """Smooth shading, an edge and a texture: nothing that is even over all flat places."""
    picture = RAMP.copy()
    picture[:, 100:] += 0.1
    picture[:96, :96] += grain(7, level=12)[:96, :96]
    detail = describe(tensor(np.rint(picture * 255) / 255), 0)
    assert not detail.maps[:, 3:6].any()


def test_too_small_a_picture_tells_nothing():
    detail = describe(tensor(grainy(0)[:64, :64]), 0)
    assert not detail.maps[:, 3:6].any()


def test_places_differ_and_lie_on_whole_pixels_of_all_octaves():
    places = {place_of(seed, seed + 1, 0.5) for seed in range(50)}
    assert len(places) == 50
    assert all(row % 4 == 0 and column % 4 == 0 for row, column in places)
