"""Typed records of the models, and how a network is made from one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dain.errors import OptionError, WeightsError
from dain.networks import DainLite, InterpolationNetwork
from dain.networks.dain import Dain
from dain.weights.authors import their_name
from dain.weights.checksums import checksums_of
from dain.weights.embedded import DataSource, EmbeddedWeights
from dain.weights.loading import CheckpointFormat, load_checkpoint
from dain.weights.store import read_record, weights_path


@dataclass(frozen=True)
class Score:
    """How good the frames of a model were in one measurement; means over the samples.

    Attributes:
        dataset: what was interpolated.
        psnr: in dB.
        ssim: up to 1.
        mae: mean absolute error, of 255.
        command: that measured it.
    """

    dataset: str
    psnr: float
    ssim: float
    mae: float
    command: str


@dataclass(frozen=True)
class CheckpointSource:
    """Where the learned parts of a model come from.

    Attributes:
        their_name: the name in the published checkpoint for our name of a tensor.
        urls: addresses of the published file, in the order in which they are tried.
        git_blob_id: of the published file, see `Checksums`.
        sha256: likewise; None while nobody has measured it.
        size: of the published file in bytes; None while nobody has measured it.
    """

    their_name: Callable[[str], str]
    urls: tuple[str, ...]
    git_blob_id: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class ModelRecord:
    """One model as a person chooses it.

    Attributes:
        name: as given to ``--model``; its weights lie under this name in the data folder.
        summary: one line for lists.
        build: makes the network, untrained.
        licence: of the network and its weights, in short.
        citation: whose work it is.
        licence_note: what else is known of the licence.
        checkpoint: where its weights are published; None where they come inside the package.
        embedded: the weights inside the package; None where there are none.
        scores: what was measured.
    """

    name: str
    summary: str
    build: Callable[[], InterpolationNetwork[Any, Any]]
    licence: str
    citation: str
    licence_note: str = ""
    checkpoint: CheckpointSource | None = None
    embedded: EmbeddedWeights | None = None
    scores: tuple[Score, ...] = ()


_PAPER = (
    "Bao, Lai, Ma, Zhang, Gao, Yang: Depth-Aware Video Frame Interpolation, CVPR 2019, "
    "https://arxiv.org/abs/1904.00830"
)

DAIN_LITE = ModelRecord(
    name="dain-lite",
    summary="our own: compact, depth-aware, trained by us; 0.8 million learned numbers",
    build=DainLite,
    licence="MIT",
    citation=f"depth-aware flow projection after {_PAPER}",
    embedded=EmbeddedWeights(
        file="dain-lite.safetensors",
        sha256="bf9c20d66f20df2e38347cb3aa0b79f6bb6b5abd8885f942651d105a614b8f95",
        recipe="dain train -o RUN --textures TEXTURES --clips CLIPS --devices 2",
        steps=8400,
        data=(
            DataSource("procedural scenes, made by dain itself", "MIT"),
            DataSource("Kodak Lossless True Color Image Suite", "released for unrestricted use"),
            DataSource("gianni-rosato/gb82-image-set", "CC0 1.0"),
            DataSource("libjxl/testdata, wesaturate", "CC0 1.0"),
            DataSource("pierotofy/drone_dataset_brighton_beach", "BSD 2-Clause"),
            DataSource("CLIC 2025 (imazen/codec-corpus)", "Unsplash License"),
            DataSource("Cloudinary CID22 (imazen/codec-corpus)", "CC BY-SA 4.0"),
            DataSource("DAVIS 2016 validation sequences", "CC BY 4.0"),
            DataSource("MDN sample videos", "CC0 1.0"),
            DataSource("Flutter documentation assets", "CC0 1.0"),
            DataSource("GoPro gpmf-parser samples", "Apache-2.0 or MIT"),
            DataSource("Mapillary tools samples", "BSD 2-Clause"),
            DataSource("Udacity dash camera clips", "MIT"),
            DataSource("Intel sample videos", "CC BY 4.0"),
            DataSource("Tears of Steel, Blender Foundation", "CC BY 3.0"),
            DataSource("Big Buck Bunny, Blender Foundation", "CC BY 3.0"),
        ),
    ),
    scores=(
        Score(
            dataset="30 triplets of DAVIS",
            psnr=26.85,
            ssim=0.8345,
            mae=6.786,
            command="dain evaluate --dataset triplets --root TRIPLETS --precision fp32",
        ),
        Score(
            dataset="210 small, squeezed, nearly still triplets, cut by dain train withheld",
            psnr=38.17,
            ssim=0.9714,
            mae=1.555,
            command="dain evaluate --dataset triplets --root STILL --precision fp32",
        ),
    ),
)

DAIN = ModelRecord(
    name="dain",
    summary="the paper's network, layer for layer: 24.05 million learned numbers",
    build=Dain,
    licence="MIT",
    licence_note=(
        "The network's code is dain's own. The weights are its authors', whose repository "
        "(github.com/baowenbo/DAIN, Copyright (c) 2019 Wenbo Bao) is under the MIT licence and "
        "names no terms for the weights apart. Their training began with published weights of "
        "MegaDepth (MIT) and of PWC-Net (NVIDIA, CC BY-NC-SA 4.0, not for commercial use)."
    ),
    citation=_PAPER,
    checkpoint=CheckpointSource(
        their_name=their_name,
        # The authors' own address, vllab1.ucmerced.edu/~wenbobao/DAIN/best.pth, answers no more.
        urls=(
            "https://raw.githubusercontent.com/BurguerJohn/Dain-App/master/model_weights/best.pth",
        ),
        git_blob_id="8ce43dbd696a63a7cd0caac8a4aacb1264ef3899",
    ),
)

MODELS: dict[str, ModelRecord] = {record.name: record for record in (DAIN_LITE, DAIN)}


def find_record(name: str) -> ModelRecord:
    """The record of a model.

    Raises:
        OptionError: no model has this name.
    """
    record = MODELS.get(name)
    if record is None:
        raise OptionError(f"--model must be one of {', '.join(MODELS)}, found {name!r}")
    return record


def load_network(name: str, weights: str | Path | None = None) -> InterpolationNetwork[Any, Any]:
    """Make the network `name`, in float32, on the CPU, in evaluation mode.

    Args:
        name: a key of `MODELS`.
        weights: a file of weights, ours or as the authors published them, checked by the names,
            shapes and types of its tensors; None for those inside the package or, where there
            are none, those in the user's data folder, where ``dain models fetch`` and
            ``dain models import`` put them.

    Warns:
        WeightsWarning: something in the file was left out or converted.

    Raises:
        OptionError: no model has this name.
        WeightsError: there are no weights, or they do not fit.
    """
    record = find_record(name)
    path = _find_weights(record) if weights is None else Path(weights)
    network = record.build()
    their_name = record.checkpoint.their_name if record.checkpoint else str
    expected = CheckpointFormat.of(name, network, their_name)
    network.load_state_dict(load_checkpoint(path, expected))
    return network.eval()


def _find_weights(record: ModelRecord) -> Path:
    """Where the weights of a model lie, once they were found undamaged."""
    if record.embedded is not None:
        return record.embedded.check()
    path = weights_path(record.name)
    if not path.exists():
        raise WeightsError(
            f"model {record.name} needs weights, found none at {path}; run dain models fetch "
            f"{record.name}, or dain models import FILE with a file that you have"
        )
    _check_undamaged(record.name, path)
    return path


def _check_undamaged(name: str, path: Path) -> None:
    """Compare installed weights with what was recorded of them, where anything was."""
    recorded = read_record(name)
    if recorded is not None and recorded.sha256 != checksums_of(path).sha256:
        raise damaged_weights(name, path)


def damaged_weights(name: str, path: Path) -> WeightsError:
    """What to say of installed weights that are not the ones that were recorded."""
    return WeightsError(
        f"the weights of {name} at {path} are damaged: their SHA-256 is not the one that was "
        "recorded; fetch or import them again"
    )
