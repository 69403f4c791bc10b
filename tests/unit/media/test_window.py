"""The time map, what of the source lies in a window, and subtitles and chapters by it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.support.videos import Audio, make_video
from tests.unit.media.test_streams import SIZE, add_streams, interpolate

from dain.media.audio_encoders import encoders_for, layouts_for
from dain.media.audio_samples import SampleRun
from dain.media.container_tables import CONTAINERS
from dain.media.window import TimeMap, Window

F = Fraction


def test_the_map_is_exact_and_has_an_inverse() -> None:
    times = TimeMap(origin=F(1, 3), offset=F(1, 7), stretch=F(5, 2))
    assert times(F(1, 3)) == F(1, 7)
    assert times(F(4, 3)) == F(1, 7) + F(5, 2)
    assert times.source_of(times(F(22, 9))) == F(22, 9)


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        (F(2), F(1), (F(2), F(1))),
        (F(1, 2), F(1), (F(1), F(1, 2))),  # on when the window begins
        (F(3), F(2), (F(3), F(1))),  # and when it ends
        (F(0), F(9), (F(1), F(3))),
        (F(0), F(1), None),
        (F(4), F(1), None),
        (F(1, 2), F(0), None),
        (F(2), F(0), (F(2), F(0))),
    ],
)
def test_what_straddles_the_window_is_clipped(
    start: Fraction, duration: Fraction, expected: tuple[Fraction, Fraction] | None
) -> None:
    window = Window(start=F(1), end=F(4), times=TimeMap(origin=F(1)))
    assert window.clip(start, duration) == expected


@pytest.mark.parametrize("output", ["b.mkv", "b.mp4"])
def test_subtitles_are_cut_and_stretched(tmp_path: Path, output: str) -> None:
    plain = make_video(tmp_path / "a.mkv", count=48, size=SIZE)
    texts = [(F(1, 4), F(1, 2), "still on"), (F(1), F(1, 4), "inside"), (F(3, 2), F(1, 2), "over")]
    given, made = add_streams(plain, tmp_path / "s.mkv", texts), tmp_path / output
    interpolate(given, made, seconds=3, start=F(1, 2), end=F(7, 4), stretch=F(12, 5))
    with av.open(str(made)) as container:
        stream = container.streams.subtitles[0]
        assert stream.language == "deu"
        lines = [
            (packet.pts * packet.time_base, packet.duration * packet.time_base)
            for packet in container.demux(stream)
            if packet.size > 2
        ]
    expected = [(0, F(3, 5)), (F(6, 5), F(3, 5)), (F(12, 5), F(3, 5))]
    for (start, duration), (when, length) in zip(lines, expected, strict=True):
        assert abs(start - when) <= F(1, 1000)
        assert abs(duration - length) <= F(1, 500)


@pytest.mark.parametrize("output", ["b.mkv", "b.mp4"])
def test_chapters_are_cut_and_stretched(tmp_path: Path, output: str) -> None:
    parts = [(F(0), F(1), "first"), (F(1), F(2), "second")]
    given = make_video(tmp_path / "a.mkv", count=48, size=SIZE, chapters=parts)
    made = tmp_path / output
    interpolate(given, made, seconds=3, start=F(1, 2), end=F(7, 4), stretch=F(12, 5))
    with av.open(str(made)) as container:
        chapters = [
            (each["start"] * each["time_base"], each["end"] * each["time_base"])
            for each in container.chapters()
        ]
    for found, wished in zip(chapters, [(0, F(6, 5)), (F(6, 5), 3)], strict=True):
        assert all(abs(a - b) <= F(1, 1000) for a, b in zip(found, wished, strict=True))


def test_what_is_for_whom_is_kept(tmp_path: Path) -> None:
    """Several languages, titles and dispositions, through MP4 and back."""
    tones = [
        Audio(metadata={"language": language, "title": f"in {language}"})
        for language in ("eng", "deu", "fra")
    ]
    plain = make_video(tmp_path / "a.mkv", count=24, size=SIZE, audio=tones)
    wished = [1, 8, 64 | 128]  # default; comment; forced and for those who hear little
    with av.open(str(plain)) as given, av.open(str(tmp_path / "b.mkv"), "w") as output:
        copies = [output.add_stream_from_template(each) for each in given.streams]
        for copied, source in zip(copies, given.streams, strict=True):
            copied.metadata.update(source.metadata)
        for copied, disposition in zip(copies[1:], wished, strict=True):
            copied.disposition = disposition
        for packet in given.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    interpolate(tmp_path / "b.mkv", tmp_path / "c.mp4", seconds=1)
    interpolate(tmp_path / "c.mp4", tmp_path / "d.mkv", seconds=1)
    with av.open(str(tmp_path / "d.mkv")) as container:
        found = [
            (each.language, each.metadata["title"], int(each.disposition))
            for each in container.streams.audio
        ]
    for (language, title, disposition), tone, meant in zip(found, tones, wished, strict=True):
        assert {"language": language, "title": title} == tone.metadata
        assert disposition & meant == meant


@pytest.mark.parametrize(
    ("codec", "layout", "output", "own", "encoder", "layouts"),
    [
        ("pcm_s24le", "stereo", ".mp4", False, "flac", ["stereo"]),
        ("aac", "5.1", ".webm", False, "libopus", ["5.1", "stereo"]),
        ("aac", "mono", ".m2ts", False, "ac3", ["mono"]),
        ("flac", "stereo", ".mov", False, "alac", ["stereo"]),
        ("pcm_s16le", "5.1", ".avi", False, "pcm_s16le", ["5.1", "stereo"]),
        ("ac3", "5.1(side)", ".mkv", True, "ac3", ["5.1(side)", "5.1", "stereo"]),
        ("ac3", "5.1(side)", ".wmv", True, "wmav2", ["stereo"]),
    ],
)
def test_encoders_and_layouts_of_audio(
    tmp_path: Path,
    codec: str,
    layout: str,
    output: str,
    own: bool,
    encoder: str,
    layouts: list[str],
) -> None:
    tone = Audio(codec=codec, layout=layout, seconds=F(1, 4))
    with av.open(str(make_video(tmp_path / "a.mkv", count=4, audio=tone))) as container:
        stream = container.streams.audio[0]
        chosen = next(encoders_for(stream, CONTAINERS[output], own))
        assert chosen == encoder
        assert list(layouts_for(stream, chosen)) == layouts


def test_more_channels_than_an_encoder_takes_are_mixed_with_a_message(tmp_path: Path) -> None:
    tone = Audio(codec="ac3", layout="5.1(side)")
    given = make_video(tmp_path / "a.mkv", count=24, size=SIZE, audio=tone)
    messages = interpolate(given, tmp_path / "b.wmv", seconds=1)
    assert any("encoded anew as wmav2, mixed down to stereo" in each for each in messages)
    with av.open(str(tmp_path / "b.wmv")) as container:
        assert container.streams.audio[0].codec_context.channels == 2


def test_lossless_audio_stays_the_same_to_the_sample(tmp_path: Path) -> None:
    tone = Audio(codec="pcm_s24le", sample_rate=44_100)
    given = make_video(tmp_path / "a.mkv", count=24, size=SIZE, audio=tone)
    interpolate(given, tmp_path / "b.mp4", seconds=1)
    heard = []
    for path in (given, tmp_path / "b.mp4"):
        with av.open(str(path)) as container:
            heard.append(
                b"".join(bytes(f.planes[0])[: f.samples * 4] for f in container.decode(audio=0))
            )
    assert heard[0] == heard[1]


def test_a_gap_becomes_silence_piece_by_piece_and_an_overlap_goes() -> None:
    run = SampleRun(Window(end=F(4000)))

    def frame(at: int) -> av.AudioFrame:
        made = av.AudioFrame.from_ndarray(np.ones((1, 1000), np.int16), "s16p", "mono")
        made.sample_rate, made.pts, made.time_base = 8000, at, F(1, 8000)
        return made

    assert [block.shape[1] for block in run.take(frame(8000))] == [1000]
    assert run.begin == 8000
    assert [block.shape[1] for block in run.take(frame(8500))] == [500]  # half of it is known
    far = run.take(frame(3600 * 8000))
    silence = next(far)
    assert silence.shape == (1, 8000)
    assert not silence.any()
    assert sum(block.shape[1] for block in far) == 3600 * 8000 + 1000 - 9500 - 8000
