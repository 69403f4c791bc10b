"""From decoded frames to output frames."""

from fractions import Fraction

import numpy as np
import pytest
from tests.support.engines import BlendEngine

from dain.errors import MediaError
from dain.jobs.making import FrameMaker
from dain.jobs.prepare import PreparedJob
from dain.jobs.ticks import common_time_base
from dain.media import Frame, OutputSpec
from dain.settings import TimeSettings
from dain.timeline import make_plan, measure

BASE = Fraction(1, 1000)


def job_for(pts, offset=Fraction(0), **time):
    timing = measure(pts, BASE, (), 100, snap=not time.get("keep_timing"))
    plan = make_plan(timing, TimeSettings(**time), pts)
    return PreparedJob(
        timing=timing,
        plan=plan,
        spec=OutputSpec(width=2, height=1, rate=plan.output_rate),
        from_pts=None,
        promised_pts=pts[-1],
        offset=offset,
        time_base=common_time_base(plan, timing, offset),
    )


def frames(pts, start=0):
    """Frames whose brightness is their number times ten."""
    for index, value in enumerate(pts, start=start):
        yield Frame(np.full((1, 2, 3), 10 * index, np.uint8), value, BASE, 100, index)


def brightness(made):
    return [int(frame.pixels[0, 0, 0]) for frame in made]


PTS = [0, 100, 200, 300]


def test_frames_between_are_made_and_the_end_is_held():
    engine = BlendEngine()
    maker = FrameMaker(job_for(PTS, factor=Fraction(2)), engine)
    made = list(maker.make(frames(PTS)))
    assert brightness(made) == [0, 5, 10, 15, 20, 25, 30, 30]
    assert engine.calls == [[Fraction(1, 2)]] * 3
    assert [frame.time for frame in made] == [Fraction(k, 20) for k in range(8)]
    assert [frame.index for frame in made] == list(range(8))
    assert maker.frames_in == 4
    assert maker.duration == Fraction(2, 5)


def test_an_instant_on_a_frame_is_that_very_array():
    source = list(frames(PTS))
    made = list(FrameMaker(job_for(PTS, factor=Fraction(2)), BlendEngine()).make(source))
    for before, after in zip(source, made[::2], strict=True):
        assert after.pixels is before.pixels


def test_the_last_duration_is_shortened():
    maker = FrameMaker(job_for(PTS, fps=Fraction(24)), BlendEngine())
    made = list(maker.make(frames(PTS)))
    assert len(made) == 10  # ceil(0.4 * 24)
    assert [frame.duration * frame.time_base for frame in made[:-1]] == [Fraction(1, 24)] * 9
    assert made[-1].duration * made[-1].time_base == Fraction(2, 5) - Fraction(9, 24)


def test_the_offset_moves_every_frame():
    offset = Fraction(7, 90)
    made = FrameMaker(job_for(PTS, offset, factor=Fraction(2)), BlendEngine()).make(frames(PTS))
    assert [frame.time for frame in made] == [offset + Fraction(k, 20) for k in range(8)]


def test_slow_motion_keeps_the_rate():
    maker = FrameMaker(job_for(PTS, factor=Fraction(2), slow_motion=True), BlendEngine())
    made = list(maker.make(frames(PTS)))
    assert brightness(made) == [0, 5, 10, 15, 20, 25, 30, 30]
    assert made[-1].time == Fraction(7, 10)
    assert maker.duration == Fraction(8, 10)


def test_a_loop_flows_into_its_first_frame():
    made = FrameMaker(job_for(PTS, factor=Fraction(2), loop=True), BlendEngine()).make(frames(PTS))
    assert brightness(made) == [0, 5, 10, 15, 20, 25, 30, 15]


def test_a_looped_range_flows_into_the_frame_it_starts_with():
    job = job_for(PTS, factor=Fraction(2), loop=True, start_frame=1, end_frame=2)
    # Decoding may begin earlier than the range.
    made = FrameMaker(job, BlendEngine()).make(frames(PTS))
    assert brightness(made) == [10, 15, 20, 15]


def test_a_range_of_frames_holds_its_last_and_reads_no_further():
    read = []

    def watched():
        for frame in frames(PTS):
            read.append(frame.index)
            yield frame

    maker = FrameMaker(job_for(PTS, factor=Fraction(2), end_frame=1), BlendEngine())
    assert brightness(maker.make(watched())) == [0, 5, 10, 10]
    assert read == [0, 1, 2]
    assert maker.frames_in == 2


def test_a_truncated_source_ends_where_its_frames_end():
    maker = FrameMaker(job_for(PTS, factor=Fraction(2)), BlendEngine())
    assert brightness(maker.make(frames(PTS[:3]))) == [0, 5, 10, 15, 20, 20]
    assert maker.duration == Fraction(3, 10)


def test_lost_frames_in_between_are_bridged():
    kept = [frame for frame in frames(PTS) if frame.index != 1]
    made = FrameMaker(job_for(PTS, factor=Fraction(2)), BlendEngine()).make(kept)
    assert brightness(made) == [0, 5, 10, 15, 20, 25, 30, 30]


def test_lost_frames_at_the_beginning_are_held():
    made = FrameMaker(job_for(PTS, factor=Fraction(2)), BlendEngine()).make(
        frames(PTS[1:], start=1)
    )
    assert brightness(made) == [10, 10, 10, 15, 20, 25, 30, 30]


def test_fewer_frames_are_made_in_long_gaps_at_a_time():
    engine = BlendEngine()
    maker = FrameMaker(job_for([0, 100], factor=Fraction(8)), engine, batch_bytes=3 * 6)
    made = maker.make(frames([0, 100]))
    assert len(list(made)) == 16
    assert max(len(call) for call in engine.calls) <= 3
    assert [time for call in engine.calls for time in call] == [Fraction(k, 8) for k in range(1, 8)]


@pytest.mark.parametrize(("decodable", "found"), [(0, "none"), (1, "only one")])
def test_too_few_decodable_frames(decodable, found):
    maker = FrameMaker(job_for(PTS, factor=Fraction(2)), BlendEngine())
    with pytest.raises(MediaError, match=f"at least two frames, {found} could be decoded"):
        list(maker.make(frames(PTS[:decodable])))


@pytest.mark.parametrize("time", [{}, {"loop": True}, {"keep_timing": True}])
def test_a_range_beyond_what_can_be_decoded_is_refused(time):
    start = Fraction(29, 100)
    maker = FrameMaker(job_for(PTS, factor=Fraction(2), start=start, **time), BlendEngine())
    with pytest.raises(MediaError, match=r"frames from 0\.2\d* s on, .* ends at 0\.2 s"):
        list(maker.make(frames(PTS[:2])))
