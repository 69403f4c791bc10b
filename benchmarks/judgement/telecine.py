"""How well the film comes out of 3:2 pulldown, beside deinterlacing; and that video is left to it.

Each clip is taken for film and woven into 3:2 by FFmpeg's `telecine`, and once more taken for
interlaced video, a frame for each field. Both are coded and read back. Film: PSNR of luma against
the film's own frames, on average and of the worst frame, as they are recovered and as bwdif
alone makes them. Video: frames that are taken for film.

    python -m benchmarks.judgement.telecine CLIP... [--frames 96] [--codec ffv1] [--noise 0]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.error import BlockingIOError as NotYet
from av.error import EOFError as AtEnd
from av.filter import Graph
from av.video.frame import VideoFrame

from dain.media.bwdif import deinterlace
from dain.media.decoding import Picture
from dain.media.field_matching import joined, luma_of
from dain.media.film import recovered
from dain.media.film_votes import Kind

CYCLE = (0, 1, 1, 2, 3)  # the film frame, of four, that each of five frames begins with
OPTIONS = {
    "ffv1": {},
    "mpeg2video": {"flags": "+ildct+ilme", "b": "6M", "maxrate": "9M", "bufsize": "2M"},
    "libx264": {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "20"},
}


def main() -> None:
    """Measure clip by clip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--codec", choices=OPTIONS, default="ffv1")
    parser.add_argument("--noise", type=float, default=0, help="sigma, added after weaving")
    arguments = parser.parse_args()
    print("clip                      recovered dB  bwdif dB     still combed  video as film    ms")
    for clip in arguments.clips:
        measure(clip, arguments)


def measure(clip: Path, arguments: argparse.Namespace) -> None:
    """Print the line of one clip."""
    film = list(film_of(clip, arguments.skip, arguments.frames // 4 * 4))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "woven.mkv"
        coded(
            path,
            filtered(film, ("fps", "24"), ("telecine", "first_field=top:pattern=23")),
            arguments,
        )
        begin = time.perf_counter()
        choices = list(recovered(beside(path), lambda pts: pts))
        spent = time.perf_counter() - begin
        own = [quality(each.picture, film, number) for number, each in enumerate(choices)]
        # A frame is either woven anew or the very one that bwdif has made.
        made = list(interpolated(path))
        usual = [quality(each, film, number) for number, each in enumerate(made)]
        combed = sum(
            each.kind is not Kind.VIDEO
            and np.array_equal(luma_of(each.picture.native), luma_of(other.native))
            for each, other in zip(choices, made, strict=True)
        )
        lost = sum(each.kind is Kind.VIDEO for each in choices)
        coded(path, map(joined, film[::2], film[1::2]), arguments)
        video = list(recovered(beside(path), lambda pts: pts))
    fooled = sum(each.kind is not Kind.VIDEO for each in video)
    print(
        f"{clip.stem[:24]:24} {np.mean(own):6.2f} {min(own):6.2f} {np.mean(usual):6.2f} "
        f"{min(usual):6.2f} {combed:4} +{lost:3} /{len(choices):3} {fooled:7} /{len(video):3} "
        f"{1000 * spent / len(choices):8.1f}"
    )


def film_of(clip: Path, skip: int, count: int) -> Iterator[VideoFrame]:
    """Frames of a clip, numbered."""
    with av.open(str(clip)) as container:
        for number, frame in enumerate(islice(container.decode(video=0), skip, skip + count)):
            made = frame.reformat(format="yuv420p", width=frame.width // 2 * 2)
            made.pts, made.duration, made.time_base = number, 1, Fraction(1, 24)
            yield made


def filtered(frames: Iterable[VideoFrame], *filters: tuple[str, str]) -> Iterator[VideoFrame]:
    """What FFmpeg's filters make of the frames."""
    graph: Graph | None = None
    for frame in frames:
        if graph is None:
            graph = Graph()
            chain = [
                graph.add_buffer(
                    width=frame.width,
                    height=frame.height,
                    format=frame.format,
                    time_base=frame.time_base,
                ),
                *(graph.add(name, options) for name, options in filters),
                graph.add("buffersink"),
            ]
            graph.link_nodes(*chain).configure()
        graph.push(frame)
        yield from pulled(graph)
    assert graph is not None
    graph.push(None)
    yield from pulled(graph)


def pulled(graph: Graph) -> Iterator[VideoFrame]:
    """What is ready."""
    while True:
        try:
            made = graph.pull()
        except (NotYet, AtEnd):
            return
        assert isinstance(made, VideoFrame)
        yield made


def coded(path: Path, frames: Iterable[VideoFrame], arguments: argparse.Namespace) -> None:
    """Write frames, flagged as interlaced, top field first."""
    generator = np.random.default_rng(0)
    with av.open(str(path), "w") as output:
        stream = None
        for number, frame in enumerate(filtered(plainly_timed(frames), ("setfield", "tff"))):
            if stream is None:
                rate = Fraction(30000, 1001)
                stream = output.add_stream(
                    arguments.codec, rate=rate, options=OPTIONS[arguments.codec]
                )
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
            frame.pts, frame.time_base = number, 1 / rate
            if arguments.noise:
                frame.make_writable()
                brightness = luma_of(frame)
                noise = generator.normal(0, arguments.noise, brightness.shape)
                brightness[...] = np.clip(brightness + noise, 0, 255)
            output.mux(stream.encode(frame))
        assert stream is not None
        output.mux(stream.encode(None))


def plainly_timed(frames: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """Frames at 0, 1, 2, ..."""
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base = number, Fraction(1001, 30000)
        yield frame


def pictures(path: Path) -> Iterator[Picture]:
    """The frames of a file, numbered."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            yield Picture(frame, number, None)


def interpolated(path: Path) -> Iterator[Picture]:
    """The same, by bwdif."""
    return (made.picture for made in deinterlace(pictures(path), each_field=False))


def beside(path: Path) -> Iterator[tuple[Picture, Picture]]:
    """Both, side by side."""
    return zip(pictures(path), interpolated(path), strict=True)


def quality(picture: Picture, film: list[VideoFrame], number: int) -> float:
    """PSNR in dB against the film frame that begins in this frame; at most 99."""
    truth = luma_of(film[number // 5 * 4 + CYCLE[number % 5]]).astype(np.float64)
    error = float(np.square(luma_of(picture.native) - truth).mean())
    return min(99.0, 10 * float(np.log10(255**2 / error))) if error else 99.0


if __name__ == "__main__":
    main()
