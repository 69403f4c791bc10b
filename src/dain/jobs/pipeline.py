"""Decode, interpolate and encode at the same time, and end together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from dain.jobs.channel import Channel, ChannelClosed

Decoded = TypeVar("Decoded")
Made = TypeVar("Made")

# Enough to even out an uneven decoder and encoder, few enough to keep memory small.
CAPACITY = 4

_POLL_SECONDS = 0.005


def run_pipeline(
    decode: Callable[[], Iterator[Decoded]],
    transform: Callable[[Iterator[Decoded]], Iterable[Made]],
    encode: Callable[[Made], None],
    on_made: Callable[[], None] = lambda: None,
    interrupt: Callable[[], None] = lambda: None,
    capacity: int = CAPACITY,
) -> None:
    """Run three stages side by side until `transform` ends.

    `decode` and `encode` have a thread each; `transform` runs in the calling one, which
    therefore sees Ctrl-C. Whatever ends the run, both threads have ended on return.

    Args:
        decode: makes the iterator of inputs; it is run and closed in the decoding thread.
        transform: from inputs to outputs; may stop before the inputs do.
        encode: takes one output.
        on_made: called in the calling thread after each output is handed on.
        interrupt: called when the run ends, whatever ended it: lets `decode` and `encode` return
            where they wait for another program.
        capacity: items that may wait between two stages.

    Raises:
        BaseException: the first failure of any stage, as that stage raised it.
    """
    decoded: Channel[Decoded] = Channel(capacity)
    made: Channel[Made] = Channel(capacity)
    decoder = _Stage("dain-decode", lambda: _give(decode, decoded))
    encoder = _Stage("dain-encode", lambda: _take(made, encode))
    try:
        decoder.start()
        encoder.start()
        for item in transform(iter(decoded)):
            made.put(item)
            on_made()
        made.finish()
        encoder.wait()
        made.raise_failure()
    finally:
        interrupt()
        _stop((decoded, made), (decoder, encoder))


class _Stage(threading.Thread):
    """A thread that can be waited for, Ctrl-C or not."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._is_over = False

    def run(self) -> None:
        try:
            self._work()
        finally:
            self._is_over = True

    def wait(self) -> None:
        """Wait until the work is over.

        `join` alone would not do: before Python 3.13 a Ctrl-C makes it take a running thread
        for one that ended, and on Windows a wait without a limit shuts Ctrl-C out.
        """
        if self.ident is None:
            return  # it was never started
        while not self._is_over:
            time.sleep(_POLL_SECONDS)
        self.join()


def _stop(channels: Sequence[Channel[Any]], stages: Sequence[_Stage]) -> None:
    """Stop the stages and wait for them: what they use is closed next."""
    try:
        for channel in channels:
            channel.close()
        for stage in stages:
            stage.wait()
    except BaseException:  # Ctrl-C once more
        _stop(channels, stages)
        raise


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
