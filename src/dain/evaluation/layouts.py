"""Where the frames of the field's datasets lie, as each is distributed.

Every function takes the folder that holds a dataset and gives its samples, in order; none where
the folder is laid out in another way. Files named by a list are not looked for here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from dain.errors import DainWarning, MediaError
from dain.evaluation.measures import Picture
from dain.evaluation.samples import StillSample, halved, middle
from dain.media.stills_names import format_of

SNU_FILM_SUBSETS = ("easy", "medium", "hard", "extreme")

# Xiph: both as in Niklaus and Liu, "Softmax Splatting", 2020: 4096x2160 halved, or its middle.
XIPH_SUBSETS: dict[str, Callable[[Picture], Picture] | None] = {"2k": halved, "4k": middle}
# X-TEST: Sim, Oh and Kim, "XVFI", 2021; halved as later papers do.
X_TEST_SUBSETS: dict[str, Callable[[Picture], Picture] | None] = {"2k": halved, "4k": None}

_HALF = Fraction(1, 2)
_NUMBERED = re.compile(r"(.*?)[-_.]?(\d+)", re.ASCII)
_X_TEST_STEPS, _X_TEST_FRAMES = 8, 33
_XIPH_FRAMES = 100


def plain_triplets(root: Path) -> list[StillSample]:
    """NAME/im1, im2 (the truth), im3, in any format of stills; warns of those that lack some."""
    found, lacking = [], []
    for folder in _folders(root):
        pictures = {p.stem: p for p in folder.iterdir() if format_of(p.name) is not None}
        present = [pictures[name] for name in ("im1", "im2", "im3") if name in pictures]
        if len(present) == 3:
            found.append(_triplet(folder.name, (present[0], present[1], present[2])))
        elif present:
            lacking.append(folder)
    if lacking:
        warnings.warn(
            f"expected im1, im2 and im3 in every folder of triplets, left out {len(lacking)} "
            f"that lack some, the first of them {lacking[0]}",
            DainWarning,
            stacklevel=2,
        )
    return found


def middlebury(root: Path) -> list[StillSample]:
    """other-data/NAME/frame10.png and frame11.png, other-gt-interp/NAME/frame10i11.png."""
    inputs = _first_folder(
        root,
        "other-data",
        "input",
        # As its archives unpack, side by side.
        "other-color-allframes/other-data",
        "other-color-twoframes/other-data",
    )
    truths = _first_folder(root, "other-gt-interp", "gt")
    if inputs is None or truths is None:
        return []
    found = []
    for folder in _folders(inputs):
        truth = truths / folder.name / "frame10i11.png"
        paths = (folder / "frame10.png", truth, folder / "frame11.png")
        if all(path.is_file() for path in paths):
            found.append(_triplet(folder.name, paths))
    return found


def ucf101(root: Path) -> list[StillSample]:
    """N/frame_00.png, frame_01_gt.png, frame_02.png, in order of N."""
    found = []
    for folder in _folders(root):
        paths = (folder / "frame_00.png", folder / "frame_01_gt.png", folder / "frame_02.png")
        if all(path.is_file() for path in paths):
            found.append(_triplet(folder.name, paths))
    return found


def vimeo90k(root: Path) -> list[StillSample]:
    """tri_testlist.txt beside sequences/AAAAA/BBBB/im1.png, im2.png, im3.png.

    The archive of the test set alone has input/ and target/ in place of sequences/; its target/
    has all three frames, too, and will do.
    """
    listed = root / "tri_testlist.txt"
    inputs = _first_folder(root, "sequences", "input", "target")
    truths = _first_folder(root, "sequences", "target")
    if not listed.is_file() or inputs is None or truths is None:
        return []
    return [
        _triplet(
            name, (inputs / name / "im1.png", truths / name / "im2.png", inputs / name / "im3.png")
        )
        for _, name in _lines(listed)
    ]


def snu_film(root: Path) -> list[StillSample]:
    """test-easy.txt and its like, each line the paths of first, true and last frame.

    The lists stand beside test/ or in eval_modes/. Their paths begin with data/SNU-FILM/, where
    the authors' own code had the dataset.
    """
    found: list[StillSample] = []
    for subset in SNU_FILM_SUBSETS:
        for listed in (root / f"test-{subset}.txt", root / "eval_modes" / f"test-{subset}.txt"):
            if listed.is_file():
                found.extend(_snu_film_samples(root, listed, subset))
                break
    return found


def _snu_film_samples(root: Path, listed: Path, subset: str) -> Iterator[StillSample]:
    for number, line in _lines(listed):
        paths = [_below_test(path) for path in line.split()]
        if len(paths) != 3:
            raise MediaError(
                f"expected the paths of three pictures in line {number} of {listed}, "
                f"found {len(paths)}"
            )
        first, truth, last = (_snu_film_file(root, path) for path in paths)
        name = paths[1].removeprefix("test/").rpartition(".")[0]
        yield _triplet(name, (first, truth, last), subset)


def _below_test(path: str) -> str:
    """A path of the lists from test/ on, wherever their author had that folder."""
    _, test, rest = f"/{path}".partition("/test/")
    return f"test/{rest}" if test else path


def _snu_film_file(root: Path, path: str) -> Path:
    """Where a path of the lists leads: below `root`, as archives and their users put it there."""
    places = (root / path, root / "data" / "SNU-FILM" / path, root / path.removeprefix("test/"))
    return next((place for place in places if place.is_file()), places[0])


def xiph(root: Path) -> list[StillSample]:
    """CLIP/NNN.png, or CLIP-NNN.png side by side: every even frame of the first 100 is a truth."""
    clips = {folder.name: _numbered(folder).get("", []) for folder in _folders(root)}
    clips.update(_numbered(root))
    found = []
    for subset, reshape in XIPH_SUBSETS.items():
        for clip, frames in sorted(clips.items()):
            for place in range(1, min(len(frames), _XIPH_FRAMES) - 1, 2):
                first, truth, last = frames[place - 1 : place + 2]
                name = f"{clip}/{truth.stem}" if truth.parent != root else truth.stem
                found.append(_triplet(name, (first, truth, last), subset, reshape))
    return found


def _numbered(folder: Path) -> dict[str, list[Path]]:
    """PNG files by what stands before their number, in order of it.

    In a folder of one clip that is cut off: the key is empty.

    Raises:
        MediaError: a number is missing: neighbours would not be neighbours.
    """
    groups: dict[str, dict[int, Path]] = {}
    for path in folder.glob("*.png"):
        if match := _NUMBERED.fullmatch(path.stem):
            groups.setdefault(match[1], {})[int(match[2])] = path
    for group in groups.values():
        for before, after in pairwise(sorted(group)):
            if after != before + 1:
                raise MediaError(
                    f"expected frames without a gap in {folder}, found "
                    f"{group[before].name} followed by {group[after].name}"
                )
    lists = {name: [group[key] for key in sorted(group)] for name, group in groups.items()}
    return {"": next(iter(lists.values()))} if len(lists) == 1 else lists


def x_test(root: Path) -> list[StillSample]:
    """TypeN/SCENE/0000.png to 0032.png: frames 0 and 32, and seven true ones between them."""
    scenes = []
    for kind in _folders(root):
        if re.fullmatch(r"type\d", kind.name, re.IGNORECASE):
            scenes += [(f"{kind.name}/{scene.name}", scene) for scene in _folders(kind)]
    found = []
    for subset, reshape in X_TEST_SUBSETS.items():
        for name, scene in scenes:
            frames = _numbered(scene).get("", [])
            if len(frames) < _X_TEST_FRAMES:
                continue
            step = (_X_TEST_FRAMES - 1) // _X_TEST_STEPS
            between = tuple(
                (Fraction(k, _X_TEST_STEPS), frames[k * step]) for k in range(1, _X_TEST_STEPS)
            )
            last = frames[_X_TEST_FRAMES - 1]
            found.append(StillSample(name, frames[0], last, between, subset, reshape))
    return found


def _triplet(
    name: str,
    paths: tuple[Path, Path, Path],
    subset: str = "",
    reshape: Callable[[Picture], Picture] | None = None,
) -> StillSample:
    """A sample of first, true and last frame."""
    first, truth, last = paths
    return StillSample(name, first, last, ((_HALF, truth),), subset, reshape)


def _folders(root: Path) -> list[Path]:
    """Folders in a folder, numbers in order of their value and before names."""
    return sorted((path for path in root.iterdir() if path.is_dir()), key=_by_number)


def _by_number(path: Path) -> tuple[bool, int, str]:
    is_number = path.name.isascii() and path.name.isdecimal()
    return not is_number, int(path.name) if is_number else 0, path.name


def _first_folder(root: Path, *names: str) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a list that hold anything, each with its number from 1."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError(f"cannot read the list {path}: {error}") from error
    return [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
