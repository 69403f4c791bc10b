"""Settings of a run: what is refused, and the way to JSON and back."""

import dataclasses
import inspect
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.errors import OptionError
from dain.training.settings import (
    CareSettings,
    DataSettings,
    OptimisationSettings,
    TrainSettings,
    setting_names,
)


@pytest.mark.parametrize(
    "kind",
    [DataSettings, OptimisationSettings, CareSettings, TrainSettings],
    ids=lambda k: k.__name__,
)
def test_every_setting_is_explained(kind):
    for entry in dataclasses.fields(kind):
        assert f"\n    {entry.name}: " in inspect.getdoc(kind)


def test_names_are_unique_over_the_groups():
    names = setting_names()
    assert len(names) == len(set(names))


def test_defaults_survive_json():
    settings = TrainSettings()
    assert TrainSettings.from_json(settings.to_json()) == settings


@given(
    rate=st.floats(1e-9, 1),
    betas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)),
    steps=st.integers(1, 10**9),
    clips=st.none() | st.just(Path("some/clips")),
    validate=st.lists(st.sampled_from([Path("a"), Path("b/ü")])).map(tuple),
    withheld=st.lists(st.text(max_size=4)).map(tuple),
)
def test_any_settings_survive_json(**changes):
    settings = TrainSettings().changed(changes)
    assert TrainSettings.from_json(settings.to_json()) == settings
    for name, value in changes.items():
        groups = (settings.data, settings.optimisation, settings.care)
        assert value in [getattr(group, name, None) for group in groups]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crop", 15),
        ("crop", 72),
        ("crop", 64.0),
        ("batch", 0),
        ("batch", True),
        ("steps", 0),
        ("rate", -1e-4),
        ("rate", float("nan")),
        ("rate", "fast"),
        ("decay", 1.5),
        ("averaging", 1),
        ("clip", 0),
        ("clip", float("inf")),
        ("betas", (0.9,)),
        ("betas", (0.9, 1.0)),
        ("precision", "fp16"),
        ("times", "never"),
        ("workers", -1),
        ("seed", -1),
        ("scenes", -0.1),
        ("keep", 0),
        ("validate_count", 0),
        ("validate_minutes", -1),
    ],
)
def test_values_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(OptionError, match=f"--{name.replace('_', '-')} must be") as caught:
        TrainSettings().changed({name: value})
    assert "\n" not in str(caught.value)


def test_some_share_must_be_above_zero():
    with pytest.raises(OptionError, match="share above 0 of --scenes, found 0"):
        TrainSettings().changed({"scenes": 0})
    shares = TrainSettings().changed({"scenes": 0, "clips": "clips"}).data.shares
    assert shares[0] == 0
    assert shares[1] > 0


def test_without_clips_there_is_no_footage():
    assert DataSettings(footage=5.0, compressed=5.0).shares == (DataSettings().scenes, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        "{",
        json.dumps({"data": 3}),
        json.dumps({"data": {"crop": 128, "colour": "red"}}),
        json.dumps({"surprise": 1}),
        json.dumps({"optimisation": {"betas": 0.9}}),
        json.dumps({"data": {"clips": 3}}),
        json.dumps({"care": {"validate": 3}}),
        json.dumps({"model": 3}),
    ],
)
def test_other_json_is_refused_on_one_line(text):
    with pytest.raises(OptionError) as caught:
        TrainSettings.from_json(text, "settings.json")
    assert "\n" not in str(caught.value)


BEGUN = TrainSettings()


@pytest.mark.parametrize(
    "changes", [{"batch": 6}, {"seed": 1}, {"crop": 128}, {"rate": 1e-3}, {"scenes": 1.0}]
)
def test_a_run_keeps_its_recipe(changes):
    [name] = changes
    with pytest.raises(OptionError, match=f"--{name}: this run was begun with"):
        BEGUN.changed(changes).check_continues(BEGUN)


def test_a_run_keeps_its_network():
    with pytest.raises(OptionError, match="this run trains dain-lite, found --model dain"):
        BEGUN.changed({"model": "dain"}).check_continues(BEGUN)


def test_what_leaves_the_steps_alone_may_change():
    BEGUN.changed(
        {
            "steps": 50_000,
            "decay": 0.2,
            "workers": 7,
            "clips": "elsewhere",
            "validate": ["a"],
            "keep": 9,
            "checkpoint_minutes": 1,
        }
    ).check_continues(BEGUN)
