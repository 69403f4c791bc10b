"""``dain evaluate`` over a folder of triplets."""

import cv2
import numpy as np
import pytest


@pytest.fixture
def triplets(tmp_path):
    """Two samples of a textured picture that moves four pixels a frame, one of them still."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 120, 3)).astype(np.uint8)
    wide = cv2.GaussianBlur(noise, (0, 0), 2)
    for name, step in (("moving", 4), ("still", 0)):
        folder = tmp_path / "triplets" / name
        folder.mkdir(parents=True)
        for k in (1, 2, 3):
            cv2.imwrite(str(folder / f"im{k}.png"), wide[:, 10 + step * k :][:, :96])
    return tmp_path / "triplets"


def test_json_tells_every_sample(dain, triplets):
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets, "--json")
    assert outcome.code == 0
    assert outcome.lines == []
    told = outcome.json
    assert told["samples"] == 2
    assert [score["name"] for score in told["scores"]] == ["moving", "still"]
    moving, still = told["scores"]
    assert still == {"name": "still", "psnr": None, "ssim": pytest.approx(1), "mae": 0}
    assert moving["psnr"] > 25
    assert told["mae"] == pytest.approx(moving["mae"] / 2)
    assert (told["model"], told["device"], told["precision"]) == ("dain-lite", "cpu", "fp32")


def test_a_table_for_people(dain, triplets):
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets)
    assert outcome.code == 0
    for word in ("moving", "still", "mean", "PSNR", "SSIM", "MAE"):
        assert word in outcome.out


def test_refusals(refuses, triplets, tmp_path):
    assert "--dataset must be one of" in refuses("evaluate", "--dataset", "ucf", "--root", triplets)
    assert "expected a folder" in refuses(
        "evaluate", "--dataset", "triplets", "--root", tmp_path / "nothing"
    )


def test_a_fault_can_be_looked_into(dain, triplets):
    (triplets / "moving" / "im2.png").write_bytes(b"")
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets, "--verbose")
    assert outcome.code == 2
    assert "Traceback (most recent call last):" in outcome.lines
    assert "im2.png is none" in outcome.errors[0]
