"""How the results of several inputs are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dain.cli.messages import print_warning
from dain.errors import OptionError, OutputError

if TYPE_CHECKING:
    from dain.media.remote import Place


def outputs_in(folder: Place, sources: Sequence[Place], container: str | None) -> list[Place]:
    """One output for each source, named after it.

    Args:
        folder: of the outputs.
        sources: of the jobs.
        container: what the outputs become, such as ``mkv``; None for what the sources are.

    Raises:
        OutputError: it is no folder.
        OptionError: two outputs would have one name, or a name cannot be one.
    """
    from dain.jobs.prepare import check_name
    from dain.media.stills_names import is_archive_output, is_stills_output, pattern_of

    for place in (folder, *sources):
        if isinstance(place, Path):
            check_name(place)
    if isinstance(folder, Path):
        is_file = is_archive_output(folder) or not is_stills_output(folder)
        is_folder = not is_file and pattern_of(folder) is None
    else:
        is_folder = folder.is_folder_by_name and folder.pattern is None
    if not is_folder:
        raise OutputError(
            f"expected a folder as the output of several inputs, found {folder}; "
            "if it is to be one, make it first"
        )
    given = [each.absolute() if isinstance(each, Path) else Path(each.name) for each in sources]
    names = _result_names(given, container)
    for index, (source, own, name) in enumerate(zip(sources, given, names, strict=True)):
        if name in names[:index]:
            raise OptionError(
                f"expected inputs of different names, found {name} twice; run them one by one"
            )
        if container is None and name != own.name:
            print_warning(f"{source} is of a kind that is not written; the result is {name}")
    return [folder / name for name in names]


def _result_names(sources: Sequence[Path], container: str | None) -> list[str]:
    """As the sources, and where two would be the same by another ending, with both endings."""
    from dain.media.moving_files import WRITABLE, name_of_result

    suffix = None if container is None else f".{container.lstrip('.').lower()}"
    if suffix is not None and suffix not in WRITABLE:
        raise OptionError(
            f"--container must be one of {', '.join(sorted(WRITABLE))}, found {container!r}"
        )
    names = [name_of_result(source, suffix) for source in sources]
    return [
        f"{source.name}{Path(name).suffix}"
        if names.count(name) > 1 and Path(name).suffix != source.suffix
        else name
        for source, name in zip(sources, names, strict=True)
    ]
