"""Every setting of a training run, with its default; the defaults are the shipped weights' recipe.

Kept as ``settings.json`` in the run's folder and in the metadata of exported weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from dain.errors import OptionError

PRECISIONS = ("auto", "bf16", "fp32")
TIMES = ("any", "half")
_MULTIPLE = 16  # of the sides of what `dain-lite` takes without extending it
# What the shipped weights are validated on.
WITHHELD = (
    "davis_paragliding-launch",
    "intel_asl_school",
    "intel_asl_student",
    "mdn_flower",
    "mdn_monster",
    "mdn_stream",
    "udacity_lanes",
)


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """What the network sees.

    Attributes:
        textures: folder of photographs for the procedural scenes; None for noise alone.
        clips: folder of real footage; None for none.
        withheld: names of clips, without their endings, that are never trained on; those that
            are not there need no withholding.
        cache: folder for decoded clips, about 300 MB for each; None for one in the user's own
            cache folder.
        times: ``any`` for truths anywhere between their frames, ``half`` for half way only.
        crop: side in pixels of the square pictures; where a clip is smaller, its are enlarged.
        scenes: share of procedural scenes; shares are relative to their sum.
        footage: share of real footage; none is taken where there are no clips.
        compressed: share of small, compressed copies of it; likewise.
        workers: processes that make samples, 0 for none; None to go by the number of processors.
            They change how fast samples come, not which.
    """

    textures: Path | None = None
    clips: Path | None = None
    withheld: tuple[str, ...] = WITHHELD
    cache: Path | None = None
    times: str = "any"
    crop: int = 192
    scenes: float = 0.35
    footage: float = 0.35
    compressed: float = 0.3
    workers: int | None = None

    def __post_init__(self) -> None:
        _check_count("crop", self.crop, _MULTIPLE)
        if self.crop % _MULTIPLE:
            raise OptionError(f"--crop must be a multiple of {_MULTIPLE}, found {self.crop}")
        if self.times not in TIMES:
            raise OptionError(f"--times must be {' or '.join(TIMES)}, found {self.times!r}")
        if self.workers is not None:
            _check_count("workers", self.workers, 0)
        for name in ("scenes", "footage", "compressed"):
            _check_number(name, getattr(self, name), 0, math.inf)
        if sum(self.shares) <= 0:
            what = "scenes" if self.clips is None else "scenes, --footage or --compressed"
            raise OptionError(f"expected a share above 0 of --{what}, found 0")

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of scenes, footage and compressed footage that can be had."""
        if self.clips is None:
            return (self.scenes, 0.0, 0.0)
        return (self.scenes, self.footage, self.compressed)


@dataclass(frozen=True, kw_only=True)
class OptimisationSettings:
    """How the weights are found.

    Attributes:
        batch: samples of one step, over all devices.
        steps: of the whole run.
        rate: learning rate at its height.
        warm_up: steps over which the rate rises to it.
        decay: the last part of the steps, over which the rate falls by half a cosine; 1 is the
            classic cosine, less holds the rate before.
        final_rate: the rate at the end, relative to its height.
        betas: decay of AdamW's averages of the gradient and of its square.
        weight_decay: of AdamW; biases and other vectors are not decayed.
        clip: norm to which longer gradients are shortened.
        averaging: decay per step of the exponential moving average of the weights (the first
            steps average over less); the average is what is validated and exported.
        precision: arithmetic of the learned layers: bf16, fp32, or auto for bf16 where the
            device computes in it.
        channels_last: memory layout of the weights.
        seed: of the first weights and of every sample.
    """

    batch: int = 4
    steps: int = 8_400
    rate: float = 5e-4
    warm_up: int = 200
    decay: float = 0.5
    final_rate: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 1e-4
    clip: float = 1.0
    averaging: float = 0.999
    precision: str = "auto"
    channels_last: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        _check_count("batch", self.batch, 1)
        _check_count("steps", self.steps, 1)
        _check_count("warm_up", self.warm_up, 0)
        _check_count("seed", self.seed, 0)
        for name, low, high in (
            ("rate", 0.0, 1.0),
            ("decay", 0.0, 1.0),
            ("final_rate", 0.0, 1.0),
            ("weight_decay", 0.0, 1.0),
            ("averaging", 0.0, 0.999999),
            ("clip", 1e-12, math.inf),
        ):
            _check_number(name, getattr(self, name), low, high)
        if len(self.betas) != 2:
            raise OptionError(f"--betas must be two numbers, found {len(self.betas)}")
        for beta in self.betas:
            _check_number("betas", beta, 0, 0.999999)
        if self.precision not in PRECISIONS:
            allowed = ", ".join(PRECISIONS)
            raise OptionError(f"--precision must be one of {allowed}, found {self.precision!r}")


