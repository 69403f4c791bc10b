"""A validation set of what people have most: small, squeezed and nearly still."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from dain.errors import OptionError, OutputError
from dain.training.clip_cache import CachedClip, Frames, cache_clips, load_clip
from dain.training.disk import disk_errors
from dain.training.footage import unbroken_runs

_SIDE = 240


def write_still_triplets(
    clips: Path, cache: Path, folder: Path, names: Collection[str], count: int = 210
) -> int:
    """Cut triplets from the poor copies of clips that training does not see.

    Of all neighbouring frames those that move least are taken, spread evenly over the clips.

    Args:
        clips: folder of videos.
        cache: folder for decoded clips.
        folder: must be empty, or not exist; receives NAME/im1.png, im2.png (the truth) and
            im3.png, all of them or none.
        names: of the withheld clips.
        count: of triplets wanted.

    Returns:
        How many were written.

    Raises:
        OptionError: none of the clips is there, or none can be cut.
        OutputError: the folder holds something, or cannot be written.
        RunError: the disk is full.
        DainError: see `cache_clips`.
    """
    check_empty(folder)
    chosen = [clip for clip in cache_clips(clips, cache) if clip.poor and clip.name in names]
    if not chosen:
        raise OptionError(f"{clips}: expected the clips {', '.join(sorted(names))}, found none")
    written = 0
    with _whole_folder(folder) as home:
        for number, clip in enumerate(chosen):
            wanted = (count - written) // (len(chosen) - number)
            frames = load_clip(clip, cache)
            for middle in _calm_middles(clip, wanted):
                _write_triplet(home / f"{Path(clip.file).stem}-{middle:04d}", frames, middle)
                written += 1
        if not written:
            raise OptionError(f"{clips}: expected withheld clips of three frames, found none")
    return written


def check_empty(folder: Path) -> None:
    """Refuse an output folder that is in use.

    Raises:
        OutputError: it is no folder, or holds something.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"expected a folder for the triplets, found that {folder} is none")
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"expected an empty folder for the triplets, found that {folder} is not")


def _calm_middles(clip: CachedClip, wanted: int) -> list[int]:
    """Middle frames of triplets, spread over the calmer half of a clip."""
    change = np.array(clip.change)
    middles = [k for start, stop in unbroken_runs(clip) for k in range(start + 1, stop - 1)]
    middles.sort(key=lambda k: change[k] + change[k + 1])
    calm = sorted(middles[: max(wanted, len(middles) // 2)])
    # Fewer than wanted come up several times, but are taken once.
    return sorted({calm[k * len(calm) // wanted] for k in range(wanted)}) if calm else []


def _write_triplet(home: Path, frames: Frames, middle: int) -> None:
    import cv2

    home.mkdir()
    left = max(frames.shape[2] - _SIDE, 0) // 2
    for part, number in enumerate((middle - 1, middle, middle + 1), start=1):
        picture = np.ascontiguousarray(frames[number][:, left : left + _SIDE, ::-1])
        (home / f"im{part}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())


@contextlib.contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """A folder beside the final one, which takes its place when it is complete."""
    final = folder.resolve()
    staged = final.with_name(f".{final.name}.{secrets.token_hex(4)}.part")
    try:
        with disk_errors(f"cannot write the triplets to {folder}"):
            staged.mkdir(parents=True)
            yield staged
            if final.exists():
                final.rmdir()  # empty; not every system renames over it
            staged.rename(final)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
