"""Write a corpus of videos of every kind, run `dain interpolate` over it, check every output.

    python -m benchmarks.media [--only 'mp4-*,ts-*'] [--keep DIR] [--json FILE] [--malformed]

prints a Markdown table and exits with 1 if any check failed. Needs no ffmpeg command.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.media.corpus import selected
from benchmarks.media.malformed import MALFORMED
from benchmarks.media.malformed_running import MalformedRow, run_all_malformed
from benchmarks.media.running import Row, run_cases
from benchmarks.media.worker import Worker


def main() -> None:
    """Run the cases asked for, and report."""
    arguments = parse()
    if arguments.malformed:
        sys.exit(main_malformed(arguments))
    cases = selected(arguments.only)
    if not cases:
        sys.exit(f"expected cases like {arguments.only!r}, found none")
    with Worker(arguments.blend) as worker:
        rows = run_cases(
            cases,
            lambda command: worker.run([*command, *arguments.option], arguments.timeout),
            arguments.keep,
            show,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps([as_object(row) for row in rows], indent=1))
    print(table(rows))
    failed = sum(bool(row.faults) for row in rows)
    print(f"\n{len(rows)} cases, {failed} failed")
    sys.exit(1 if failed else 0)


def main_malformed(arguments: argparse.Namespace) -> int:
    """Run the malformed inputs; 1 if any broke a promise."""
    patterns = arguments.only.split(",")
    cases = [case for case in MALFORMED if any(fnmatch(case.name, each) for each in patterns)]
    with Worker(blend=True) as worker:
        rows = run_all_malformed(
            cases,
            lambda command: worker.run(command, arguments.timeout),
            arguments.keep,
            show_malformed,
        )
    print("| input | exit code | said | promises |\n|---|---|---|---|")
    for row in rows:
        said = " / ".join(row.outcome.said("error") + row.outcome.said("warning"))
        cells = [row.case.name, str(row.outcome.code), said, "; ".join(row.faults) or "kept"]
        print("| " + " | ".join(" ".join(cell.split()).replace("|", "/") for cell in cells) + " |")
    broken = sum(bool(row.faults) for row in rows)
    print(f"\n{len(rows)} malformed inputs, {broken} with a broken promise")
    return 1 if broken else 0


def show_malformed(row: MalformedRow) -> None:
    """One line of progress on standard error."""
    result = f"exit {row.outcome.code}  {'; '.join(row.faults) or 'ok'}"
    print(f"{row.outcome.seconds:5.1f} s  {row.case.name:32} {result}", file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.media", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", default="*", help="shell patterns of names, with commas between")
    parser.add_argument("--keep", type=Path, help="folder for sources and outputs")
    parser.add_argument("--blend", action="store_true", help="blend instead of running dain-lite")
    parser.add_argument("--malformed", action="store_true", help="the malformed inputs instead")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a case")
    parser.add_argument("--option", action="append", default=[], help="of every dain command")
    return parser.parse_args()


def show(row: Row) -> None:
    """One line of progress on standard error, with the faults."""
    faults = "; ".join(f"{name}: {fault}" for name, fault in row.faults.items())
    seconds = f"{row.outcome.seconds:5.1f} s"
    print(f"{seconds}  {row.case.name:32} {faults or 'ok'}", file=sys.stderr, flush=True)


def as_object(row: Row) -> dict[str, object]:
    """A row for scripts."""
    return {
        "name": row.case.name,
        "about": row.case.about,
        "arguments": list(row.case.arguments),
        "frames_in": row.counts[0],
        "frames_out": row.counts[1],
        "exit_code": row.outcome.code,
        "seconds": round(row.outcome.seconds, 2),
        "lines": row.outcome.lines,
        "checks": row.verdicts,
    }


def table(rows: Sequence[Row]) -> str:
    """All rows in Markdown: `ok`, `-` where a check does not apply, or what is wrong."""
    names = list(dict.fromkeys(name for row in rows for name in row.verdicts))
    header = ["case", "container", "video", "pixels", "options", "to", "frames", *names]
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    for row in rows:
        counts = " to ".join("?" if count is None else str(count) for count in row.counts)
        cells = [row.case.name, row.case.about, " ".join(row.case.arguments), row.case.output]
        cells += [counts, *(_cell(row.verdicts.get(name)) for name in names)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(verdict: str | None) -> str:
    return "-" if verdict is None else "ok" if not verdict else f"**{verdict}**".replace("|", "/")


if __name__ == "__main__":
    main()
