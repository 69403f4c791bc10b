"""Subtitles and timed data for the clips of the corpus."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import OutputContainer
from av.stream import Disposition

UNMARKED = Disposition(0)
_MILLISECOND = Fraction(1, 1000)
_STYLES = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize, PrimaryColour\nStyle: Default,Arial,20,&H00FFFFFF\n\n"
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


@dataclass(frozen=True, kw_only=True)
class Text:
    """A stream of subtitles.

    Attributes:
        notation: `srt`, `ass`, `webvtt` or `mov_text`.
        lines: start and end in milliseconds, and words.
        language: tag; none if empty.
        title: likewise.
        disposition: flags.
    """

    notation: str = "srt"
    lines: tuple[tuple[int, int, str], ...] = ((50, 200, "one"), (250, 400, "two"))
    language: str = ""
    title: str = ""
    disposition: Disposition = UNMARKED


def add_texts(output: OutputContainer, texts: Sequence[Text]) -> Callable[[], None]:
    """Add the streams; what is returned writes their packets, after the header."""
    writers = [_add(output, text) for text in texts]
    return lambda: [write() for write in writers] and None


def _add(output: OutputContainer, text: Text) -> Callable[[], None]:
    given: av.container.InputContainer | None = None
    if text.notation == "mov_text":
        stream = output.add_mux_stream("mov_text", time_base=_MILLISECOND)
    else:
        given = av.open(io.BytesIO(_document(text).encode()), format=text.notation)
        stream = output.add_stream_from_template(given.streams[0], opaque=True)
    if text.language:
        stream.metadata["language"] = text.language
    if text.title:
        stream.metadata["title"] = text.title
    stream.disposition = text.disposition

    def write() -> None:
        for packet in _bare(text) if given is None else list(given.demux()):
            if packet.size:
                packet.stream = stream
                output.mux(packet)

    return write


def _bare(text: Text) -> list[av.Packet]:
    packets = []
    for start, end, words in text.lines:
        data = words.encode()
        packet = av.Packet(len(data).to_bytes(2, "big") + data)
        packet.time_base = _MILLISECOND
        packet.pts = packet.dts = start
        packet.duration = end - start
        packets.append(packet)
    return packets


def _document(text: Text) -> str:
    """The subtitles as a file of their own."""
    if text.notation == "ass":
        events = (
            f"Dialogue: 0,0:00:{start / 1000:05.2f},0:00:{end / 1000:05.2f},Default,,0,0,0,,{words}"
            for start, end, words in text.lines
        )
        return _STYLES + "\n".join(events) + "\n"
    comma = "," if text.notation == "srt" else "."
    cues = (
        f"{number}\n{_clock(start, comma)} --> {_clock(end, comma)}\n{words}\n"
        for number, (start, end, words) in enumerate(text.lines, 1)
    )
    return ("WEBVTT\n\n" if text.notation == "webvtt" else "") + "\n".join(cues)


def _clock(milliseconds: int, point: str) -> str:
    return f"00:00:{milliseconds // 1000:02d}{point}{milliseconds % 1000:03d}"


def add_data(output: OutputContainer) -> Callable[[], None]:
    """Timed metadata (KLV) of two packets, as `add_texts` adds subtitles."""
    stream = output.add_data_stream("klv")

    def write() -> None:
        for number in range(2):
            packet = av.Packet(bytes.fromhex("060e2b34") + bytes([number]) * 16)
            packet.stream, packet.time_base = stream, _MILLISECOND
            packet.pts = packet.dts = 100 * number
            packet.duration = 100
            output.mux(packet)

    return write
