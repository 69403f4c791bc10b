"""Animated GIF, APNG and WebP, in and out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from benchmarks.media.cases import TWICE, Case, Expected, of_clip
from benchmarks.media.writing import Clip, Sound
from benchmarks.media.writing_stills import write_animation


def of_animation(
    name: str,
    suffix: str,
    *arguments: str,
    to: str = "",
    delay: float = 100,
    plays: int = 0,
    transparent: bool = False,
    **expected: Any,
) -> Case:
    """A case over eight frames of `delay` milliseconds; by default twice as many come out."""
    rate = 1000 / Fraction(delay)
    usual: dict[str, Any] = {
        "frames": 16,
        "rate": 2 * rate,
        "duration": 8 / rate,
        "size": (32, 24),
        "alpha": transparent,
    }
    return Case(
        name=name,
        about=f"{suffix[1:]} | {suffix[1:]} | {'alpha' if transparent else 'opaque'}",
        write=lambda folder: write_animation(folder, suffix, delay, plays, transparent),
        output=f"output{to or suffix}",
        arguments=arguments or TWICE,
        expected=Expected(**(usual | expected)),
    )


_WHITE: dict[str, Any] = {"alpha": False, "same": False, "told": (r"white",)}
ANIMATION_CASES: tuple[Case, ...] = (
    of_animation("gif", ".gif"),
    of_animation("gif-thrice", ".gif", plays=2),
    of_animation("gif-alpha", ".gif", transparent=True),
    of_animation("gif-40-ms", ".gif", delay=40),
    of_animation("gif-to-apng", ".gif", to=".apng"),
    of_animation("gif-to-webp", ".gif", to=".webp"),
    of_animation("gif-to-mp4", ".gif", to=".mp4"),
    of_animation("gif-alpha-to-mp4", ".gif", to=".mp4", transparent=True, **_WHITE),
    of_animation("gif-alpha-to-webp", ".gif", to=".webp", transparent=True),
    of_animation("gif-to-webm", ".gif", to=".webm"),
    of_animation("apng", ".apng"),
    of_animation("apng-alpha", ".apng", transparent=True),
    of_animation("apng-to-gif", ".apng", to=".gif"),
    of_animation("apng-alpha-to-webp", ".apng", to=".webp", transparent=True),
    of_animation("webp", ".webp"),
    of_animation("webp-alpha", ".webp", transparent=True),
    of_animation("webp-to-gif", ".webp", to=".gif"),
    of_animation("webp-alpha-to-apng", ".webp", to=".apng", transparent=True),
    of_animation("webp-to-stills", ".webp", to="-folder", duration=None),
    of_animation("gif-too-fast", ".gif", delay=20, code=2, error=r"50"),
    of_clip("mp4-to-gif", Clip(rate=10, sounds=(Sound(),)), to=".gif", told=(r"audio|sound",),
            ratio=None),
    of_clip("mp4-to-apng", Clip(rate=10), to=".apng", ratio=None),
    of_clip("mp4-to-webp", Clip(rate=10), to=".webp", ratio=None),
    of_clip("vp9-alpha-to-webp", Clip(suffix=".webm", codec="libvpx-vp9", rate=10,
            pixel_format="yuva420p", alpha=True, options={"crf": "10", "b": "0"}), to=".webp",
            ratio=None, alpha=True),
    of_clip("prores-alpha-to-apng", Clip(suffix=".mov", codec="prores_ks", rate=10,
            pixel_format="yuva444p10le", alpha=True, options={"profile": "4444"}), to=".apng",
            ratio=None, alpha=True),
)  # fmt: skip
