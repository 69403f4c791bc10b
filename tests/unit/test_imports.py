"""Imports run one way, downhill, and heavy libraries wait until they are needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dain

ROOT = Path(dain.__file__).parent

# Which of our packages each may import, besides itself: the table of the design.
EVERYONE = {"errors", "settings", "_version"}
BELOW = {"transfer"}
ENGINE_SIDE = {"ops", "networks", "weights", "engine"}
MEDIA_SIDE = {"timeline", "judgement", "media"}
BELOW_API = BELOW | ENGINE_SIDE | MEDIA_SIDE | {"jobs"}
MAY_IMPORT = {
    "_version": set(),
    "errors": set(),
    "settings": {"errors"},
    "ops": set(),
    "networks": {"ops"},
    "transfer": set(),
    "weights": {"networks", "transfer"},
    "engine": {"networks", "weights", "ops"},
    "timeline": set(),
    "judgement": {"timeline"},
    "media": {"transfer"},
    "jobs": {"timeline", "judgement", "media", "engine", "transfer"},
    "api": BELOW_API,
    "dain": BELOW_API | {"api"},
    "notebook": BELOW_API,
    "training": BELOW_API | {"api", "evaluation"},
    "evaluation": BELOW_API | {"api"},
    "cli": BELOW_API | {"api", "training", "evaluation"},
    "__main__": {"cli"},
}

# Which packages may import a heavy library; the others get by without.
HOMES = {
    "torch": {"ops", "networks", "weights", "engine", "training", "evaluation", "cli"},
    "numba": {"ops", "cli"},
    "triton": {"ops"},
    "av": {"media", "training", "cli"},
    "PIL": {"media"},
    "OpenEXR": {"media"},
    "typer": {"cli"},
    "rich": {"cli"},
    "safetensors": {"weights"},
    "lightning_fabric": {"training"},
    "matplotlib": {"training"},
}

MODULES = sorted(ROOT.rglob("*.py"))


def package_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "dain" if parts == ("__init__",) else parts[0]


def imported_names(path):
    """Dotted names that a module imports anywhere in it, functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield node.module
            if node.module == "dain":
                yield from (f"dain.{alias.name}" for alias in node.names)


def module_id(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_imports_run_downhill(path):
    package = package_of(path)
    allowed = MAY_IMPORT[package] | {package}
    if package not in ("_version", "errors", "settings"):
        allowed |= EVERYONE
    ours = {name.split(".")[1] for name in imported_names(path) if name.startswith("dain.")}
    assert ours <= allowed, f"{package} must not import {sorted(ours - allowed)}"
    if package not in ("cli", "__main__", "training", "evaluation"):
        assert "dain" not in set(imported_names(path)), "the package itself is above this module"


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_heavy_libraries_stay_in_their_places(path):
    package = package_of(path)
    for name in {name.split(".")[0] for name in imported_names(path)} & HOMES.keys():
        assert package in HOMES[name], f"{package} must not import {name}"


def test_the_table_knows_every_package():
    packages = {package_of(path) for path in MODULES}
    assert packages <= MAY_IMPORT.keys()


def loaded_by(code):
    """Top-level names of all modules in a fresh interpreter that ran the code."""
    script = f"{code}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split("\n")[-2].split())


HEAVY = {"torch", "av", "cv2", "numba", "numpy", "rich", "typer", "safetensors", "triton", "PIL"}
HEAVY |= {"OpenEXR"}


def test_importing_dain_loads_nothing_heavy():
    assert not loaded_by("import dain; dain.__version__; dain.DainError") & HEAVY


def test_help_loads_no_libraries_of_the_work():
    code = (
        "from dain.cli.main import main\n"
        "commands = ['interpolate', 'frames', 'doctor', 'demo', 'evaluate', 'bench', 'models']\n"
        "commands += ['train']\n"
        "for command in ([], *([name] for name in commands), ['models', 'fetch']):\n"
        "    assert main([*command, '--help']) == 0\n"
        "assert main(['--version']) == 0\n"
        "assert main(['interpolate', '--nonsense']) == 2"
    )
    assert not loaded_by(code) & (HEAVY - {"rich", "typer"})


def test_refusing_options_loads_no_torch():
    code = (
        "from dain.cli.main import main\n"
        "assert main(['interpolate', 'a.mp4', '-o', 'b.mp4']) == 2\n"
        "assert main(['interpolate', 'nowhere/a.mp4', '-o', 'b.mp4', '--fps', '60']) == 2"
    )
    assert "torch" not in loaded_by(code)
