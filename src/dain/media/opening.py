"""From a path to the reader or writer that fits it."""

from __future__ import annotations

from pathlib import Path

from dain.media.frame import OutputSpec
from dain.media.interfaces import FrameReader, FrameWriter
from dain.media.pipes import is_pipe
from dain.settings import EncodeSettings, ReadSettings


def open_reader(path: Path, settings: ReadSettings | None = None) -> FrameReader:
    """Open a video, an animated image, or stills: a folder, a ``%05d.png`` pattern or a zip.

    ``-`` is Y4M on standard input.

    Raises:
        MediaError: nothing is there, or it is no video.
    """
    from dain.media.animation import animation_format
    from dain.media.animation_reader import AnimationReader
    from dain.media.stills import StillsReader, is_stills
    from dain.media.video_reader import VideoReader
    from dain.media.y4m_reader import Y4MReader

    settings = settings or ReadSettings()
    if is_pipe(path):
        return Y4MReader()
    if is_stills(path):
        return StillsReader(path, settings)
    image_format = animation_format(path)
    if image_format is not None:
        return AnimationReader(path, image_format, settings)
    return VideoReader(path, settings)


def open_writer(
    path: Path, spec: OutputSpec, settings: EncodeSettings | None = None
) -> FrameWriter:
    """Open a video, an animated image, a folder, a ``%05d.png`` pattern or a zip for writing.

    ``-`` is Y4M on standard output.

    Raises:
        OutputError: it exists already, cannot be written, or cannot hold what was asked.
    """
    from dain.media.animation_options import output_format
    from dain.media.animation_writer import AnimationWriter
    from dain.media.stills import StillsWriter, is_stills_output
    from dain.media.video_writer import VideoWriter
    from dain.media.y4m_file import Y4M_SUFFIX, Y4MFileWriter
    from dain.media.y4m_writer import Y4MWriter

    settings = settings or EncodeSettings()
    if is_pipe(path):
        return Y4MWriter(spec, settings)
    if path.suffix.lower() == Y4M_SUFFIX:
        return Y4MFileWriter(path, spec, settings)
    if is_stills_output(path):
        return StillsWriter(path, spec, settings)
    image_format = output_format(path, settings.codec)
    if image_format is not None:
        return AnimationWriter(path, image_format, spec, settings)
    return VideoWriter(path, spec, settings)


def keeps_alpha(path: Path, settings: EncodeSettings | None = None) -> bool:
    """Whether the writer of an output takes RGBA frames."""
    from dain.media.animation_options import output_format
    from dain.media.encoders import video_keeps_alpha
    from dain.media.stills import is_stills_output, stills_keep_alpha

    if is_pipe(path):
        return False
    settings = settings or EncodeSettings()
    if is_stills_output(path):
        return stills_keep_alpha(path, settings.codec)
    if output_format(path, settings.codec) is not None:
        return True
    return video_keeps_alpha(path, settings)


def takes_scene_linear(path: Path, settings: EncodeSettings | None = None) -> bool:
    """Whether the writer of an output takes scene-linear float32 frames, as EXR stills do."""
    from dain.media.stills import is_stills_output, stills_format

    codec = None if settings is None else settings.codec
    return is_stills_output(path) and stills_format(path, codec) == "exr"
