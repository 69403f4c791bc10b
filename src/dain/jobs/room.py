"""How many frames may be in flight, so that a run stays within the memory it may use.

Most of what a run needs beside its network grows with the frame: the encoder looks ahead
by dozens of frames, and frames wait between decoder, network and encoder. The former is counted off
what the network may use; the latter shrinks where there is little room.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from dain.engine.host_memory import available_host_memory
from dain.media import OutputSpec

SHARE = Fraction(1, 2)  # of what is free, unless --memory says how much

# Frames that are always there, in frames as readers give them: x264 holds 25 of them at 4K
# (measured; that many, as it holds half the bytes of each twice over), the rest is decoder,
# pair, conversions, and one on each way.
_ALWAYS = 37
_SHARE_OF_WAITING = Fraction(1, 10)  # of all memory, for frames that wait
_LONGEST_QUEUE = 4  # evens out an uneven decoder and encoder; more would only cost memory
_BATCH_BYTES = 128 * 2**20


@dataclass(frozen=True)
class Room:
    """How many frames a run keeps.

    Attributes:
        queue: frames that may wait before the network, and as many behind it.
        batch_bytes: of the new frames that are made of a pair at once; one at least is made.
        needed: bytes of all frames in flight, those inside decoder and encoder included.
    """

    queue: int = _LONGEST_QUEUE
    batch_bytes: int = _BATCH_BYTES
    needed: int = 0


def room_for(spec: OutputSpec, memory: int | None, judged: int = 0) -> Room:
    """Divide memory among the frames of a run.

    Args:
        spec: of the frames.
        memory: bytes that the whole run may use; None for half of what is free.
        judged: source frames that wait to be judged.
    """
    frame = frame_bytes(spec)
    whole = int(available_host_memory() * SHARE) if memory is None else memory
    # A third of what may wait for each queue, a third for the batch.
    part = int(whole * _SHARE_OF_WAITING) // 3
    queue = max(1, min(_LONGEST_QUEUE, part // frame))
    batch = max(frame, min(_BATCH_BYTES, part))
    return Room(queue, batch, (_ALWAYS + judged + 2 * queue) * frame + batch)


def frame_bytes(spec: OutputSpec) -> int:
    """Bytes of one frame between reader and writer."""
    width_of_sample = 1 if spec.bit_depth <= 8 else 2 if spec.bit_depth <= 16 else 4
    return spec.width * spec.height * (4 if spec.alpha else 3) * width_of_sample
