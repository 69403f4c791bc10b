"""``dain models``: which models there are, and where their weights come from and lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dain.cli import options
from dain.cli.messages import (
    heard_warnings,
    print_error,
    print_json,
    print_note,
    show_bytes,
)
from dain.errors import DainError, RunError

if TYPE_CHECKING:
    from dain.weights import ModelRecord
    from dain.weights.embedded import EmbeddedWeights
    from dain.weights.importing import Installed

models = typer.Typer(help="List the models, and fetch, import or verify their weights.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Model, as in dain models list.")]
_Replace = Annotated[
    bool, typer.Option("-y", "--overwrite", help="Replace other weights that are installed.")
]


class _InterruptedError(RunError):
    """A fetch was interrupted; unlike other runs it leaves something behind, on purpose."""

    exit_code = 130


@models.callback(invoke_without_command=True)
def _models(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        text = context.get_help()
        if text:  # with rich, it has been printed
            typer.echo(text)


@models.command("list")
def list_models(as_json: options.AsJson = False, verbose: options.Verbose = False) -> None:
    """List the models: what they are, and whether their weights are here."""
    from dain.weights import MODELS

    described = [_describe(record) for record in MODELS.values()]
    if as_json:
        print_json({"models": described})
    else:
        _print_list(described)


@models.command("show")
def show_model(
    name: _Name, as_json: options.AsJson = False, verbose: options.Verbose = False
) -> None:
    """Tell all that is known of a model."""
    from dain.weights.registry import find_record

    described = _describe(find_record(name))
    if as_json:
        print_json(described)
    else:
        _print_one(described)


@models.command("import")
def import_weights(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The authors' best.pth, or safetensors of ours.",
            parser=options.read_path,
        ),
    ],
    model: Annotated[str, typer.Option("-m", "--model", help="Whose weights they are.")] = "dain",
    overwrite: _Replace = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Convert a checkpoint and put it where the model finds it."""
    options.refuse_both(quiet, verbose)
    from dain.weights.importing import import_checkpoint
    from dain.weights.registry import find_record

    installed = import_checkpoint(
        find_record(model), file, overwrite, lambda: _tell_of_waiting(model, quiet)
    )
    _tell(model, installed, as_json, quiet)


@models.command("fetch")
def fetch(
    name: _Name,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Fetch from here, not the known addresses.")
    ] = None,
    no_verify: Annotated[
        bool,
        typer.Option(
            "--no-verify", help="With --url: take other weights of the model than the published."
        ),
    ] = False,
    overwrite: _Replace = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Download the published weights of a model, verify and install them."""
    options.refuse_both(quiet, verbose)
    options.refuse_unverified(no_verify, url)
    from dain.cli.downloading import DownloadDisplay
    from dain.weights.fetching import fetch_weights
    from dain.weights.registry import find_record

    record = find_record(name)
    with DownloadDisplay(f"fetching {name}", quiet or as_json) as display:
        try:
            installed = fetch_weights(
                record,
                url,
                verify=not no_verify,
                overwrite=overwrite,
                on_progress=display.on_progress,
                on_wait=lambda: _tell_of_waiting(name, quiet),
            )
        except KeyboardInterrupt:
            raise _InterruptedError(
                "interrupted; what has arrived is kept, and the same command continues it"
            ) from None
    _tell(name, installed, as_json, quiet)


def _tell_of_waiting(name: str, quiet: bool) -> None:
    if not quiet:
        print_note(f"another process is fetching or importing {name}; waiting for it")


@models.command("verify")
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Model; by default all installed.")
    ] = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Read installed weights again: every tensor, and the checksum that was recorded."""
    from dain.weights import MODELS
    from dain.weights.registry import find_record
    from dain.weights.store import weights_path

    records = (
        [r for r in MODELS.values() if r.embedded or weights_path(r.name).is_file()]
        if name is None
        else [find_record(name)]
    )
    results = [_verify(record, as_json) for record in records]
    if as_json:
        print_json({"results": results, "warnings": heard_warnings()})
    code = max((int(result.get("exit_code", 0)) for result in results), default=0)
    if code:
        raise typer.Exit(code)


def _verify(record: ModelRecord, as_json: bool) -> dict[str, Any]:
    """Verify one of several; its damage is told and is no reason to stop."""
    from dain.weights.importing import verify_installed
    from dain.weights.registry import load_network

    try:
        if record.embedded is not None:
            load_network(record.name)
            return _tell_of_embedded(record.name, record.embedded, as_json)
        installed = verify_installed(record)
    except DainError as error:
        print_error(str(error))
        return {"model": record.name, "error": str(error), "exit_code": error.exit_code}
    if not as_json:
        checksum = "as recorded" if installed.record is not None else "but none was recorded"
        print_note(f"{installed.path}: sound, SHA-256 {installed.sha256} {checksum}")
    return {"model": record.name, **_as_object(installed)}


