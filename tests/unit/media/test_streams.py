"""The source's other streams, metadata and chapters beside the new video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from tests.support.engines import BlendEngine
from tests.support.videos import Audio, make_video, pictures

from dain.errors import DamageError
from dain.jobs import run_job
from dain.media.frame import Frame, OutputSpec
from dain.media.metadata import title_of
from dain.media.video_writer import VideoWriter
from dain.settings import EncodeSettings, JobSettings, TimeSettings

SIZE = (64, 48)
RATE = Fraction(60)

SUBTITLES = [
    (Fraction(1, 2), Fraction(1), "one"),
    (Fraction(3, 2), Fraction(1, 2), "two <i>lines</i>"),
]


def interpolate(
    source: Path,
    output: Path,
    seconds: Fraction | int = 2,
    start: Fraction | int = 0,
    offset: Fraction | int = 0,
    end: Fraction | None = None,
    stretch: Fraction = Fraction(1),
    last: Fraction | None = None,
) -> list[str]:
    """Write `seconds` of video at 60 with the other streams of `source`; the messages."""
    spec = OutputSpec(
        width=SIZE[0],
        height=SIZE[1],
        rate=RATE,
        source=source,
        copy_start=Fraction(start),
        copy_end=end,
        source_end=last,
        cut_start=start > 0,
        copy_offset=Fraction(offset),
        copy_stretch=stretch,
    )
    images = pictures(4, *SIZE)
    with VideoWriter(output, spec, EncodeSettings()) as writer:
        for index in range(int(seconds * RATE)):
            pts = index + int(offset * RATE)
            writer.write(Frame(images[index % 4], pts, 1 / RATE, 1, index))
    return writer.messages


def packets(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    """Time and contents of every packet of the first stream of a kind."""
    with av.open(str(path)) as container:
        stream = next(each for each in container.streams if each.type == kind)
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


def first_picture(path: Path) -> Fraction:
    """When the first picture is shown."""
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
        return picture.pts * picture.time_base


def first_sound(path: Path) -> Fraction:
    """When the tone is first heard, relative to the first picture."""
    origin = first_picture(path)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float).reshape(-1)) > 0.05
            if loud.any():
                at = frame.pts * frame.time_base + Fraction(int(loud.argmax()), frame.sample_rate)
                return at - origin
    raise AssertionError("no sound")


def add_streams(source: Path, path: Path, subtitles: Sequence = (), cover: bool = False) -> Path:
    """The source again, with subtitles (SubRip, Matroska only), cover and font."""
    with av.open(str(source)) as given, av.open(str(path), "w") as output:
        copies = {
            stream.index: output.add_stream_from_template(stream, opaque=True)
            for stream in given.streams
            if stream.type != "data"
        }
        matroska = path.suffix == ".mkv"
        text = output.add_mux_stream("subrip", time_base=Fraction(1, 1000)) if subtitles else None
        if text is not None:
            text.metadata["language"] = "deu"
        picture = None
        if cover:
            jpeg = cover_picture()
            if matroska:
                output.add_attachment("cover.jpg", "image/jpeg", jpeg)
                output.add_attachment("font.ttf", "font/ttf", b"\0\1\0\0 a font")
            else:
                picture = output.add_stream("mjpeg", width=16, height=16)
                picture.pix_fmt, picture.disposition = "yuvj420p", 1024
                picture.codec_context.time_base = Fraction(1, 25)
        output.start_encoding()
        if picture is not None:
            packet = av.Packet(jpeg)
            packet.stream, packet.pts, packet.dts = picture, 0, 0
            output.mux(packet)
        for packet in given.demux():
            if packet.size and packet.stream_index in copies:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
        for start, duration, line in subtitles:
            packet = av.Packet(line.encode())
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts = packet.dts = int(start * 1000)
            packet.duration = int(duration * 1000)
            output.mux(packet)
    return path


def cover_picture() -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width = encoder.height = 16
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 99, np.uint8)).reformat(
        format="yuvj420p"
    )
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def clip(path: Path, codec: str = "aac", start: Fraction = Fraction(0)) -> Path:
    vp9 = {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}} if path.suffix == ".webm" else {}
    return make_video(
        path,
        count=48,
        size=SIZE,
        audio=Audio(codec=codec, start=start, metadata={"language": "fra"}),
        metadata={"title": "A film", "comment": "kept"},
        chapters=[(Fraction(0), Fraction(1), "first"), (Fraction(1), Fraction(2), "second")],
        **vp9,
    )


@pytest.mark.parametrize(
    ("source", "output", "codec"),
    [
        ("a.mp4", "b.mp4", "aac"),
        ("a.mp4", "b.mkv", "aac"),
        ("a.mkv", "b.mp4", "aac"),
        ("a.mkv", "b.mkv", "libopus"),
        ("a.mp4", "b.mov", "aac"),
        ("a.mp4", "b.ts", "aac"),
        ("a.webm", "b.webm", "libopus"),
        ("a.mp4", "b.mkv", "libopus"),
        ("a.mp4", "b.webm", "libopus"),
        ("a.mkv", "b.avi", "libmp3lame"),
    ],
)
@pytest.mark.parametrize("start", [Fraction(0), Fraction(1, 4)])
def test_audio_is_copied_packet_for_packet_and_in_sync(
    tmp_path: Path, source: str, output: str, codec: str, start: Fraction
) -> None:
    given, made = clip(tmp_path / source, codec, start), tmp_path / output
    messages = interpolate(given, made)
    chapters_lost = f"chapters left out: a {made.suffix} file cannot hold them"
    if output in ("b.avi", "b.ts"):
        assert messages.pop(0) == chapters_lost
    if output == "b.avi":
        assert "language 'fra' of stream 1" in messages.pop()
    if output == "b.avi" and start:
        assert "cannot delay it" in messages[0]
        assert abs(first_sound(made) - first_sound(given)) <= Fraction(30, 1000)
        return
    assert messages == []
    before, after = packets(given, "audio"), packets(made, "audio")
    # Priming packets have no place before time 0 in containers without edit lists.
    assert len(before) - len(after) <= 1
    before = before[-len(after) :]
    # Transport streams put a header before each AAC packet.
    assert all(new.endswith(old) for (_, old), (_, new) in zip(before, after, strict=True))
    moved = first_picture(made) - first_picture(given)
    slack = Fraction(26, 1000) if output.endswith("avi") else Fraction(1, 1000)
    for (old, _), (new, _) in zip(before, after, strict=True):
        assert abs(new - old - moved) <= slack


def test_start_times_agree_with_the_source(tmp_path: Path) -> None:
    given = clip(tmp_path / "a.mp4")
    for name in ("b.mp4", "b.mkv", "b.mov", "b.ts"):
        interpolate(given, tmp_path / name)
        with av.open(str(tmp_path / name)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            gap = audio.start_time * audio.time_base - video.start_time * video.time_base
            assert abs(gap) <= Fraction(1, 1000), name


def test_a_range_copies_what_lies_in_it(tmp_path: Path) -> None:
    given = clip(tmp_path / "a.mkv", "pcm_s16le")
    made = tmp_path / "b.mkv"
    interpolate(given, made, seconds=1, start=Fraction(1, 2), end=Fraction(3, 2))
    after = packets(made, "audio")
    before = dict(packets(given, "audio"))
    inside = [(at, data) for at, data in before.items() if Fraction(1, 2) <= at < Fraction(3, 2)]
    assert [data for _, data in after] == [data for _, data in inside]
    for (copied, _), (at, _) in zip(after, inside, strict=True):
        assert abs(copied - (at - Fraction(1, 2))) <= Fraction(1, 1000)
    with av.open(str(made)) as container:
        titles = [
            (each["metadata"]["title"], each["start"] * each["time_base"])
            for each in container.chapters()
        ]
    assert titles == [("first", 0), ("second", Fraction(1, 2))]


def test_an_offset_moves_everything_alike(tmp_path: Path) -> None:
    given, made = clip(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    interpolate(given, made, offset=Fraction(1, 2))
    assert abs(first_sound(made) - first_sound(given)) <= Fraction(2, 1000)
    with av.open(str(made)) as container:
        video = container.streams.video[0]
        assert abs(video.start_time * video.time_base - Fraction(1, 2)) <= video.time_base


@pytest.mark.parametrize("output", ["b.mp4", "b.mkv"])
def test_metadata_and_chapters(tmp_path: Path, output: str) -> None:
    given, made = clip(tmp_path / "a.mp4"), tmp_path / output
    interpolate(given, made)
    with av.open(str(made)) as container:
        metadata = {key.lower(): value for key, value in container.metadata.items()}
        assert metadata["title"] == "A film"
        assert metadata["comment"] == "kept"
        assert container.streams.audio[0].language == "fra"
        chapters = [
            (each["metadata"]["title"], each["start"] * each["time_base"])
            for each in container.chapters()
        ]
    assert chapters == [("first", 0), ("second", 1)]


def test_a_second_pass_over_our_own_output_says_nothing_of_chapters(tmp_path: Path) -> None:
    first, second = tmp_path / "b.mp4", tmp_path / "c.mp4"
    interpolate(clip(tmp_path / "a.mp4"), first)
    assert interpolate(first, second) == []


@pytest.mark.parametrize(
    ("output", "codec", "message"),
    [
        ("b.mp4", "mov_text", "encoded anew as mov_text"),
        ("b.mkv", "subrip", None),
        ("b.webm", "webvtt", "encoded anew as webvtt"),
        ("b.ts", None, "left out"),
    ],
)
def test_subtitles(tmp_path: Path, output: str, codec: str | None, message: str | None) -> None:
    plain = make_video(tmp_path / "a.mkv", count=48, size=SIZE)
    given = add_streams(plain, tmp_path / "s.mkv", SUBTITLES)
    made = tmp_path / output
    messages = interpolate(given, made)
    if message is None:
        assert messages == []
    else:
        assert len(messages) == 1
        assert "stream 1 (subtitle, subrip, deu)" in messages[0]
        assert message in messages[0]
    with av.open(str(made)) as container:
        if codec is None:
            assert not container.streams.subtitles
            return
        stream = container.streams.subtitles[0]
        assert stream.codec_context.codec.canonical_name == codec
        lines = []
        for packet in container.demux(stream):
            if packet.size > 2:
                for line in packet.decode():
                    start = packet.pts * packet.time_base
                    lines.append((start, packet.duration * packet.time_base, line.dialogue))
    assert [(start, duration) for start, duration, _ in lines] == [
        (start, duration) for start, duration, _ in SUBTITLES
    ]
    assert lines[0][2] == b"one"


@pytest.mark.parametrize("source", ["s.mkv", "s.mp4"])
@pytest.mark.parametrize("output", ["b.mp4", "b.mkv"])
def test_cover_pictures(tmp_path: Path, source: str, output: str) -> None:
    given = add_streams(clip(tmp_path / "a.mp4"), tmp_path / source, cover=True)
    made = tmp_path / output
    messages = interpolate(given, made)
    with av.open(str(made)) as container:
        covers = [each for each in container.streams.video if each.disposition & 1024]
        assert len(covers) == 1
        packet = next(each for each in container.demux(covers[0]) if each.size)
        assert bytes(packet) == cover_picture()
        fonts = [each for each in container.streams if each.type == "attachment"]
    if source == "s.mkv" and output == "b.mkv":
        assert len(fonts) == 1
        assert messages == []
    elif source == "s.mkv":
        assert len(messages) == 1
        assert "attachment" in messages[0]


def test_audio_that_does_not_fit_is_encoded_anew(tmp_path: Path) -> None:
    given, made = clip(tmp_path / "a.mp4"), tmp_path / "b.webm"
    messages = interpolate(given, made)
    assert len(messages) == 1
    assert "stream 1 (audio, aac, fra) encoded anew as libopus" in messages[0]
    assert abs(first_sound(made) - first_sound(given)) <= Fraction(5, 1000)
    with av.open(str(made)) as container:
        seconds = sum(
            Fraction(frame.samples, frame.sample_rate) for frame in container.decode(audio=0)
        )
    assert abs(seconds - 2) <= Fraction(1, 20)


def test_a_rotation_is_not_copied(tmp_path: Path) -> None:
    given = make_video(tmp_path / "a.mkv", count=48, size=SIZE)
    made = tmp_path / "b.mp4"
    interpolate(given, made)
    with av.open(str(made)) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_a_cut_source_still_gives_its_beginning(tmp_path: Path) -> None:
    given = clip(tmp_path / "a.mkv")
    data = given.read_bytes()
    given.write_bytes(data[: len(data) * 2 // 3])
    made = tmp_path / "b.mkv"
    interpolate(given, made)
    assert len(packets(made, "audio")) > 20


def test_damage_inside_the_source_does_not_end_the_copy(tmp_path: Path) -> None:
    given = clip(tmp_path / "a.ts", "mp2")
    data = bytearray(given.read_bytes())
    for at in range(len(data) // 3, len(data) // 3 + 188 * 4):
        data[at] ^= 0x5A
    given.write_bytes(bytes(data))
    made = tmp_path / "b.mkv"
    interpolate(given, made)
    assert len(packets(made, "audio")) > 40


def test_a_source_that_is_no_video_is_said(tmp_path: Path) -> None:
    given = tmp_path / "a.mp4"
    given.write_bytes(b"this is no video" * 100)
    messages = interpolate(given, tmp_path / "b.mp4", seconds=1)
    assert len(messages) == 1
    assert "no other streams" in messages[0]


def test_a_folder_of_stills_has_no_other_streams(tmp_path: Path) -> None:
    (tmp_path / "stills").mkdir()
    assert interpolate(tmp_path / "stills", tmp_path / "b.mp4", seconds=1) == []


def test_packets_are_interleaved(tmp_path: Path) -> None:
    given, made = clip(tmp_path / "a.mkv"), tmp_path / "b.mkv"
    interpolate(given, made)
    last = Fraction(0)
    with av.open(str(made)) as container:
        for packet in container.demux():
            if packet.size:
                stamp = packet.pts if packet.dts is None else packet.dts
                time = stamp * packet.time_base
                assert time >= last - Fraction(1, 10)
                last = max(last, time)


def test_sound_before_a_late_picture_is_kept(tmp_path: Path) -> None:
    given = clip(tmp_path / "a.mp4")
    made = tmp_path / "b.mp4"
    interpolate(given, made, start=0, offset=Fraction(1, 4))
    before, after = packets(given, "audio"), packets(made, "audio")
    assert [data for _, data in after] == [data for _, data in before]


def test_sound_without_named_channels_is_encoded_anew(tmp_path: Path) -> None:
    given = make_video(
        tmp_path / "a.avi",
        count=48,
        size=SIZE,
        codec="mpeg4",
        audio=Audio(codec="adpcm_ms", layout="stereo"),
    )
    with av.open(str(given)) as container:
        assert container.streams.audio[0].layout.name == "2 channels"
    made = tmp_path / "b.mp4"
    assert ["encoded anew as aac" in message for message in interpolate(given, made)] == [True]
    with av.open(str(made)) as container:
        assert container.streams.audio[0].layout.name == "stereo"


@pytest.mark.parametrize("extension", ["ts", "avi"])
def test_covers_and_attached_files_are_no_stream_of_their_own(
    tmp_path: Path, extension: str
) -> None:
    given = add_streams(clip(tmp_path / "plain.mkv"), tmp_path / "a.mkv", cover=True)
    made = tmp_path / f"b.{extension}"
    messages = interpolate(given, made)
    assert sum("left out" in message and "stream" in message for message in messages) == 2
    with av.open(str(made)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


# ISO 639-2 has two codes for some languages.
BIBLIOGRAPHIC = {"deu": "ger", "nld": "dut"}


@pytest.mark.parametrize("language", ["deu", "fra", "jpn", "ces", "nld"])
def test_quicktime_keeps_languages(tmp_path: Path, language: str) -> None:
    given = make_video(
        tmp_path / "a.mkv", count=4, size=SIZE, audio=Audio(metadata={"language": language})
    )
    interpolate(given, tmp_path / "b.mov", seconds=1)
    with av.open(str(tmp_path / "b.mov")) as container:
        assert container.streams.audio[0].language in (language, BIBLIOGRAPHIC.get(language))


def test_quicktime_languages_are_standard_elsewhere(tmp_path: Path) -> None:
    audio = Audio(metadata={"language": "swe"})
    given = make_video(tmp_path / "a.mkv", count=4, size=SIZE, audio=audio)
    assert interpolate(given, tmp_path / "b.mov", seconds=1) == []
    interpolate(tmp_path / "b.mov", tmp_path / "c.mkv", seconds=1)
    with av.open(str(tmp_path / "c.mkv")) as container:
        assert container.streams.audio[0].language == "swe"


@pytest.mark.parametrize(
    ("suffix", "lost"),
    [
        (".mkv", ""),
        (".mp4", ""),
        (".mov", "disposition comment of stream 1"),
        (".avi", "language 'eng' and disposition comment of stream 1"),
        (".ts", "title 'Main' of stream 0; title 'Commentary' and disposition comment of stream 1"),
    ],
)
def test_tags_are_kept_or_named(tmp_path: Path, suffix: str, lost: str) -> None:
    plain = make_video(tmp_path / "a.mkv", count=4, size=SIZE, audio=Audio(codec="libmp3lame"))
    given = tmp_path / "b.mkv"
    with av.open(str(plain)) as source, av.open(str(given), "w") as output:
        targets = [output.add_stream_from_template(each) for each in source.streams]
        targets[0].metadata.update(title="Main", language="eng")
        targets[1].metadata.update(title="Commentary", language="eng")
        targets[1].disposition = Disposition.comment
        for packet in source.demux():
            if packet.size:
                packet.stream = targets[packet.stream_index]
                output.mux(packet)
    made = tmp_path / f"c{suffix}"
    messages = interpolate(given, made, seconds=1)
    told = f"tags left out, as a {suffix} file cannot hold them: {lost}"
    assert messages == ([told] if lost else [])
    if not lost:
        with av.open(str(made)) as container:
            sound = container.streams[1]
            assert (title_of(sound), sound.language) == ("Commentary", "eng")
            assert sound.disposition & Disposition.comment


def test_speech_encoded_for_avi_delays_nothing(tmp_path: Path) -> None:
    given = clip(tmp_path / "a.mkv", "libopus")
    made = tmp_path / "b.avi"
    interpolate(given, made)
    with av.open(str(made)) as container:
        times = sorted(packet.dts for packet in container.demux(video=0) if packet.size)
    assert times == list(range(120))
    assert abs(first_sound(made) - first_sound(given)) <= Fraction(30, 1000)


def with_damaged_time_stamp(folder: Path) -> Path:
    given = clip(folder / "a.mkv", start=Fraction(1, 4))
    data = bytearray(given.read_bytes())
    sound = data.index(packets(given, "audio")[40][1])
    data[sound - 3 : sound - 1] = (32_000).to_bytes(2, "big")  # half a minute after its cluster
    given.write_bytes(data)
    return given


def test_damaged_sound_ends_a_strict_run_and_costs_no_frame(tmp_path: Path) -> None:
    given, made = with_damaged_time_stamp(tmp_path), tmp_path / "b.mp4"
    settings = JobSettings(time=TimeSettings(factor=Fraction(2)), strict=True)
    told = "--strict, found: 1 damaged packet of other streams; 96 of 96 frames are kept"
    with pytest.raises(DamageError, match=told):
        run_job(given, made, settings, interpolator=BlendEngine())
    assert not made.exists()
    result = run_job(given, made, replace(settings, strict=False), interpolator=BlendEngine())
    assert (result.frames_kept, result.frames_out) == (96, 96)


@pytest.mark.parametrize("output", ["b.mp4", "b.avi"])  # copied, encoded anew
def test_a_damaged_time_stamp_makes_no_hours_of_silence(tmp_path: Path, output: str) -> None:
    given = with_damaged_time_stamp(tmp_path)
    messages = interpolate(given, tmp_path / output, last=Fraction(2))
    assert messages[-1] == "1 damaged packet of other streams left out"
    sound = packets(tmp_path / output, "audio")
    assert len(sound) > 60
    assert max(time for time, _ in sound) < 3


def test_slow_motion_says_what_sounds_after_the_last_picture(tmp_path: Path) -> None:
    given = make_video(
        tmp_path / "a.mkv", count=24, size=SIZE, audio=Audio(codec="flac", seconds=Fraction(2))
    )
    for last, told in ((Fraction(1), True), (Fraction(2), False)):
        messages = interpolate(
            given, tmp_path / f"{last}.mkv", end=Fraction(1), stretch=Fraction(2), last=last
        )
        notes = [message for message in messages if "after the last picture" in message]
        assert len(notes) == told  # not where the end was asked for


def test_a_line_of_days_ends_with_the_pictures(tmp_path: Path) -> None:
    lines = [(Fraction(1, 2), Fraction(200_000), "for ever"), (Fraction(1), Fraction(1, 2), "two")]
    given = add_streams(clip(tmp_path / "a.mkv"), tmp_path / "b.mkv", lines)
    interpolate(given, tmp_path / "c.mkv", last=Fraction(2))
    interpolate(given, tmp_path / "c.mp4", last=Fraction(2))
    for name in ("c.mkv", "c.mp4"):
        with av.open(str(tmp_path / name)) as container:
            assert container.duration < 12 * av.time_base


def test_avi_delays_a_stream_that_begins_long_after_another(tmp_path: Path) -> None:
    seconds = Fraction(12)
    tones = [Audio(codec="pcm_s16le", seconds=seconds), Audio("libmp3lame", start=seconds)]
    given = make_video(tmp_path / "a.mkv", count=24, size=SIZE, audio=tones)
    messages = interpolate(given, tmp_path / "b.avi", seconds=1)
    assert messages == [
        "stream 2 (audio, mp3) encoded anew as libmp3lame: a .avi file cannot delay it"
    ]
    with av.open(str(tmp_path / "b.avi")) as container:
        late = container.streams.audio[1]
        assert sum(packet.duration or 0 for packet in container.demux(late)) * late.time_base > 12


def test_avi_keeps_audio_after_a_pause_in_step(tmp_path: Path) -> None:
    whole = make_video(
        tmp_path / "a.mkv", count=72, size=SIZE, audio=Audio("libmp3lame", click=Fraction(5, 2))
    )
    given = tmp_path / "b.mkv"
    with av.open(str(whole)) as source, av.open(str(given), "w") as output:
        copies = [output.add_stream_from_template(each, opaque=True) for each in source.streams]
        for packet in source.demux():
            if packet.size and not (packet.stream_index and 1 < packet.pts * packet.time_base < 2):
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    messages = interpolate(given, tmp_path / "b.avi", seconds=3)
    assert messages == [
        "stream 1 (audio, mp3) encoded anew as libmp3lame: a .avi file cannot hold its gaps"
    ]
    assert abs(first_sound(tmp_path / "b.avi") - Fraction(5, 2)) < Fraction(60, 1000)
