"""A few cases of the media corpus; `python -m benchmarks.media` runs them all."""

from __future__ import annotations

import pytest
from benchmarks.media.corpus import CASES
from benchmarks.media.malformed import MALFORMED
from benchmarks.media.malformed_running import run_malformed
from benchmarks.media.running import run_case
from benchmarks.media.worker import run_here
from tests.support.engines import BlendEngine

CASES_BY_NAME = {case.name: case for case in CASES}
MALFORMED_BY_NAME = {case.name: case for case in MALFORMED}


@pytest.fixture(autouse=True)
def blended(monkeypatch) -> None:
    """Networks have tests of their own."""
    monkeypatch.setattr("dain.engine.Interpolator", lambda **settings: BlendEngine())


def test_names_are_unique_and_cases_are_many() -> None:
    assert len(CASES_BY_NAME) == len(CASES) >= 80
    assert len(MALFORMED_BY_NAME) == len(MALFORMED)


@pytest.mark.parametrize(
    "name",
    [
        "mp4-h264-fragmented",
        "mov-prores-pcm24",
        "mkv-ffv1-pcm",
        "mkv-mpeg4",
        "ts-mpeg2-mp2",
        "colour-bt2020-full",
        "turned-6-mov-pixels",
        "vfr-mkv",
        "edit-list-b-frames",
        "sounds-two-mp4",
        "sounds-flac-to-avi",
        "texts-srt-to-mp4",
        "texts-mov-mp4",
        "everything-mkv-to-mp4",
        "stills-pattern-gap",
        "apng-alpha",
    ],
)
def test_corpus(tmp_path, name: str) -> None:
    row = run_case(CASES_BY_NAME[name], run_here, tmp_path)
    assert row.faults == {}
    assert "" in row.verdicts.values()


@pytest.mark.parametrize(
    "name",
    [
        "mp4-fast-cut-60",
        "mkv-flips-1",
        "flv-cut-85",
        "gif-hole",
        "name-newline",
        "place-pipe",
        "place-too-long",
    ],
)
def test_malformed(tmp_path, name: str) -> None:
    row = run_malformed(MALFORMED_BY_NAME[name], run_here, tmp_path)
    assert row.faults == []
