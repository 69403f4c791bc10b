"""One run, with a real reader and writer and an engine that only blends."""

from fractions import Fraction

import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import make_video, pictures

from dain.errors import DamageError, EncodeError, MediaError, OptionError, OutputError
from dain.jobs import run_job
from dain.media import open_reader, opening
from dain.settings import EncodeSettings, JobSettings, TimeSettings


def settings(strict=False, encode=None, **time):
    return JobSettings(
        time=TimeSettings(**(time or {"factor": Fraction(2)})),
        encode=encode or EncodeSettings(),
        strict=strict,
    )


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format="bgr0", count=6)


def read(path):
    with open_reader(path) as reader:
        return list(reader.frames())


def test_a_run_tells_what_it_did(clip, tmp_path):
    events = []
    output = tmp_path / "out.mkv"
    lossless = EncodeSettings(codec="ffv1", pix_fmt="bgr0")
    result = run_job(clip, output, settings(encode=lossless), events.append, BlendEngine())
    assert result.output == output
    assert (result.frames_in, result.frames_out) == (6, 12)
    assert (result.fps, result.duration) == (48, Fraction(1, 4))
    assert (result.model, result.device, result.precision) == ("blend", "cpu", "fp32")
    assert result.seconds > 0
    made = read(output)
    assert len(made) == 12
    for source, passed in zip(pictures(6, 64, 48), made[::2], strict=True):
        np.testing.assert_array_equal(passed.pixels, source)
    counted = [event.done for event in events if event.stage == "interpolating" and event.done]
    assert counted == list(range(1, 13))
    assert {event.total for event in events[1:]} == {12}
    assert events[0].stage == "reading"
    assert events[-1].stage == "finishing"


@pytest.mark.parametrize("error", [EncodeError("disk full"), KeyboardInterrupt(), MemoryError()])
def test_a_failure_leaves_nothing_behind(clip, tmp_path, error):
    output = tmp_path / "out.mp4"

    def fail():
        raise error

    with pytest.raises(type(error)):
        run_job(clip, output, settings(), interpolator=BlendEngine(fail))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv"]


def test_an_interruption_while_finishing_keeps_what_was_made(clip, tmp_path, monkeypatch):
    from dain.media.video_writer import VideoWriter

    def interrupted(self):
        raise KeyboardInterrupt

    output = tmp_path / "out.mp4"
    with monkeypatch.context() as patch:
        patch.setattr(VideoWriter, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt, match="12 of 12 frames are kept"):
            run_job(clip, output, settings(), interpolator=BlendEngine())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.mp4.dain", "in.mkv"]
    engine = BlendEngine()
    assert run_job(clip, output, settings(), interpolator=engine).frames_kept == 12
    assert engine.calls == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", "out.mp4"]


def test_a_failing_encoder_ends_the_run_with_its_own_message(clip, tmp_path, monkeypatch):
    from dain.media.video_encoding import VideoEncoder

    def refuse(self, frame):
        raise EncodeError("the encoder gave up")

    monkeypatch.setattr(VideoEncoder, "encode", refuse)
    with pytest.raises(EncodeError, match="the encoder gave up"):
        run_job(clip, tmp_path / "out.mp4", settings(), interpolator=BlendEngine())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv"]


def test_an_existing_output_is_refused_before_the_engine_is_loaded(clip, tmp_path, monkeypatch):
    from dain.jobs import run

    monkeypatch.setattr(run, "make_interpolator", pytest.fail)
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        run_job(clip, output, settings())
    assert output.read_bytes() == b"precious"


def test_an_unusable_input_is_told_before_an_unusable_output(tmp_path):
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    with pytest.raises(MediaError):
        run_job(tmp_path / "missing.mp4", output, settings(), interpolator=BlendEngine())


def test_a_range_outside_the_video_writes_nothing(clip, tmp_path):
    with pytest.raises(OptionError, match="--start inside the video"):
        run_job(
            clip,
            tmp_path / "out.mp4",
            settings(factor=Fraction(2), start=Fraction(9)),
            interpolator=BlendEngine(),
        )
    assert not (tmp_path / "out.mp4").exists()


def truncate(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def test_a_truncated_input_is_shorter_and_says_so(tmp_path):
    clip = make_video(tmp_path / "in.mkv", count=48, keyframe_interval=6)
    truncate(clip, 0.5)
    result = run_job(clip, tmp_path / "out.mp4", settings(), interpolator=BlendEngine())
    assert 2 <= result.frames_in < 48
    assert result.warnings
    assert len(read(tmp_path / "out.mp4")) == result.frames_out
    assert result.duration == Fraction(result.frames_out, 48)


def test_strict_stops_at_damage_and_removes_the_output(tmp_path):
    clip = make_video(tmp_path / "in.mkv", count=48, keyframe_interval=6)
    truncate(clip, 0.5)
    with pytest.raises(DamageError, match="--strict"):
        run_job(clip, tmp_path / "out.mp4", settings(strict=True), interpolator=BlendEngine())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv"]


def test_messages_become_warnings_once_each(clip, tmp_path, monkeypatch):
    opened = opening.open_reader

    def chatty(path, read_settings=None):
        reader = opened(path, read_settings)
        reader.messages += ["look", "look"]
        return reader

    monkeypatch.setattr("dain.jobs.run.open_reader", chatty)
    result = run_job(
        clip, tmp_path / "out.mp4", settings(fps=Fraction(12)), interpolator=BlendEngine()
    )
    assert result.warnings[0].startswith("12 frames per second are fewer")
    assert result.warnings.count("look") == 1
