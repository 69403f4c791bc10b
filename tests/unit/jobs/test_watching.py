"""What a run tells of itself: timings, counts, a report and a preview."""

import json
import time
from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import make_video

from dain.errors import DainWarning, MediaError, OutputError
from dain.jobs import Progress, ReportFile, run_job
from dain.jobs.preview import Preview, check_preview_apart
from dain.jobs.watching import Watch
from dain.media import Frame
from dain.media.preview import write_preview
from dain.settings import JobSettings, TimeSettings


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format="bgr0", count=6)


def settings(preview=None, **time):
    return JobSettings(time=TimeSettings(**(time or {"factor": Fraction(3)})), preview=preview)


def frame(index, value=0):
    return Frame(np.full((4, 6, 3), value, np.uint8), index, Fraction(1, 10), 1, index)


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self):
        return self.now


class TestWatch:
    def test_every_stage_is_timed_where_it_waits(self):
        clock = Clock()
        watch = Watch(clock=clock)

        def slow(frames, seconds):
            for each in frames:
                clock.now += seconds
                yield each

        def write(item):
            clock.now += 5

        decoded = watch.decoding(slow([frame(0), frame(1)], 1))
        leaving = watch.leaving(watch.arriving(slow(decoded, 2)))
        for item in leaving:
            clock.now += 4
            watch.encoding(write)(item)
        timings = watch.timings
        assert timings.decoding == 2
        assert timings.waiting_for_decoder == 6
        assert timings.encoding == 10
        assert timings.waiting_for_encoder == 18

    def test_stages_that_follow_each_other_are_timed_by_progress(self):
        clock, heard = Clock(), []
        watch = Watch(heard.append, clock=clock)
        for stage, seconds in (("reading", 1), ("loading", 2), ("interpolating", 4)):
            watch.progress(Progress(stage))
            clock.now += seconds
        watch.progress(Progress("interpolating", 1))
        watch.progress(Progress("finishing"))
        clock.now += 8
        watch.end()
        timings = watch.timings
        assert (timings.reading, timings.loading, timings.finishing) == (1, 2, 8)
        assert len(heard) == 5

    def test_a_decoder_is_closed_with_the_watch(self):
        closed = []

        def frames():
            try:
                yield frame(0)
                yield frame(1)
            finally:
                closed.append(True)

        watched = Watch().decoding(frames())
        next(watched)
        watched.close()
        assert closed == [True]


class TestReport:
    def test_a_run_is_reported(self, clip, tmp_path):
        path = tmp_path / "report.json"
        output = tmp_path / "out.mp4"
        engine = BlendEngine(lambda: time.sleep(0.01))
        run_job(clip, output, settings(), None, engine, on_report=ReportFile(path).add)
        told = json.loads(path.read_text())
        assert (told["schema"], told["status"], told["error"]) == (1, "done", None)
        assert told["frames"] == {
            "in": 6,
            "out": 18,
            "kept": 0,
            "passed": 6,
            "made": 10,
            "mixed": 0,
            "held": 2,
        }
        assert told["input"]["codec"] == "ffv1"
        assert told["input"]["bytes"] == clip.stat().st_size
        assert told["output"]["bytes"] == output.stat().st_size
        assert told["output"]["fps_exact"] == "72/1"
        assert told["settings"]["time"]["factor"] == "3"
        assert (told["model"], told["device"], told["precision"]) == ("blend", "cpu", "fp32")
        assert told["cuts"] == told["fades"] == told["cadence"] == told["overlays"] == []
        assert told["damage"] == {"corrupt": 0, "truncated": False, "messages": []}
        assert told["timings"]["interpolating"] >= 0.05
        assert told["timings"]["encoding"] > 0
        assert told["peak_memory_bytes"] > 2**20

    def test_a_failure_is_reported(self, tmp_path):
        reports = []
        missing = tmp_path / "missing.mkv"
        with pytest.raises(MediaError):
            run_job(missing, tmp_path / "out.mp4", settings(), on_report=reports.append)
        assert reports[0]["status"] == "failed"
        assert reports[0]["error"]["type"] == "MediaError"
        assert reports[0]["error"]["exit_code"] == 2
        assert reports[0]["input"]["codec"] is None

    def test_an_interruption_is_reported(self, clip, tmp_path):
        def interrupt():
            raise KeyboardInterrupt

        reports = []
        with pytest.raises(KeyboardInterrupt):
            run_job(
                clip,
                tmp_path / "out.mp4",
                settings(),
                interpolator=BlendEngine(interrupt),
                on_report=reports.append,
            )
        assert reports[0]["status"] == "interrupted"
        assert reports[0]["input"]["codec"] == "ffv1"

    def test_several_reports_are_a_list(self, tmp_path):
        path = tmp_path / "report.json"
        file = ReportFile(path, several=True)
        for status in ("failed", "done"):
            file.add({"status": status})
        runs = json.loads(path.read_text())["runs"]
        assert [run["status"] for run in runs] == ["failed", "done"]

    def test_only_json_is_replaced(self, tmp_path):
        with pytest.raises(OutputError, match=r"\.json"):
            ReportFile(tmp_path / "film.mp4")
        with pytest.raises(OutputError, match="cannot look up"):
            ReportFile(tmp_path / f"{'x' * 300}.json")

    def test_a_report_that_cannot_be_written_is_an_error_of_a_good_run_only(self, tmp_path):
        folder = tmp_path / "gone"
        folder.mkdir()
        file = ReportFile(folder / "report.json")
        folder.rmdir()
        file.add({"status": "failed"})
        with pytest.raises(OutputError):
            file.add({"status": "done"})


