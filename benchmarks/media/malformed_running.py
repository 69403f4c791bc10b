"""Running the malformed inputs, and the promises that hold for all of them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import av
from benchmarks.media.malformed import Malformed
from benchmarks.media.running import RunCommand
from benchmarks.media.worker import Outcome, caught

_EXISTING = b"made by somebody else"


@dataclass(frozen=True)
class MalformedRow:
    """What came of one malformed input.

    Attributes:
        case: which.
        outcome: of the command.
        faults: promises that were broken; empty if all is well.
    """

    case: Malformed
    outcome: Outcome
    faults: list[str]


def run_malformed(case: Malformed, run: RunCommand, folder: Path) -> MalformedRow:
    """Write the input into an empty folder and run over it, onto an output that exists."""
    inputs, outputs = folder / "in", folder / "out"
    inputs.mkdir()
    outputs.mkdir()
    try:
        with caught():
            source = case.write(inputs)
    except (OSError, ValueError) as error:
        return MalformedRow(case, Outcome(0), [f"could not be written: {error!r}"])
    output = outputs / case.output
    output.write_bytes(_EXISTING)
    before = set(inputs.rglob("*"))
    command = ["interpolate", "-o", str(output), "--factor", "2", "--overwrite", "--json"]
    outcome = run([*command, "--quiet", "--", str(source)])
    faults = _said_faults(case, outcome)
    left = {path.name for path in outputs.iterdir()} - {output.name}
    left |= {path.name for path in inputs.rglob("*") if path not in before}
    if any("goes on from there" in line for line in outcome.said("error")):
        left.discard(f".{output.name}.dain")  # what the next run continues
    faults += [f"left behind: {sorted(left)}"] if left else []
    if outcome.code != 0:
        if not output.is_file() or output.read_bytes() != _EXISTING:
            faults.append("the existing output was harmed")
    else:
        faults += _output_faults(case, outcome, output)
    return MalformedRow(case, outcome, faults)


def _said_faults(case: Malformed, outcome: Outcome) -> list[str]:
    errors = outcome.said("error")
    strange = [line for line in outcome.lines if not line.startswith("dain: ")]
    return [
        fault
        for is_broken, fault in (
            (outcome.code not in case.codes, f"exit code {outcome.code}"),
            (len(errors) != (outcome.code in (1, 2)), f"{len(errors)} lines of error"),
            (bool(strange), f"foreign line {strange[:1]}"),
            (any("fault in dain" in line for line in errors), f"a fault of ours: {errors}"),
        )
        if is_broken
    ]


def _output_faults(case: Malformed, outcome: Outcome, output: Path) -> list[str]:
    told = json.loads(outcome.out)
    try:
        with av.open(str(output)) as container:
            found = sum(packet.size > 0 for packet in container.demux(video=0))
    except (OSError, ValueError) as error:
        return [f"the output cannot be read: {error!r}"]
    if told["frames_out"] != found:
        return [f"told {told['frames_out']} frames, wrote {found}"]
    if case.count is not None and told["frames_in"] < case.count and not told["warnings"]:
        return [f"{told['frames_in']} of {case.count} frames used without a word"]
    return []


def run_all_malformed(
    cases: Iterable[Malformed],
    run: RunCommand,
    keep: Path | None,
    show: Callable[[MalformedRow], None],
) -> list[MalformedRow]:
    """Run all in turn; see `run_cases`."""
    rows = []
    for case in cases:
        folder = Path(tempfile.mkdtemp()) if keep is None else keep / "malformed" / case.name
        try:
            if keep is not None:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
            rows.append(run_malformed(case, run, folder))
        finally:
            if keep is None:
                shutil.rmtree(folder, ignore_errors=True)
        show(rows[-1])
    return rows
