"""Runs that are cut off and go on: the output is that of an unbroken run, to the byte."""

import json
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from filelock import FileLock
from tests.support.engines import BlendEngine
from tests.support.stills import png_of
from tests.support.videos import Audio, cutouts, make_video, pictures

from dain.errors import (
    DamageError,
    EncodeError,
    MediaError,
    OptionError,
    OutputError,
    StoppedError,
)
from dain.jobs import StopRequest, run, run_job, segmented
from dain.jobs.workfolder import work_path
from dain.media import open_reader
from dain.settings import EncodeSettings, JobSettings, ReadSettings, TimeSettings

LENGTH = 8  # frames in a segment


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    monkeypatch.setattr(segmented, "_FRAMES", LENGTH)
    monkeypatch.setattr(segmented, "_FEWEST_FRAMES", LENGTH)


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mp4", count=15, audio=[Audio()])


def settings(resume=True, codec=None, **time):
    return JobSettings(
        time=TimeSettings(**(time or {"factor": Fraction(2)})),
        encode=EncodeSettings(codec=codec),
        resume=resume,
    )


class Stopper(BlendEngine):
    """Asks the run to stop at its calls of certain numbers."""

    def __init__(self, stop, at):
        super().__init__(lambda: len(self.calls) == at and stop.ask())


def run_broken(clip, output, asked, at, on_report=None):
    """A run that is stopped and resumed several times."""
    for call in at:
        stop = StopRequest()
        with pytest.raises(StoppedError, match="the same command goes on"):
            run_job(clip, output, asked, interpolator=Stopper(stop, call), stop=stop)
        assert not output.exists()
        assert work_path(output).is_dir()
    engine = BlendEngine()
    result = run_job(clip, output, asked, interpolator=engine, on_report=on_report)
    assert result.frames_kept >= LENGTH * len(at)
    assert not work_path(output).exists()
    return result


def contents(path):
    if path.is_dir():
        return {entry.name: entry.read_bytes() for entry in sorted(path.iterdir())}
    return path.read_bytes()


def facts(result):
    return [
        *(result.frames_in, result.frames_out, result.duration, result.fps),
        *(result.model, result.device, result.precision, result.warnings),
    ]


def frames_of(path):
    with open_reader(path) as reader:
        return [(frame.time, frame.duration, frame.pixels) for frame in reader.frames()]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("out.mp4", None), ("out.mkv", "libx265"), ("out.mkv", "ffv1"), ("out.webm", None)),
        *(("out.avi", None), ("out.mov", "prores_ks"), ("out.mp4", "mpeg4"), ("out.ts", None)),
        *(("out.mp4", "libsvtav1"), ("out.gif", None), ("out.webp", None), ("out", None)),
        *(("out.zip", None), ("out", "exr")),
    ],
)
def test_a_broken_run_gives_the_same_bytes(clip, tmp_path, name, codec):
    size = (96, 96)  # SVT-AV1 refuses tiny frames, and x265 looks beyond the edges of such
    clip = make_video(tmp_path / "in2.mp4", count=15, size=size, audio=[Audio()])
    whole, broken = tmp_path / "whole" / name, tmp_path / "broken" / name
    for path in (whole, broken):
        path.parent.mkdir()
    asked = settings(codec=codec)
    unbroken = run_job(clip, whole, asked, interpolator=BlendEngine())
    result = run_broken(clip, broken, asked, at=(6, 4))
    assert contents(broken) == contents(whole)
    assert facts(result) == facts(unbroken)
    assert (unbroken.frames_kept, unbroken.frames_in, unbroken.frames_out) == (0, 15, 30)