def _tell_of_embedded(name: str, weights: EmbeddedWeights, as_json: bool) -> dict[str, Any]:
    path, sha256 = weights.path, weights.sha256
    if not as_json:
        print_note(f"{path}: sound, SHA-256 {sha256} as recorded")
    return {"model": name, "path": str(path), "size": path.stat().st_size, "sha256": sha256}


def _tell(model: str, installed: Installed, as_json: bool, quiet: bool) -> None:
    """Where the weights lie now."""
    if as_json:
        print_json(
            {
                "model": model,
                **_as_object(installed),
                "is_new": installed.is_new,
                "warnings": heard_warnings(),
            }
        )
    if not quiet:
        how = "installed" if installed.is_new else "were installed already"
        print_note(f"weights of {model} {how}: {installed.path}, {show_bytes(installed.size)}")


def _as_object(installed: Installed) -> dict[str, Any]:
    """Installed weights for scripts."""
    record = installed.record
    return {
        "path": str(installed.path),
        "size": installed.size,
        "sha256": installed.sha256,
        "source": record.source if record else None,
        "source_sha256": record.source_sha256 if record else None,
        "source_git_blob_id": record.source_git_blob_id if record else None,
    }


def _describe(record: ModelRecord) -> dict[str, Any]:
    """A model for scripts, without reading its weights."""
    from dataclasses import asdict

    from dain.weights.store import read_record, weights_path

    checkpoint, embedded, path = record.checkpoint, record.embedded, weights_path(record.name)
    weights: dict[str, Any] = {}
    if embedded is not None:
        is_here = embedded.path.is_file()
        weights = {
            "path": str(embedded.path),
            "installed": is_here,
            "size": embedded.path.stat().st_size if is_here else None,
            "sha256": embedded.sha256,
            "recipe": embedded.recipe,
            "steps": embedded.steps,
            "data": [asdict(source) for source in embedded.data],
        }
    elif checkpoint is not None:
        is_here = path.is_file()
        origin = read_record(record.name) if is_here else None
        weights = {
            "path": str(path),
            "installed": is_here,
            "size": path.stat().st_size if is_here else None,
            "sha256": origin.sha256 if origin else None,
            "source": origin.source if origin else None,
            "source_sha256": origin.source_sha256 if origin else None,
            "urls": list(checkpoint.urls),
            "published_git_blob_id": checkpoint.git_blob_id,
            "published_sha256": checkpoint.sha256,
            "published_size": checkpoint.size,
        }
    return {
        "name": record.name,
        "summary": record.summary,
        "licence": record.licence,
        "licence_note": record.licence_note,
        "citation": record.citation,
        "weights": weights,
        "scores": [asdict(score) for score in record.scores],
    }


def _weights_line(described: dict[str, Any]) -> str:
    weights = described["weights"]
    if "recipe" in weights:
        if not weights["installed"]:
            return f"missing at {weights['path']}: install dain again"
        return f"inside the package, {show_bytes(weights['size'])}"
    if not weights["installed"]:
        return f"not here: dain models fetch {described['name']}"
    return f"{weights['path']}, {show_bytes(weights['size'])}"


def _print_list(described: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for title in ("model", "what it is", "weights", "licence"):
        table.add_column(title, overflow="fold")
    for one in described:
        table.add_row(one["name"], one["summary"], _weights_line(one), one["licence"])
    Console(highlight=False).print(table)


def _print_one(described: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key in ("name", "summary", "licence", "licence_note", "citation"):
        if described[key]:
            table.add_row(key.replace("_", " "), described[key])
    table.add_row("weights", _weights_line(described))
    weights = described["weights"]
    for title, key in (
        ("imported from", "source"),
        ("SHA-256 of that", "source_sha256"),
        ("SHA-256 here", "sha256"),
        ("published git blob id", "published_git_blob_id"),
        ("published SHA-256", "published_sha256"),
        ("made by", "recipe"),
    ):
        if weights.get(key):
            table.add_row(title, weights[key])
    for source in weights.get("data", []):
        table.add_row("trained on", f"{source['name']}: {source['licence']}")
    for url in weights.get("urls", []):
        table.add_row("published at", url)
    for score in described["scores"]:
        numbers = f"PSNR {score['psnr']:.2f} dB, SSIM {score['ssim']:.4f}, MAE {score['mae']:.3f}"
        table.add_row("measured", f"{numbers} on {score['dataset']}: {score['command']}")
    Console(highlight=False).print(table)
