from __future__ import annotations

import itertools

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from tests.support.videos import pictures

from dain.media.colour import assumed, colour_of, from_rgb, is_known, tags_for, to_rgb
from dain.media.frame import Colour

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
PATCHES = [(r, g, b) for r in (0.0, 0.4, 1.0) for g in (0.0, 0.55, 1.0) for b in (0.0, 0.7, 1.0)]
YUV = [f"yuv{sampling}p{depth}" for sampling in (420, 422, 444) for depth in ("", "10le")]


def plane(frame: av.VideoFrame, index: int) -> np.ndarray:
    part = frame.planes[index]
    kind = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    rows = np.frombuffer(part, kind).reshape(part.height, -1)
    return rows[:, : part.width]


def flat(pixel_format: str, codes: tuple[int, ...], width=16, height=16) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, pixel_format)
    for index, code in enumerate(codes):
        plane(frame, index)[...] = code
    return frame


def reference_codes(rgb, matrix: int, full: bool, bits: int) -> tuple[int, int, int]:
    """ITU-T H.273, equations 38 to 43, from RGB in [0, 1] to code values."""
    red, green, blue = rgb
    k_red, k_blue = WEIGHTS[matrix]
    luma = k_red * red + (1 - k_red - k_blue) * green + k_blue * blue
    chroma = (blue - luma) / (2 * (1 - k_blue)), (red - luma) / (2 * (1 - k_red))
    step, top = 2 ** (bits - 8), 2**bits - 1
    scales = (top, top) if full else (219 * step, 224 * step)
    codes = [scales[0] * luma + (0 if full else 16 * step)]
    codes += [scales[1] * value + 128 * step for value in chroma]
    return tuple(min(top, round(code)) for code in codes)


def reference_rgb(codes, matrix: int, full: bool, bits: int) -> np.ndarray:
    """The way back, clipped to [0, 1]."""
    k_red, k_blue = WEIGHTS[matrix]
    step, top = 2 ** (bits - 8), 2**bits - 1
    scales = (top, top) if full else (219 * step, 224 * step)
    luma = (codes[0] - (0 if full else 16 * step)) / scales[0]
    blue, red = ((code - 128 * step) / scales[1] for code in codes[1:])
    red, blue = luma + 2 * (1 - k_red) * red, luma + 2 * (1 - k_blue) * blue
    green = (luma - k_red * red - k_blue * blue) / (1 - k_red - k_blue)
    return np.clip([red, green, blue], 0, 1)


@pytest.mark.parametrize("pixel_format", YUV)
@pytest.mark.parametrize(("matrix", "value_range"), list(itertools.product(WEIGHTS, (1, 2))))
def test_flat_patches_have_the_colour_of_the_tagged_matrix_and_range(
    pixel_format, matrix, value_range
):
    bits = 10 if "10" in pixel_format else 8
    top = 65535 if bits == 10 else 255
    colour = Colour(matrix=matrix, range=value_range)
    for rgb in PATCHES:
        codes = reference_codes(rgb, matrix, value_range == 2, bits)
        pixels = to_rgb(flat(pixel_format, codes), colour)
        assert pixels.dtype == (np.uint16 if bits == 10 else np.uint8)
        wanted = reference_rgb(codes, matrix, value_range == 2, bits)
        assert np.abs(pixels - top * wanted).max() <= 0.7  # rounding, and OpenCV's fixed point
        assert np.abs(wanted - rgb).max() <= 2.5 / 255  # the reference itself is sound


@pytest.mark.parametrize("pixel_format", YUV)
@pytest.mark.parametrize(("matrix", "value_range"), list(itertools.product(WEIGHTS, (1, 2))))
def test_flat_rgb_becomes_the_code_values_of_the_matrix_and_range(
    pixel_format, matrix, value_range
):
    bits = 10 if "10" in pixel_format else 8
    for rgb, source in itertools.product(PATCHES[::4], (np.uint8, np.uint16)):
        top = np.iinfo(source).max
        pixels = np.full((8, 8, 3), np.rint(np.array(rgb) * top), source)
        stored = pixels[0, 0] / top
        frame = from_rgb(pixels, pixel_format, Colour(matrix=matrix, range=value_range))
        found = [int(plane(frame, index)[0, 0]) for index in range(3)]
        wanted = reference_codes(stored, matrix, value_range == 2, bits)
        assert np.abs(np.subtract(found, wanted)).max() <= 1


