"""Opening a media file and choosing its video stream, with our own errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from dain.errors import MediaError


def open_container(path: Path) -> InputContainer:
    """Open a media file for reading.

    Raises:
        MediaError: it is missing, no regular file, empty, unreadable, or no media.
    """
    try:
        if path.is_dir():
            raise MediaError(f"expected a video file, found a folder: {path}; name a file in it")
        if not path.exists():
            raise MediaError(f"expected a video file, found nothing at {path}; check the name")
        if not path.is_file():
            raise MediaError(f"expected a regular file, found a device or pipe: {path}")
        if path.stat().st_size == 0:
            raise MediaError(f"expected a video, found an empty file: {path}; fetch it again")
        # "file:" keeps FFmpeg from taking a name with a colon for a network address.
        # Undecodable tags must not cost the video.
        return av.open(f"file:{path}", mode="r", metadata_errors="replace")
    except PermissionError as error:
        raise MediaError(f"no permission to read {path}; change its mode or owner") from error
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            f"expected a video, found a file that cannot be opened as one: {path} "
            f"({reason(error)}); it may be cut short or of another kind"
        ) from error


def best_video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream marked as default, else the largest; cover pictures do not count.

    Raises:
        MediaError: there is no video stream, or no decoder for any.
    """
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    moving = [s for s in container.streams.video if not s.disposition & pictures]
    if not moving:
        kinds = sorted({stream.type for stream in container.streams})
        found = " and ".join(kinds) if kinds else "no streams"
        cover = " (cover pictures only)" if container.streams.video else ""
        raise MediaError(f"expected a video stream, found {found}{cover} in {path}")
    decodable = [stream for stream in moving if stream.codec_context is not None]
    if not decodable:
        raise MediaError(f"expected a known video codec, found one without a decoder in {path}")
    return max(
        decodable,
        key=lambda s: (bool(s.disposition & Disposition.default), s.width * s.height),
    )


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Stream]]:
    """All packets of the streams (of every stream if none is named), then empty ones.

    Raises:
        FFmpegError: reading stopped before the end of the file.
    """
    try:
        yield from container.demux(*streams)
    except IndexError:
        return  # PyAV's own, after the last packet, if a stream has appeared midway


def reason(error: Exception) -> str:
    """What FFmpeg or the system says, without numbers and file names."""
    return str(getattr(error, "strerror", None) or error).splitlines()[0]
