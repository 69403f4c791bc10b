"""Notes where the Drive is wanted; what is asked for lies there already."""

import os
from pathlib import Path


def mount(mountpoint: str) -> None:
    with Path(os.environ["COLAB_MOUNTS"]).open("a", encoding="utf-8") as file:
        file.write(f"{mountpoint}\n")
