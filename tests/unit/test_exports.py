"""The public names, locked: adding or removing one is a decision, not an accident."""

import dataclasses
import inspect
import subprocess
import sys

import pytest

import dain
from dain import errors

PUBLIC = [
    "DainError",
    "DamageError",
    "EncodeError",
    "FrameError",
    "InputError",
    "Interpolator",
    "JobResult",
    "MediaError",
    "OptionError",
    "OutputError",
    "PipeClosedError",
    "Progress",
    "RunError",
    "StoppedError",
    "TransferError",
    "WeightsError",
    "__version__",
    "interpolate_video",
    "load_network",
]

EXIT_CODES = {
    "DainError": 1,
    "InputError": 2,
    "OptionError": 2,
    "MediaError": 2,
    "OutputError": 2,
    "FrameError": 2,
    "WeightsError": 2,
    "RunError": 1,
    "EncodeError": 1,
    "TransferError": 1,
    "PipeClosedError": 141,
    "DamageError": 1,
    "StoppedError": 130,
}


def test_the_public_names():
    assert sorted(dain.__all__) == PUBLIC
    assert set(PUBLIC) <= set(dir(dain))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_there_and_explained(name):
    value = getattr(dain, name)
    if name != "__version__":
        assert inspect.getdoc(value)
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            assert f"{field.name}: " in value.__doc__, f"{name}.{field.name} is not explained"


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="no attribute 'interpolate'"):
        dain.interpolate  # noqa: B018


def test_the_error_tree():
    tree = {
        name: value.exit_code
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
        if not issubclass(value, Warning)
    }
    assert tree == EXIT_CODES
    assert all(issubclass(getattr(errors, name), errors.DainError) for name in tree)


def test_every_option_of_a_run_is_explained():
    documented = inspect.getdoc(dain.interpolate_video)
    for name in inspect.signature(dain.interpolate_video).parameters:
        assert f"    {name}: " in documented


def test_a_star_import_gives_the_public_names():
    code = "from dain import *; print(sorted(name for name in dir() if name != '__builtins__'))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = set(eval(run.stdout))
    assert set(PUBLIC) <= found