@pytest.mark.parametrize("name", ["out.webm", "out.mov"])
def test_transparency_is_carried_in_segments(tmp_path, name):
    images = cutouts(15, 64, 48)
    clip = make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format="bgra", images=images)
    run_job(clip, tmp_path / f"whole-{name}", settings(), interpolator=BlendEngine())
    run_broken(clip, tmp_path / name, settings(), at=(6, 4))
    assert contents(tmp_path / name) == contents(tmp_path / f"whole-{name}")
    with open_reader(tmp_path / name, ReadSettings(alpha=True)) as reader:
        made = list(reader.frames())
    assert len(made) == 30
    for index, image in enumerate(images):
        alpha = made[2 * index].pixels[..., 3]
        difference = np.abs(alpha / np.iinfo(alpha.dtype).max - image[..., 3] / 255)
        assert difference.mean() < 0.01


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.avi"])
def test_segments_meet_without_a_seam(clip, tmp_path, name):
    lossless = "libx264rgb" if name != "out.avi" else "huffyuv"
    asked = {"codec": lossless, "fps": Fraction(60)}
    options = EncodeSettings(codec=lossless, crf=0 if name != "out.avi" else None)
    for folder, resume in (("segments", True), ("whole", False)):
        (tmp_path / folder).mkdir()
        given = JobSettings(time=TimeSettings(fps=asked["fps"]), encode=options, resume=resume)
        run_job(clip, tmp_path / folder / name, given, interpolator=BlendEngine())
    joined, whole = (frames_of(tmp_path / each / name) for each in ("segments", "whole"))
    assert [frame[:2] for frame in joined] == [frame[:2] for frame in whole]
    for (*_, mine), (*_, other) in zip(joined, whole, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_decoding_times_rise_and_never_pass_the_frame(clip, tmp_path):
    output = tmp_path / "out.mp4"
    run_job(clip, output, settings(fps=Fraction(60)), interpolator=BlendEngine())
    with av.open(str(output)) as container:
        times = [
            (packet.dts, packet.pts)
            for packet in container.demux(container.streams.video[0])
            if packet.size
        ]
    assert all(decode <= show for decode, show in times)
    assert all(early < late for (early, _), (late, _) in pairwise(times))
    assert len({show for _, show in times}) == len(times) == 38


@pytest.mark.parametrize(
    "time",
    [
        {"fps": Fraction(50), "loop": True},
        {"factor": Fraction(3), "slow_motion": True},
        {"fps": Fraction(60), "start": Fraction(1, 7), "end": Fraction(3, 5)},
        {"factor": Fraction(4), "start_frame": 3, "end_frame": 12},
    ],
)
def test_every_plan_can_be_resumed(clip, tmp_path, time):
    asked = settings(**time)
    unbroken = run_job(clip, tmp_path / "whole.mkv", asked, interpolator=BlendEngine())
    result = run_broken(clip, tmp_path / "broken.mkv", asked, at=(4, 3))
    assert contents(tmp_path / "broken.mkv") == contents(tmp_path / "whole.mkv")
    assert facts(result) == facts(unbroken)


def test_damage_counts_once_however_often_a_run_is_resumed(tmp_path):
    clip = make_video(tmp_path / "in.mkv", count=30, keyframe_interval=5)
    with av.open(str(clip)) as container:
        packets = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = bytearray(clip.read_bytes())
    data[packets[10] + 30 : packets[10] + 40] = bytes(10)
    clip.write_bytes(data[: packets[26]])
    unbroken = run_job(clip, tmp_path / "whole.mkv", settings(), interpolator=BlendEngine())
    assert len(unbroken.warnings) == 2
    result = run_broken(clip, tmp_path / "broken.mkv", settings(), at=(13, 5))
    assert facts(result) == facts(unbroken)
    assert contents(tmp_path / "broken.mkv") == contents(tmp_path / "whole.mkv")


def stop_once(clip, output, asked, at=6):
    stop = StopRequest()
    with pytest.raises(StoppedError, match=r"16 of \d+ frames are kept"):
        run_job(clip, output, asked, interpolator=Stopper(stop, at), stop=stop)


@pytest.mark.parametrize("change", ["setting", "input", "engine"])
def test_a_change_starts_over_and_says_why(clip, tmp_path, change):
    output, asked, engine = tmp_path / "out.mkv", settings(), BlendEngine()
    stop_once(clip, output, asked)
    if change == "setting":
        asked = settings(codec="ffv1")
    elif change == "input":
        make_video(clip, count=15, audio=[Audio(frequency=300.0)])
    else:
        engine.precision = "bf16"
    events = []
    result = run_job(clip, output, asked, events.append, interpolator=engine)
    named = {"setting": "--codec", "input": "the input", "engine": "precision"}[change]
    assert [each for each in result.warnings if each.startswith("starting over") and named in each]
    begun = next(index for index, event in enumerate(events) if event.stage == "interpolating")
    assert named in "".join(event.note for event in events[:begun])
    assert (result.frames_kept, result.frames_out) == (0, 30)
    assert not work_path(output).exists()


def test_what_changes_no_frame_goes_on(clip, tmp_path):
    output = tmp_path / "out.mkv"
    stop_once(clip, output, settings())
    output.write_bytes(b"someone else's")
    with pytest.raises(OutputError, match="--overwrite"):
        run_job(clip, output, settings(), interpolator=BlendEngine())
    asked = JobSettings(
        time=TimeSettings(factor=Fraction(2)), encode=EncodeSettings(overwrite=True), strict=True
    )
    assert run_job(clip, output, asked, interpolator=BlendEngine()).frames_kept == 16


@pytest.mark.parametrize("how", ["flipped", "cut", "gone", "no manifest", "other manifest"])
def test_damaged_work_is_done_again(clip, tmp_path, how):
    output = tmp_path / "out.mkv"
    run_job(clip, tmp_path / "whole.mkv", settings(), interpolator=BlendEngine())
    stop_once(clip, output, settings())
    segment, manifest = work_path(output) / "000001.segment", work_path(output) / "manifest.json"
    if how == "flipped":
        data = bytearray(segment.read_bytes())
        data[-1] ^= 1
        segment.write_bytes(data)
    elif how == "cut":
        segment.write_bytes(segment.read_bytes()[:-1])
    elif how == "gone":
        segment.unlink()
    elif how == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({"format": 99}))
    result = run_job(clip, output, settings(), interpolator=BlendEngine())
    assert result.frames_kept == (0 if "manifest" in how else 8)
    assert contents(output) == contents(tmp_path / "whole.mkv")


