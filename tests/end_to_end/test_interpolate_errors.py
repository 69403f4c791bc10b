"""Everything that ``dain interpolate`` must refuse: one line, exit code 2, nothing left behind."""

import os

import cv2
import numpy as np
import pytest
from tests.support.videos import Audio, make_video


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mp4", count=6)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.mp4"


def test_a_missing_file(refuses, tmp_path, out):
    line = refuses("interpolate", tmp_path / "nothing.mp4", "-o", out, "--fps", 60)
    assert "nothing.mp4" in line


@pytest.mark.parametrize(
    "data", [b"", b"hello\n" * 100, bytes(5000)], ids=["empty", "text", "zeros"]
)
def test_a_file_that_is_no_video(refuses, tmp_path, out, data):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(data)
    assert "bad.mp4" in refuses("interpolate", bad, "-o", out, "--fps", 60)


def test_sound_without_pictures(refuses, tmp_path, out):
    both = make_video(tmp_path / "both.mkv", count=6, audio=Audio())
    import av

    sound = tmp_path / "sound.mka"
    with av.open(str(both)) as source, av.open(str(sound), "w", format="matroska") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert "sound.mka" in refuses("interpolate", sound, "-o", out, "--fps", 60)


def test_a_video_with_no_frames(refuses, tmp_path, out):
    clip = make_video(tmp_path / "in.mkv", count=30)
    head = clip.read_bytes()
    cut = head.index(b"\x1f\x43\xb6\x75")  # the first cluster
    clip.write_bytes(head[:cut])
    assert "in.mkv" in refuses("interpolate", clip, "-o", out, "--fps", 60)


def test_a_video_with_one_frame(refuses, tmp_path, out):
    clip = make_video(tmp_path / "one.mp4", count=1)
    assert "at least two frames, found one" in refuses("interpolate", clip, "-o", out, "--fps", 60)


def test_neither_fps_nor_factor(refuses, clip, out):
    assert "exactly one of --fps and --factor, found neither" in refuses(
        "interpolate", clip, "-o", out
    )


def test_both_fps_and_factor(refuses, clip, out):
    assert "found both" in refuses("interpolate", clip, "-o", out, "--fps", 60, "--factor", 2)


@pytest.mark.parametrize("fps", ["0", "-5", "abc", "60/0", "nan", "inf", "1e3", ""])
def test_a_rate_that_is_none(refuses, clip, out, fps):
    assert "frame rate" in refuses("interpolate", clip, "-o", out, f"--fps={fps}")


@pytest.mark.parametrize("factor", ["0", "-2", "x", "2/0"])
def test_a_factor_that_is_none(refuses, clip, out, factor):
    assert "factor" in refuses("interpolate", clip, "-o", out, f"--factor={factor}")


