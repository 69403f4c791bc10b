import torch
from hypothesis import given
from hypothesis import strategies as st

from dain.networks.padding import crop, pad
from dain.networks.tiling import Region, whole

sides = st.integers(1, 70)


@given(sides, sides, st.integers(1, 80))
def test_pieces_cover_everything_once(height, width, side):
    covered = torch.zeros(1, 1, height, width)
    for piece in whole(covered).divided(side):
        assert 0 < piece.height <= side
        assert 0 < piece.width <= side
        piece.of(covered)[:] += 1
    assert (covered == 1).all()


@given(sides, sides, st.integers(1, 30), st.integers(0, 40))
def test_grown_pieces_hold_the_piece(height, width, side, by):
    picture = torch.rand(1, 2, height, width)
    for piece in whole(picture).divided(side):
        grown = piece.grown(by, whole(picture))
        inside = piece.seen_from(grown)
        assert torch.equal(inside.of(grown.of(picture)), piece.of(picture))
        assert grown.height == min(piece.bottom + by, height) - max(piece.top - by, 0)
        assert grown.pixels == grown.height * grown.width


def test_a_region_counts_its_pixels():
    region = Region(top=2, left=3, bottom=7, right=11)
    assert (region.height, region.width, region.pixels) == (5, 8, 40)


@given(sides, sides, st.sampled_from([1, 16, 64]))
def test_padding_repeats_the_border_and_no_further(height, width, multiple):
    picture = torch.rand(1, 3, height, width)
    padded = pad(picture, multiple)
    for side, longer in zip(picture.shape[2:], padded.shape[2:], strict=True):
        assert longer % multiple == 0
        assert 0 <= longer - side < multiple
    assert torch.equal(crop(padded, height, width), picture)
    assert (padded[:, :, :, width:] == padded[:, :, :, width - 1 : width]).all()
    assert (padded[:, :, height:] == padded[:, :, height - 1 : height]).all()
    assert (padded is picture) == (padded.shape == picture.shape)
