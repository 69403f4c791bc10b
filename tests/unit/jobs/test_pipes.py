"""A run between two pipes, in a process of its own; ends come from either side."""

import contextlib
import os
import signal
import threading
from fractions import Fraction

import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.pipes import SIZE, parse, start, y4m

from dain.jobs import run_job
from dain.jobs.judging import judging_for
from dain.media import open_reader
from dain.settings import EncodeSettings, JobSettings, TimeSettings

FRAME = SIZE[0] * SIZE[1] * 3  # bytes, as C444
AHEAD = judging_for(JobSettings(time=TimeSettings(factor=Fraction(2)))).judges.ahead
ALL_OFF = ["--scene-threshold", "off", "--cadence", "off", "--overlays", "off"]
SECONDS = 60  # more than any machine needs; a run that hangs fails by it


def converse(data, *arguments):
    process = start(*arguments)
    out, err = process.communicate(data, timeout=SECONDS)
    return process.returncode, out, err.decode().splitlines()


def read(path):
    with open_reader(path) as reader:
        return list(reader.frames())


def test_a_run_between_pipes_is_that_between_files(tmp_path):
    source, output = tmp_path / "in.y4m", tmp_path / "out.mkv"
    source.write_bytes(y4m(6))
    code, out, lines = converse(
        source.read_bytes(), "-", "-o", "-", "--factor", "5/2", "--pix-fmt", "yuv444p"
    )
    assert (code, len(lines)) == (0, 1), lines
    stream = parse(out, FRAME)
    assert stream.header == "YUV4MPEG2 W16 H12 F75000:1001 Ip A4:3 C444 XCOLORRANGE=LIMITED"
    assert len(stream.frames) == 15
    settings = JobSettings(
        time=TimeSettings(factor=Fraction(5, 2)),
        encode=EncodeSettings(codec="ffv1", pix_fmt="yuv444p"),
    )
    result = run_job(source, output, settings, interpolator=BlendEngine())
    assert result.frames_out == 15
    piped = tmp_path / "piped.y4m"
    piped.write_bytes(out)
    for one, other in zip(read(piped), read(output), strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize(("judged", "waiting"), [(True, AHEAD), (False, 0)])
def test_frames_flow_while_the_source_still_runs(judged, waiting):
    switches = [] if judged else ALL_OFF
    process = start("-", "-o", "-", "--factor", "2", "--pix-fmt", "yuv444p", *switches)
    data, begun = y4m(4 + waiting), len(y4m(3 + waiting))
    process.stdin.write(data[:begun])
    process.stdin.flush()
    expected = len(b"FRAME\n") + FRAME
    seen = process.stdout.readline() + process.stdout.read(4 * expected)  # two pairs of three
    process.stdin.write(data[begun:])
    process.stdin.close()
    seen += process.stdout.read()
    assert process.wait(SECONDS) == 0
    process.stderr.close()
    process.stdout.close()
    assert len(parse(seen, FRAME).frames) == 2 * (4 + waiting)


def test_a_reader_that_goes_away():
    process = start("-", "-o", "-", "--factor", "2")
    feeder = threading.Thread(target=feed, args=(process.stdin, y4m(600)))
    feeder.start()
    assert process.stdout.read(1000)
    process.stdout.close()
    message = process.stderr.read().decode().splitlines()
    assert process.wait(SECONDS) == 141
    feeder.join(SECONDS)
    process.stderr.close()
    assert len(message) == 1
    assert message[0].startswith("dain: the reader of standard output has gone")


def feed(file, data):
    with contextlib.suppress(BrokenPipeError):
        while data:  # past the file's own buffer, which could not be closed any more
            data = data[os.write(file.fileno(), data) :]
    file.close()


@pytest.mark.skipif(os.name == "nt", reason="cannot wait for a pipe there")
def test_a_source_that_never_ends_is_left_at_the_end_asked_for(tmp_path):
    output = tmp_path / "out.mkv"
    process = start("-", "-o", output, "--factor", "2", "--end-frame", "3", "--start-frame", "1")
    process.stdin.write(y4m(9))
    process.stdin.flush()  # and stays open
    assert process.wait(SECONDS) == 0
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()
    assert len(read(output)) == 6


@pytest.mark.skipif(os.name == "nt", reason="has no such signal")
def test_a_run_that_waits_for_its_source_can_be_ended():
    process = start("-", "-o", "-", "--factor", "2")
    process.stdin.write(y4m(2 + AHEAD))
    process.stdin.flush()
    assert process.stdout.read(100)  # it is under way
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 128 + signal.SIGTERM
    for file in (process.stdin, process.stdout, process.stderr):
        file.close()


def test_a_source_that_breaks_off_ends_the_output_with_a_warning(tmp_path):
    output = tmp_path / "out.mkv"
    code, out, lines = converse(y4m(6)[:-5], "-", "-o", output, "--fps", "60", "--json")
    assert code == 0
    assert b'"frames_in": 5' in out
    assert any("middle of a frame" in line for line in lines)
    assert len(read(output)) == 11  # 5 / 29.97 seconds at 60


def test_times_of_a_pipe_cannot_be_kept():
    code, out, lines = converse(y4m(2), "-", "-o", "-", "--factor", "2", "--keep-timing")
    assert (code, out) == (2, b"")
    assert "--keep-timing needs an input whose times can be listed, found a pipe" in lines[-1]
