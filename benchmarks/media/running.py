"""Running cases one by one, each in a folder of its own."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.media.cases import Case
from benchmarks.media.checking import read_back, verdicts
from benchmarks.media.finished import Finished, Verdict
from benchmarks.media.worker import Outcome, caught

RunCommand = Callable[[Sequence[str]], Outcome]


@dataclass(frozen=True)
class Row:
    """What came of a case.

    Attributes:
        case: which.
        verdicts: by check; empty if well, None if it does not apply.
        outcome: of the command.
        counts: frames in and out, where they could be read.
    """

    case: Case
    verdicts: dict[str, Verdict]
    outcome: Outcome
    counts: tuple[int | None, int | None]

    @property
    def faults(self) -> dict[str, str]:
        """The checks that failed, with what is wrong."""
        return {name: verdict for name, verdict in self.verdicts.items() if verdict}


def run_case(case: Case, run: RunCommand, folder: Path) -> Row:
    """Write the source into an empty folder, run the command, check what came out."""
    inputs, outputs = folder / "in", folder / "out"
    inputs.mkdir()
    outputs.mkdir()
    output = outputs / case.output
    try:
        with caught():  # encoders talk
            source = case.write(inputs)
    except (OSError, ValueError) as error:  # FFmpeg's errors are ValueErrors or OSErrors
        return Row(case, {"written": repr(error)}, Outcome(0), (None, None))
    before = set(inputs.rglob("*"))
    command = ["interpolate", str(source), "-o", str(output), *case.arguments, "--json", "--quiet"]
    outcome = run(command)
    expected = re.sub(r"%\d*d", "*", case.output)
    left = [path.name for path in outputs.iterdir() if not fnmatch(path.name, expected)]
    left += [path.name for path in inputs.rglob("*") if path not in before]
    read, made = read_back(source), read_back(output)
    counts = (len(read.times) if read else None, len(made.times) if made else None)
    finished = Finished(case, outcome, read, made, left)
    return Row(case, verdicts(finished), outcome, counts)


def run_cases(
    cases: Iterable[Case], run: RunCommand, keep: Path | None, show: Callable[[Row], None]
) -> list[Row]:
    """Run cases in turn.

    Args:
        cases: which.
        run: how a command is run.
        keep: folder in which sources and outputs are left; None removes them.
        show: called with each row as it comes.
    """
    rows = []
    for case in cases:
        folder = Path(tempfile.mkdtemp()) if keep is None else keep / case.name
        try:
            if keep is not None:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
            rows.append(run_case(case, run, folder))
        finally:
            if keep is None:
                shutil.rmtree(folder, ignore_errors=True)
        show(rows[-1])
    return rows
