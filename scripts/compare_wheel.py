"""Check that an installed wheel holds every file of src/dain: ``compare_wheel.py SITE``."""

from __future__ import annotations

import sys
from pathlib import Path


def files(root: Path) -> set[str]:
    """Names of the package's own files under `root`."""
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def main() -> None:
    """Compare and say what is missing."""
    source = files(Path(__file__).resolve().parent.parent / "src" / "dain")
    installed = files(Path(sys.argv[1]) / "dain")
    if source != installed:
        sys.exit(f"the wheel differs from src/dain in: {sorted(source ^ installed)}")


if __name__ == "__main__":
    main()
