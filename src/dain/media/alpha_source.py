"""Where a video keeps its transparency, and whether there is any."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from enum import Enum, auto
from itertools import chain
from pathlib import Path
from typing import cast

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dain.media.containers import open_container, packets
from dain.media.pixel_formats import bit_depth, has_alpha
from dain.media.planes import plane_of
from dain.media.scan import VideoPacket

# VP8 and VP9 have no alpha: in WebM it is a second stream beside each picture, which FFmpeg's
# own decoders pass over.
_BESIDE_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_BESIDE_MARK = (1).to_bytes(8, "big")  # Matroska's BlockAddID of alpha
_PLANAR = re.compile(r"(yuva4\d\dp|gbrap)(\d+le)?")


class Transparency(Enum):
    """What is found in the alpha of a video."""

    NONE = auto()  # all is opaque
    SOME = auto()
    UNUSED = auto()  # 0 in all of every frame, as it is left by programs that do not know it


def decoder_beside(stream: VideoStream, packet: VideoPacket) -> str | None:
    """Name of the decoder that reads transparency beside the pictures, if there is any.

    Args:
        stream: of any codec.
        packet: its first one.
    """
    name = _BESIDE_DECODERS.get(stream.codec_context.codec.canonical_name)
    if name is None:
        return None
    tagged = stream.metadata.get("alpha_mode", "").strip("\0 ") == "1"
    beside = bytes(packet.get_sidedata("matroska_block_additional"))
    return name if tagged or beside.startswith(_BESIDE_MARK) else None


def decoder_for(stream: VideoStream, name: str | None) -> VideoCodecContext:
    """The stream's own decoder, or a new one of that name."""
    if name is None:
        return stream.codec_context
    decoder = cast("VideoCodecContext", CodecContext.create(name, "r"))
    decoder.extradata = stream.codec_context.extradata
    return decoder


def decoded(
    path: Path, stream_index: int, decoder: str | None
) -> Generator[VideoFrame, None, None]:
    """Frames as they come, without those that do not decode.

    Raises:
        MediaError: the file cannot be opened.
    """
    with open_container(path) as container:
        stream = next((s for s in container.streams.video if s.index == stream_index), None)
        if stream is None:
            return
        context = decoder_for(stream, decoder)
        context.thread_type = "AUTO"
        try:
            for packet in chain(packets(container, stream), (None,)):
                if packet is None or packet.size:
                    yield from _decoded(context, cast("VideoPacket | None", packet))
        except (FFmpegError, OSError):
            return  # a broken end; the reader of the frames tells of it


def _decoded(context: VideoCodecContext, packet: VideoPacket | None) -> list[VideoFrame]:
    try:
        return [frame for frame in context.decode(packet) if not frame.is_corrupt]
    except FFmpegError:
        return []


def find_transparency(frames: Iterable[VideoFrame], *, kept: bool) -> Transparency:
    """Look at no more frames than it takes to tell.

    Args:
        frames: of formats with alpha, from the first.
        kept: the whole video counts; else only whether its alpha is used, which the first
            frame with something to see tells.
    """
    found = Transparency.UNUSED
    hidden = False
    for frame in frames:
        low, high, top = _extremes(frame)
        if high == 0:
            hidden = True
            continue
        if low < top or hidden:
            return Transparency.SOME
        found = Transparency.NONE
        if not kept:
            break
    return found


def _extremes(frame: VideoFrame) -> tuple[int, int, int]:
    """Smallest, largest and largest possible value of a frame's alpha."""
    if not has_alpha(frame.format):
        return 1, 1, 1
    depth = bit_depth(frame.format)
    if _PLANAR.fullmatch(frame.format.name):
        values, top = plane_of(frame, 3), (1 << depth) - 1
    else:
        name, top = ("rgba", 255) if depth <= 8 else ("rgba64le", 65535)
        values = plane_of(frame.reformat(format=name), 0, 4)[..., 3]
    return int(values.min()), int(values.max()), top