def test_stills_of_differing_size(refuses, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for index, width in enumerate((16, 16, 20)):
        cv2.imwrite(str(folder / f"{index}.png"), np.zeros((12, width, 3), np.uint8))
    line = refuses("interpolate", folder, "-o", tmp_path / "out", "--factor", 2)
    assert "16x12" in line
    assert "20x12" in line


def test_a_folder_without_stills(refuses, tmp_path, out):
    (tmp_path / "empty").mkdir()
    assert "empty" in refuses("interpolate", tmp_path / "empty", "-o", out, "--factor", 2)


def test_a_container_that_cannot_hold_the_codec(refuses, clip, tmp_path):
    line = refuses(
        "interpolate", clip, "-o", tmp_path / "out.webm", "--fps", 60, "--codec", "libx264"
    )
    assert ".webm" in line
    assert "h264" in line


@pytest.mark.parametrize("name", ["out.xyz", "out.txt", "out.mp"])
def test_an_output_of_no_known_kind(refuses, clip, tmp_path, name):
    assert name in refuses("interpolate", clip, "-o", tmp_path / name, "--fps", 60)


@pytest.mark.parametrize(
    "option",
    [
        ["--codec", "nonsense"],
        ["--pix-fmt", "nonsense"],
        ["--encoder-option", "nonsense=1"],
        ["--encoder-option", "nonsense"],
        ["--crf", "64"],
        ["--crf", "-1"],
        ["--device", "cuda:99"],
        ["--device", "toaster"],
        ["--model", "toaster"],
        ["--precision", "fp8"],
        ["--scale", "0"],
        ["--scale", "1.5"],
        ["--scale", "tiny"],
        ["--tile-size", "0"],
        ["--tile-size", "big"],
        ["--memory", "much"],
        ["--input-fps", "0"],
    ],
    ids=" ".join,
)
def test_an_option_that_cannot_be_followed(refuses, clip, out, option):
    line = refuses("interpolate", clip, "-o", out, "--fps", 60, *option)
    assert "nonsense" in line or option[0] in line


def test_quiet_and_verbose_at_once(dain, clip, out):
    outcome = dain("interpolate", clip, "-o", out, "--fps", 60, "--quiet", "--verbose")
    assert outcome.code == 2
    assert outcome.errors == [
        "dain: error: expected at most one of --quiet and --verbose, found both"
    ]


def test_an_existing_output_is_untouched(refuses, clip, out):
    out.write_bytes(b"precious")
    assert "--overwrite" in refuses("interpolate", clip, "-o", out, "--fps", 60)


def test_existing_stills_are_untouched(refuses, clip, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "00000000.png").write_bytes(b"precious")
    assert "--overwrite" in refuses("interpolate", clip, "-o", folder, "--fps", 60)


def test_an_existing_output_survives_a_failing_overwrite(refuses, tmp_path, out):
    out.write_bytes(b"precious")
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    refuses("interpolate", bad, "-o", out, "--fps", 60, "--overwrite")


def test_the_input_as_output(refuses, clip):
    assert "apart from the input" in refuses(
        "interpolate", clip, "-o", clip, "--fps", 60, "--overwrite"
    )


@pytest.mark.parametrize(
    "where",
    [
        ["--start", "99"],
        ["--start", "00:00:09.5"],
        ["--end", "99"],
        ["--start-frame", "6"],
        ["--end-frame", "6"],
        ["--start", "0.2", "--end", "0.1"],
        ["--start", "0.1", "--end", "0.1"],
        ["--start-frame", "3", "--end-frame", "2"],
        ["--start", "0", "--start-frame", "0"],
        ["--start", "yesterday"],
        ["--start-frame", "x"],
        ["--start=-1"],
    ],
    ids=" ".join,
)
def test_a_range_outside_the_video(refuses, clip, out, where):
    line = refuses("interpolate", clip, "-o", out, "--fps", 60, *where)
    assert "--start" in line or "--end" in line or "a time" in line


def test_a_folder_that_is_not_there(refuses, clip, tmp_path):
    line = refuses("interpolate", clip, "-o", tmp_path / "no" / "out.mp4", "--fps", 60)
    assert "does not exist" in line


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere"
)
@pytest.mark.parametrize(
    ("mode", "name", "message"),
    [
        (0o500, "out.mp4", "not writable"),
        (0o000, "out.mp4", "cannot look up"),
        (0o000, "", "no permission to look into"),
        (0o400, "", "no permission to look into"),
    ],
)
def test_a_folder_that_is_not_ours(refuses, clip, tmp_path, mode, name, message):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(mode)
    assert message in refuses("interpolate", clip, "-o", locked / name, "--fps", 60)
    locked.chmod(0o700)  # else it cannot be removed


def test_a_folder_in_which_nothing_can_be_made(refuses, clip):
    # Not even the superuser can write here.
    if not os.path.isdir("/proc/self"):  # noqa: PTH112 - only Linux has it
        pytest.skip("needs a file system that takes no files")
    assert "/proc" in refuses("interpolate", clip, "-o", "/proc/self/out.mp4", "--fps", 60)


def test_a_name_that_is_empty(refuses, clip, out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # which a path without a name would be
    assert "found an empty one" in refuses("interpolate", "", "-o", out, "--fps", 60)
    assert "found an empty one" in refuses("interpolate", clip, "-o", "", "--fps", 60)
    assert "found an empty one" in refuses("frames", clip, clip, "-o", "")


@pytest.mark.parametrize("asked", [[], ["--quiet"]], ids=["", "quiet"])
def test_an_output_that_a_dry_run_finds_unusable(refuses, clip, tmp_path, asked):
    line = refuses(
        *("interpolate", clip, "-o", tmp_path / "no" / "out.mp4", "--fps", 60, "--dry-run"), *asked
    )
    assert "does not exist" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["interpolate"],
        ["interpolate", "in.mp4"],
        ["interpolate", "in.mp4", "-o", "out.mp4", "--fpss", "60"],
        ["interpolate", "in.mp4", "-o", "out.mp4", "--fps"],
        ["smooth", "in.mp4"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_arguments_that_are_no_command(refuses, arguments):
    assert "--help" in refuses(*arguments)


def test_no_arguments_show_the_help(dain):
    outcome = dain()
    assert outcome.code == 0
    assert "interpolate" in outcome.out
    assert outcome.lines == []


def test_an_error_as_json(dain, tmp_path, out):
    outcome = dain("interpolate", tmp_path / "nothing.mp4", "-o", out, "--fps", 60, "--json")
    assert outcome.code == 2
    assert outcome.json["exit_code"] == 2
    assert outcome.lines == [f"dain: error: {outcome.json['error']}"]
    assert dain("interpolate", "--json").json["exit_code"] == 2


def test_a_fault_of_our_own_is_one_line_too(dain, clip, out, monkeypatch):
    def fail(*arguments, **options):
        raise ZeroDivisionError("in the\nmiddle")

    monkeypatch.setattr("dain.jobs.run_anywhere", fail)
    outcome = dain("interpolate", clip, "-o", out, "--fps", 60)
    assert outcome.code == 1
    assert len(outcome.lines) == 1
    assert "unexpected ZeroDivisionError: in the middle; this is a fault" in outcome.lines[0]
    told = dain("interpolate", clip, "-o", out, "--fps", 60, "--verbose")
    assert "Traceback (most recent call last):" in told.lines