@pytest.mark.parametrize("pixel_format", YUV)
@pytest.mark.parametrize(("matrix", "value_range"), list(itertools.product((1, 6, 9), (1, 2))))
@pytest.mark.parametrize("size", [(64, 48), (61, 43)])
def test_a_frame_survives_rgb_and_back(pixel_format, matrix, value_range, size):
    colour = Colour(matrix=matrix, range=value_range)
    step = 4 if "10" in pixel_format else 1
    source = from_rgb(pictures(3, *size)[2], pixel_format, colour)
    back = from_rgb(to_rgb(source, colour), pixel_format, colour)
    for index in range(3):
        difference = plane(source, index).astype(int) - plane(back, index)
        assert np.abs(difference).mean() <= step * 0.5
        assert abs(difference.mean()) <= step * 0.2  # no drift when done again and again


def test_deep_white_is_white():
    colour = Colour(matrix=1, range=1)
    assert to_rgb(flat("yuv420p10le", (940, 512, 512)), colour).min() == 65535
    assert to_rgb(flat("yuv420p10le", (64, 512, 512)), colour).max() == 0
    full = Colour(matrix=1, range=2)
    assert to_rgb(flat("yuv444p12le", (4095, 2048, 2048)), full).min() == 65535


def test_values_outside_the_range_are_clipped():
    colour = Colour(matrix=1, range=1)
    assert to_rgb(flat("yuv444p", (255, 128, 128)), colour).min() == 255
    assert to_rgb(flat("yuv444p", (0, 128, 128)), colour).max() == 0
    blue = from_rgb(np.full((4, 4, 3), (0, 0, 65535), np.uint16), "yuv444p", Colour(1, 1, 1, 2))
    assert plane(blue, 1).max() == 255


@pytest.mark.parametrize("pixel_format", ["rgb24", "bgr24", "gbrp", "rgba", "bgra", "0rgb"])
def test_eight_bit_rgb_passes_through_exactly(pixel_format):
    image = pictures(1, 37, 23)[0]
    frame = from_rgb(image, pixel_format, Colour(matrix=1, range=1))
    assert frame.format.name == pixel_format
    np.testing.assert_array_equal(to_rgb(frame, colour_of(frame)), image)


@pytest.mark.parametrize(
    ("pixel_format", "steps"), [("gbrp10le", 1023), ("gbrp12le", 4095), ("rgb48le", 65535)]
)
def test_deep_rgb_keeps_its_steps(pixel_format, steps):
    image = pictures(1, 37, 23, deep=True)[0]
    frame = from_rgb(image, pixel_format, Colour())
    difference = np.abs(to_rgb(frame, Colour()).astype(int) - image)
    assert difference.max() <= 65535 / steps / 2 + 1


@pytest.mark.parametrize("pixel_format", ["nv12", "p010le", "yuyv422", "yuvj420p", "yuva420p"])
def test_packed_and_semi_planar_formats_work(pixel_format):
    image = pictures(1, 64, 48)[0]
    colour = Colour(1, 1, 1, 1)
    frame = from_rgb(image, pixel_format, colour)
    found = to_rgb(frame, colour_of(frame))
    top = np.iinfo(found.dtype).max
    assert np.abs(found / top - image / 255).mean() <= 1.5 / 255


def test_gray_is_full_range_unless_tagged():
    gray = flat("gray", (128,))
    assert set(to_rgb(gray, Colour()).flat) == {128}
    assert set(to_rgb(gray, Colour(range=1)).flat) == {round((128 - 16) * 255 / 219)}
    assert set(to_rgb(flat("gray10le", (1023,)), Colour()).flat) == {65535}
    image = np.full((5, 7, 3), (255, 0, 0), np.uint8)
    assert int(plane(from_rgb(image, "gray", Colour(matrix=1)), 0)[0, 0]) == round(0.2126 * 255)


