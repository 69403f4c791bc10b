"""What a run would take."""

from fractions import Fraction

import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import Audio, make_video

from dain.errors import OptionError
from dain.jobs import estimate_job, run_job
from dain.jobs.estimate import _Sample
from dain.settings import EncodeSettings, JobSettings, TimeSettings


def settings(**time):
    return JobSettings(time=TimeSettings(**(time or {"factor": Fraction(2)})))


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mp4", count=60, audio=Audio())


def test_the_estimate_matches_the_run(clip, tmp_path):
    output = tmp_path / "out.mp4"
    engine = BlendEngine()
    estimate = estimate_job(clip, output, settings(), interpolator=engine)
    assert len(engine.calls) <= 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]
    result = run_job(clip, output, settings(), interpolator=BlendEngine())
    assert estimate.frames_in == result.frames_in == 60
    assert estimate.frames_out == result.frames_out == 120
    assert (estimate.fps, estimate.duration) == (result.fps, result.duration)
    assert estimate.seconds > 0
    assert output.stat().st_size / 3 < estimate.bytes < 3 * output.stat().st_size


def test_an_existing_output_is_told_not_refused(clip, tmp_path):
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    estimate = estimate_job(clip, output, settings(), interpolator=BlendEngine())
    assert estimate.output_exists
    assert output.read_bytes() == b"precious"


def test_a_range_counts_only_what_lies_in_it(clip, tmp_path):
    chosen = settings(factor=Fraction(2), start_frame=10, end_frame=19)
    estimate = estimate_job(clip, tmp_path / "out.mp4", chosen, interpolator=BlendEngine())
    assert (estimate.frames_in, estimate.frames_out) == (10, 20)


@pytest.mark.parametrize("last", [10, 11])
def test_a_range_of_one_or_two_frames(clip, tmp_path, last):
    chosen = settings(factor=Fraction(3), start_frame=10, end_frame=last)
    estimate = estimate_job(clip, tmp_path / "out.mp4", chosen, interpolator=BlendEngine())
    assert estimate.frames_out == 3 * (last - 9)
    assert estimate.bytes > 0


def test_stills_out(clip, tmp_path):
    estimate = estimate_job(clip, tmp_path / "out", settings(), interpolator=BlendEngine())
    assert estimate.bytes > 120 * 100
    assert not (tmp_path / "out").exists()


def test_what_a_run_would_refuse_is_refused(clip, tmp_path):
    chosen = settings(factor=Fraction(2), start=Fraction(100))
    with pytest.raises(OptionError):
        estimate_job(clip, tmp_path / "out.mp4", chosen, interpolator=BlendEngine())


def test_a_sample_is_extended_by_its_later_frames():
    sample = _Sample(
        frames=11, first_seconds=5.0, all_seconds=7.0, first_bytes=1000, all_bytes=2000
    )
    assert sample.seconds(101) == pytest.approx(5 + 100 * 0.2)
    assert sample.bytes(251) == 2 * 1000 + 249 * 100


def test_encoder_settings_are_those_of_the_run(clip, tmp_path):
    sizes = [
        estimate_job(
            clip,
            tmp_path / "out.mp4",
            JobSettings(time=TimeSettings(factor=Fraction(2)), encode=EncodeSettings(crf=crf)),
            interpolator=BlendEngine(),
        ).bytes
        for crf in (1, 50)
    ]
    assert sizes[0] > 1.5 * sizes[1]
