"""What a run finds out about its source, and what became of the frames: for the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dain.jobs.doubt_log import DoubtLog
from dain.judgement import Judged, Passage
from dain.media import Frame
from dain.media.frame import Pixels
from dain.timeline import Instant

if TYPE_CHECKING:
    from dain.engine import MadeFrame

# Stretches that are fewer frames apart than this are told as one.
_NEAR = 12


@dataclass
class Counts:
    """What became of the frames.

    Attributes:
        passed: source frames that are output frames as they are.
        made: new ones, along motion.
        mixed: new ones, cross-faded.
        held: repeats of the frame before.
    """

    passed: int = 0
    made: int = 0
    mixed: int = 0
    held: int = 0


@dataclass
class Stretch:
    """Neighbouring frames of which the same was found.

    Attributes:
        kind: of what was found.
        first: number of the first frame.
        last: of the last frame.
        start: time of the first frame, seconds of source time.
        end: of the last frame.
        repeats: frames among them that were left out.
        box: left, top, width and height of what stands still, in pixels.
    """

    kind: str
    first: int
    last: int
    start: float
    end: float
    repeats: int = 0
    box: tuple[int, int, int, int] | None = None


@dataclass
class Findings:
    """Gathers what was found, in order of the frames; a frame that comes again is known already.

    Attributes:
        counts: of output frames.
        cuts: first frame of each shot but the first, and its time.
        stretches: of fades, cadences and overlays, in order.
        doubts: the new frames that may be wrong.
    """

    counts: Counts = field(default_factory=Counts)
    cuts: list[dict[str, float]] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    doubts: DoubtLog = field(default_factory=lambda: DoubtLog(pictures=False))
    _last: int = -1
    _cut_is_next: bool = False
    _open: dict[str, Stretch] = field(default_factory=dict)

    def note(self, judged: Judged[Frame]) -> None:
        """Take in the next source frame with what was found out about it."""
        number = judged.item.index
        if number <= self._last:
            return
        self._last = number
        if self._cut_is_next:
            self.cuts.append({"frame": number, "time": _seconds(judged.at)})
        self._cut_is_next = judged.passage is Passage.CUT
        if judged.passage is Passage.FADE:
            self._extend("fade", "fade", judged)
        if judged.beat.pattern:
            self._extend("cadence", judged.beat.pattern, judged, repeats=judged.beat.repeats)
        if judged.standing is not None:
            self._extend("overlay", "overlay", judged, box=judged.standing.box())

    def doubt(
        self, instant: Instant, made: MadeFrame, pixels: Pixels, earlier: Frame, later: Frame
    ) -> None:
        """Take note of how far a new frame is to be trusted.

        Args:
            instant: at which it is shown.
            made: what the engine knows of it.
            pixels: as it is shown.
            earlier: the source frame before it.
            later: the one after it.
        """
        self.doubts.append(
            instant.index,
            instant.time,
            made.doubt,
            made.certainty,
            before=earlier.pixels,
            made=pixels,
            after=later.pixels,
            given_up=made.fallen_back,
        )

    def _extend(
        self,
        topic: str,
        kind: str,
        judged: Judged[Frame],
        repeats: bool = False,
        box: tuple[int, int, int, int] | None = None,
    ) -> None:
        """Begin a stretch, or make the last one of its topic longer."""
        number, time = judged.item.index, _seconds(judged.at)
        stretch = self._open.get(topic)
        if stretch is None or stretch.kind != kind or number - stretch.last > _NEAR:
            stretch = self._open[topic] = Stretch(kind, number, number, time, time)
            self.stretches.append(stretch)
        stretch.last, stretch.end = number, time
        stretch.repeats += repeats
        stretch.box = _union(stretch.box, box)

    def told(self) -> dict[str, Any]:
        """As it stands in a report."""

        def listed(is_wanted: Callable[[Stretch], bool], *names: str) -> list[dict[str, Any]]:
            fields = ("first", "last", "start", "end", *names)
            return [
                {name: getattr(each, name) for name in fields}
                for each in self.stretches
                if is_wanted(each)
            ]

        cadence = listed(lambda each: each.kind not in ("fade", "overlay"), "kind", "repeats")
        return {
            "cuts": self.cuts,
            "fades": listed(lambda each: each.kind == "fade"),
            "cadence": [{"pattern": each.pop("kind"), **each} for each in cadence],
            "overlays": listed(lambda each: each.kind == "overlay", "box"),
            "doubts": self.doubts.told(),
        }

    def lines(self) -> tuple[str, ...]:
        """What was found, in a few words each, for people."""
        fades = sum(each.kind == "fade" for each in self.stretches)
        overlays = sum(each.kind == "overlay" for each in self.stretches)
        repeats = sum(each.repeats for each in self.stretches)
        patterns = dict.fromkeys(each.kind for each in self.stretches if each.repeats)
        return tuple(
            line
            for count, line in (
                (len(self.cuts), _counted(len(self.cuts), "cut")),
                (fades, _counted(fades, "fade")),
                (repeats, f"{_counted(repeats, 'repeated frame')} ({', '.join(patterns)})"),
                (overlays, f"still overlays in {_counted(overlays, 'stretch', 'stretches')}"),
            )
            if count
        )

    def as_record(self) -> dict[str, Any]:
        """All but the counts, as JSON can hold it; `go_on_from` takes it back."""
        return {
            "last": self._last,
            "cut_is_next": self._cut_is_next,
            "cuts": list(self.cuts),
            "stretches": [asdict(each) for each in self.stretches],
            "doubts": self.doubts.as_record(),
            "open": {topic: self.stretches.index(each) for topic, each in self._open.items()},
        }

    def go_on_from(self, record: dict[str, Any]) -> None:
        """Take up what an earlier run found."""
        self._last, self._cut_is_next = record["last"], record["cut_is_next"]
        self.cuts = list(record["cuts"])
        self.doubts.go_on_from(record["doubts"])
        self.stretches = [
            Stretch(**{**each, "box": None if each["box"] is None else tuple(each["box"])})
            for each in record["stretches"]
        ]
        self._open = {topic: self.stretches[place] for topic, place in record["open"].items()}


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one}" if count == 1 else f"{count} {many or one + 's'}"


def _union(
    one: tuple[int, int, int, int] | None, other: tuple[int, int, int, int] | None
) -> tuple[int, int, int, int] | None:
    """The smallest rectangle around two."""
    if one is None or other is None:
        return one or other
    left, top = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return left, top, right - left, bottom - top


def _seconds(time: Fraction) -> float:
    """To be read only."""
    return round(float(time), 6)
