"""The sources of samples that settings ask for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal

from dain.errors import MediaError
from dain.training.mixing import MixedSource
from dain.training.samples import Source
from dain.training.settings import DataSettings


def make_source(settings: DataSettings, seed: int) -> Source:
    """Scenes, footage and compressed footage in their shares.

    Args:
        settings: see there.
        seed: of every sample.

    Raises:
        MediaError: a folder holds nothing that can be used.
    """
    from dain.training.footage import FootageSource
    from dain.training.scenes import SceneSource

    scenes, footage, compressed = settings.shares
    parts: list[tuple[float, Source]] = []
    if scenes:
        source = SceneSource(settings.textures, settings.crop, seed, _times(settings))
        parts.append((scenes, source))
    for share, poor in ((footage, False), (compressed, True)):
        if share and settings.clips is not None:
            cut = FootageSource(
                settings.clips,
                settings.cache or default_cache(settings.clips),
                settings.crop,
                seed,
                poor=poor,
                withheld=settings.withheld,
                times=settings.times,
            )
            parts.append((share, cut))
    return MixedSource(parts, seed)


def _times(settings: DataSettings) -> Literal["half", "any"]:
    return "half" if settings.times == "half" else "any"


def default_cache(clips: Path) -> Path:
    """Where clips of a folder are decoded to if nothing else is asked for."""
    from platformdirs import user_cache_path

    name = hashlib.sha256(os.fsencode(clips.resolve())).hexdigest()[:16]
    return user_cache_path("dain", appauthor=False) / "clips" / name


def fingerprint(settings: DataSettings) -> str:
    """Names and sizes of all files that samples are made of, as a SHA-256.

    Raises:
        MediaError: a folder is missing.
    """
    lines = []
    for role, folder in (("textures", settings.textures), ("clips", settings.clips)):
        if folder is None:
            continue
        if not folder.is_dir():
            raise MediaError(f"expected a folder of {role}, found no folder {folder}")
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                lines.append(f"{role}\0{name.as_posix()}\0{path.stat().st_size}\n")
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def default_workers() -> int:
    """Processes that make samples: all processors but one, which feeds the device; at most 16."""
    return min(max((os.cpu_count() or 1) - 1, 1), 16)
