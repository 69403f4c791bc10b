"""Planning a run over an open source."""

import os
from fractions import Fraction
from pathlib import Path

import pytest
from tests.support.videos import Audio, make_video

from dain.errors import MediaError, OptionError, OutputError
from dain.jobs.prepare import check_name, check_names, prepare
from dain.media import open_reader
from dain.settings import JobSettings, TimeSettings


def plan(path, **time):
    with open_reader(path) as reader:
        return prepare(reader, JobSettings(time=TimeSettings(**time)))


def test_a_whole_video_shifts_nothing(tmp_path):
    path = make_video(tmp_path / "late.mkv", pts=range(12, 24))
    job = plan(path, fps=Fraction(48))
    first = job.timing.first_pts * job.timing.time_base
    assert first == Fraction(1, 2)
    assert job.offset == job.spec.copy_start == job.spec.copy_offset == first
    assert job.spec.copy_end is None
    assert job.spec.copy_stretch == 1


def test_a_broadcasts_clock_counts_from_its_earliest_stream(tmp_path):
    path = make_video(
        tmp_path / "in.ts",
        pts=range(24_000, 24_012),
        audio=Audio(start=Fraction(1000) - Fraction(1, 4), seconds=Fraction(1, 2)),
    )
    job = plan(path, fps=Fraction(48))
    assert job.spec.copy_start > 999
    assert Fraction(1, 4) <= job.spec.copy_offset <= Fraction(2, 5)


def test_a_range_starts_at_zero_and_bounds_what_is_copied(tmp_path):
    path = make_video(tmp_path / "in.mp4", count=48, audio=Audio())
    job = plan(path, fps=Fraction(48), start=Fraction(1, 2), end=Fraction(3, 2))
    assert job.offset == 0
    assert job.spec.copy_start == Fraction(1, 2)
    assert job.spec.copy_end == Fraction(3, 2)
    assert job.spec.copy_offset == 0
    assert job.from_pts is not None
    assert job.plan.count == 48


def test_a_range_without_an_end_copies_to_the_end(tmp_path):
    path = make_video(tmp_path / "in.mp4", count=24)
    assert plan(path, factor=Fraction(2), start_frame=3).spec.copy_end is None


def test_slow_motion_stretches_the_other_streams_up_to_the_last_picture(tmp_path):
    path = make_video(tmp_path / "in.mp4", count=24)
    job = plan(path, factor=Fraction(4), slow_motion=True)
    assert job.spec.copy_stretch == 4
    assert job.spec.copy_end == 1
    assert job.spec.rate == 24
    assert job.plan.count == 96


def test_slow_motion_of_a_range_stretches_what_lies_in_it(tmp_path):
    path = make_video(tmp_path / "in.mp4", count=48)
    start, end = Fraction(1, 2), Fraction(3, 2)
    spec = plan(path, fps=Fraction(60), slow_motion=True, start=start, end=end).spec
    assert (spec.copy_start, spec.copy_end) == (start, end)
    assert (spec.copy_stretch, spec.copy_offset) == (Fraction(5, 2), 0)


def test_one_frame_is_no_video(tmp_path):
    path = make_video(tmp_path / "one.mp4", count=1)
    with pytest.raises(MediaError, match="at least two frames, found one"):
        plan(path, factor=Fraction(2))


def test_the_input_is_no_output(tmp_path):
    path = make_video(tmp_path / "in.mp4", count=2)
    link = tmp_path / "link.mp4"
    link.symlink_to(path)
    for output in (path, link):
        with pytest.raises(OutputError, match="apart from the input"):
            check_names(path, output)
    check_names(path, tmp_path / "other.mp4")


def test_a_pipe_is_refused_where_none_can_be():
    check_names(Path("-"), Path("-"))
    with pytest.raises(OptionError, match="a pipe needs a run of its own"):
        check_name(Path("-"))


def test_a_name_that_is_too_long():
    with pytest.raises(OptionError, match="cannot look up"):
        check_names(Path("in.mp4"), Path("n" * 300 + ".mp4"))


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_name_that_leads_in_a_circle(tmp_path):
    path = tmp_path / "in.mp4"
    path.symlink_to(path)
    with pytest.raises(OptionError, match="cannot look up"):
        check_names(path, tmp_path / "out.mp4")
