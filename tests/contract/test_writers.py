"""What every writer must do, whatever it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.support.videos import pictures

from dain.errors import EncodeError, OutputError
from dain.media.frame import Frame, OutputSpec
from dain.media.interfaces import FrameWriter
from dain.media.opening import open_reader, open_writer
from dain.settings import EncodeSettings, ReadSettings

COUNT = 12
SIZE = (62, 46)
RATE = Fraction(60000, 1001)


@dataclass(frozen=True)
class Case:
    """One kind of output.

    Attributes:
        name: of the output.
        encode: further settings.
        deep: frames are uint16.
        tolerance: mean absolute difference of what comes back, of 255.
        tick: coarsest unit of the container's clock; 0 where times are exact.
        starts_at_zero: transport streams begin later, to leave room for decoding.
        rate: of the frames.
    """

    name: str
    encode: Mapping[str, object] = field(default_factory=dict)
    deep: bool = False
    tolerance: float = 6.0
    tick: Fraction = Fraction(0)
    starts_at_zero: bool = True
    rate: Fraction = RATE


MILLISECOND, TRANSPORT = Fraction(1, 1000), Fraction(1, 90_000)
CASES = [
    Case("a.mp4"),
    Case("deep.mp4", deep=True),
    Case("a.m4v"),
    Case("a.mov"),
    Case("a.mkv", tick=MILLISECOND),
    Case("a.webm", tick=MILLISECOND),
    Case("a.avi"),
    Case("a.ts", tick=TRANSPORT, starts_at_zero=False),
    Case("a.m2ts", tick=TRANSPORT, starts_at_zero=False),
    Case("a.mts", tick=TRANSPORT, starts_at_zero=False),
    Case("a.ogv"),
    Case("a.y4m"),
    Case("deep.y4m", {"pix_fmt": "yuv444p16le"}, deep=True, tolerance=0.01),
    Case("a.flv", tick=MILLISECOND),
    Case("a.wmv", tick=2 * MILLISECOND),  # its muxer cuts fractions of a millisecond off
    Case("a.3gp"),
    Case("a.qt"),
    Case("x265.mp4", {"codec": "libx265"}),
    Case("lossless.mp4", {"crf": 0, "pix_fmt": "yuv444p"}, tolerance=1.0),
    Case("rgb.mkv", {"codec": "libx264rgb", "crf": 0}, tolerance=0.0, tick=MILLISECOND),
    Case("ffv1.mkv", {"codec": "ffv1"}, tolerance=1.0, tick=MILLISECOND),
    Case("deep_ffv1.mkv", {"codec": "ffv1"}, deep=True, tolerance=0.2, tick=MILLISECOND),
    Case("prores.mov", {"codec": "prores_ks"}, deep=True, tolerance=3.0),
    Case("huffyuv.avi", {"codec": "huffyuv"}, tolerance=0.0),
    Case("a.gif", tick=Fraction(1, 100), rate=Fraction(30000, 1001)),
    Case("a.apng", tolerance=0.0),
    Case("deep.apng", deep=True, tolerance=0.0),
    Case("a.webp", tick=MILLISECOND),
    Case("lossless.webp", {"options": {"lossless": "1"}}, tolerance=0.0, tick=MILLISECOND),
    Case("stills", tolerance=0.0),
    Case("deep_stills", deep=True, tolerance=0.0),
    Case("%05d.png", tolerance=0.0),
    Case("%05d.tiff", tolerance=0.0),
    Case("%05d.jpg"),
    Case("%05d.webp", tolerance=0.0),
    Case("a.zip", tolerance=0.0),
    Case("deep.cbz", {"codec": "tiff"}, deep=True, tolerance=0.0),
    Case("%05d.exr", tolerance=0.1),
    Case("exr.zip", {"codec": "exr"}, deep=True, tolerance=0.001),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def path(case: Case, tmp_path: Path) -> Path:
    """Where the case's output goes: a folder of its own for a pattern of stills."""
    if "%" not in case.name:
        return tmp_path / case.name
    (tmp_path / "stills").mkdir()
    return tmp_path / "stills" / case.name


def frames(case: Case, count: int = COUNT) -> list[Frame]:
    images = pictures(count, *SIZE, deep=case.deep)
    return [Frame(image, index, 1 / case.rate, 1, index) for index, image in enumerate(images)]


def writer_of(case: Case, path: Path, **encode: object) -> FrameWriter:
    depth = 16 if case.deep else 8
    spec = OutputSpec(width=SIZE[0], height=SIZE[1], rate=case.rate, bit_depth=depth)
    return open_writer(path, spec, EncodeSettings(**{**case.encode, **encode}))  # type: ignore[arg-type]


def write(case: Case, path: Path, **encode: object) -> None:
    with writer_of(case, path, **encode) as writer:
        for frame in frames(case):
            writer.write(frame)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(entry.relative_to(folder)): entry.read_bytes()
        for entry in folder.rglob("*")
        if entry.is_file()
    }


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference, of 255."""
    tops = [255 if each.dtype == np.uint8 else 65535 for each in (one, other)]
    return 255 * float(np.abs(one / tops[0] - other / tops[1]).mean())


def test_frames_come_back_in_count_order_and_time(case: Case, path: Path) -> None:
    write(case, path)
    with open_reader(path, ReadSettings(stills_rate=RATE)) as reader:
        found = list(reader.frames())
    assert len(found) == COUNT
    start = Fraction(0) if case.starts_at_zero else found[0].time
    for frame, written in zip(found, frames(case), strict=True):
        assert distance(frame.pixels, written.pixels) <= case.tolerance
        assert abs(frame.time - start - written.time) <= case.tick / 2 + case.tick * (
            not case.starts_at_zero
        )


def test_nothing_appears_under_the_final_name_before_finish(
    case: Case, path: Path, tmp_path: Path
) -> None:
    writer = writer_of(case, path)
    for frame in frames(case):
        writer.write(frame)
        visible = [name for name in contents(tmp_path) if ".part" not in name]
        assert visible == []
    writer.finish()
    assert contents(tmp_path)
    assert not [name for name in contents(tmp_path) if ".part" in name]


def test_abort_leaves_nothing(case: Case, path: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    writer = writer_of(case, path)
    writer.write(frames(case)[0])
    writer.abort()
    writer.abort()
    assert sorted(tmp_path.rglob("*")) == before


def test_an_exception_leaves_nothing(case: Case, path: Path, tmp_path: Path) -> None:
    def fail() -> None:
        with writer_of(case, path) as writer:
            writer.write(frames(case)[0])
            raise KeyboardInterrupt

    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert sorted(tmp_path.rglob("*")) == before


def test_an_existing_output_needs_overwrite(case: Case, path: Path, tmp_path: Path) -> None:
    write(case, path)
    before = contents(tmp_path)
    with pytest.raises(OutputError, match="--overwrite"):
        writer_of(case, path)
    assert contents(tmp_path) == before
    write(case, path, overwrite=True)
    assert contents(tmp_path).keys() == before.keys()


def test_failure_leaves_an_existing_output_untouched(
    case: Case, path: Path, tmp_path: Path
) -> None:
    write(case, path)
    before = contents(tmp_path)
    writer = writer_of(case, path, overwrite=True)
    first = frames(case)[0]
    writer.write(first)
    with pytest.raises(EncodeError):
        writer.write(replace(first, pts=9, pixels=first.pixels[:, :30].copy()))
    writer.abort()
    assert contents(tmp_path) == before


def test_a_missing_folder_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        writer_of(case, tmp_path / "nowhere" / "deeper" / case.name)
    assert list(tmp_path.iterdir()) == []