def test_two_runs_of_one_output_do_not_meet(clip, tmp_path):
    output = tmp_path / "out.mkv"
    work_path(output).mkdir()
    with FileLock(work_path(output) / "lock"):
        for resume in (True, False):
            with pytest.raises(OutputError, match="another run of dain is writing"):
                run_job(clip, output, settings(resume=resume), interpolator=BlendEngine())
    assert run_job(clip, output, settings(), interpolator=BlendEngine()).frames_out == 30


def test_no_resume_starts_over_and_keeps_nothing(clip, tmp_path):
    output = tmp_path / "out.mkv"
    stop_once(clip, output, settings())
    stop = StopRequest()
    result = run_job(clip, output, settings(resume=False), interpolator=Stopper(stop, 6), stop=stop)
    assert (result.frames_kept, result.frames_out) == (0, 30)
    assert not work_path(output).exists()


def test_what_a_killed_run_staged_is_removed(clip, tmp_path):
    from dain.media.output import StagedFile

    output = tmp_path / "out.mkv"
    StagedFile(output, overwrite=False)  # and nobody to discard it
    assert len(list(tmp_path.glob(".out.mkv.*.part"))) == 1
    other = StagedFile(tmp_path / "out.mkv.mkv", overwrite=False)
    run_job(clip, output, settings(), interpolator=BlendEngine())
    assert [path.name for path in tmp_path.glob(".*")] == [other.path.name]


def test_a_failure_keeps_whole_segments_and_says_so(clip, tmp_path):
    def fail():
        # 13 frames are handed on by then and at most 4 of them wait: 8 are sealed, 16 cannot be.
        if len(engine.calls) == 7:
            raise EncodeError("the disk is full")

    engine = BlendEngine(fail)
    with pytest.raises(EncodeError, match=r"^the disk is full; 8 of 30 frames are kept, and"):
        run_job(clip, tmp_path / "out.mkv", settings(), interpolator=engine)
    kept = sorted(path.name for path in work_path(tmp_path / "out.mkv").iterdir())
    assert kept == ["000000.segment", "lock", "manifest.json"]


