import errno
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.videos import display_matrix, make_video
from tests.unit.training.conftest import make_clip, moving

from dain.errors import DainWarning, MediaError, OutputError, RunError
from dain.training import clip_cache
from dain.training.clip_cache import cache_clips, load_clip, squeeze


def cached(clips, cache):
    """What is in the cache, by file, without a warning."""
    return {clip.file: clip for clip in cache_clips(clips, cache)}


def states(cache):
    return {path.name: path.stat().st_mtime_ns for path in cache.glob("*.npy")}


def test_decodes_each_clip_and_squeezes_it_twice(made_clips, made_cache):
    found = cached(made_clips, made_cache)
    assert list(found) == [
        f"{name}{kind}.npy"
        for name in ("broken.mkv", "pan.mp4")
        for kind in ("", ".poor0", ".poor1")
    ]
    whole = found["pan.mp4.npy"]
    assert (whole.name, whole.poor, whole.change[0]) == ("pan", False, 0)
    frames = load_clip(whole, made_cache)
    expected = np.stack(moving(24, 160, 120))
    assert frames.shape == expected.shape
    assert frames.dtype == np.uint8
    assert np.abs(frames.astype(int) - expected).mean() < 4
    for number in (0, 1):
        poor = found[f"pan.mp4.poor{number}.npy"]
        assert (poor.name, poor.poor) == ("pan", True)
        assert load_clip(poor, made_cache).shape == (24, 240, 320, 3)
    names = {path.name for path in made_cache.iterdir()}
    assert names - {*found, ".lock"} == {"clips.json"}


def test_change_is_the_mean_difference_from_the_frame_before(made_clips, made_cache):
    for clip in cache_clips(made_clips, made_cache):
        frames = load_clip(clip, made_cache).astype(int)
        expected = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
        np.testing.assert_allclose(clip.change, [0, *expected], rtol=1e-12)


def test_decodes_once(clips, cache):
    before = states(cache)
    assert len(cached(clips, cache)) == 6
    assert states(cache) == before


def test_the_rate_of_poor_copies_tells():
    """More bits are nearer to the frames that they copy."""
    frames = moving(24, 320, 240, seed=3)
    few, many = (np.stack(list(squeeze(frames, bits))) for bits in (0.10, 0.25))
    assert few.shape == many.shape == (24, 240, 320, 3)
    worse, better = (np.abs(f.astype(int) - np.stack(frames)).mean() for f in (few, many))
    assert better < worse


@pytest.mark.skipif(
    len(getattr(os, "sched_getaffinity", lambda _: ())(0)) < 2, reason="needs two processors"
)
def test_poor_copies_do_not_depend_on_the_processors():
    """Left to itself the encoder cuts pictures into as many slices as there are processors."""
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    large = cv2.resize(noise, (320, 240))  # much to squeeze
    frames = [np.roll(large, 3 * k, axis=1) for k in range(6)]
    available = os.sched_getaffinity(0)
    found = []
    for processors in (available, {min(available)}):
        os.sched_setaffinity(0, processors)
        try:
            found.append(np.stack(list(squeeze(frames, 0.1))))
        finally:
            os.sched_setaffinity(0, available)
    np.testing.assert_array_equal(*found)


