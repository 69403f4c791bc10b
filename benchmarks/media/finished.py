"""A case that was run, and what is due of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from benchmarks.media.cases import Case, Expected
from benchmarks.media.reading import Facts
from benchmarks.media.worker import Outcome

Verdict = str | None  # empty if all is well, what is wrong, or None where nothing applies


@dataclass
class Finished:
    """A case that was run.

    Attributes:
        case: what was run.
        outcome: what the command said.
        source: what the source holds; None if nothing can read it.
        made: what the output holds; None if there is none.
        left: names in the folder that are neither source nor output.
    """

    case: Case
    outcome: Outcome
    source: Facts | None
    made: Facts | None
    left: list[str]

    @property
    def expected(self) -> Expected:
        """What must come of it."""
        return self.case.expected


def wanted_times(run: Finished) -> list[Fraction] | None:
    """When each frame of the output is due, after the first."""
    assert run.made is not None
    if run.expected.times is not None:
        return list(run.expected.times)
    if run.expected.rate is None:
        return None
    rate = Fraction(1) if run.made.pixel_format == "" else run.expected.rate  # stills
    return [k / rate for k in range(len(run.made.times))]
