"""A phone's clip, stored on its side, comes out upright."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from tests.end_to_end.conftest import read
from tests.support.videos import display_matrix, make_video


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_rotated_clip_plays_upright(dain, tmp_path, container, orientation):
    image = np.zeros((48, 96, 3), np.uint8)
    image[:24, :48], image[:24, 48:], image[24:, :48] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    source = make_video(
        tmp_path / "in.mp4",
        images=[image] * 4,
        rotation=display_matrix(orientation),
        sample_aspect_ratio=Fraction(2),
    )
    out = tmp_path / f"out.{container}"
    assert dain("interpolate", source, "-o", out, "--factor", 2).code == 0
    # EXIF: which stored corner is seen at the top left, and where its row and column lead.
    wanted = {
        2: image[:, ::-1], 3: image[::-1, ::-1], 4: image[::-1], 5: image.swapaxes(0, 1),
        6: np.rot90(image, -1), 7: image.swapaxes(0, 1)[::-1, ::-1], 8: np.rot90(image),
    }[orientation]  # fmt: skip
    made = read(out)
    assert len(made) == 8
    for frame in made:
        assert frame.pixels.shape == wanted.shape
        assert np.abs(frame.pixels.astype(int) - wanted).mean() < 6
    # Turned once, by pixels: a flag as well would turn it again.
    with av.open(str(out)) as result:
        assert next(result.decode(video=0)).rotation == 0
        aspect = result.streams.video[0].sample_aspect_ratio
    assert aspect == (Fraction(1, 2) if orientation >= 5 else 2)
