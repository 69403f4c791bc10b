"""Frames into a Y4M file: uncompressed, exact in rate, aspect and chroma."""

from __future__ import annotations

import os
from pathlib import Path

from dain.errors import EncodeError
from dain.media.frame import Frame, OutputSpec
from dain.media.interfaces import FrameWriter
from dain.media.output import StagedFile
from dain.media.y4m_writer import Y4MWriter
from dain.settings import EncodeSettings

Y4M_SUFFIX = ".y4m"


class Y4MFileWriter(FrameWriter):
    """Writes what the pipe's writer writes, beside the final name until it is complete.

    Args:
        path: the output.
        spec: what the frames will be like.
        settings: a pixel format, and whether an existing file is replaced.

    Attributes:
        messages: notes for the person who runs us.

    Raises:
        OutputError: it exists and may not be replaced, cannot be written, or Y4M cannot hold
            what was asked.
    """

    def __init__(self, path: Path, spec: OutputSpec, settings: EncodeSettings) -> None:
        self._staged = StagedFile(path, settings.overwrite)
        self._descriptor: int | None = None
        try:
            flags = os.O_WRONLY | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._staged.path, flags)
            self._writer = Y4MWriter(spec, settings, self._descriptor, name=f"a {Y4M_SUFFIX} file")
        except BaseException:
            self.abort()
            raise
        self.messages = self._writer.messages

    def write(self, frame: Frame) -> None:
        """Take the next frame.

        Raises:
            EncodeError: it has another size than announced, or the disk refused it.
        """
        try:
            self._writer.write(frame)
        except EncodeError:
            self.abort()
            raise

    def finish(self) -> None:
        """Move the file to its final name.

        Raises:
            EncodeError: the disk refused; what was written is removed.
        """
        if self._descriptor is None:
            return
        self._writer.finish()
        self._close()
        self._staged.commit()

    def abort(self) -> None:
        """Remove what was written; the final name is untouched. Safe to call twice."""
        if self._descriptor is not None:
            self._close()
        self._staged.discard()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
