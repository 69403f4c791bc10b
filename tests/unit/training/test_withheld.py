import cv2
import numpy as np
import pytest
from tests.unit.training.conftest import make_clip, moving

from dain.cli.main import main
from dain.errors import OptionError, OutputError, RunError
from dain.training import withheld
from dain.training.clip_cache import cache_clips, load_clip
from dain.training.withheld import write_still_triplets

NAMES = ("broken", "pan")


def triplets_of(folder):
    """Pictures in RGB by the names of their folders."""
    found = {}
    for home in sorted(folder.iterdir()):
        assert sorted(path.name for path in home.iterdir()) == ["im1.png", "im2.png", "im3.png"]
        found[home.name] = [cv2.imread(str(home / f"im{k}.png"))[..., ::-1] for k in (1, 2, 3)]
    return found


def test_writes_neighbours_of_poor_copies(made_clips, made_cache, tmp_path):
    folder = tmp_path / "still"
    assert write_still_triplets(made_clips, made_cache, folder, NAMES, 16) == 16
    frames = {
        clip.file.removesuffix(".npy"): load_clip(clip, made_cache)
        for clip in cache_clips(made_clips, made_cache)
    }
    found = triplets_of(folder)
    assert len(found) == 16
    sources = set()
    for name, pictures in found.items():
        source, _, middle = name.rpartition("-")
        sources.add(source)
        for k, picture in zip((-1, 0, 1), pictures, strict=True):
            expected = frames[source][int(middle) + k]
            assert picture.shape == (240, 240, 3)
            left = (expected.shape[1] - 240) // 2
            np.testing.assert_array_equal(picture, expected[:, left : left + 240])
    assert sources == {f"{name}.poor{k}" for name in ("pan.mp4", "broken.mkv") for k in (0, 1)}


def test_only_the_clips_that_were_named(made_clips, made_cache, tmp_path):
    folder = tmp_path / "still"
    write_still_triplets(made_clips, made_cache, folder, ["pan", "not there"], 4)
    assert {name.split(".")[0] for name in triplets_of(folder)} == {"pan"}
    with pytest.raises(OptionError, match="expected the clips other, pans, found none"):
        write_still_triplets(made_clips, made_cache, tmp_path / "none", ["pans", "other"], 4)
    assert not (tmp_path / "none").exists()


def test_the_calm_half_of_a_clip(made_clips, made_cache, tmp_path, monkeypatch):
    """Where there are more than are wanted, those that move least are taken."""
    change = (0.0, *[1.0] * 12, *[9.0] * 11)
    clips = [
        type(clip)(clip.name, clip.file, clip.poor, change)
        for clip in cache_clips(made_clips, made_cache)
        if clip.file == "pan.mp4.poor0.npy"
    ]
    monkeypatch.setattr(withheld, "cache_clips", lambda *_: clips)
    assert write_still_triplets(made_clips, made_cache, tmp_path / "still", ["pan"], 5) == 5
    middles = sorted(int(name.rpartition("-")[2]) for name in triplets_of(tmp_path / "still"))
    assert middles == [1, 3, 5, 7, 9]


def test_nothing_spans_a_cut(made_clips, made_cache, tmp_path):
    write_still_triplets(made_clips, made_cache, tmp_path / "still", ["broken"], 200)
    middles = {int(name.rpartition("-")[2]) for name in triplets_of(tmp_path / "still")}
    assert not {6, 7} & middles
    assert {1, 5, 8} <= middles


def test_fewer_than_wanted(made_clips, made_cache, tmp_path):
    """Each is counted once; what one clip lacks the others give."""
    folder = tmp_path / "still"
    written = write_still_triplets(made_clips, made_cache, folder, NAMES, 1000)
    assert written == len(triplets_of(folder)) < 100
    few = tmp_path / "few"
    assert write_still_triplets(made_clips, made_cache, few, NAMES, 70) == 70


def test_narrow_clips_keep_their_width(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    make_clip(clips / "tall.mp4", moving(5, 48, 96))
    write_still_triplets(clips, tmp_path / "cache", tmp_path / "still", ["tall"], 2)
    for pictures in triplets_of(tmp_path / "still").values():
        assert {picture.shape for picture in pictures} == {(240, 120, 3)}


def test_a_folder_in_use_is_refused(made_clips, made_cache, tmp_path):
    (tmp_path / "in use").mkdir()
    (tmp_path / "in use" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="expected an empty folder for the triplets"):
        write_still_triplets(made_clips, made_cache, tmp_path / "in use", NAMES, 4)
    assert [path.name for path in (tmp_path / "in use").iterdir()] == ["mine.txt"]
    with pytest.raises(OutputError, match="expected a folder for the triplets"):
        write_still_triplets(made_clips, made_cache, tmp_path / "in use" / "mine.txt", NAMES, 4)
    (tmp_path / "empty").mkdir()
    assert write_still_triplets(made_clips, made_cache, tmp_path / "empty", NAMES, 4) == 4


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_all_or_none(made_clips, made_cache, tmp_path, monkeypatch, stop):
    if stop is OSError:
        resource = pytest.importorskip("resource")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            with pytest.raises(RunError, match=r"cannot write the triplets to .*: file too large"):
                write_still_triplets(made_clips, made_cache, tmp_path / "still", NAMES, 4)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    else:
        calls, write = [], withheld._write_triplet

        def interrupted(*arguments):
            calls.append(arguments)
            if len(calls) == 3:
                raise KeyboardInterrupt
            write(*arguments)

        monkeypatch.setattr(withheld, "_write_triplet", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_still_triplets(made_clips, made_cache, tmp_path / "still", NAMES, 4)
    assert not list(tmp_path.iterdir())


def command(clips, cache, *more):
    return main(["train", "withheld", "--clips", str(clips), "--cache", str(cache), *more])


def test_the_command(made_clips, made_cache, tmp_path, capsys):
    output = tmp_path / "deep" / "still"
    names = ["--withheld", "pan", "--withheld", "broken"]
    given = [*names, "-o", str(output), "--count", "6"]
    assert command(made_clips, made_cache, *given) == 0
    assert "6 triplets" in capsys.readouterr().err
    assert len(triplets_of(output)) == 6
    assert command(made_clips, made_cache, *given) == 2
    assert "expected an empty folder" in capsys.readouterr().err
    assert len(triplets_of(output)) == 6


def test_the_command_takes_what_training_leaves_out(clips, cache, tmp_path, capsys):
    assert command(clips, cache, "-o", str(tmp_path / "one")) == 2
    assert "mdn_flower" in capsys.readouterr().err
    (clips / "pan.mp4").rename(clips / "mdn_flower.mp4")
    assert command(clips, cache, "-o", str(tmp_path / "two"), "--count", "3") == 0
    assert len(triplets_of(tmp_path / "two")) == 3


def test_the_command_refuses_a_count_of_none(made_clips, made_cache, tmp_path, capsys):
    assert command(made_clips, made_cache, "-o", str(tmp_path / "one"), "--count", "0") == 2
    assert "--count must be at least 1, found 0" in capsys.readouterr().err
