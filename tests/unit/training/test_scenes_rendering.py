import numpy as np
import pytest

from dain.training.scene_bending import random_bending
from dain.training.scene_layers import Composer
from dain.training.scene_motion import Camera, Path, inverse
from dain.training.scene_rendering import (
    DENSITY,
    Layer,
    describe,
    render,
    render_exposed,
)
from dain.training.scene_shapes import SHAPES, cut_out
from dain.training.textures import Textures

SIZE = 60
MIDDLE = ((SIZE - 1) / 2, (SIZE - 1) / 2)


def plane(side, colour, path, nearness, *, camera=None, endless=False):
    """A square of `side` pixels of the frame, opaque."""
    count = round(side * DENSITY)
    picture = np.empty((count, count, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = 255
    return Layer(picture, path, camera, nearness, endless=endless)


def square_before_a_wall(shift=(12.0, 0.0)):
    wall = plane(SIZE, (0, 0, 200), Path(centre=MIDDLE), 0.2, endless=True)
    square = plane(20, (200, 0, 0), Path(centre=MIDDLE, shift=shift), 0.9)
    return [wall, square]


def rendered(layers, t):
    labels = np.zeros((SIZE, SIZE), np.uint8)
    return render(layers, t, SIZE, labels), labels


def test_a_square_is_where_its_path_says():
    for t, left in ((0.0, 14), (0.5, 20), (1.0, 26)):
        frame, labels = rendered(square_before_a_wall(), t)
        assert np.array_equal(np.flatnonzero(labels[30]), np.arange(left, left + 20))
        inside = frame[22:38, left + 2 : left + 18, :3]
        assert (inside == (200, 0, 0)).all()
        assert (frame[:, : left - 2, :3] == (0, 0, 200)).all()


def test_flow_order_and_visibility_of_a_square_before_a_wall():
    layers = square_before_a_wall()
    (_, labels0), (_, labels1) = rendered(layers, 0.0), rendered(layers, 1.0)
    ahead = describe(layers, labels0, labels1, 0.0, 1.0)
    back = describe(layers, labels1, labels0, 1.0, 0.0)
    on_square = labels0 == 1
    np.testing.assert_allclose(ahead.flow[on_square], [[12, 0]] * on_square.sum(), atol=1e-3)
    np.testing.assert_allclose(ahead.flow[~on_square], 0, atol=1e-3)
    np.testing.assert_allclose(back.flow[labels1 == 1], [[-12, 0]] * 400, atol=1e-3)
    assert np.array_equal(ahead.nearness, np.where(on_square, 0.9, 0.2).astype(np.float32))
    # The wall that the square will cover, and nothing else, is not seen again.
    covered = (labels1 == 1) & (labels0 == 0)
    assert np.array_equal(ahead.visible == 0, covered)
    assert np.array_equal(back.visible == 0, (labels0 == 1) & (labels1 == 0))


def test_a_camera_moves_the_near_more_than_the_far():
    camera = Camera(Path(centre=MIDDLE, shift=(10.0, 0.0)), parallax=1.0)
    wall = plane(SIZE, (0, 0, 200), Path(centre=MIDDLE), 0.2, camera=camera, endless=True)
    square = plane(20, (200, 0, 0), Path(centre=MIDDLE), 1.0, camera=camera)
    layers = [wall, square]
    (_, labels0), (_, labels1) = rendered(layers, 0.0), rendered(layers, 1.0)
    flow = describe(layers, labels0, labels1, 0.0, 1.0).flow
    np.testing.assert_allclose(flow[labels0 == 1][:, 0], 10, atol=1e-3)
    np.testing.assert_allclose(flow[labels0 == 0][:, 0], 2, atol=1e-3)


def test_an_accelerated_path_is_not_half_way_at_half_time():
    path = Path(centre=(0.0, 0.0), shift=(10.0, 0.0), ease=0.1, bend=(0.0, 2.0))
    assert path.matrix(0.0)[:2, 2].tolist() == [-5, 0]
    assert path.matrix(1.0)[:2, 2].tolist() == [5, 0]
    assert path.matrix(0.5)[:2, 2].tolist() == [1, 2]


def test_exposure_smears_along_the_path_and_keeps_the_light():
    layers = square_before_a_wall()
    sharp = rendered(layers, 0.5)[0].astype(float)
    smeared = render_exposed(layers, 0.5, SIZE, shutter=0.5, steps=7).astype(float)
    assert abs(sharp[..., :3].mean() - smeared[..., :3].mean()) < 0.5
    row = smeared[30, :, 0]
    assert 5 < np.sum((row > 5) & (row < 195)) < 14
    assert np.allclose(row[25:35], 200)


def test_a_square_beyond_the_frame_is_no_error():
    layers = square_before_a_wall()
    layers[1] = plane(20, (1, 2, 3), Path(centre=(500.0, 500.0)), 0.5)
    assert not rendered(layers, 0.0)[1].any()


@pytest.mark.parametrize("seed", range(6))
def test_a_bent_plane_is_found_again(seed):
    """From pixels to places of the picture and back."""
    random = np.random.default_rng(seed)
    bending = random_bending(random, 90, 120, 12.0)
    matrix = Path(centre=(40.0, 30.0), angle=0.3, tilt=(0.1, 0.0)).matrix(0.5, 60.0)
    matrix = matrix @ np.array([[0.66, 0, -40], [0, 0.66, -30], [0, 0, 1.0]])
    box = (3, 5, 78, 61)
    for done in (-0.5, 0.1, 0.5):
        x, y = bending.sources(matrix, box, done)
        assert x.shape == (56, 75)
        back_x, back_y = bending.places(x, y, matrix, done)
        assert np.abs(back_x - np.arange(3, 78)).max() < 0.25
        assert np.abs(back_y - np.arange(5, 61)[:, None]).max() < 0.25
    moved = bending.places(x, y, matrix, -0.5)
    assert np.abs(moved[0] - np.arange(3, 78)).max() > 1


def test_inverse():
    matrix = Path(centre=(9.0, 4.0), angle=1.0, growth=0.2, tilt=(0.1, 0.2)).matrix(0.3, 20.0)
    np.testing.assert_allclose(inverse(matrix) @ matrix, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("number", range(len(SHAPES)))
@pytest.mark.parametrize("extent", [(10, 10), (10, 300), (90, 60), (250, 200)])
def test_shapes_keep_to_their_margin(number, extent):
    for seed in range(3):
        mask = SHAPES[number].mask(np.random.default_rng(seed), *extent)
        assert mask.shape == extent
        assert mask.dtype == np.uint8
        edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
        assert not any(edge.any() for edge in edges)
        assert mask.any() or min(extent) == 10


def test_a_piece_is_cut_along_the_edges_of_the_picture():
    picture = np.full((80, 100, 3), 40, np.uint8)
    picture[10:70, 15:85] = (210, 60, 60)
    mask = cut_out(np.random.default_rng(0), picture)
    assert mask is not None
    expected = picture[..., 0] == 210
    assert np.mean((mask > 127) != expected) < 0.06
    assert cut_out(np.random.default_rng(0), np.full((80, 100, 3), 40, np.uint8)) is None


def test_layers_come_from_far_to_near():
    for seed in range(20):
        random = np.random.default_rng(seed)
        composer = Composer(random, Textures(None, 64, 0), seed, 48, 0.15, shadows=0.3)
        layers = composer.layers()
        assert layers[0].endless
        assert 3 <= len(layers) <= 20
        order = [layer.nearness for layer in layers]
        assert order == sorted(order)
        assert all(layer.camera is None for layer in composer.overlays())
