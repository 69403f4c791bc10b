"""``dain evaluate`` over folders of samples and over clips."""

import errno
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from tests.support.videos import make_video


@pytest.fixture
def wide():
    """A textured picture, wider than a frame."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 220, 3)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


@pytest.fixture
def triplets(tmp_path, wide):
    """Two samples of a textured picture that moves four pixels a frame, one of them still."""
    for name, step in (("moving", 4), ("still", 0)):
        folder = tmp_path / "triplets" / name
        folder.mkdir(parents=True)
        for k in (1, 2, 3):
            cv2.imwrite(str(folder / f"im{k}.png"), wide[:, 10 + step * k :][:, :96])
    return tmp_path / "triplets"


@pytest.fixture
def clip(tmp_path, wide):
    """A picture that moves two pixels a tick, in frames that come after 1, 3, 1, 2 and 2 ticks."""
    pts = [0, 1, 4, 5, 7, 9]
    images = [np.ascontiguousarray(wide[:, 2 * at :][:, :96]) for at in pts]
    return make_video(
        tmp_path / "clip.mkv",
        images=images,
        pts=pts,
        rate=10,
        time_base=Fraction(1, 10),
        codec="ffv1",
        pixel_format="yuv444p",
    )


def test_json_tells_every_sample(dain, triplets):
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets, "--json")
    assert outcome.code == 0
    assert outcome.lines == []
    told = outcome.json
    assert (told["dataset"], told["source"]) == ("triplets", str(triplets))
    assert (told["samples"], told["frames"], told["exact"]) == (2, 2, 1)
    assert [score["name"] for score in told["scores"]] == ["moving", "still"]
    moving, still = told["scores"]
    assert still.pop("seconds") > 0
    assert still == {
        "name": "still",
        "subset": None,
        "time": 0.5,
        "psnr": None,
        "ssim": pytest.approx(1),
        "mae": 0,
        "lpips": None,
    }
    assert moving["psnr"] > 25
    assert told["psnr"] == pytest.approx((moving["psnr"] + 100) / 2)
    assert told["mae"] == pytest.approx(moving["mae"] / 2)
    assert (told["model"], told["device"]) == ("dain-lite", "cpu")
    assert told["against"] is told["page"] is told["weights"] is told["lpips"] is None
    assert told["warnings"] == []


def test_the_engine_is_as_asked_for(dain, triplets):
    options = ("--precision", "fp32", "--scale", "0.5", "--tile-size", "auto", "--memory", "2G")
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets, *options, "--json")
    assert outcome.code == 0
    assert outcome.json["precision"] == "fp32"


def test_a_table_for_people(dain, triplets):
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets)
    assert outcome.code == 0
    for word in ("moving", "still", "exact", "mean of 2 frames", "PSNR dB", "SSIM", "MAE"):
        assert word in outcome.out
    assert "LPIPS" not in outcome.out


def test_many_samples_make_a_short_table(dain, tmp_path):
    picture = np.full((16, 16, 3), 90, np.uint8)
    for number in range(61):
        folder = tmp_path / "ucf" / str(number)
        folder.mkdir(parents=True)
        for part in ("00", "01_gt", "02"):
            cv2.imwrite(str(folder / f"frame_{part}.png"), picture)
    outcome = dain("evaluate", "--dataset", "ucf101", "--root", tmp_path / "ucf")
    assert outcome.code == 0
    assert "mean of 61 frames" in outcome.out
    assert len(outcome.out.splitlines()) < 15
    assert outcome.warnings == [
        "dain: warning: ucf101 has 379 samples as published, found 61: the means cannot be "
        "compared with published ones"
    ]
    few = dain("evaluate", "--dataset", "ucf101", "--root", tmp_path, "--limit", 3, "--json")
    assert few.warnings == []
    assert [score["name"] for score in few.json["scores"]] == ["0", "20", "40"]


def test_subsets_are_reported_apart(dain, tmp_path, wide):
    for k in range(1, 6):
        path = tmp_path / "xiph" / f"Tango-{k:03}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), wide[:, 3 * k :][:, :128])
    command = ("evaluate", "--dataset", "xiph", "--root", tmp_path / "xiph")
    told = dain(*command, "--json").json
    assert list(told["subsets"]) == ["2k", "4k"]
    assert told["subsets"]["4k"]["samples"] == 2
    assert told["psnr"] == pytest.approx(
        (told["subsets"]["2k"]["psnr"] + told["subsets"]["4k"]["psnr"]) / 2
    )
    assert [score["subset"] for score in told["scores"]] == ["2k", "2k", "4k", "4k"]
    assert len(told["warnings"]) == 2
    one = dain(*command, "--subset", "4k", "--json").json
    assert list(one["subsets"]) == ["4k"]
    table = dain(*command).out
    for text in ("2k: mean of 2 frames", "4k: mean of 2 frames", "mean of all"):
        assert text in table


def test_a_clip_of_variable_rate(dain, clip):
    outcome = dain("evaluate", "--clip", clip, "--against", "average", "--json")
    assert outcome.code == 0
    told = outcome.json
    assert (told["dataset"], told["source"]) == ("clip", str(clip))
    assert [score["time"] for score in told["scores"]] == [0.25, pytest.approx(1 / 3)]
    assert [score["name"] for score in told["scores"]] == [
        "frame 1 at 0.100 s",
        "frame 3 at 0.500 s",
    ]
    against = told["against"]
    assert against["name"] == "average"
    assert [score["time"] for score in against["scores"]] == [0.25, pytest.approx(1 / 3)]
    assert told["psnr"] > against["psnr"] + 2  # it moves 8 and 6 pixels


@pytest.fixture
def two_shots(tmp_path, wide):
    """Shots of five and six frames: one picture moves, then another one stands still."""
    images = [np.ascontiguousarray(wide[:, 4 * at :][:, :96]) for at in range(5)]
    images += [np.ascontiguousarray(255 - wide[::-1, 120:216])] * 6
    return make_video(
        tmp_path / "shots.mkv", images=images, rate=10, codec="ffv1", pixel_format="bgr0"
    )


def test_what_judgement_buys_by_shot(dain, two_shots):
    told = dain("evaluate", "--clip", two_shots, "--doubt", "off", "--json").json
    plain = dain("evaluate", "--clip", two_shots, "--no-judge", "--json").json
    assert plain["judged"] is None
    for told_score, score in zip(told["scores"], plain["scores"], strict=True):
        assert told_score | {"seconds": 0} == score | {"seconds": 0}
    judged = told["judged"]
    assert judged["settings"] == {
        "scene_threshold": 0.5,
        "at_cuts": "nearest",
        "cadence": "auto",
        "overlays": "auto",
        "sharpness": "auto",
        "doubt": "off",
    }
    assert [(shot["start"], shot["end"]) for shot in judged["shots"]] == [(0, 0.5), (0.5, 1.1)]
    assert [shot["number"] for shot in judged["shots"]] == [1, 2]
    assert judged["frames"] == sum(shot["frames"] for shot in judged["shots"]) == 5
    assert set(judged["ways"]) == {
        *("plain", "cuts", "overlays", "sharpness", "cadence", "judged"),
    }
    assert judged["ways"]["plain"]["psnr"] == pytest.approx(told["psnr"])
    assert judged["ways"]["plain"]["ssim"] == pytest.approx(told["ssim"])
    assert judged["ways"]["plain"]["gain"] == judged["ways"]["plain"]["changed"] == 0
    first, second = judged["shots"]
    assert first["ways"]["cuts"]["changed"] == 0
    # The true frame at the cut is the first of the second shot, and plain a mix of both.
    assert second["ways"]["cuts"]["changed"] == second["ways"]["judged"]["changed"] == 1


def test_a_table_of_shots(dain, two_shots):
    outcome = dain("evaluate", "--clip", two_shots)
    assert outcome.code == 0
    assert "What judgement buys, by shot" in outcome.out
    head = next(line for line in outcome.out.splitlines() if line.lstrip().startswith("shot"))
    expected = "shot from - to frames PSNR judged cuts cadence overlays sharpness doubt SSIM judged"
    assert head.split() == [*expected.split(), "detail", "judged"]
    assert "0:00.50 - 0:01.10" in outcome.out
    ways = "plain, cuts, overlays, sharpness, doubt, cadence, judged"
    assert f"dain: made in 7 ways: {ways}" in outcome.lines
    off = ("--scene-threshold", "off", "--cadence", "off", "--overlays", "off", "--doubt", "off")
    nothing = dain("evaluate", "--clip", two_shots, "--sharpness", "off", *off)
    assert "by shot" not in nothing.out


def test_a_comparison_has_a_column(dain, triplets):
    outcome = dain(
        "evaluate", "--dataset", "triplets", "--root", triplets, "--against", "dain-lite"
    )
    assert outcome.code == 0
    assert "dB against dain-lite" in outcome.out
    assert "+0.00" in outcome.out


@pytest.mark.skipif(sys.platform != "linux", reason="such names can only be given on Linux")
def test_odd_names_are_shown_as_they_are(dain, triplets, tmp_path):
    (triplets / "moving").rename(triplets / "[b]\x1b[31mred")
    (triplets / "still").rename(triplets / "\udce4")  # a byte that is no UTF-8
    page = tmp_path / "a.html"
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets, "--page", page)
    assert outcome.code == 0
    assert "[b]?[31mred" in outcome.out
    assert page.is_file()


def test_lpips_is_a_further_column(dain, triplets, monkeypatch):
    import torch

    class StandIn(torch.nn.Module):
        def __init__(self, net, verbose):
            super().__init__()

        def forward(self, made, true):
            return torch.full((1, 1, 1, 1), 0.125)

    module = ModuleType("lpips")
    module.LPIPS = StandIn
    monkeypatch.setitem(sys.modules, "lpips", module)
    command = ("evaluate", "--dataset", "triplets", "--root", triplets, "--lpips")
    assert "0.1250" in dain(*command).out
    told = dain(*command, "--json").json
    assert told["lpips"] == told["scores"][0]["lpips"] == 0.125


def test_a_page_of_the_worst(dain, triplets, tmp_path):
    page = tmp_path / "worst.html"
    command = ("evaluate", "--dataset", "triplets", "--root", triplets, "--page", page)
    outcome = dain(*command, "--worst", 1, "--json")
    assert outcome.code == 0
    assert outcome.json["page"] == str(page)
    assert outcome.lines == [f"dain: {page}: the worst of 2 frames"]
    text = page.read_text(encoding="utf-8")
    assert "The worst frame<" in text
    assert 'data-of="moving"' in text
    assert 'data-of="still"' not in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["triplets", "worst.html"]
    again = dain(*command)
    assert again.code == 2
    assert "exists already; give --overwrite" in again.errors[0]
    assert page.read_text(encoding="utf-8") == text
    assert dain(*command, "-y", "-q").lines == []
    assert 'data-of="still"' in page.read_text(encoding="utf-8")


def test_a_full_disk_leaves_no_page(dain, triplets, tmp_path, monkeypatch):
    def fail(self, *arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    outcome = dain(
        "evaluate", "--dataset", "triplets", "--root", triplets, "--page", tmp_path / "worst.html"
    )
    assert outcome.code == 1
    assert outcome.errors == [
        f"dain: error: cannot write {tmp_path / 'worst.html'}: no space left on device"
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["triplets"]


def test_an_interruption_leaves_no_page(dain, triplets, tmp_path, monkeypatch):
    from dain.evaluation.worst import Worst

    def interrupt(self, measured):
        raise KeyboardInterrupt

    monkeypatch.setattr(Worst, "add", interrupt)
    outcome = dain(
        "evaluate", "--dataset", "triplets", "--root", triplets, "--page", tmp_path / "worst.html"
    )
    assert outcome.code == 130
    assert outcome.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["triplets"]


def test_refusals_of_datasets(refuses, triplets, tmp_path):
    given = ("evaluate", "--dataset")
    assert "--dataset must be one of" in refuses(*given, "ucf", "--root", triplets)
    assert "expected a folder" in refuses(*given, "triplets", "--root", tmp_path / "nothing")
    assert "expected ucf101 as folders N/frame_00.png, frame_01_gt.png" in refuses(
        *given, "ucf101", "--root", triplets
    )
    assert "--subset must be left out for triplets" in refuses(
        *given, "triplets", "--root", triplets, "--subset", "easy"
    )
    assert "--limit must be at least 1, found 0" in refuses(
        *given, "triplets", "--root", triplets, "--limit", 0
    )


def test_refusals_of_other_options(refuses, triplets, tmp_path, monkeypatch):
    some = ("evaluate", "--dataset", "triplets", "--root", triplets)
    assert "or --clip, found none of them" in refuses("evaluate")
    assert "or --clip, found only --dataset" in refuses("evaluate", "--dataset", "ucf101")
    assert "or --clip, found only --root" in refuses("evaluate", "--root", triplets)
    assert "expected --root or --clip, found both" in refuses(
        "evaluate", "--clip", "a.mp4", "--root", triplets
    )
    assert "a.mp4" in refuses("evaluate", "--clip", tmp_path / "a.mp4")
    assert "--worst must be at least 1" in refuses(*some, "--worst", 0)
    assert "--against must be average, a model (dain-lite, dain) or a file" in refuses(
        *some, "--against", "nonesuch"
    )
    assert "expected them with --clip, found --dataset" in refuses(*some, "--doubt", "off")
    assert "expected them with --clip, found --no-judge" in refuses(
        "evaluate", "--clip", "a.mp4", "--no-judge", "--scene-threshold", "0.4"
    )
    assert "--cadence must be one of" in refuses("evaluate", "--clip", "a.mp4", "--cadence", "on")
    assert "--precision must be one of" in refuses(*some, "--precision", "int8")
    assert "no.safetensors" in refuses(*some, "--weights", tmp_path / "no.safetensors")
    assert "folder" in refuses(*some, "--page", tmp_path / "nowhere" / "a.html")
    monkeypatch.setitem(sys.modules, "lpips", None)
    assert "pip install 'dain[lpips]'" in refuses(*some, "--lpips")


def test_a_fault_can_be_looked_into(dain, triplets):
    (triplets / "moving" / "im2.png").write_bytes(b"")
    outcome = dain("evaluate", "--dataset", "triplets", "--root", triplets, "--verbose")
    assert outcome.code == 2
    assert "Traceback (most recent call last):" in outcome.lines
    assert "im2.png is none" in outcome.errors[0]