@dataclass(frozen=True, kw_only=True)
class CareSettings:
    """How a run is watched over; none of this changes the weights.

    Attributes:
        validate: folders of triplets on which the averaged weights are measured.
        validate_minutes: time between measurements.
        validate_count: samples of each folder, evenly spread over it; None for all.
        checkpoint_minutes: time between checkpoints.
        keep: number of latest checkpoints that are kept, beside the best.
        log_steps: steps that one line of the log sums up.
    """

    validate: tuple[Path, ...] = ()
    validate_minutes: float = 10.0
    validate_count: int | None = None
    checkpoint_minutes: float = 5.0
    keep: int = 2
    log_steps: int = 50

    def __post_init__(self) -> None:
        _check_number("validate_minutes", self.validate_minutes, 0, math.inf)
        _check_number("checkpoint_minutes", self.checkpoint_minutes, 0, math.inf)
        _check_count("keep", self.keep, 1)
        _check_count("log_steps", self.log_steps, 1)
        if self.validate_count is not None:
            _check_count("validate_count", self.validate_count, 1)


# What may change when a run goes on: none of it alters a sample, nor a step already made.
_FREE = {"textures", "clips", "cache", "workers", "steps", "decay"} | {
    f.name for f in fields(CareSettings)
}
_GROUPS = ("data", "optimisation", "care")


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """One training run.

    Attributes:
        model: name of the network, as given to ``--model``.
        data: see `DataSettings`.
        optimisation: see `OptimisationSettings`.
        care: see `CareSettings`.
    """

    model: str = "dain-lite"
    data: DataSettings = field(default_factory=DataSettings)
    optimisation: OptimisationSettings = field(default_factory=OptimisationSettings)
    care: CareSettings = field(default_factory=CareSettings)

    def to_json(self) -> str:
        """All settings as indented JSON."""
        return json.dumps(asdict(self), indent=2, default=str)

    @classmethod
    def from_json(cls, text: str, shown: str = "settings") -> TrainSettings:
        """The settings that `to_json` wrote.

        Args:
            text: JSON.
            shown: how messages call it.

        Raises:
            OptionError: it is no JSON, names a setting that there is not, or a value is of the
                wrong type or out of range.
        """
        try:
            value = json.loads(text)
            groups = {name: dict(value.get(name, {})) for name in _GROUPS}
            model = value.get("model", cls.model)
        except (ValueError, TypeError, AttributeError) as error:
            raise OptionError(
                f"expected settings of a run in {shown}, found no such JSON"
            ) from error
        extra = value.keys() - {*_GROUPS, "model"}
        if extra:
            raise OptionError(f"{shown} has settings that dain does not know: {_listed(extra)}")
        flat = {key: entry for group in groups.values() for key, entry in group.items()}
        unknown = flat.keys() - {f.name for _, f in _fields()}
        if unknown:
            raise OptionError(f"{shown} has settings that dain does not know: {_listed(unknown)}")
        if not isinstance(model, str):
            raise OptionError(f"expected the name of a model in {shown}, found {model!r}")
        try:
            return cls(model=model).changed(flat)
        except TypeError as error:
            raise OptionError(f"a setting in {shown} is of the wrong type: {error}") from error

    def changed(self, changes: Mapping[str, Any]) -> TrainSettings:
        """The same with other values.

        Args:
            changes: values by the name of the setting, in whichever group it is; lists will do
                for tuples and text for paths.

        Raises:
            OptionError: a value is out of range.
        """
        groups: dict[str, dict[str, Any]] = {name: {} for name in _GROUPS}
        for group, entry in _fields():
            if entry.name in changes:
                groups[group][entry.name] = _typed(entry.name, changes[entry.name])
        return replace(
            self,
            model=changes.get("model", self.model),
            data=replace(self.data, **groups["data"]),
            optimisation=replace(self.optimisation, **groups["optimisation"]),
            care=replace(self.care, **groups["care"]),
        )

    def check_continues(self, begun: TrainSettings) -> None:
        """Refuse to go on with a run under settings that would make it another one.

        Args:
            begun: what the run was begun with.

        Raises:
            OptionError: a setting differs that may not.
        """
        if self.model != begun.model:
            raise OptionError(f"this run trains {begun.model}, found --model {self.model}")
        for group, entry in _fields():
            now, then = (getattr(getattr(s, group), entry.name) for s in (self, begun))
            if entry.name not in _FREE and now != then:
                raise OptionError(
                    f"{_option(entry.name)}: this run was begun with {then}, found {now}; leave "
                    "the option out, or begin another run, with --from-weights if it should go "
                    "on from these weights"
                )


def setting_names() -> list[str]:
    """The names that `TrainSettings.changed` takes."""
    return ["model", *(entry.name for _, entry in _fields())]


def _fields() -> list[tuple[str, Any]]:
    kinds = {"data": DataSettings, "optimisation": OptimisationSettings, "care": CareSettings}
    return [(name, entry) for name in _GROUPS for entry in fields(kinds[name])]


def _typed(name: str, value: Any) -> Any:
    """A value out of JSON or from the command line in the type of its setting."""
    if name in ("textures", "clips", "cache"):
        return None if value is None else Path(value)
    if name == "validate":
        return tuple(Path(entry) for entry in value)
    return tuple(value) if isinstance(value, list) else value


def _listed(names: Any) -> str:
    return ", ".join(sorted(str(name) for name in names))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check_count(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise OptionError(
            f"{_option(name)} must be a whole number, at least {least}, found {value!r}"
        )


def _check_number(name: str, value: object, low: float, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or math.isinf(value):  # type: ignore[arg-type,operator]
        found = f"{_option(name)} must be a number from {low:g}"
        raise OptionError(f"{found} to {high:g}, found {value!r}")
