"""A page of the most doubtful moments of a run, worst first, to look through in a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from dain.errors import EncodeError, OutputError, reason_of
from dain.jobs import pages
from dain.jobs.doubt_log import DoubtfulMoment
from dain.media.output import StagedFolder
from dain.settings import Doubt

_PAGE = "index.html"
_PICTURE = re.compile(r"frame-\d{8,}-(earlier|made|later|doubt)\.jpg")
_GENERATOR = "dain --review"  # by which a page of ours is known
_KINDS = {"earlier": "Earlier frame", "made": "New frame", "later": "Later frame", "doubt": "Doubt"}


def check_review(folder: Path) -> None:
    """Refuse a folder that cannot take a review; touches nothing.

    Raises:
        OutputError: it is a file, its parent folder is missing, it cannot be written, or it
            holds a page of someone else's.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"expected --review to name a folder, found the file {folder}")
    if not folder.parent.is_dir():
        raise OutputError(f"expected --review in a folder that exists, found no {folder.parent}")
    page = folder / _PAGE
    if not page.exists():
        return
    try:
        with page.open("rb") as file:
            is_ours = f'content="{_GENERATOR}"'.encode() in file.read(4096)
    except OSError as error:
        raise OutputError(f"cannot read {page}: {reason_of(error)}") from error
    if not is_ours:
        raise OutputError(
            f"expected --review to name a folder without a page of its own, found {page}; "
            "name another"
        )


def write_review(
    folder: Path, moments: Sequence[DoubtfulMoment], source: str, how: Doubt, count: int
) -> None:
    """Write a page with its pictures; an earlier review in the folder is replaced.

    Other files of the folder stay as they are.

    Args:
        folder: need not exist, its parent must.
        moments: in the order in which they are shown; pictures are lacking where a run that went
            on without a review was taken up with one.
        source: what was interpolated.
        how: what was done where there was doubt.
        count: doubtful frames in all.

    Raises:
        OutputError: see `check_review`.
        EncodeError: the disk refused.
    """
    check_review(folder)
    staged = StagedFolder(
        folder, overwrite=True, ours=lambda name: name == _PAGE or bool(_PICTURE.fullmatch(name))
    )
    try:
        for moment in moments:
            for kind, data in moment.pictures.items():
                (staged.path / _name(moment, kind)).write_bytes(data)
        page = _page(moments, source, how, count)
        (staged.path / _PAGE).write_text(page, encoding="utf-8")
        staged.commit()
    except OSError as error:
        raise EncodeError(f"cannot write {folder}: {reason_of(error)}") from error
    finally:
        staged.discard()


def clock_time(time: Fraction) -> str:
    """Seconds as h:mm:ss.mmm, rounded to the nearest thousandth."""
    thousandths = int(time * 1000 + Fraction(1, 2))
    seconds, thousandths = divmod(thousandths, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{thousandths:03}"


def _page(moments: Sequence[DoubtfulMoment], source: str, how: Doubt, count: int) -> str:
    done = {
        "blend": "where that is clearly safer, both source frames were laid over each other",
        "hold": "where that is clearly safer, the nearer source frame is shown",
        "off": "new frames were left as the network made them",
    }[how]
    frames = "1 new frame is" if count == 1 else f"{count} new frames are"
    facts = [f"{frames} in doubt", done]
    if not moments:
        body = "<p>Nothing to look at.</p>"
    else:
        body = (
            "<h2>The most doubtful moments</h2>"
            "<p>The worst first, at most one of each half second. Click a picture to enlarge it; "
            "with the arrow keys you flip through its neighbours in the same place.</p>"
            '<div class="key"><span>Doubt: none</span><i></i><span>great</span></div>'
        )
        body += "\n".join(
            _article(rank, moment, how) for rank, moment in enumerate(moments, start=1)
        )
    return pages.make_page(f"Doubtful moments in {source}", facts, body, generator=_GENERATOR)


def _article(rank: int, moment: DoubtfulMoment, how: Doubt) -> str:
    title = clock_time(moment.time)
    values = [("new frame", str(moment.index)), ("doubt", f"{moment.doubt:.0%}")]
    if how != "off":
        values.append(("blended" if how == "blend" else "held", f"{moment.given_up:.0%}"))
    listed = "".join(f"<li><span>{name}</span>{value}</li>" for name, value in values)
    figures = "".join(
        pages.figure(_KINDS[kind], _name(moment, kind), title, moment.size)
        for kind in _KINDS
        if kind in moment.pictures
    )
    if not figures:
        figures = "<p>No pictures: it was made before a review was asked for.</p>"
    return (
        f'<article class="card"><header><h3><span>{rank}</span>{title}</h3><ul>{listed}</ul>'
        f'</header><div class="pictures">{figures}</div></article>'
    )


def _name(moment: DoubtfulMoment, kind: str) -> str:
    return f"frame-{moment.index:08}-{kind}.jpg"
