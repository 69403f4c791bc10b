import math

import cv2
import numpy as np
import pytest

from dain.errors import MediaError, OptionError
from dain.evaluation import evaluate, find_triplets, mean_absolute_error, psnr, ssim


def picture(seed, height=40, width=48):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels[..., ::-1])


class Averaging:
    def between(self, frame0, frame1, times):
        return [((frame0.astype(np.uint16) + frame1) // 2).astype(np.uint8) for _ in times]


def test_measures_of_equal_pictures():
    one = picture(0)
    assert psnr(one, one) == math.inf
    assert mean_absolute_error(one, one) == 0
    assert ssim(one, one) == pytest.approx(1)


def test_psnr_and_error_of_a_known_difference():
    one = np.full((8, 8, 3), 100, np.uint8)
    two = one + np.uint8(5)
    assert psnr(one, two) == pytest.approx(20 * math.log10(255 / 5))
    assert mean_absolute_error(one, two) == 5


def test_ssim_by_its_definition_at_one_pixel():
    """At 11x11 only the middle window lies wholly on the picture: one weighted sum a channel."""
    one, two = (picture(k, 11, 11).astype(np.float64) for k in (1, 2))
    axis = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(axis, axis)[..., None] / axis.sum() ** 2
    mean1, mean2 = ((window * p).sum((0, 1)) for p in (one, two))
    variance1 = (window * one**2).sum((0, 1)) - mean1**2
    variance2 = (window * two**2).sum((0, 1)) - mean2**2
    covariance = (window * one * two).sum((0, 1)) - mean1 * mean2
    c1, c2 = 2.55**2, 7.65**2
    expected = ((2 * mean1 * mean2 + c1) * (2 * covariance + c2)) / (
        (mean1**2 + mean2**2 + c1) * (variance1 + variance2 + c2)
    )
    found = ssim(one.astype(np.uint8), two.astype(np.uint8))
    assert found == pytest.approx(expected.mean())


def test_ssim_falls_with_noise():
    base = cv2.GaussianBlur(picture(3), (0, 0), 3)
    noisy = np.clip(base.astype(int) + picture(4) // 8 - 16, 0, 255).astype(np.uint8)
    assert ssim(base, noisy) < 0.95 < ssim(base, base)


def test_evaluate_over_a_folder(tmp_path):
    for k, name in enumerate(("b", "a")):
        for part in (1, 2, 3):
            write(tmp_path / name / f"im{part}.png", picture(10 * k + part))
    write(tmp_path / "incomplete" / "im1.png", picture(0))
    samples = find_triplets("triplets", tmp_path)
    assert [sample.name for sample in samples] == ["a", "b"]
    seen = []
    report = evaluate(Averaging(), samples, seen.append)
    assert tuple(seen) == report.scores
    expected = [
        psnr(((a.astype(np.uint16) + c) // 2).astype(np.uint8), b)
        for a, b, c in (sample.load() for sample in samples)
    ]
    assert report.psnr == pytest.approx(np.mean(expected))
    assert report.mae > 0
    assert report.ssim < 1


def test_bad_roots_are_refused(tmp_path):
    with pytest.raises(OptionError, match="--dataset must be"):
        find_triplets("nonesuch", tmp_path)
    with pytest.raises(MediaError, match="expected a folder"):
        find_triplets("triplets", tmp_path / "missing")
    with pytest.raises(MediaError, match="found no complete one"):
        find_triplets("triplets", tmp_path)


def test_bad_samples_are_named(tmp_path):
    for part in (1, 2, 3):
        write(tmp_path / "a" / f"im{part}.png", picture(part, height=20 + part))
    sample = find_triplets("triplets", tmp_path)[0]
    with pytest.raises(MediaError, match="three pictures of one size"):
        sample.load()
    (tmp_path / "a" / "im2.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"found .*im2\.png is none"):
        sample.load()


@pytest.mark.shared_data
def test_triplets_floor(shared_data):
    """The issue's floor for the untrained network: 26.4 dB where DIS warping gives 25.97."""
    from dain.engine import Interpolator

    samples = find_triplets("triplets", shared_data / "triplets")
    assert len(samples) == 30
    assert evaluate(Interpolator(device="cpu"), samples).psnr >= 26.6
