"""Does what stands still stay still? Error inside and outside of overlays, plain and held.

Overlays are drawn over clips; every other frame is left out and made again by `dain-lite`.

    python -m benchmarks.judgement.overlays [--crf 23] [--pictures DIR]
    python -m benchmarks.judgement.overlays --bare
"""

from __future__ import annotations

import argparse
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from benchmarks.judgement.bare import bare
from benchmarks.judgement.composites import MARGIN, Layer, Picture, layouts, over
from benchmarks.judgement.footage import CLIPS, Footage

from dain import Interpolator
from dain.judgement import Judged, Judges, StandingPicture, judged
from dain.judgement.overlays import OverlayJudge

OPAQUE = 0.95
"""Opacity above which a pixel is of the overlay; below it is of its soft edge."""
SIZE = (432, 240)
FRAMES = 84
APPEARS, VANISHES = 22, 64  # half-way between two frames the earlier one counts
MADE = (9, 10, 16, 24, 31, 34)  # gaps between kept frames; in 10 it comes, in 31 it goes
NAMES = (
    "davis_car-roundabout.mp4",
    "davis_goat.mp4",
    "davis_parkour.mp4",
    "davis_cows.mp4",
    "intel_cars.mp4",
    "bbb_480p24.mp4",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--names", nargs="+", help=f"clips; {', '.join(NAMES)}, or all with --bare")
    parser.add_argument("--crf", type=int, help="compress by x264 before; not by default")
    parser.add_argument("--pictures", type=Path, help="folder for what was made, enlarged")
    parser.add_argument("--bare", action="store_true", help="clips as they are: false alarms")
    arguments = parser.parse_args()
    if arguments.bare:
        bare(arguments)
        return
    engine = Interpolator(precision="fp32", device="cpu")
    errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for name in arguments.names or NAMES:
        clip = Footage(arguments.clips).clip(name, SIZE)[:FRAMES]
        for layout, layers in layouts(APPEARS, VANISHES).items():
            mine: dict[str, list[tuple[float, float]]] = defaultdict(list)
            measure(engine, clip, layers, arguments, f"{Path(name).stem}-{layout}", mine)
            show(f"{name} {layout}", mine)
            for kind, pairs in mine.items():
                errors[kind] += pairs
    show("all", errors)


def measure(
    engine: Interpolator,
    clip: npt.NDArray[np.uint8],
    layers: Mapping[str, Layer],
    arguments: argparse.Namespace,
    title: str,
    errors: dict[str, list[tuple[float, float]]],
) -> None:
    """Make gaps plainly and held, and note the errors of both by kind."""
    kept = [over(picture, layers, 2 * n) for n, picture in enumerate(clip[::2])]
    if arguments.crf is not None:
        kept = recompressed(kept, arguments.crf)
    verdicts = standing(kept)
    for gap in MADE:
        truth = over(clip[2 * gap + 1], layers, 2 * gap + 1)
        plain, held = made(engine, kept[gap], kept[gap + 1], verdicts[gap].standing)
        for kind, inside in places(layers, 2 * gap + 1).items():
            errors[kind].append((_error(plain, truth, inside), _error(held, truth, inside)))
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            picture = np.hstack([truth, plain, held])[..., ::-1]
            cv2.imwrite(str(arguments.pictures / f"{title}-{gap}.png"), picture)


def standing(frames: Sequence[Picture]) -> list[Judged[int]]:
    """What the judge finds after each of the frames."""
    judges = Judges(standing=OverlayJudge())
    numbers = range(len(frames))
    return list(judged(numbers, judges, lambda n: Fraction(n, 24), lambda n: frames[n]))


def made(
    engine: Interpolator, before: Picture, after: Picture, found: StandingPicture | None
) -> tuple[Picture, Picture]:
    """The frame half-way, plain and held."""
    plain = engine.between(before, after)[0]
    if found is None:
        return plain, plain
    pair = found.strip(before, after)
    bare = plain if pair[0] is before and pair[1] is after else engine.between(*pair)[0]
    return plain, found.hold(bare, before, after, Fraction(1, 2))


def places(layers: Mapping[str, Layer], number: int) -> dict[str, npt.NDArray[np.bool_]]:
    """Where each kind of overlay lies, those that only just come or go apart, and the rest."""
    kernel = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    found: dict[str, npt.NDArray[np.bool_]] = {}
    taken = np.zeros(SIZE[::-1], bool)
    for kind, layer in layers.items():
        painted = [layer.paint(*SIZE, n)[..., 3] for n in (number - 1, number, number + 1)]
        inside = np.max(painted, axis=0)
        if not inside.any():
            continue
        taken |= cv2.dilate((inside > 0).astype(np.uint8), kernel) > 0
        if kind == "subtitle" and painted[0].any() != painted[2].any():
            kind += ", coming or going"
        opaque = inside > OPAQUE * layer.opacity
        found[kind] = opaque
        if (soft := (inside > 0) & ~opaque).any():
            found[f"{kind}: edge"] = soft
    return found | {"outside": ~taken}


def _error(picture: Picture, truth: Picture, inside: npt.NDArray[np.bool_]) -> float:
    difference = np.abs(picture.astype(np.int16) - truth)
    return float(difference[inside].mean())


def recompressed(frames: Sequence[Picture], crf: int) -> list[Picture]:
    """The frames after H.264, as a film brings them."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode())
    memory.seek(0)
    with av.open(memory) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def show(title: str, errors: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """A line for each kind: mean absolute error in 255ths."""
    print(title)
    for kind, pairs in errors.items():
        plain, held = np.mean(pairs, axis=0)
        print(f"    {kind:28}{plain:8.2f}{held:8.2f}{len(pairs):6}", flush=True)


if __name__ == "__main__":
    main()
