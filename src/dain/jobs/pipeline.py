"""Decode, interpolate and encode at the same time, and end together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from dain.jobs.channel import Channel, ChannelClosed

Decoded = TypeVar("Decoded")
Made = TypeVar("Made")

# Enough to even out an uneven decoder and encoder, few enough to keep memory small.
CAPACITY = 4


def run_pipeline(
    decode: Callable[[], Iterator[Decoded]],
    transform: Callable[[Iterator[Decoded]], Iterable[Made]],
    encode: Callable[[Made], None],
    on_made: Callable[[], None] = lambda: None,
) -> None:
    """Run three stages side by side until `transform` ends.

    `decode` and `encode` have a thread each; `transform` runs in the calling one, which
    therefore sees Ctrl-C. Whatever ends the run, both threads have ended on return.

    Args:
        decode: makes the iterator of inputs; it is run and closed in the decoding thread.
        transform: from inputs to outputs; may stop before the inputs do.
        encode: takes one output.
        on_made: called in the calling thread after each output is handed on.

    Raises:
        BaseException: the first failure of any stage, as that stage raised it.
    """
    decoded: Channel[Decoded] = Channel(CAPACITY)
    made: Channel[Made] = Channel(CAPACITY)
    decoder = threading.Thread(
        target=_give, args=(decode, decoded), name="dain-decode", daemon=True
    )
    encoder = threading.Thread(target=_take, args=(made, encode), name="dain-encode", daemon=True)
    decoder.start()
    encoder.start()
    try:
        for item in transform(iter(decoded)):
            made.put(item)
            on_made()
        made.finish()
        _join(encoder)
        made.raise_failure()
    finally:
        decoded.close()
        made.close()
        _join(decoder)
        _join(encoder)


def _give(decode: Callable[[], Iterator[Decoded]], channel: Channel[Decoded]) -> None:
    """Body of the decoding thread."""
    try:
        items = decode()
        try:
            for item in items:
                channel.put(item)
        finally:
            # A generator holds its decoder until it is closed, and closes in this thread.
            if hasattr(items, "close"):
                items.close()
    except ChannelClosed:
        return
    except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
        channel.fail(error)
    else:
        channel.finish()


def _take(channel: Channel[Made], encode: Callable[[Made], None]) -> None:
    """Body of the encoding thread."""
    try:
        for item in channel:
            encode(item)
    except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
        channel.close(error)


def _join(thread: threading.Thread) -> None:
    """Wait for a thread in short steps: a single long wait would shut out Ctrl-C on Windows."""
    while thread.is_alive():
        thread.join(0.5)
