import copy
import functools
from collections import Counter
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch

from dain.networks import Dain
from dain.networks.dain import motion_size


def moving_pair(height, width, shift=(3, 5), seed=0):
    """A smooth texture, and the same moved and a little darker."""
    down, right = shift
    noise = np.random.default_rng(seed).random((height + down, width + right, 3))
    wide = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 4)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    frames = [wide[down:, right:], 0.9 * wide[:height, :width]]
    return [torch.from_numpy(np.ascontiguousarray(f.transpose(2, 0, 1)))[None] for f in frames]


def psnr(found, expected):
    """Over the range that is expected, since random weights leave [0, 1] far behind."""
    peak = float(expected.max() - expected.min())
    return 10 * float(torch.log10(peak**2 / (found - expected).square().mean()))


def run(network, frames, times=(0.3,), scale=Fraction(1)):
    with torch.inference_mode():
        return network(*frames, times, scale)


def prepared(network, precision, tile=None):
    changed = copy.deepcopy(network)
    changed.prepare(precision)
    changed.tile = tile
    return changed


@pytest.fixture(scope="module")
def pair():
    """Several tiles high and wide."""
    return moving_pair(100, 150)


@pytest.fixture(scope="module")
def small_pair():
    """As small as the network sees any: where the size does not matter, and 16 bits are slow."""
    return moving_pair(50, 60)


@pytest.fixture(scope="module")
def expected(paper_network, pair):
    return run(paper_network, pair)


def test_numbers_of_the_paper(paper_network):
    state = paper_network.state_dict()
    assert len(state) == 954
    floating = sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point())
    assert floating == 24_045_800


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (63, 65), (64, 64), (70, 3), (40, 130)])
def test_any_size(paper_network, size):
    output = run(paper_network, [torch.rand(1, 3, *size) for _ in range(2)], (0.5,))
    for frames in output:
        assert frames.shape == (1, 1, 3, *size)
        assert frames.isfinite().all()


@pytest.mark.parametrize(
    ("size", "padded"),
    [((1, 1), (64, 64)), ((64, 128), (64, 128)), ((65, 128), (128, 128)), ((100, 191), (128, 192))],
)
def test_frames_are_padded_to_multiples_of_64_and_no_further(paper_network, size, padded):
    with torch.inference_mode():
        features = paper_network.encode(torch.rand(1, 3, *size))
    assert features.log_depth.shape[2:] == padded
    assert features.context.shape[2:] == padded


def test_a_batch_equals_its_samples(paper_network):
    """In float64: the last bit of a flow can move a contribution to another pixel, and which
    convolution PyTorch takes, and with it that bit, depends on the batch and the processor.
    """
    network = copy.deepcopy(paper_network).double()
    pairs = moving_pair(50, 60), moving_pair(50, 60, (5, 1), seed=1)
    samples = [[frame.double() for frame in pair] for pair in pairs]
    batch = run(network, [torch.cat(both) for both in zip(*samples, strict=True)])
    for index, sample in enumerate(samples):
        found, alone = batch.frames[index], run(network, sample).frames[0]
        assert (found - alone).abs().flatten().quantile(0.99) < 1e-3


def test_without_the_residual_it_is_the_blend_of_two_warps(paper_network, small_pair):
    network = copy.deepcopy(paper_network)
    torch.nn.init.zeros_(network.synthesis.leave.weight)
    torch.nn.init.zeros_(network.synthesis.leave.bias)
    output = run(network, small_pair)
    assert torch.equal(output.frames, output.blended)


def test_parts_can_be_given():
    part = Dain().context
    assert Dain(context=part).context is part


@pytest.fixture(scope="module")
def tiled(paper_network, pair):
    """What the pair becomes in tiles of a side; made once for each."""

    @functools.cache
    def run_in(tile):
        network = copy.copy(paper_network)
        network.tile = tile
        return run(network, pair)

    return run_in


@pytest.mark.parametrize("tile", [64, 100, 128])
def test_tiles_make_the_same_frame(tiled, expected, tile):
    found = tiled(tile)
    for made, whole in zip(found, expected, strict=True):
        assert psnr(made, whole) > 45
        error = (made - whole).abs().flatten()
        assert error.quantile(0.99) < 1e-3


