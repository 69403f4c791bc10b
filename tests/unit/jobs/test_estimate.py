"""What a run would take."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import Audio, make_video

from dain.errors import DamageError, OptionError, OutputError
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


@pytest.mark.parametrize("name", ["out", "out.v2", "out_%03d.png", "new/%d.jpg"])
def test_stills_out(clip, tmp_path, name):
    if name == "out.v2":
        (tmp_path / name).mkdir()
    before = set(tmp_path.rglob("*"))
    estimate = estimate_job(clip, tmp_path / name, settings(), interpolator=BlendEngine())
    assert estimate.bytes > 120 * 100
    assert not estimate.output_exists
    assert set(tmp_path.rglob("*")) == before


def test_stills_into_the_folder_one_stands_in(clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimate = estimate_job(clip, Path(), settings(), interpolator=BlendEngine())
    assert estimate.bytes > 120 * 100
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("name", ["stills", "stills/%d.png"])
def test_stills_that_exist_are_told(clip, tmp_path, name):
    (tmp_path / "stills").mkdir()
    (tmp_path / "stills" / "7.png").write_bytes(b"precious")
    estimate = estimate_job(clip, tmp_path / name, settings(), interpolator=BlendEngine())
    assert estimate.output_exists


def test_what_a_run_would_refuse_is_refused(clip, tmp_path):
    chosen = settings(factor=Fraction(2), start=Fraction(100))
    with pytest.raises(OptionError):
        estimate_job(clip, tmp_path / "out.mp4", chosen, interpolator=BlendEngine())


@pytest.mark.parametrize(
    "name", ["no/out.mp4", "no/where/out", "no/where/%d.png", "in.mp4/out.mp4"]
)
def test_an_output_that_a_run_would_refuse_is_refused(clip, tmp_path, name):
    engine = BlendEngine()
    with pytest.raises(OutputError):
        estimate_job(clip, tmp_path / name, settings(), interpolator=engine)
    assert not engine.calls


def test_stills_into_their_own_folder_are_refused(clip, tmp_path):
    stills = tmp_path / "stills"
    run_job(clip, stills, settings(), interpolator=BlendEngine())
    with pytest.raises(OutputError, match="another place"):
        estimate_job(stills, stills, settings(), interpolator=BlendEngine())


def test_streams_that_would_be_left_behind_are_told(clip, tmp_path):
    chosen = settings(factor=Fraction(2), slow_motion=True)
    estimate = estimate_job(clip, tmp_path / "out.mp4", chosen, interpolator=BlendEngine())
    result = run_job(clip, tmp_path / "out.mp4", chosen, interpolator=BlendEngine())
    assert any("audio" in warning for warning in estimate.warnings)
    assert estimate.warnings == result.warnings


def test_damage_in_the_sample_is_told_or_refused(tmp_path):
    clip = make_video(tmp_path / "in.mkv", count=24, keyframe_interval=6)
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    output = tmp_path / "out.mp4"
    assert estimate_job(clip, output, settings(), interpolator=BlendEngine()).warnings
    with pytest.raises(DamageError):
        estimate_job(clip, output, replace(settings(), strict=True), interpolator=BlendEngine())


@pytest.mark.parametrize(
    "chosen",
    [
        {"end": Fraction(1)},
        {"start": Fraction(51, 100), "end": Fraction(1)},
        {"start": Fraction(51, 100), "end": Fraction(101, 100)},
        {"start": Fraction(51, 100), "end": Fraction(1), "loop": True},
        {"start_frame": 10, "end_frame": 10},
        {"start_frame": 59},
    ],
    ids=str,
)
def test_it_counts_the_frames_that_a_run_uses(clip, tmp_path, chosen):
    chosen = settings(factor=Fraction(2), **chosen)
    output = tmp_path / "out.mp4"
    estimate = estimate_job(clip, output, chosen, interpolator=BlendEngine())
    result = run_job(clip, output, chosen, interpolator=BlendEngine())
    assert estimate.frames_in == result.frames_in
    assert estimate.frames_out == result.frames_out


def test_a_frame_that_is_held_is_not_measured_by_interpolating(clip, tmp_path):
    engine = BlendEngine()
    chosen = settings(factor=Fraction(8), start_frame=10, end_frame=10)
    estimate_job(clip, tmp_path / "out.mp4", chosen, interpolator=engine)
    assert not engine.calls


def test_a_sample_is_extended_by_its_later_frames():
    sample = _Sample(
        frames=11, first_seconds=5.0, all_seconds=7.0, first_bytes=1000, all_bytes=2000
    )
    assert sample.seconds(101) == pytest.approx(5 + 100 * 0.2)
    assert sample.bytes(251, 250) == 2 * 1000 + 249 * 100


def test_what_is_seen_before_the_first_frame_counts_for_the_rest_of_the_source():
    ahead = _Sample(11, 5.0, 7.0, 0, 0, seen_before=6, seen_later=0, seconds_to_see=0.1)
    assert ahead.seconds(101, 51) == pytest.approx(5 + 100 * 0.2 + 45 * 0.1)
    as_it_goes = replace(ahead, seen_before=1, seen_later=5)
    assert as_it_goes.seconds(101, 51) == pytest.approx(5 + 100 * 0.2)


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


@pytest.mark.parametrize(("free", "told"), [(10**12, False), (10, True)])
def test_too_little_room_is_told_before_the_run(clip, tmp_path, monkeypatch, free, told):
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    estimate = estimate_job(clip, tmp_path / "out.mp4", settings(), interpolator=BlendEngine())
    assert any("make room" in warning for warning in estimate.warnings) is told


def test_a_file_that_is_cut_short_is_measured_where_it_begins(tmp_path):
    clip = make_video(tmp_path / "in.mp4", count=60, keyframe_interval=5)
    with av.open(str(clip)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(clip.read_bytes())
    for place, size in packets[10:]:
        data[place : place + size] = bytes(size)
    clip.write_bytes(data)
    estimate = estimate_job(clip, tmp_path / "out.mp4", settings(), interpolator=BlendEngine())
    assert estimate.frames_out == 120
    assert estimate.seconds > 0
    assert "damaged and left out" in " ".join(estimate.warnings)