class TestPreview:
    def test_a_run_leaves_its_last_pair(self, clip, tmp_path):
        path = tmp_path / "preview.png"
        output = tmp_path / "out.mp4"
        run_job(clip, output, settings(preview=path), interpolator=BlendEngine())
        picture = cv2.imread(str(path))
        assert picture.shape == (150 + 22, 600, 3)

    def test_it_is_written_now_and_then_and_at_the_end(self, tmp_path):
        path, clock = tmp_path / "preview.png", Clock()
        preview = Preview(path, lambda pts: Fraction(pts, 10), clock)
        pair = [frame(0, 10), frame(1, 200)]
        for each in pair:
            preview.see(each)

        def offer(value):
            made = [np.full((4, 6, 3), value, np.uint8)]
            preview.offer(pair[0].pixels, pair[1].pixels, made, [Fraction(1, 2)])
            return int(cv2.imread(str(path))[-1, 300, 0])

        assert offer(50) == 50
        clock.now += 1.9
        assert offer(90) == 50
        clock.now += 0.2
        assert offer(120) == 120
        assert offer(140) == 120
        preview.close()
        assert int(cv2.imread(str(path))[-1, 300, 0]) == 140

    def test_a_failure_is_told_once_and_ends_nothing(self, tmp_path):
        folder = tmp_path / "gone"
        folder.mkdir()
        preview = Preview(folder / "preview.png", Fraction, lambda: 0.0)
        folder.rmdir()
        pixels = frame(0).pixels
        with pytest.warns(DainWarning, match="no more previews"):
            preview.offer(pixels, pixels, [pixels], [0.5])
        preview.offer(pixels, pixels, [pixels], [0.5])
        preview.close()

    @pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.JPEG", "p.webp"])
    @pytest.mark.parametrize(
        "pixels",
        [
            np.full((40, 30, 3), 128, np.uint8),
            np.full((40, 30, 3), 32896, np.uint16),
            np.full((40, 30, 3), 0.502, np.float32),
            np.full((40, 30, 4), 65535, np.uint16) // np.array([2, 2, 2, 1], np.uint16),
        ],
        ids=["uint8", "uint16", "float32", "alpha"],
    )
    def test_every_kind_of_frame_is_shown(self, tmp_path, name, pixels):
        write_preview(tmp_path / name, [("a", pixels), ("b", pixels), ("c", pixels)])
        picture = cv2.imread(str(tmp_path / name))
        assert abs(int(picture[100, 300, 1]) - 128) <= 2

    def test_a_large_frame_is_made_small(self, tmp_path):
        pixels = np.zeros((216, 3840, 3), np.uint8)
        write_preview(tmp_path / "p.png", [("a", pixels)] * 3)
        assert cv2.imread(str(tmp_path / "p.png")).shape[1] <= 1280

    def test_what_is_transparent_is_white(self, tmp_path):
        write_preview(tmp_path / "p.png", [("a", np.zeros((20, 400, 4), np.uint8))])
        assert cv2.imread(str(tmp_path / "p.png"))[-1, 5].tolist() == [255, 255, 255]

    def test_names_that_cannot_be(self, clip, tmp_path):
        for name in ("preview.gif", "preview", "nowhere/preview.png"):
            with pytest.raises(OutputError):
                run_job(
                    clip, tmp_path / "o.mp4", settings(tmp_path / name), interpolator=BlendEngine()
                )
        still = tmp_path / "a.png"
        for source, output in ((still, tmp_path / "o"), (clip, still), (tmp_path, clip)):
            with pytest.raises(OutputError, match="apart from"):
                check_preview_apart(still, source, output)
        assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]

    def test_a_preview_is_no_still_of_a_pattern(self, tmp_path):
        pattern, other = tmp_path / "%02d.png", tmp_path / "elsewhere" / "%02d.png"
        for source, output in ((pattern, other), (other, pattern)):
            with pytest.raises(OutputError, match="apart from"):
                check_preview_apart(tmp_path / "07.png", source, output)
            check_preview_apart(tmp_path / "preview.png", source, output)