@pytest.mark.parametrize("tile", [64, 100])
def test_no_step_across_a_seam(tiled, expected, tile):
    """Neighbours on both sides of a seam differ as they do in the whole frame."""
    found, whole = tiled(tile).frames[0, 0], expected.frames[0, 0]
    for dim in (1, 2):
        steps = found.diff(dim=dim).abs().mean((0, 3 - dim))
        own = whole.diff(dim=dim).abs().mean((0, 3 - dim))
        seams = slice(tile - 1, None, tile)
        assert (steps[seams] <= own[seams] * 1.01 + 1e-4).all()


def test_tiles_over_long_motion(paper_network):
    """Flows that lead far out of a tile, and out of the frame, find what they need."""
    pair = moving_pair(128, 256)
    network = copy.copy(paper_network)
    with torch.inference_mode():
        features = [network.encode(frame) for frame in pair]
        motion = network.relate(*features)
        for flow in (motion.flow01, motion.flow10):
            flow.mul_(6)
        assert motion.flow01.abs().max() > 64
        whole = network.synthesise(*features, motion, 0.5).frame
        network.tile = 64
        features = [network.encode(frame) for frame in pair]
        assert features[0].context is None
        tiled = network.synthesise(*features, motion, 0.5).frame
    assert psnr(tiled, whole) > 45
    assert (tiled - whole).abs().flatten().quantile(0.99) < 1e-3


def test_prepared_in_float32_it_is_the_same(paper_network, pair, expected):
    found = run(prepared(paper_network, "fp32"), pair)
    for made, plain in zip(found, expected, strict=True):
        assert psnr(made, plain) > 50
        assert (made - plain).abs().median() < 1e-4


@pytest.mark.parametrize(("precision", "share"), [("bf16", 0.02), ("fp16", 0.003)])
def test_in_16_bits_motion_stays_near(paper_network, small_pair, precision, share):
    """Flows, kernels and depth, which stay in float32, within a share of their largest value."""
    found = []
    with torch.inference_mode():
        for network in (prepared(paper_network, "fp32"), prepared(paper_network, precision)):
            features = [network.encode(frame) for frame in small_pair]
            motion = network.relate(*features)
            found.append([motion.flow01, motion.flow10, motion.kernels0, features[0].log_depth])
    for plain, made in zip(*found, strict=True):
        assert made.dtype == torch.float32
        assert 0 < (made - plain).abs().max() <= share * plain.abs().max()


@pytest.mark.parametrize(("precision", "least"), [("bf16", 42), ("fp16", 52)])
def test_in_16_bits_frames_stay_near(paper_network, small_pair, precision, least):
    """PSNR to float32, with kernels near bilinear as trained ones are; random ones are rough."""
    network = copy.deepcopy(paper_network)
    with torch.no_grad():
        for head in network.kernels.heads:
            head[2].weight.mul_(0.05)
            head[2].bias.zero_()
            head[2].bias[[5, 6, 9, 10]] = 1
        network.synthesis.leave.weight.mul_(0.02)
    plain = run(prepared(network, "fp32"), small_pair)
    for made, expected in zip(run(prepared(network, precision), small_pair), plain, strict=True):
        assert -10 * torch.log10((made - expected).square().mean()) > least


def test_prepared_in_16_bits_its_weights_are(paper_network):
    network = prepared(paper_network, "bf16")
    types = Counter(parameter.dtype for parameter in network.parameters())
    exact = [name for name, p in network.named_parameters() if p.dtype == torch.float32]
    assert types[torch.bfloat16] > 200
    assert exact
    made_of = ("predict", "refine", "upsample_flow", "heads")
    assert all(any(part in name for part in made_of) for name in exact)


def test_prepared_again_it_takes_the_other_precision(paper_network, small_pair):
    """As when memory runs out: from float32, with its transformed weights, to 16 bits."""
    network = prepared(paper_network, "fp32")
    network.prepare("bf16")
    once = run(prepared(paper_network, "bf16"), small_pair)
    for made, expected in zip(run(network, small_pair), once, strict=True):
        assert torch.equal(made, expected)


def test_an_unknown_precision_is_refused(paper_network):
    with pytest.raises(ValueError, match="expected one of fp32, bf16, fp16, found 'int8'"):
        copy.copy(paper_network).prepare("int8")