def test_ycgco_is_converted():
    colour = Colour(matrix=8, range=2)
    image = np.full((8, 8, 3), (200, 120, 40), np.uint8)
    frame = from_rgb(image, "yuv444p", colour)
    assert [int(plane(frame, i)[0, 0]) for i in range(3)] == [120, 128, 208]
    assert np.abs(to_rgb(frame, colour).astype(int) - image).max() <= 1


def test_palettes_and_one_bit_formats_are_read():
    image = np.zeros((8, 16, 3), np.uint8)
    image[:, 8:] = 255
    packed = av.VideoFrame.from_ndarray(image, format="rgb24")
    for pixel_format in ("monow", "monob"):
        frame = packed.reformat(format=pixel_format)
        np.testing.assert_array_equal(to_rgb(frame, colour_of(frame)), image)
    palette = np.full((256, 4), 255, np.uint8)
    palette[7] = (255, 10, 20, 30)  # alpha, red, green, blue
    frame = av.VideoFrame.from_ndarray((np.full((8, 16), 7, np.uint8), palette), format="pal8")
    assert {tuple(pixel) for pixel in to_rgb(frame, Colour()).reshape(-1, 3)} == {(10, 20, 30)}


def test_scaling_to_a_size():
    frame = flat("yuv420p", (126, 128, 128), 32, 16)
    pixels = to_rgb(frame, Colour(matrix=1, range=1), size=(15, 9))
    assert pixels.shape == (9, 15, 3)
    assert set(pixels.flat) == {128}


def test_results_are_the_callers_own():
    reformatter = VideoReformatter()
    colour = Colour(matrix=1, range=1)
    first = to_rgb(flat("yuv420p", (126, 128, 128)), colour, reformatter=reformatter)
    second = to_rgb(flat("yuv420p", (16, 128, 128)), colour, reformatter=reformatter)
    assert first.flags.c_contiguous
    assert first.flags.writeable
    assert first.max() == 128
    assert second.max() == 0


def test_non_contiguous_pixels_are_taken():
    image = pictures(1, 48, 32)[0]
    colour = Colour(matrix=6, range=1)
    turned = from_rgb(image[::-1, ::2], "yuv444p", colour)
    straight = from_rgb(np.ascontiguousarray(image[::-1, ::2]), "yuv444p", colour)
    for index in range(3):
        np.testing.assert_array_equal(plane(turned, index), plane(straight, index))


@pytest.mark.parametrize(
    ("size", "matrix"), [((720, 576), 6), ((960, 720), 1), ((1280, 544), 1), ((640, 480), 6)]
)
def test_untagged_video_is_taken_as_players_take_it(size, matrix):
    assert assumed(Colour(), *size) == Colour(2, 2, matrix, 1)
    assert assumed(Colour(9, 16, 9, 2), *size) == Colour(9, 16, 9, 2)
    assert assumed(Colour(matrix=0), *size).matrix == matrix
    assert assumed(Colour(matrix=14), *size).matrix == matrix


def test_tags_fit_the_pixel_format():
    tagged = Colour(9, 16, 9, 1)
    assert tags_for(tagged, "yuv420p10le", 64, 48) == tagged
    assert tags_for(Colour(), "yuv420p", 64, 48) == Colour()
    assert tags_for(tagged, "gbrp10le", 64, 48) == Colour(9, 16, 0, 2)
    assert tags_for(Colour(1, 13, 0, 2), "yuv420p", 64, 48) == Colour(1, 13, 6, 1)
    assert tags_for(Colour(1, 1, 1, 1), "yuvj420p", 64, 48).range == 2
    frame = from_rgb(pictures(1, 64, 48)[0], "yuv420p10le", tagged)
    assert colour_of(frame) == tagged


def test_known_matrices():
    assert is_known(2)
    assert is_known(9)
    assert not is_known(14)


def test_an_unknown_pixel_format_is_refused():
    with pytest.raises(ValueError, match="no_such"):
        from_rgb(pictures(1, 8, 8)[0], "no_such", Colour())
