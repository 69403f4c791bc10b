"""Sounds, subtitles, pictures, attached files, chapters, tags, and what must be converted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from av.stream import Disposition
from benchmarks.media.cases import Case, of_clip
from benchmarks.media.writing import Clip, Sound
from benchmarks.media.writing_texts import Text

GERMAN = Sound(language="deu", title="Deutsch", disposition=Disposition.default)
COMMENTARY = Sound(language="eng", title="Commentary", disposition=Disposition.comment)
SURROUND = Sound(codec="ac3", layout="5.1(side)", language="fra")
TEXT = Text(language="deu", title="Untertitel")
FORCED = Text(language="eng", disposition=Disposition.forced)
ASS = Text(notation="ass", language="jpn")
MOV_TEXT = Text(notation="mov_text", language="deu")
VTT = Text(notation="webvtt", language="eng")
CHAPTERS = (
    (Fraction(0), Fraction(1, 5), "One"),
    (Fraction(1, 5), Fraction(2, 5), "Two, and more"),
)
TAGS = {"title": "A film", "artist": "Somebody", "comment": "Ünïcödé, 日本語"}
ANEW, LEFT = r"encoded anew", r"left out"
_VP9 = {"crf": "20", "b": "0", "cpu-used": "8"}

_SOUNDS = (
    of_clip("sounds-two-mkv", Clip(suffix=".mkv", sounds=(GERMAN, COMMENTARY))),
    of_clip("sounds-two-mp4", Clip(sounds=(GERMAN, COMMENTARY))),
    of_clip("sounds-two-mov", Clip(suffix=".mov", sounds=(GERMAN, COMMENTARY))),
    of_clip("sounds-two-ts", Clip(suffix=".ts", sounds=(GERMAN, SURROUND))),
    of_clip("sounds-three-mkv-to-mp4", Clip(suffix=".mkv", sounds=(GERMAN, SURROUND, COMMENTARY)),
            to=".mp4"),
    of_clip("sounds-mp4-to-mkv", Clip(sounds=(GERMAN, COMMENTARY)), to=".mkv"),
    of_clip("sounds-mp4-to-mov", Clip(sounds=(GERMAN, COMMENTARY)), to=".mov",
            told=(r"disposition comment of stream 2$",)),
    of_clip("sounds-mp4-to-ts", Clip(sounds=(GERMAN, COMMENTARY)), to=".ts",
            told=(r"title 'Deutsch' of stream 1; title .* and disposition comment of stream 2",)),
    of_clip("sounds-mp4-to-webm", Clip(sounds=(GERMAN,)), to=".webm", told=(ANEW,)),
    of_clip("sounds-webm-to-mp4", Clip(suffix=".webm", codec="libvpx-vp9", options=_VP9,
            sounds=(Sound(codec="libopus", language="eng"),)), to=".mp4"),
    of_clip("sounds-vorbis-to-mp4", Clip(suffix=".mkv",
            sounds=(Sound(codec="vorbis", layout="stereo"),)), to=".mp4", may_tell=(ANEW,)),
    of_clip("sounds-pcm-to-mp4", Clip(suffix=".mov", sounds=(Sound(codec="pcm_s16le"),)),
            to=".mp4", may_tell=(ANEW,)),
    of_clip("sounds-pcm24-mkv-to-mp4", Clip(suffix=".mkv", sounds=(Sound(codec="pcm_s24le"),)),
            to=".mp4", may_tell=(ANEW,)),
    of_clip("sounds-pcm-to-webm", Clip(suffix=".mkv", sounds=(Sound(codec="pcm_s16le"),)),
            to=".webm", told=(ANEW,)),
    of_clip("sounds-pcm-to-ts", Clip(suffix=".mkv", sounds=(Sound(codec="pcm_s16le"),)),
            to=".ts", told=(ANEW,)),
    of_clip("sounds-pcm-to-avi", Clip(suffix=".mkv", sounds=(Sound(codec="pcm_s16le"),)),
            to=".avi"),
    of_clip("sounds-flac-to-mp4", Clip(suffix=".mkv", sounds=(Sound(codec="flac"),)), to=".mp4"),
    of_clip("sounds-flac-to-avi", Clip(suffix=".mkv", sounds=(Sound(codec="flac"),)), to=".avi",
            may_tell=(ANEW,)),
    of_clip("sounds-opus-to-avi", Clip(suffix=".mkv", sounds=(Sound(codec="libopus"),)), to=".avi",
            told=(ANEW,)),
    of_clip("sounds-5-1-to-webm", Clip(suffix=".mkv", sounds=(SURROUND,)), to=".webm",
            told=(ANEW,)),
    of_clip("sounds-5-1-to-avi", Clip(suffix=".mkv", sounds=(replace(SURROUND, codec="flac"),)),
            to=".avi", told=(r"language 'fra' of stream 1",), may_tell=(ANEW,)),
    of_clip("sounds-8000-hz", Clip(suffix=".mkv", sounds=(Sound(sample_rate=8000),))),
    of_clip("sounds-44100-hz", Clip(sounds=(Sound(sample_rate=44100, layout="stereo"),))),
    of_clip("sounds-96000-hz", Clip(suffix=".mkv",
            sounds=(Sound(codec="flac", sample_rate=96000),)), to=".mp4"),
    of_clip("sounds-none-left", Clip(suffix=".mkv", sounds=()), to=".mp4"),
)  # fmt: skip

_TEXTS = (
    of_clip("texts-srt-mkv", Clip(suffix=".mkv", texts=(TEXT, FORCED))),
    of_clip("texts-srt-to-mp4", Clip(suffix=".mkv", texts=(TEXT, FORCED)), to=".mp4",
            told=(ANEW,)),
    of_clip("texts-srt-to-webm", Clip(suffix=".mkv", texts=(TEXT,)), to=".webm", told=(ANEW,)),
    of_clip("texts-srt-to-avi", Clip(suffix=".mkv", texts=(TEXT,)), to=".avi", told=(LEFT,)),
    of_clip("texts-srt-to-ts", Clip(suffix=".mkv", texts=(TEXT,)), to=".ts", told=(LEFT,)),
    of_clip("texts-ass-mkv", Clip(suffix=".mkv", texts=(ASS,), font=True)),
    of_clip("texts-ass-to-mp4", Clip(suffix=".mkv", texts=(ASS,)), to=".mp4", told=(ANEW,)),
    of_clip("texts-ass-to-webm", Clip(suffix=".mkv", texts=(ASS,)), to=".webm", told=(ANEW,)),
    of_clip("texts-mov-mp4", Clip(texts=(MOV_TEXT,))),
    of_clip("texts-mov-to-mkv", Clip(texts=(MOV_TEXT,)), to=".mkv", told=(ANEW,)),
    of_clip("texts-mov-to-webm", Clip(texts=(MOV_TEXT,)), to=".webm", told=(ANEW,)),
    of_clip("texts-vtt-webm", Clip(suffix=".webm", codec="libvpx-vp9", options=_VP9,
            texts=(VTT,))),
    of_clip("texts-vtt-to-mp4", Clip(suffix=".webm", codec="libvpx-vp9", options=_VP9,
            texts=(VTT,)), to=".mp4", told=(ANEW,)),
    of_clip("texts-vtt-mkv", Clip(suffix=".mkv", texts=(VTT,))),
    of_clip("texts-range", Clip(suffix=".mkv", count=24, texts=(TEXT,)), "--factor", "2",
            "--start", "0.1", "--end", "0.5", frames=20, duration=Fraction(2, 5),
            whole=False, same=False),
)  # fmt: skip

_REST = (
    of_clip("cover-mp4", Clip(cover=True, sounds=(GERMAN,))),
    of_clip("cover-mkv", Clip(suffix=".mkv", cover=True)),
    of_clip("cover-mp4-to-mkv", Clip(cover=True), to=".mkv"),
    of_clip("cover-mkv-to-mp4", Clip(suffix=".mkv", cover=True), to=".mp4"),
    of_clip("cover-to-webm", Clip(suffix=".mkv", cover=True), to=".webm", told=(LEFT,)),
    of_clip("font-mkv", Clip(suffix=".mkv", font=True, sounds=(GERMAN,))),
    of_clip("font-to-mp4", Clip(suffix=".mkv", font=True), to=".mp4", told=(LEFT,)),
    of_clip("data-klv-ts", Clip(suffix=".ts", data=True, sounds=(Sound(),)), may_tell=(LEFT,)),
    of_clip("data-klv-to-mp4", Clip(suffix=".ts", data=True), to=".mp4", told=(LEFT,)),
    of_clip("second-video-mkv", Clip(suffix=".mkv", second=True)),
    of_clip("second-video-mp4", Clip(second=True, sounds=(GERMAN,))),
    of_clip("second-video-to-avi", Clip(suffix=".mkv", second=True), to=".avi",
            may_tell=(LEFT,)),
    of_clip("chapters-mp4", Clip(chapters=CHAPTERS)),
    of_clip("chapters-mkv", Clip(suffix=".mkv", chapters=CHAPTERS)),
    of_clip("chapters-mkv-to-mp4", Clip(suffix=".mkv", chapters=CHAPTERS), to=".mp4"),
    of_clip("chapters-mp4-to-webm", Clip(chapters=CHAPTERS), to=".webm"),
    of_clip("chapters-to-avi", Clip(suffix=".mkv", chapters=CHAPTERS), to=".avi",
            told=(r"chapters left out",)),
    of_clip("chapters-slow-motion", Clip(suffix=".mkv", chapters=CHAPTERS), "--factor", "2",
            "--slow-motion", rate=Fraction(24), duration=Fraction(20, 24), same=False,
            streams=False, may_tell=(r"chapter",)),
    of_clip("tags-mp4", Clip(metadata=TAGS)),
    of_clip("tags-mkv", Clip(suffix=".mkv", metadata=TAGS, title="Main")),
    of_clip("tags-mp4-to-mkv", Clip(metadata=TAGS), to=".mkv"),
    of_clip("tags-mkv-to-mov", Clip(suffix=".mkv", metadata=TAGS), to=".mov"),
    of_clip("tags-avi", Clip(suffix=".avi", codec="mpeg4", metadata=TAGS,
            options={"flags": "+qscale", "global_quality": "354"})),
    of_clip("timecode-mov", Clip(suffix=".mov", metadata={"timecode": "01:00:00:00"})),
    of_clip("everything-mkv", Clip(suffix=".mkv", sounds=(GERMAN, SURROUND, COMMENTARY),
            texts=(TEXT, ASS, FORCED), cover=True, font=True, chapters=CHAPTERS, metadata=TAGS,
            second=True)),
    of_clip("everything-mkv-to-mp4", Clip(suffix=".mkv", sounds=(GERMAN, SURROUND, COMMENTARY),
            texts=(TEXT, ASS), cover=True, font=True, chapters=CHAPTERS, metadata=TAGS),
            to=".mp4", told=(r"stream 4 .*" + ANEW, r"stream 5 .*" + ANEW, LEFT)),
    of_clip("everything-mp4", Clip(sounds=(GERMAN, COMMENTARY), texts=(MOV_TEXT,), cover=True,
            chapters=CHAPTERS, metadata=TAGS)),
)  # fmt: skip

STREAM_CASES: tuple[Case, ...] = (*_SOUNDS, *_TEXTS, *_REST)
