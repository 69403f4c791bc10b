"""The progress bar and the player of the notebook."""

import base64
import re
from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.support.videos import make_video

from dain import notebook
from dain.errors import DainError, OptionError
from dain.jobs import Progress
from dain.media import Frame, open_reader
from dain.notebook import ProgressBar, side_by_side


def flat(count, width=64, height=48):
    """Pictures of one colour each, brighter from each to the next."""
    return [np.full((height, width, 3), 20 + 20 * k, np.uint8) for k in range(count)]


def videos_in(player, folder):
    """Rates of the videos inside a player, and the mean brightness of their frames."""
    found = []
    for number, data in enumerate(re.findall(r"data:video/mp4;base64,([^\"]+)", player)):
        path = folder / f"inside{number}.mp4"
        path.write_bytes(base64.b64decode(data, validate=True))
        with open_reader(path) as reader:
            frames = [round(float(frame.pixels.mean()) / 20) - 1 for frame in reader.frames()]
            found.append((reader.info.rates[0], frames))
    return found


def test_both_videos_at_their_own_rates(tmp_path):
    before = make_video(tmp_path / "a.mp4", images=flat(6), rate=12)
    after = make_video(tmp_path / "b.mkv", images=flat(8), rate=24)
    player = side_by_side(before, after, start_frame=1, end_frame=4)
    assert videos_in(player, tmp_path) == [(12, [1, 2, 3, 4]), (24, list(range(8)))]
    assert "before: a.mp4, 12 frames a second" in player


def test_stills_and_odd_sizes_and_names(tmp_path):
    folder = tmp_path / "<i>stills"
    folder.mkdir()
    for k, picture in enumerate(flat(3, 33, 21)):
        cv2.imwrite(str(folder / f"{k}.png"), picture)
    player = side_by_side(folder, folder)
    assert [frames for _, frames in videos_in(player, tmp_path)] == [[0, 1, 2]] * 2
    assert 'width="32" height="20"' in player
    assert "&lt;i&gt;stills" in player


def test_large_and_long_videos_become_small(tmp_path, monkeypatch):
    monkeypatch.setattr(notebook, "_MOST_HEIGHT", 24)
    monkeypatch.setattr(notebook, "_MOST_SECONDS", Fraction(1, 4))
    clip = make_video(tmp_path / "a.mp4", images=flat(10), sample_aspect_ratio=Fraction(2), rate=12)
    player = side_by_side(clip, clip)
    assert [frames for _, frames in videos_in(player, tmp_path)] == [[0, 1, 2]] * 2
    assert 'width="64" height="24"' in player


def test_a_frame_stands_until_the_next_begins():
    pixels = np.zeros((2, 2, 3), np.uint8)
    frames = [Frame(pixels, pts, Fraction(1, 10), None, k) for k, pts in enumerate((5, 6, 9))]
    shown = notebook._held(frames, Fraction(1, 2), Fraction(10), 6)
    assert [frame.index for frame in shown] == [0, 1, 1, 1, 2, 2]


def test_sixteen_bits_become_eight():
    frame = Frame(np.full((4, 4, 3), 65535, np.uint16), 0, Fraction(1), None, 0)
    assert (notebook._shrunk(frame, 2, 2) == 255).all()


def test_no_such_frame(tmp_path):
    clip = make_video(tmp_path / "a.mp4", count=4)
    with pytest.raises(OptionError, match="from 0 to 3, found 4"):
        side_by_side(clip, clip, start_frame=4)
    with pytest.raises(DainError, match=r"no\.mp4"):
        side_by_side(clip, tmp_path / "no.mp4")


def test_the_bar_is_drawn_once_in_a_while_and_at_the_end(monkeypatch):
    drawn, clock = [], iter([0.0, 0.1, 0.2, 1.0, 1.1])
    monkeypatch.setattr(notebook.time, "monotonic", lambda: next(clock))
    bar = ProgressBar()
    monkeypatch.setattr(bar, "_show", drawn.append)
    bar(Progress("reading"))
    bar(Progress("interpolating", 1, 9))
    bar(Progress("interpolating", 2, 9))
    bar(Progress("interpolating", 3, 9, rate=2.0, seconds_left=3.0))
    bar(Progress("interpolating", 9, 9))
    assert [line.partition("</progress> ")[2] for line in drawn] == [
        "reading",
        "interpolating, 1 of 9 frames",
        "interpolating, 3 of 9 frames, 2 frames/s, 3 s left",
        "interpolating, 9 of 9 frames",
    ]
    assert drawn[2].startswith('<progress value="3" max="9">')
