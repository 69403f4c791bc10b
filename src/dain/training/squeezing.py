"""Clips as a poor copy would show them: small, and through an old codec."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]

_POOR_HEIGHT = 240
_SLICES = 3  # of a picture: the encoder's own choice depends on the number of processors


def squeeze(frames: Iterable[Frames], bits_per_pixel: float) -> Iterator[Frames]:
    """A poor copy: 240 lines, through MPEG-4 Part 2 at a low rate and back.

    Args:
        frames: each ``(H, W, 3)`` uint8 RGB, of one size.
        bits_per_pixel: of the copy, on average.

    Yields:
        As many frames, 240 lines high and even in width.
    """
    import av

    packets = io.BytesIO()
    with av.open(packets, "w", format="avi") as container:
        stream = None
        for number, pixels in enumerate(frames):
            height, width = pixels.shape[:2]
            wide = round(_POOR_HEIGHT * width / height / 2) * 2
            if stream is None:
                stream = container.add_stream("mpeg4", rate=25)
                stream.width, stream.height, stream.pix_fmt = wide, _POOR_HEIGHT, "yuv420p"
                stream.codec_context.thread_count = _SLICES
                stream.bit_rate = round(bits_per_pixel * wide * _POOR_HEIGHT * 25)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                wide, _POOR_HEIGHT, "yuv420p", interpolation="AREA"
            )
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    packets.seek(0)
    with av.open(packets) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")