def test_what_is_no_clip_is_left_out_with_a_warning(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    make_clip(clips / "good.mp4", moving(4, 64, 48))
    make_clip(clips / "cut_short.mp4", moving(4, 64, 48))
    os.truncate(clips / "cut_short.mp4", 1000)
    (clips / "empty.mp4").touch()
    (clips / "LICENCE").write_text("yours")
    (clips / "text.mkv").write_text("no film " * 100)
    write_tone(clips / "tone.wav")
    make_clip(clips / "one.mp4", moving(1, 64, 48))
    make_clip(clips / "two.mp4", moving(2, 64, 48))
    make_video(clips / "tall.mkv", size=(4, 1200), count=3, codec="ffv1", pixel_format="yuv444p")
    for silent in ("SOURCES.md", "list.TXT", "clips.json", ".hidden.mp4"):
        (clips / silent).write_text("no clip")
    (clips / "folder.mp4").mkdir()
    bad = {path.name for path in clips.iterdir() if path.is_file()}
    bad -= {"good.mp4", "SOURCES.md", "list.TXT", "clips.json", ".hidden.mp4"}
    for _ in range(2):  # decoded, and from the cache
        with pytest.warns(DainWarning) as told:
            found = cache_clips(clips, cache)
        assert [clip.name for clip in found] == ["good"] * 3
        assert {Path(str(each.message).split(": ")[0]).name for each in told} == bad
    assert {path.name for path in cache.glob("*.npy")} == {clip.file for clip in found}


def write_tone(path):
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\1" * 8000)


def test_a_folder_without_clips(tmp_path):
    (tmp_path / "notes.txt").write_text("none here")
    with pytest.raises(MediaError, match="expected videos of 3 frames or more, found none"):
        cache_clips(tmp_path, tmp_path / "cache")
    with pytest.raises(MediaError, match=r"expected a folder of clips, found .*nowhere"):
        cache_clips(tmp_path / "nowhere", tmp_path / "cache")
    with pytest.raises(MediaError, match="expected a folder of clips"):
        cache_clips(tmp_path / "notes.txt", tmp_path / "cache")


@pytest.mark.parametrize(
    ("options", "shape", "poor_width"),
    [
        ({"size": (33, 47), "codec": "ffv1", "pixel_format": "yuv444p"}, (47, 33), 168),
        ({"size": (64, 48), "codec": "ffv1", "pixel_format": "yuv420p10le"}, (48, 64), 320),
        ({"size": (64, 48), "codec": "ffv1", "pixel_format": "bgra"}, (48, 64), 320),
        ({"size": (64, 48), "codec": "ffv1", "pixel_format": "gray"}, (48, 64), 320),
        ({"size": (64, 48), "rotation": display_matrix(6)}, (64, 48), 180),
        ({"size": (1000, 100), "codec": "ffv1", "pixel_format": "yuv444p"}, (96, 960), 2400),
    ],
    ids=["odd", "deep", "alpha", "grey", "rotated", "large"],
)
def test_any_picture(tmp_path, options, shape, poor_width):
    name = "clip.mp4" if "rotation" in options else "clip.mkv"
    clips = tmp_path / "clips"
    clips.mkdir()
    make_video(clips / name, count=4, **options)
    whole, *poor = cache_clips(clips, tmp_path / "cache")
    assert load_clip(whole, tmp_path / "cache").shape == (4, *shape, 3)
    for clip in poor:
        assert load_clip(clip, tmp_path / "cache").shape == (4, 240, poor_width, 3)


def test_pictures_that_change_size(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    parts = [
        make_video(tmp_path / f"{width}.h264", size=(width, 48), count=4).read_bytes()
        for width in (64, 96)
    ]
    (clips / "both.h264").write_bytes(b"".join(parts))
    whole = cache_clips(clips, tmp_path / "cache")[0]
    frames = load_clip(whole, tmp_path / "cache")
    assert frames.shape[1:] == (48, 64, 3)
    assert len(frames) > 4


def test_only_the_first_frames_of_a_long_clip(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_cache, "_MOST_FRAMES", 5)
    clips = tmp_path / "clips"
    clips.mkdir()
    make_clip(clips / "long.mp4", moving(9, 64, 48))
    for clip in cache_clips(clips, tmp_path / "cache"):
        assert len(load_clip(clip, tmp_path / "cache")) == len(clip.change) == 5


def test_a_clip_is_never_in_memory_as_a_whole(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    make_clip(clips / "clip.mp4", moving(40, 480, 360))
    size = 40 * 480 * 360 * 3
    tracemalloc.start()
    try:
        cache_clips(clips, tmp_path / "cache")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "cache" / "clip.mp4.npy").stat().st_size > size
    assert peak < size / 2


def replace(clips, cache):
    make_clip(clips / "pan.mp4", moving(9, 64, 48, seed=7))


def touch(clips, cache):
    os.utime(clips / "pan.mp4", ns=(1, 1))


def lose(clips, cache):
    (cache / "pan.mp4.poor1.npy").unlink()


def truncate(clips, cache):
    os.truncate(cache / "pan.mp4.npy", 1000)


@pytest.mark.parametrize("event", [replace, touch, lose, truncate])
def test_what_changed_is_decoded_anew_and_nothing_else(clips, cache, event):
    before = states(cache)
    event(clips, cache)
    found = cached(clips, cache)
    assert len(found) == 6
    for name, clip in found.items():
        assert (states(cache)[name] == before[name]) == name.startswith("broken")
        assert len(load_clip(clip, cache)) == len(clip.change)
    after = states(cache)
    cached(clips, cache)
    assert states(cache) == after


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1, "clips": {}}', "damaged"])
def test_an_index_that_cannot_be_read_is_made_again(clips, cache, content):
    before = cached(clips, cache)
    (cache / "clips.json").write_text(content)
    assert cached(clips, cache) == before


def test_clips_that_are_gone_or_new(clips, cache):
    (clips / "pan.mp4").unlink()
    make_clip(clips / "nëw clip.mp4", moving(4, 64, 48))
    assert {clip.name for clip in cache_clips(clips, cache)} == {"broken", "nëw clip"}


@pytest.mark.parametrize("moment", ["_decoded", "squeeze", "_write_index"])
def test_an_interrupt_leaves_what_is_whole(clips, tmp_path, monkeypatch, moment):
    cache = tmp_path / "cache"
    work, calls = getattr(clip_cache, moment), []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return work(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(clip_cache, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            cache_clips(clips, cache)
    assert not list(cache.glob("*.part"))
    kept = states(cache)
    found = cached(clips, cache)
    assert len(found) == 6
    if moment != "squeeze":  # which was not done with the first clip
        assert states(cache)["broken.mkv.npy"] == kept["broken.mkv.npy"]


def test_remains_of_a_killed_process_are_removed(clips, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "pan.mp4.npy.part").write_bytes(b"half")
    (cache / "other.mp4.npy.part").write_bytes(b"half")
    cache_clips(clips, cache)
    assert not list(cache.glob("*.part"))


def test_a_full_disk(clips, tmp_path):
    """As far as this process can write files; those before are kept."""
    resource = pytest.importorskip("resource")
    cache = tmp_path / "cache"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(RunError, match=r"cannot write decoded clips to .*: file too large"):
            cache_clips(clips, cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name for path in cache.iterdir()} <= {".lock"}
    assert len(cached(clips, cache)) == 6


def test_a_cache_that_cannot_be_written(clips, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write decoded clips to .*: not a directory"):
        cache_clips(clips, tmp_path / "file" / "cache")

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(OutputError, match="permission denied; --cache names another"):
        cache_clips(clips, tmp_path / "cache")


def test_a_complete_cache_is_only_read(clips, cache, monkeypatch):
    def refuse(*_):
        raise AssertionError("nothing is to be written")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    assert len(cached(clips, cache)) == 6


COUNTING = """
import sys
from pathlib import Path
from dain.training import clip_cache

made, work = [], clip_cache._cache_clip
clip_cache._cache_clip = lambda *given: made.append(given) or work(*given)
found = clip_cache.cache_clips(Path(sys.argv[1]), Path(sys.argv[2]))
print(len(found), len(made))
"""


def test_two_processes_share_the_work(made_clips, tmp_path):
    command = [sys.executable, "-c", COUNTING, str(made_clips), str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [process.communicate()[0].split() for process in both]
    assert [found for found, _ in counts] == ["6", "6"]
    assert sum(int(made) for _, made in counts) == 2
    assert not list((tmp_path / "cache").glob("*.part"))
