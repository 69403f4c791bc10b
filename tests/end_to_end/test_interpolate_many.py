"""``dain interpolate`` with several inputs, folders of videos, zips, EXR, and kept frames."""

import shutil

import numpy as np
import pytest
from tests.end_to_end.conftest import contents, read
from tests.support.animations import save_animation
from tests.support.engines import BlendEngine
from tests.support.stills import exr_of, png_of, read_exr, save_zip
from tests.support.videos import make_video, pictures

import dain.jobs
import dain.jobs.estimate
import dain.jobs.run


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """What makes the frames is not the point here."""
    for module in (dain.jobs, dain.jobs.run, dain.jobs.estimate):
        monkeypatch.setattr(module, "make_interpolator", lambda *settings: BlendEngine())


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    make_video(folder / "c10.mp4", count=4)
    shutil.copy(folder / "c10.mp4", folder / "c2.mp4")
    save_animation(folder / "a.gif", pictures(3, 64, 48), 100)
    (folder / "notes.txt").write_text("?")
    return folder


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_folder_of_videos(dain, videos, tmp_path):
    outcome = dain("interpolate", videos, "-o", tmp_path / "out", "--factor", 2, "--json")
    assert outcome.code == 0
    assert names(tmp_path / "out") == ["a.gif", "c10.mp4", "c2.mp4"]
    results = outcome.json["results"]
    assert [result["input"] for result in results] == [
        str(videos / name) for name in ("a.gif", "c2.mp4", "c10.mp4")
    ]
    assert [result["frames_out"] for result in results] == [6, 8, 8]


def test_one_bad_file_does_not_stop_the_others(dain, videos, tmp_path):
    (videos / "b.mp4").write_bytes(b"no video")
    out = tmp_path / "out"
    outcome = dain("interpolate", videos, "-o", out, "--factor", 2, "--json")
    assert outcome.code == 2
    assert len(outcome.errors) == 1
    assert "b.mp4" in outcome.errors[0]
    assert [result.get("exit_code", 0) for result in outcome.json["results"]] == [0, 2, 0, 0]
    before = contents(out)
    again = dain("interpolate", videos, "-o", out, "--factor", 2)
    assert again.code == 2
    assert sum("--overwrite" in line for line in again.errors) == 3
    assert contents(out) == before
    (videos / "b.mp4").unlink()
    assert dain("interpolate", videos, "-o", out, "--factor", 2, "--overwrite").code == 0


def test_results_of_another_kind(dain, videos, tmp_path):
    shutil.copy(videos / "c2.mp4", videos / "c2.rm")
    shutil.copy(videos / "c2.mp4", videos / "d.rm")
    make_video(videos / "c2.mkv", count=3)
    outcome = dain("interpolate", videos, "-o", tmp_path / "out", "--factor", 2)
    assert outcome.code == 0
    assert {"c2.mp4", "c2.mkv", "c2.rm.mkv", "d.mkv"} <= set(names(tmp_path / "out"))
    assert sum("is of a kind that is not written" in line for line in outcome.warnings) == 2
    shutil.rmtree(tmp_path / "out")
    outcome = dain("interpolate", videos / "a.gif", videos / "c2.mp4", videos / "c2.mkv", "-o",
                   tmp_path / "out", "--factor", 2, "--container", "webp")  # fmt: skip
    assert outcome.code == 0
    assert names(tmp_path / "out") == ["a.webp", "c2.mkv.webp", "c2.mp4.webp"]


def test_what_is_refused(refuses, videos, tmp_path):
    out = tmp_path / "out"
    asked = ("interpolate", videos, "--factor", 2, "-o")
    assert "expected a folder as the output" in refuses(*asked, tmp_path / "out.mp4")
    assert "expected a folder as the output" in refuses(*asked, tmp_path / "out.zip")
    assert "--container must be one of" in refuses(*asked, out, "--container", "docx")
    one = ("interpolate", videos / "c2.mp4", "--factor", 2, "-o", tmp_path / "out.mkv")
    assert "for several inputs" in refuses(*one, "--container", "mkv")
    (videos / "1.png").write_bytes(png_of(pictures(1, 64, 48)[0]))
    assert "found both" in refuses(*asked, out)


def test_frames_are_kept_beside_the_result(dain, videos, tmp_path):
    kept, made = tmp_path / "kept", tmp_path / "made"
    one = ("interpolate", videos / "c2.mp4", "-o", tmp_path / "out.mp4", "--factor", 2)
    assert dain(*one, "--frames-in", kept, "--frames-out", made).code == 0
    assert len(names(kept)) == 4
    assert len(names(made)) == 8
    again = dain(*one, "--overwrite", "--frames-in", kept)
    assert again.code == 0
    several = ("interpolate", videos, "-o", tmp_path / "out", "--factor", 2)
    pages = tmp_path / "pages"
    assert dain(*several, "--frames-out", tmp_path / "all", "--review", pages).code == 0
    assert names(tmp_path / "all") == names(pages) == ["a.gif", "c10.mp4", "c2.mp4"]
    assert len(names(tmp_path / "all" / "a.gif")) == 6
    assert "moments in c2.mp4" in (pages / "c2.mp4" / "index.html").read_text(encoding="utf-8")


def test_a_zip_to_a_zip_to_a_video(dain, tmp_path):
    shots = pictures(4, 64, 48)
    source = save_zip(tmp_path / "in.zip", {f"s/{k}.png": png_of(p) for k, p in enumerate(shots)})
    outcome = dain("interpolate", source, "-o", tmp_path / "out.zip", "--factor", 2, "--json")
    assert (outcome.code, outcome.json["warnings"]) == (0, [])
    made = read(tmp_path / "out.zip")
    assert len(made) == 8
    for before, after in zip(shots, made[::2], strict=True):
        np.testing.assert_array_equal(after.pixels, before)
    assert dain("interpolate", source, "-o", tmp_path / "out.mp4", "--fps", 48).code == 0
    estimate = dain("interpolate", source, "-o", tmp_path / "no.zip", "--factor", 2, "--dry-run")
    assert estimate.code == 0
    assert not (tmp_path / "no.zip").exists()


def test_exr_to_exr_and_to_a_video(dain, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        light = np.zeros((48, 64, 4), np.float32)
        light[10:20, 10 + 4 * number : 30 + 4 * number] = [40.0, 2.0, -0.01, 1.0]
        (folder / f"{number}.exr").write_bytes(exr_of(light, np.float16))
    asked = ("interpolate", folder, "--factor", 2, "-o")
    assert dain(*asked, tmp_path / "out", "--codec", "exr").code == 0
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 6
    for number in range(3):
        before, _ = read_exr((folder / f"{number}.exr").read_bytes())
        after, _ = read_exr(files[2 * number].read_bytes())
        for name in "RGBA":
            np.testing.assert_array_equal(after[name], before[name])
    between, _ = read_exr(files[1].read_bytes())
    assert between["R"].max() > 30
    outcome = dain(*asked, tmp_path / "out.mkv", "--codec", "ffv1")
    assert outcome.code == 0
    assert any("clipped to sRGB" in line for line in outcome.warnings)
