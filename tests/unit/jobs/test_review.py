"""What is kept of doubtful moments, and the page that shows them."""

import json
import re
from fractions import Fraction

import cv2
import numpy as np
import pytest

from dain.errors import OutputError
from dain.jobs.doubt_log import LEAST_DOUBT, MOST_MOMENTS, DoubtLog
from dain.jobs.review import check_review, clock_time, write_review


def fill(log, doubts, seconds=Fraction(1), start=0, **more):
    """One made frame after the other, `seconds` apart."""
    for index, doubt in enumerate(doubts, start):
        frames = [np.full((30, 40, 3), shade, np.uint8) for shade in (0, 100, 200)]
        certainty = np.full((8, 10), 1 - doubt, np.float32)
        log.append(index, index * seconds, doubt, certainty, *frames, **more)
    return log


def doubts_of(log):
    return [moment.doubt for moment in log.entries()]


def test_the_worst_come_first_and_few_are_kept():
    doubts = np.random.default_rng(0).permutation(np.linspace(0.3, 0.9, 60)).tolist()
    log = fill(DoubtLog(), doubts)
    assert doubts_of(log) == sorted(doubts, reverse=True)[:MOST_MOMENTS]
    assert log.count == 60


def test_of_half_a_second_only_the_worst_is_kept():
    log = fill(DoubtLog(), [0.4, 0.6, 0.5, 0.3], seconds=Fraction(1, 4))
    assert [(moment.index, moment.doubt) for moment in log.entries()] == [(1, 0.6), (2, 0.5)]


def test_of_equal_ones_the_first_stay():
    log = fill(DoubtLog(most=3), [0.5] * 6)
    assert [moment.index for moment in log.entries()] == [0, 1, 2]


def test_what_is_hardly_doubtful_is_passed_over():
    log = fill(DoubtLog(), [0, LEAST_DOUBT - 0.01, LEAST_DOUBT])
    assert doubts_of(log) == [LEAST_DOUBT]
    assert log.count == 1


@pytest.mark.parametrize("cut", [0, 3, 17])
def test_a_run_that_was_cut_off_keeps_the_same(cut):
    doubts = np.random.default_rng(1).uniform(0.2, 0.9, 20).tolist()
    whole = fill(DoubtLog(most=5), doubts)
    first = fill(DoubtLog(most=5), doubts[:cut])
    second = DoubtLog(most=5)
    second.go_on_from(json.loads(json.dumps(first.as_record())))
    fill(second, doubts[cut:], start=cut)
    assert second.as_record() == whole.as_record()
    assert second.told() == whole.told()


def test_a_frame_that_is_made_again_counts_once():
    log = fill(DoubtLog(), [0.5, 0.6, 0.7])
    fill(log, [0.6, 0.7, 0.8], start=1)
    assert log.count == 4
    assert [moment.index for moment in log.entries()] == [3, 2, 1, 0]


def test_plain_numbers_for_a_report():
    log = fill(DoubtLog(pictures=False), [0.75], given_up=0.125)
    assert log.told() == {
        "frames": 1,
        "worst": [{"frame": 0, "time": 0.0, "doubt": 0.75, "given_up": 0.125}],
    }
    assert not log.entries()[0].pictures


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_of_every_kind_of_frame(dtype, channels):
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    frame = np.full((600, 900, channels), full, dtype)
    frame[..., 1] = 0
    frame[..., 3:] = full
    log = DoubtLog()
    log.append(0, Fraction(0), 0.5, np.zeros((150, 225), np.float32), frame, frame, frame)
    (moment,) = log.entries()
    assert moment.size == (480, 320)
    assert list(moment.pictures) == ["earlier", "made", "later", "doubt"]
    for kind in ("earlier", "made", "later"):
        shown = cv2.imdecode(np.frombuffer(moment.pictures[kind], np.uint8), cv2.IMREAD_COLOR)
        assert shown.shape == (320, 480, 3)
        assert np.abs(shown.mean(axis=(0, 1)) - [255, 0, 255]).max() < 3
    doubt = cv2.imdecode(np.frombuffer(moment.pictures["doubt"], np.uint8), cv2.IMREAD_COLOR)
    assert doubt.shape == (320, 480, 3)
    assert doubt.mean() > 180  # no certainty at all: the brightest colour


def test_the_page_shows_the_worst_first(tmp_path):
    log = fill(DoubtLog(), [0.3, 0.9, 0.6], seconds=Fraction(3661), given_up=0.25)
    write_review(tmp_path / "new", log.entries(), "film & more.mkv", "hold", log.count)
    page = (tmp_path / "new" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"</span>(\d+:\d\d:\d\d\.\d{3})</h3>", page) == [
        "1:01:01.000",
        "2:02:02.000",
        "0:00:00.000",
    ]
    assert "film &amp; more.mkv" in page
    assert "3 new frames are in doubt" in page
    assert page.count("<li><span>held</span>25%</li>") == 3
    assert not re.search(r"https?://", page)
    sources = re.findall(r'<img src="([^"]+)"', page)
    assert len(sources) == 12
    files = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert files == sorted([*sources, "index.html"])


def test_a_review_replaces_an_earlier_one_and_nothing_else(tmp_path):
    write_review(tmp_path, fill(DoubtLog(), [0.5, 0.6]).entries(), "a", "blend", 2)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "frame-1.jpg").write_text("mine, too")
    write_review(tmp_path, fill(DoubtLog(), [0.7], start=5).entries(), "a", "blend", 1)
    kinds = ("doubt", "earlier", "later", "made")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"frame-00000005-{kind}.jpg" for kind in kinds),
        "frame-1.jpg",
        "index.html",
        "notes.txt",
    ]


def test_without_doubt_there_is_a_page_that_says_so(tmp_path):
    write_review(tmp_path / "none", [], "a", "blend", 0)
    assert "Nothing to look at" in (tmp_path / "none" / "index.html").read_text(encoding="utf-8")


def test_moments_without_pictures_say_so(tmp_path):
    log = fill(DoubtLog(pictures=False), [0.5])
    write_review(tmp_path / "new", log.entries(), "a", "blend", log.count)
    page = (tmp_path / "new" / "index.html").read_text(encoding="utf-8")
    assert "No pictures" in page
    assert "<img src" not in page


def test_places_that_cannot_take_a_review_are_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(OutputError, match="expected --review to name a folder, found the file"):
        check_review(file)
    with pytest.raises(OutputError, match="in a folder that exists"):
        check_review(tmp_path / "no" / "review")
    (tmp_path / "index.html").write_text("<html>mine</html>")
    with pytest.raises(OutputError, match="without a page of its own"):
        write_review(tmp_path, [], "a", "blend", 0)
    assert (tmp_path / "index.html").read_text() == "<html>mine</html>"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "index.html"]


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (Fraction(0), "0:00:00.000"),
        (Fraction(1001, 24000), "0:00:00.042"),
        (Fraction(59_9995, 10000), "0:01:00.000"),
        (Fraction(36_000), "10:00:00.000"),
    ],
)
def test_times_as_a_clock_shows_them(time, text):
    assert clock_time(time) == text