def test_motion_can_be_estimated_at_a_smaller_size(paper_network):
    pair = moving_pair(128, 192)
    with torch.inference_mode():
        whole = [paper_network.encode(frame) for frame in pair]
        half = [paper_network.encode(frame, Fraction(1, 2)) for frame in pair]
        assert half[0].motion_size == (64, 96)
        assert half[0].pyramid[0].numel() < whole[0].pyramid[0].numel()
        assert half[0].log_depth.shape == whole[0].log_depth.shape
        motion = paper_network.relate(*half)
        assert motion.flow01.shape == (1, 2, 128, 192)
        frame = paper_network.synthesise(*half, motion, 0.5).frame
    assert frame.shape == (1, 3, 128, 192)


def test_flow_found_at_half_the_size_is_in_pixels_of_the_frame(paper_network):
    """The whole and the half are searched alike when the half is the whole of another frame."""
    small = moving_pair(64, 128)
    large = [frame.repeat_interleave(2, 2).repeat_interleave(2, 3) for frame in small]
    with torch.inference_mode():
        direct = paper_network.relate(*(paper_network.encode(frame) for frame in small))
        halved = paper_network.relate(
            *(paper_network.encode(frame, Fraction(1, 2)) for frame in large)
        )
    inner = halved.flow01[:, :, 16:-16, 16:-16]
    grown = torch.nn.functional.interpolate(
        direct.flow01, scale_factor=2, mode="bilinear", align_corners=False
    )[:, :, 16:-16, 16:-16]
    assert (inner - 2 * grown).abs().mean() < 0.15 * inner.abs().mean()


@pytest.mark.parametrize(
    ("size", "scale", "found"),
    [
        ((1080, 1920), Fraction(1, 2), (540, 960)),
        ((100, 200), Fraction(1, 4), (64, 64)),
        ((30, 200), Fraction(1, 2), (30, 100)),
        ((1, 1), Fraction(1, 100), (1, 1)),
    ],
)
def test_a_floor_under_the_size_of_motion(size, scale, found):
    assert motion_size(*size, scale) == found


def test_another_picture_in_place_of_a_frame(paper_network, small_pair):
    """Alpha is warped as the colours are; where it is the colours, nothing changes."""
    network = copy.copy(paper_network)
    with torch.inference_mode():
        features = [network.encode(frame) for frame in small_pair]
        motion = network.relate(*features)
        same = [
            network.reframe(each, frame) for each, frame in zip(features, small_pair, strict=True)
        ]
        one = network.synthesise(*features, motion, 0.3).frame
        two = network.synthesise(*same, motion, 0.3).frame
        black = [network.reframe(each, torch.zeros_like(each.frame)) for each in features]
        blended = network.synthesise(*black, motion, 0.3).blended
    assert torch.equal(one, two)
    assert (blended == 0).all()


def test_every_part_runs_once_where_it_can(paper_network):
    """Depth, context and pyramid once a frame, flow and kernels once a pair, synthesis for each."""
    network = prepared(paper_network, "fp32")
    calls = Counter()
    parts = {
        "depth": network.depth,
        "context": network.context,
        "pyramid": network.flow.pyramid,
        "flow": network.flow,
        "kernels": network.kernels,
        "synthesis": network.synthesis,
    }
    for name, part in parts.items():
        part.register_forward_hook(lambda *_, name=name: calls.update([name]))
    frames = [*moving_pair(64, 64), moving_pair(64, 64, seed=3)[0]]
    with torch.inference_mode():
        features = [network.encode(frame) for frame in frames]
        for one, other in ((0, 1), (1, 2)):
            motion = network.relate(features[one], features[other])
            for k in range(1, 8):
                network.synthesise(features[one], features[other], motion, k / 8)
    assert calls == {
        "depth": 3,
        "context": 3,
        "pyramid": 3,
        "flow": 2,  # both directions as one batch
        "kernels": 2,
        "synthesis": 14,
    }


def test_gradients_reach_every_part(paper_network):
    network = copy.deepcopy(paper_network)
    frames = moving_pair(64, 64)
    output = network(*frames, [0.5])
    output.frames.square().mean().backward()
    unused = {name for name, p in network.named_parameters() if p.grad is None}
    # The finest level has nothing to upsample its flow for.
    assert unused == {
        "flow.decoders.4.upsample_flow.weight",
        "flow.decoders.4.upsample_flow.bias",
    }