@pytest.mark.parametrize("how", ["gone", "another"])
def test_a_source_that_is_gone_at_the_end_costs_no_sound(clip, tmp_path, how):
    output, hidden = tmp_path / "out.mkv", tmp_path / "hidden.mp4"

    def disturb():
        if len(engine.calls) == 12:
            clip.rename(hidden)
            if how == "another":
                make_video(clip, count=15)

    engine = BlendEngine(disturb)
    with pytest.raises(MediaError, match=r"put (it back|back what it was); 30 of 30"):
        run_job(clip, output, settings(), interpolator=engine)
    hidden.replace(clip)
    assert run_job(clip, output, settings(), interpolator=BlendEngine()).frames_kept == 30
    with av.open(str(output)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_segments_are_long_where_frames_are_small():
    from dain.media import OutputSpec

    def length(width, height, model="dain-lite"):
        spec = OutputSpec(width=width, height=height, rate=Fraction(60))
        return segmented.segment_length(spec, model)

    assert length(64, 48) == length(4, 4) >= length(1280, 720) >= length(3840, 2160) > 1
    assert length(64, 48, "dain") < length(64, 48)


def test_an_engine_that_cannot_be_had_today_costs_nothing_that_is_kept(clip, tmp_path, monkeypatch):
    def refuse(*settings):
        raise OptionError("no such device here")

    output = tmp_path / "out.mkv"
    stop_once(clip, output, settings())
    monkeypatch.setattr(run, "make_interpolator", refuse)
    with pytest.raises(OptionError, match=r"^no such device here; 16 of 30 frames are kept$"):
        run_job(clip, output, settings())
    assert run_job(clip, output, settings(), interpolator=BlendEngine()).frames_kept == 16


def test_what_was_made_of_a_damaged_input_outlives_a_strict_run(tmp_path):
    clip, output = make_video(tmp_path / "in.mkv", count=30), tmp_path / "out.mkv"
    with av.open(str(clip)) as container:
        packets = [packet.pos for packet in container.demux(video=0) if packet.size]
    clip.write_bytes(clip.read_bytes()[: packets[15]])
    stop_once(clip, output, settings())
    strict = JobSettings(time=TimeSettings(factor=Fraction(2)), strict=True)
    # The decoder is ahead: when it comes to the end, one more segment may be sealed or not.
    with pytest.raises(DamageError, match=r"cut short.*; (16|24) of \d+ frames are kept$"):
        run_job(clip, output, strict, interpolator=BlendEngine())
    assert run_job(clip, output, settings(), interpolator=BlendEngine()).frames_kept in (16, 24)


@pytest.mark.parametrize("source", ["shots", "shots/%02d.png"])
def test_other_files_beside_stills_are_no_change_of_them(tmp_path, source):
    (tmp_path / "shots").mkdir()
    for number, picture in enumerate(pictures(15, 64, 48)):
        (tmp_path / "shots" / f"{number:02d}.png").write_bytes(png_of(picture))
    notes, output = tmp_path / "shots" / "notes.txt", tmp_path / "shots" / "out.mkv"
    stop_once(tmp_path / source, output, settings())
    notes.write_text("half way")
    engine = BlendEngine(lambda: notes.write_text("more"))
    assert run_job(tmp_path / source, output, settings(), interpolator=engine).frames_kept == 16


def test_one_output_has_one_place_for_its_work_and_others_have_theirs(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "link.mkv"
    link.symlink_to(tmp_path / "elsewhere" / "out.mkv")
    assert work_path(link) == work_path(tmp_path / "elsewhere" / "out.mkv")
    loop = tmp_path / "loop.mkv"
    loop.symlink_to(loop)
    with pytest.raises(OptionError, match="cannot look up"):
        run_job(tmp_path / "in.mkv", loop, settings(), interpolator=BlendEngine())
    assert work_path(loop).parent == tmp_path
    patterns = [tmp_path / folder / "%04d.png" for folder in ("a", "b")]
    assert work_path(patterns[0]) != work_path(patterns[1])


def test_two_patterns_may_be_written_into_one_folder_at_once(clip, tmp_path):
    (tmp_path / "out").mkdir()
    left, right = (tmp_path / "out" / f"{side}%04d.png" for side in ("l", "r"))

    def run_another():
        if len(engine.calls) == 3:
            run_job(clip, right, settings(), interpolator=BlendEngine())

    engine = BlendEngine(run_another)
    run_job(clip, left, settings(resume=False), interpolator=engine)
    assert len(list((tmp_path / "out").glob("*.png"))) == 60
    assert not list((tmp_path / "out").glob(".*"))


def test_a_work_folder_that_is_removed_meanwhile_is_one_line(clip, tmp_path):
    import shutil

    def disturb():
        if len(engine.calls) == 6:
            shutil.rmtree(work_path(tmp_path / "out.mkv"))

    engine = BlendEngine(disturb)
    with pytest.raises(EncodeError, match=r"^cannot write what is made of .*no such file"):
        run_job(clip, tmp_path / "out.mkv", settings(), interpolator=engine)


def test_the_report_of_every_run_counts_what_is_kept(clip, tmp_path):
    output, told, stop = tmp_path / "out.mkv", [], StopRequest()
    stop_once(clip, output, settings())
    with pytest.raises(StoppedError, match="24 of 30"):
        run_job(
            *(clip, output, settings()),
            interpolator=Stopper(stop, 2),
            stop=stop,
            on_report=told.append,
        )
    run_job(clip, output, settings(), interpolator=BlendEngine(), on_report=told.append)
    assert [each["status"] for each in told] == ["interrupted", "done"]
    assert [(each["frames"]["kept"], each["frames"]["out"]) for each in told] == [
        (16, 24),
        (24, 30),
    ]


def test_a_folder_that_appears_meanwhile_hides_no_work(clip, tmp_path):
    output = tmp_path / "out"
    stop_once(clip, output, settings())
    output.mkdir()
    assert run_job(clip, output, settings(), interpolator=BlendEngine()).frames_kept == 16
    assert not list(tmp_path.glob(".*"))
    assert not list(output.glob(".*"))
