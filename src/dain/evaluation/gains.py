"""What each judgement buys: measures of the same frames, made in several ways, by shot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from dain.evaluation.run import EXACT_PSNR
from dain.evaluation.shots import Shot
from dain.evaluation.variants import PLAIN
from dain.settings import JudgementSettings


@dataclass(frozen=True)
class Quality:
    """Of one made frame.

    Attributes:
        psnr: dB; infinite where the frame is exact.
        ssim: -1 to 1.
        detail: power of its fine detail.
    """

    psnr: float
    ssim: float
    detail: float


@dataclass(frozen=True)
class Outcome:
    """Of several frames that were made in one way.

    Attributes:
        psnr: mean, dB; an exact frame counts as `EXACT_PSNR`.
        ssim: mean.
        detail: power of fine detail over that of the true frames; 1 where these have none.
        changed: how many of them are not as plain interpolation makes them.
    """

    psnr: float
    ssim: float
    detail: float
    changed: int


@dataclass(frozen=True)
class Row:
    """What became of the frames of a shot, or of all.

    Attributes:
        number: of the shot, from 1 in the order of those looked at; 0 for all together.
        start: where it begins, seconds.
        end: where it ends.
        fades: it is a fade or dissolve.
        frames: that were made and measured.
        outcomes: by name of the variant.
    """

    number: int
    start: Fraction
    end: Fraction
    fades: bool
    frames: int
    outcomes: Mapping[str, Outcome]

    def gain(self, name: str) -> float:
        """PSNR of a variant over that of plain interpolation, dB."""
        return self.outcomes[name].psnr - self.outcomes[PLAIN].psnr


@dataclass(frozen=True)
class Gains:
    """What each judgement buys on a clip.

    Attributes:
        asked: what judged means here.
        shots: a row for each shot of which frames were measured.
        whole: all frames together.
    """

    asked: JudgementSettings
    shots: tuple[Row, ...]
    whole: Row

    @property
    def names(self) -> list[str]:
        """Of the variants."""
        return list(self.whole.outcomes)


@dataclass
class _Sums:
    """Of one variant."""

    psnr: float = 0.0
    ssim: float = 0.0
    detail: float = 0.0
    changed: int = 0

    def outcome(self, frames: int, true_detail: float) -> Outcome:
        return Outcome(
            psnr=self.psnr / frames,
            ssim=self.ssim / frames,
            detail=self.detail / true_detail if true_detail > 0 else 1.0,
            changed=self.changed,
        )


@dataclass
class _Tally:
    """Of one shot, or of all."""

    frames: int = 0
    true_detail: float = 0.0
    sums: dict[str, _Sums] = field(default_factory=dict)

    def add(self, qualities: Mapping[str, Quality], true_detail: float) -> None:
        self.frames += 1
        self.true_detail += true_detail
        for name, quality in qualities.items():
            sums = self.sums.setdefault(name, _Sums())
            sums.psnr += min(quality.psnr, EXACT_PSNR)
            sums.ssim += quality.ssim
            sums.detail += quality.detail
            # Frames that are alike are measured once.
            sums.changed += quality is not qualities[PLAIN]

    def row(self, number: int, start: Fraction, end: Fraction, fades: bool = False) -> Row:
        outcomes = {
            name: sums.outcome(self.frames, self.true_detail) for name, sums in self.sums.items()
        }
        return Row(number, start, end, fades, self.frames, outcomes)


class GainsMeter:
    """Gathers the measures of a clip's frames.

    Args:
        asked: what judged means here.
    """

    def __init__(self, asked: JudgementSettings) -> None:
        self._asked = asked
        self._whole = _Tally()
        self._shots: dict[Shot, _Tally] = {}

    def add(self, shot: Shot, qualities: Mapping[str, Quality], true_detail: float) -> None:
        """Take in the next frame.

        Args:
            shot: that it is part of.
            qualities: by name of the variant; one object for frames that are alike.
            true_detail: power of the true frame's fine detail.
        """
        self._whole.add(qualities, true_detail)
        self._shots.setdefault(shot, _Tally()).add(qualities, true_detail)

    def told(self) -> Gains:
        """All that was gathered, at least one frame."""
        shots = list(self._shots)
        return Gains(
            asked=self._asked,
            shots=tuple(
                tally.row(shot.number, shot.start, shot.end, shot.fades)
                for shot, tally in self._shots.items()
            ),
            whole=self._whole.row(0, shots[0].start, shots[-1].end),
        )
