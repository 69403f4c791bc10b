"""The notebook for Colab, executed whole by a kernel of its own, on a small video."""

import os
import re
from fractions import Fraction
from pathlib import Path

import av
import nbformat
import pytest
from nbclient import NotebookClient
from tests.end_to_end.conftest import read
from tests.support.videos import make_video

import dain

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "dain_colab.ipynb"
STAND_IN = ROOT / "tests" / "support" / "colab"


@pytest.fixture
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


def fill_in(notebook, **values):
    """Set assignments, as a person does in the form; each must be there once."""
    for name, value in values.items():
        found = 0
        for cell in notebook.cells:
            pattern = rf"(?m)^{name} = .*?(?=  # @param|$)"
            cell.source, count = re.subn(
                pattern, lambda _, line=f"{name} = {value!r}": line, cell.source
            )
            found += count
        assert found == 1, name


@pytest.fixture
def execute(notebook, tmp_path, monkeypatch):
    """Run every cell; returns what each of them showed, by its name."""
    home = Path(dain.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STAND_IN), str(home)]))
    monkeypatch.setenv("COLAB_MOUNTS", str(tmp_path / "mounts"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    def run(**values):
        fill_in(notebook, **values)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
        return {cell.id: cell.get("outputs", []) for cell in notebook.cells}

    return run


def text_of(outputs):
    return "".join(output.get("text", "") for output in outputs)


def html_of(outputs):
    return [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]


def test_the_notebook_is_valid_and_without_outputs(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_every_cell_runs(execute, tmp_path):
    shows = tmp_path / "drive" / "MyDrive"
    shows.mkdir(parents=True)
    make_video(shows / "in.mp4", count=8, rate=Fraction(12))
    shown = execute(
        DRIVE=str(tmp_path / "drive"),
        INPUT_PATH=str(shows / "in.mp4"),
        OUTPUT_PATH=str(shows / "out.mp4"),
        TARGET_FPS="24",
        START_FRAME=1,
        END_FRAME=5,
        SEAMLESS_LOOP=True,
        KEEP_FRAMES=True,
        FRAME_INPUT_FOLDER=str(shows / "frames_in"),
        FRAME_OUTPUT_FOLDER=str(shows / "frames_out"),
    )
    assert len(list((shows / "frames_in").glob("*.png"))) == 5
    assert len(list((shows / "frames_out").glob("*.png"))) == 10
    assert len(read(shows / "out.mp4")) == 10
    with av.open(str(shows / "out.mp4")) as made:
        assert made.streams.video[0].average_rate == 24
    assert (tmp_path / "mounts").read_text() == f"{tmp_path / 'drive'}\n"
    assert "No GPU here" in text_of(shown["gpu"])
    assert "5 frames became 10" in text_of(shown["run"])
    assert "10 of 10 frames" in html_of(shown["run"])[0]
    (player,) = html_of(shown["player"])
    assert player.count("<video") == player.count("data:video/mp4;base64,") == 2


def test_a_refusal_is_one_line(execute, tmp_path):
    shown = execute(INPUT_PATH=str(tmp_path / "no.mp4"), OUTPUT_PATH=str(tmp_path / "out.mp4"))
    assert not (tmp_path / "mounts").exists(), "no path lies on the Drive"
    (told,) = text_of(shown["run"]).splitlines()
    assert told.startswith("dain: error: ")
    assert "no.mp4" in told
    assert "Nothing was made" in text_of(shown["player"])
    assert html_of(shown["player"]) == []
