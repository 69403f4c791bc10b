"""``--keep-timing`` from a file to a file: what is in it comes out at its own time."""

from fractions import Fraction
from itertools import pairwise

import av
import pytest
from tests.support.engines import BlendEngine
from tests.support.fields import make_fields
from tests.support.videos import Audio, make_video

from dain.errors import OutputError
from dain.jobs import estimate_job, run_job
from dain.jobs.making import FrameMaker
from dain.jobs.prepare import from_frame, prepare
from dain.media import open_reader
from dain.settings import EncodeSettings, JobSettings, ReadSettings, TimeSettings

PTS = [0, 40, 70, 76, 200, 212, 300, 333]
BASE = Fraction(1, 1000)
LAST = 40  # how long the last one stands


def keep(**time):
    return JobSettings(time=TimeSettings(keep_timing=True, **(time or {"factor": Fraction(2)})))


def source(path, pts=PTS, **kinds):
    """A file whose frames stand until the next one, the last for `LAST`."""
    return make_video(path, pts=pts, count=len(pts), time_base=BASE, **kinds)


def shown(path):
    """Times and durations of the packets in seconds, in order."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = sorted((p.pts, p.duration) for p in container.demux(stream) if p.size)
        return [(pts * stream.time_base, length * stream.time_base) for pts, length in found]


def expected(begin, end, parts, pts=PTS):
    """Source times from frame `begin` to `end`, each gap in `parts`."""
    times = [value * BASE for value in pts[begin : end + 1]]
    made = [a + Fraction(j, parts) * (b - a) for a, b in pairwise(times) for j in range(parts)]
    return [*made, times[-1]]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm"])
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_containers_hold_the_very_times(tmp_path, name, factor):
    output = tmp_path / name
    result = run_job(
        source(tmp_path / "in.mp4"), output, keep(factor=Fraction(factor)), None, BlendEngine()
    )
    found = [time for time, _ in shown(output)]
    wanted = expected(0, len(PTS) - 1, factor)
    if name in ("a.mkv", "a.webm"):  # in milliseconds
        assert all(abs(a - b) <= BASE / 2 for a, b in zip(found, wanted, strict=True))
        assert found[::factor] == wanted[::factor]
    else:
        assert found == wanted
    assert result.frames_out == len(wanted)
    assert result.fps == len(wanted) / result.duration


def test_the_last_frame_stands_as_long_as_the_sources(tmp_path):
    path = source(tmp_path / "in.mp4")
    result = run_job(path, tmp_path / "out.mp4", keep(), None, BlendEngine())
    for each in (path, tmp_path / "out.mp4"):
        with open_reader(each) as reader:
            times = reader.timestamps()
        end = (times.pts[-1] + times.last_duration) * times.time_base
        assert end == result.duration


def test_passed_frames_are_the_sources_and_new_ones_lie_between(tmp_path):
    path = source(tmp_path / "in.mkv", codec="ffv1", pixel_format="bgr0")
    settings = JobSettings(
        time=TimeSettings(keep_timing=True, factor=Fraction(2)),
        encode=EncodeSettings(codec="libx264rgb", crf=0),
    )
    run_job(path, tmp_path / "out.mkv", settings, None, BlendEngine())
    with open_reader(path) as before, open_reader(tmp_path / "out.mkv") as after:
        old, new = list(before.frames()), list(after.frames())
    for one, same in zip(old, new[::2], strict=True):
        assert one.time == same.time
        assert (one.pixels == same.pixels).all()


def test_sound_and_a_late_start_stay_in_place(tmp_path):
    path = source(tmp_path / "in.mp4", [500 + pts for pts in PTS], audio=Audio(seconds=Fraction(1)))
    run_job(path, tmp_path / "out.mp4", keep(), None, BlendEngine())
    assert [t for t, _ in shown(tmp_path / "out.mp4")][::2] == [(500 + p) * BASE for p in PTS]
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert len(container.streams.audio) == 1


def test_ranges_loops_and_slow_motion(tmp_path):
    path, output = source(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    again = EncodeSettings(overwrite=True)

    def times(**asked):
        settings = JobSettings(time=keep(**asked).time, encode=again)
        run_job(path, output, settings, None, BlendEngine())
        return [time / BASE for time, _ in shown(output)]

    two = Fraction(2)
    assert times(factor=two, start_frame=3, end_frame=5) == [0, 62, 124, 130, 136]
    assert times(factor=two, start_frame=3, end_frame=4, loop=True) == [0, 62, 124, 130]
    assert times(factor=two, start=Fraction(1, 10), end=Fraction(21, 100)) == [0, 38, 100, 106]
    assert times(factor=two, start_frame=4, slow_motion=True) == [0, 12, 24, 112, 200, 233, 266]
    assert times(fps=Fraction(25), start_frame=3) == [
        *(0, Fraction(124, 3), Fraction(248, 3), 124, 136),
        *(180, 224, 257),
    ]


def test_a_dry_run_tells_the_same(tmp_path):
    path, output = source(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    estimate = estimate_job(path, output, keep(), None, BlendEngine())
    result = run_job(path, output, keep(), None, BlendEngine())
    assert estimate.frames_out == result.frames_out == 2 * len(PTS) - 1
    assert (estimate.fps, estimate.duration) == (result.fps, result.duration)
    assert estimate.frames_in == result.frames_in == len(PTS)


def test_animated_images_keep_their_delays(tmp_path):
    run_job(source(tmp_path / "in.mp4"), tmp_path / "out.apng", keep(), None, BlendEngine())
    with open_reader(tmp_path / "out.apng") as reader:
        assert [frame.time for frame in reader.frames()] == expected(0, len(PTS) - 1, 2)
    result = run_job(
        source(tmp_path / "in.mp4"),
        tmp_path / "out.gif",
        keep(factor=Fraction(1)),
        None,
        BlendEngine(),
    )
    assert "shorter ones stand for that" in " ".join(result.warnings)


def test_stills_say_that_times_are_lost(tmp_path):
    (tmp_path / "out").mkdir()
    result = run_job(source(tmp_path / "in.mp4"), tmp_path / "out", keep(), None, BlendEngine())
    assert "stills have no times; those that --keep-timing keeps are lost" in result.warnings


@pytest.mark.parametrize(
    ("name", "factor", "message"),
    [
        ("out.avi", 2, "counts frames and cannot keep times that vary; name an .mp4 or .mkv"),
        ("out.mkv", 8, "cannot time frames that are 0.75 ms apart; lower the rate or name an .mp4"),
    ],
)
def test_what_cannot_hold_the_times_is_refused(tmp_path, name, factor, message):
    with pytest.raises(OutputError, match=message):
        run_job(
            source(tmp_path / "in.mp4"),
            tmp_path / name,
            keep(factor=Fraction(factor)),
            None,
            BlendEngine(),
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


@pytest.mark.parametrize("wish", ["auto", "bob"])
@pytest.mark.parametrize(
    "time", [{"factor": Fraction(2), "keep_timing": True}, {"fps": Fraction(50)}]
)
def test_a_run_taken_up_at_any_frame_makes_the_same(tmp_path, wish, time):
    path = make_fields(tmp_path / "in.mkv", 4)
    settings = JobSettings(time=TimeSettings(**time), read=ReadSettings(deinterlace=wish))
    with open_reader(path, settings.read) as reader:
        job = prepare(reader, settings)

        def make(part):
            return list(FrameMaker(part, BlendEngine()).make(reader.frames(part.from_pts)))

        whole = make(job)
        assert len(whole) == job.plan.count
        for index in range(1, len(whole)):
            rest = make(from_frame(job, index, reader.timestamps().pts, index % 3))
            assert [frame.pts for frame in rest] == [frame.pts for frame in whole[index:]]
            for one, same in zip(rest, whole[index:], strict=True):
                assert (one.pixels == same.pixels).all()
