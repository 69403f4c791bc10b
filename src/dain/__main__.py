"""``python -m dain``."""

from __future__ import annotations

from dain.cli.main import run

if __name__ == "__main__":
    run()
