"""The datasets by name: how each is laid out, and its samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dain.errors import MediaError, OptionError, reason_of
from dain.evaluation import layouts
from dain.evaluation.samples import StillSample

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Dataset:
    """A dataset of the field.

    Attributes:
        find: samples in the folder that holds it, none if that is laid out in another way.
        layout: what is expected there, in a line.
        subsets: parts whose scores are reported apart.
        parts: names of folders inside it, any of which may be given in its place.
        nests: whether the folder around it may be given in its place, too.
        count: samples that the published one has (in each subset); None where that varies.
    """

    find: Callable[[Path], list[StillSample]]
    layout: str
    subsets: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    nests: bool = True
    count: int | None = None


DATASETS: dict[str, Dataset] = {
    "middlebury": Dataset(
        layouts.middlebury,
        "other-data/NAME/frame10.png, frame11.png and other-gt-interp/NAME/frame10i11.png",
        parts=("other-data", "other-gt-interp", "input", "gt"),
        count=12,
    ),
    "ucf101": Dataset(
        layouts.ucf101, "folders N/frame_00.png, frame_01_gt.png, frame_02.png", count=379
    ),
    "vimeo90k": Dataset(
        layouts.vimeo90k,
        "tri_testlist.txt beside sequences/AAAAA/BBBB/im1.png, im2.png, im3.png",
        parts=("sequences", "input", "target"),
        count=3782,
    ),
    "snufilm": Dataset(
        layouts.snu_film,
        "test-easy.txt, test-medium.txt, test-hard.txt, test-extreme.txt beside test/",
        subsets=layouts.SNU_FILM_SUBSETS,
        parts=("test", "eval_modes"),
        count=310,
    ),
    "xiph": Dataset(
        layouts.xiph,
        "frames CLIP/001.png, CLIP/002.png, ... or CLIP-001.png, ...",
        subsets=tuple(layouts.XIPH_SUBSETS),
        count=8 * 49,
    ),
    "xtest": Dataset(
        layouts.x_test,
        "Type1/SCENE/0000.png to 0032.png, Type2/..., Type3/...",
        subsets=tuple(layouts.X_TEST_SUBSETS),
        parts=("Type1", "Type2", "Type3"),
        count=15,
    ),
    "triplets": Dataset(
        layouts.plain_triplets, "folders NAME/im1, im2, im3 of pictures", nests=False
    ),
}


def find_samples(
    dataset: str, root: Path, subsets: Sequence[str] = (), limit: int | None = None
) -> list[StillSample]:
    """The samples of a dataset.

    Args:
        dataset: its name, one of `DATASETS`.
        root: the folder that holds it; the one around it, or one of its parts, will do.
        subsets: those wanted, in their own order; none for all.
        limit: at most so many of each subset, spread evenly over it.

    Raises:
        OptionError: no such dataset or subset, or a limit below 1.
        MediaError: `root` is no folder, does not hold the dataset, or a file is missing.
    """
    if dataset not in DATASETS:
        raise OptionError(f"--dataset must be one of {', '.join(DATASETS)}, found {dataset!r}")
    known = DATASETS[dataset]
    wanted = _check_subsets(dataset, subsets)
    try:
        found = _find(known, root)
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"expected a folder of samples, found {root}: {reason}") from error
    samples: list[StillSample] = []
    for subset in wanted:
        part = [sample for sample in found if sample.subset == subset]
        if not part and (subset == "" or subset in subsets):
            raise MediaError(
                f"{root}: expected {dataset} as {known.layout}, found no complete "
                f"{'one' if not subset else f'sample of {subset}'}"
            )
        samples += spread(part, limit)
    if not samples:
        raise MediaError(f"{root}: expected {dataset} as {known.layout}, found no complete one")
    _check_files(samples)
    return samples


def doubts(dataset: str, samples: Sequence[StillSample], subsets: Sequence[str] = ()) -> list[str]:
    """Where the number of all samples found is not that of the published dataset; a line each.

    Args:
        dataset: name of it.
        samples: all that `find_samples` found.
        subsets: as given to it.
    """
    expected = DATASETS[dataset].count
    counts = Counter(sample.subset for sample in samples)
    return [
        f"{dataset}{f' {subset}' if subset else ''} has {expected} samples as published, "
        f"found {count}: the means cannot be compared with published ones"
        for subset in _check_subsets(dataset, subsets)
        if expected is not None and (count := counts[subset]) != expected
    ]


def spread(items: Sequence[_Item], limit: int | None) -> list[_Item]:
    """At most `limit` of the items, spread evenly, the first one among them; None for all.

    Raises:
        OptionError: the limit is below 1.
    """
    if limit is None:
        return list(items)
    if limit < 1:
        raise OptionError(f"--limit must be at least 1, found {limit}")
    count = min(limit, len(items))
    return [items[k * len(items) // count] for k in range(count)]


def _check_subsets(dataset: str, subsets: Sequence[str]) -> list[str]:
    """The subsets to look for, in the dataset's order; an empty name where it has none."""
    known = DATASETS[dataset].subsets
    for subset in subsets:
        if subset not in known:
            choice = f"one of {', '.join(known)}" if known else "left out"
            raise OptionError(f"--subset must be {choice} for {dataset}, found {subset!r}")
    if not known:
        return [""]
    return [subset for subset in known if not subsets or subset in subsets]


def _find(dataset: Dataset, root: Path) -> list[StillSample]:
    """Samples in `root`, in the folder it is a part of, or in the one folder in it that has any."""
    whole = root.resolve()
    # The folder around a part first: lists that lie in it may name files beside it.
    found = dataset.find(whole.parent) if whole.name in dataset.parts else []
    found = found or dataset.find(root)
    if found or not dataset.nests:
        return found
    inside = sorted(path for path in root.iterdir() if path.is_dir())
    holding = [(path, samples) for path in inside if (samples := dataset.find(path))]
    if len(holding) > 1:
        (one, _), (two, _) = holding[:2]
        raise MediaError(f"expected one dataset in {root}, found {one} and {two}; give one of them")
    return holding[0][1] if holding else []


def _check_files(samples: Sequence[StillSample]) -> None:
    """Find out now, and not after hours, that a listed file is missing."""
    lacking = [path for sample in samples for path in sample.paths if not path.is_file()]
    if lacking:
        raise MediaError(
            f"expected all files of {len(samples)} samples, found {len(lacking)} missing, "
            f"the first of them {lacking[0]}"
        )
