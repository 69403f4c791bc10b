"""What a run did, as one JSON object: `docs/report.md` explains its fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

from dain._version import __version__
from dain.errors import DainError, OutputError, PipeClosedError, StoppedError
from dain.jobs.peak_memory import peak_memory
from dain.jobs.progress import ProgressMeter
from dain.jobs.watching import Watch
from dain.media import FrameReader, VideoInfo
from dain.media.output import check_file_output, write_output
from dain.media.pipes import is_pipe
from dain.settings import JobSettings

SCHEMA = 1

Report = dict[str, Any]
OnReport = Callable[[Report], None]


@dataclass
class Reporter:
    """Gathers what there is to report of one run; as a context, tells it however the run ends.

    Attributes:
        source: of the run.
        output: likewise.
        settings: likewise.
        watch: over its stages.
        on_report: is given the report; None for nobody.
        reader: of the source, once it is open.
        meter: counts the frames of the run, once it has begun.
        result: once there is one: frames in and out, rate, duration, warnings.
    """

    source: Path
    output: Path
    settings: JobSettings
    watch: Watch
    on_report: OnReport | None
    reader: FrameReader | None = None
    meter: ProgressMeter | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    _started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    _since: float = 0.0

    def __enter__(self) -> Reporter:
        self._since = self.watch.clock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.watch.end()
        if self.on_report is not None:
            self.on_report(self.report(error))

    def report(self, error: BaseException | None) -> Report:
        """What there is to tell of a run that ended by itself, or by an error."""
        watch, result = self.watch, self.result
        seconds = watch.clock() - self._since
        made = asdict(watch.findings.counts)
        kept = 0 if self.meter is None else self.meter.kept
        out, kept = sum(made.values()), result.get("frames_kept", kept)
        engine = watch.interpolator
        return {
            "schema": SCHEMA,
            "dain": __version__,
            "status": _status(error),
            "error": None if error is None else _failure(error),
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "input": {**_place(self.source), **_facts(self.reader)},
            "output": {
                **_place(self.output if error is None else Path("-")),
                "path": str(self.output),
                **_rate(result.get("fps")),
                "duration": _number(result.get("duration")),
            },
            "settings": _plain(self.settings),
            "frames": {"in": result.get("frames_in"), "out": kept + out, "kept": kept, **made},
            **self._found(),
            "damage": None if self.reader is None else _plain(self.reader.damage),
            "warnings": list(result.get("warnings", self._messages())),
            "timings": {name: round(value, 3) for name, value in asdict(watch.timings).items()},
            "frames_per_second": round(out / seconds, 3) if seconds > 0 else None,
            "peak_memory_bytes": peak_memory(),
            **{
                name: result.get(name, getattr(engine, name, None))
                for name in ("model", "device", "precision")
            },
            "tile": getattr(engine, "tile", None),
        }

    def _found(self) -> Report:
        """What was found out about the source; null where it was not looked for."""
        asked, told = self.settings.judgement, self.watch.findings.told()
        switches = {
            "cuts": asked.scene_threshold,
            "fades": asked.scene_threshold,
            "cadence": asked.cadence,
            "overlays": asked.overlays,
        }
        return {name: None if switches.get(name) == "off" else told[name] for name in told}

    def _messages(self) -> list[str]:
        """What was to be said when a run ended early."""
        if self.reader is None:
            return []
        return [*self.reader.messages, *self.reader.damage.messages]


@dataclass
class Relay:
    """Holds a run's report back until what follows the run has ended, too.

    As a context, it tells one report however that ends, with the places as they were given: a run
    whose result cannot be uploaded has failed, and one whose input cannot be fetched is told of.

    Attributes:
        source: as given; without secrets as text.
        output: likewise.
        settings: of the run.
        on_report: is given the report; None for nobody.
        result: of an earlier run, where there was no need for another.
    """

    source: object
    output: object
    settings: JobSettings
    on_report: OnReport | None
    result: Mapping[str, Any] = field(default_factory=dict)
    _heard: Report | None = None
    _whole: Reporter = field(init=False)

    def __post_init__(self) -> None:
        self._whole = Reporter(Path(), Path(), self.settings, Watch(), None)

    def __call__(self, report: Report) -> None:
        """Hear the report of the run itself."""
        self._heard = report

    def __enter__(self) -> Relay:
        self._whole.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.on_report is None:
            return
        self._whole.result = self.result
        whole = self._whole.report(error)
        # Without a run nothing was looked for.
        unknown = dict.fromkeys(self._whole.watch.findings.told())
        report = self._heard or {
            **whole,
            **unknown,
            "input": {**whole["input"], "bytes": None},
        }
        output = report["output"] if error is None else whole["output"]
        self.on_report(
            {
                **report,
                **{name: whole[name] for name in ("status", "error", "started", "seconds")},
                "input": {**report["input"], "path": str(self.source)},
                "output": {**output, "path": str(self.output)},
            }
        )


class ReportFile:
    """Reports in a JSON file, replaced as a whole with each: one object, or a list in another.

    Args:
        path: of the file; one that is there is replaced.
        several: there may be several reports, under ``runs``.

    Raises:
        OutputError: it is no ``.json``, or cannot be written there.
    """

    def __init__(self, path: Path, several: bool = False) -> None:
        if path.suffix.lower() != ".json":
            raise OutputError(f"expected --report to name a .json file, found {path.name!r}")
        check_file_output(path, overwrite=True)
        self._path, self._several = path, several
        self._reports: list[Report] = []

    def add(self, report: Report) -> None:
        """Write one more report.

        Raises:
            OutputError: the file cannot be written; the report of a run that failed anyway
                is left out in silence, as its own error is what counts.
            EncodeError: the disk refused; likewise.
        """
        self._reports.append(report)
        whole = {"schema": SCHEMA, "runs": self._reports} if self._several else report
        text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            write_output(self._path, text.encode("utf-8", "backslashreplace"), overwrite=True)
        except DainError:
            if report["status"] == "done":
                raise


def _status(error: BaseException | None) -> str:
    if error is None:
        return "done"
    is_fault = isinstance(error, Exception) and not isinstance(
        error, PipeClosedError | StoppedError
    )
    return "failed" if is_fault else "interrupted"


def _failure(error: BaseException) -> Report:
    code = error.exit_code if isinstance(error, DainError) else None
    return {"type": type(error).__name__, "message": str(error), "exit_code": code}


def _place(path: Path) -> Report:
    """Name and size of a file, or of a folder's files."""
    size: int | None = None
    try:
        if not is_pipe(path) and path.is_file():
            size = path.stat().st_size
        elif not is_pipe(path) and path.is_dir():
            size = sum(each.stat().st_size for each in path.iterdir() if each.is_file())
    except OSError:
        size = None
    return {"path": str(path), "bytes": size}


def _facts(reader: FrameReader | None) -> Report:
    """What is known of the source; every field is null if it could not be opened."""
    info: VideoInfo | None = None if reader is None else reader.info
    names = ("codec", "pixel_format", "width", "height", "bit_depth", "alpha")
    facts: Report = {name: getattr(info, name, None) for name in names}
    rates = () if info is None else info.rates
    return {
        **facts,
        **_rate(rates[0] if rates else None),
        "frames": None if info is None else info.frame_count,
        "duration": None if info is None else _number(info.duration),
    }


def _rate(fps: Fraction | None) -> Report:
    exact = None if fps is None else f"{fps.numerator}/{fps.denominator}"
    return {"fps": _number(fps), "fps_exact": exact}


def _number(value: Fraction | None) -> float | int | None:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def _plain(value: Any) -> Any:
    """Dataclasses and mappings as objects, fractions and paths as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(each) for name, each in vars(value).items()}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool | int | str) or value is None else str(value)
