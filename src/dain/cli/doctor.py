"""``dain doctor``: what this machine has, what it can do, and whether `dain` works on it.

docs/doctor.md explains the keys of ``--json``.
"""

from __future__ import annotations

import platform
from typing import Annotated, Any

import typer

from dain.cli import options
from dain.cli.messages import print_error, print_json


def doctor(
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not measure how fast the models are.")
    ] = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell what this machine has and what it can do, and try out a tiny run."""
    from dain.cli.checkup import run_checks
    from dain.cli.doctor_advice import advise
    from dain.cli.doctor_models import describe_models
    from dain.cli.doctor_table import print_report

    report = examine()
    report["models"] = describe_models(with_trials=not quick)
    report["checks"] = run_checks(verbose)
    report["advice"] = advise(report)
    if as_json:
        print_json(report)
    else:
        print_report(report)
    failed = [name for name, outcome in report["checks"].items() if outcome != "ok"]
    if failed:
        for name in failed:
            print_error(f"check of {name} failed: {report['checks'][name]}")
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """What this machine has; every value fit for JSON."""
    from dain._version import __version__
    from dain.cli import doctor_codecs, doctor_machine

    return {
        "dain": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": doctor_machine.describe_cpu(),
        **doctor_machine.describe_memory(),
        **doctor_machine.describe_disk(),
        "devices": doctor_machine.describe_devices(),
        "nvidia": doctor_machine.describe_nvidia(),
        "libraries": _libraries(),
        "ffmpeg": _ffmpeg(),
        "encoders": doctor_codecs.describe_encoders(),
        "decoders": doctor_codecs.describe_decoders(),
        "hardware_encoders": doctor_codecs.hardware_encoders(),
    }


def _libraries() -> dict[str, str]:
    import av
    import cv2
    import numba
    import numpy as np
    import torch

    # Asked of the modules: OpenCV is installed under several names.
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "PyAV": av.__version__,
        "OpenCV": cv2.__version__,
        "numba": numba.__version__,
    }


def _ffmpeg() -> dict[str, str]:
    """FFmpeg's libraries inside PyAV."""
    import av

    return {
        name: ".".join(str(part) for part in version)
        for name, version in sorted(av.library_versions.items())
    }
