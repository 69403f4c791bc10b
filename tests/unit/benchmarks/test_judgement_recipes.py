"""Recipes over clips of one grey each: what changes in the frames is what the events say."""

import numpy as np
import pytest
from benchmarks.judgement import recipes_cuts, recipes_films, recipes_gradual, recipes_harmless
from benchmarks.judgement.events import RECIPES
from benchmarks.judgement.footage import CANVAS
from benchmarks.judgement.shots import Shots, family, seen
from benchmarks.judgement.truth import GRADUAL

GREYS = {f"clip{level:03}": level for level in range(20, 240, 20)}


class Greys:
    """Footage of clips of 130 frames, each of one grey."""

    def names(self):
        return [*GREYS]

    def clip(self, name, size=CANVAS):
        return np.broadcast_to(np.uint8(GREYS[name]), (130, size[1], size[0], 3))


def made(recipe, seed=1):
    reel = recipe(Shots(Greys(), [*GREYS], [], np.random.default_rng(seed)))
    return reel.finished()


def changes(frames):
    """Frames that differ from the one before."""
    levels = frames[:, 0, 0, 0].astype(int)
    return {place for place in range(1, len(levels)) if levels[place] != levels[place - 1]}


@pytest.mark.parametrize(
    "recipe", [recipes_cuts.cuts, recipes_cuts.short_shots, recipes_films.cuts_on_twos]
)
def test_all_changes_are_cuts(recipe):
    frames, events = made(recipe)
    assert {event.kind for event in events} == {"cut"}
    assert changes(frames) == {event.first for event in events}


@pytest.mark.parametrize("recipe", [recipes_gradual.dissolves, recipes_gradual.fades])
def test_all_changes_lie_in_the_gaps_of_gradual_events(recipe):
    frames, events = made(recipe)
    assert {event.kind for event in events} <= {*GRADUAL}
    inside = {gap + 1 for event in events for gap in event.gaps}
    changed = changes(frames)
    assert changed <= inside
    assert len(changed) > 0.8 * len(inside)  # a slow fade may stand still for a frame


def test_an_exposure_is_back_before_the_shot_ends():
    frames, events = made(recipes_harmless.exposures)
    around = {gap + 1 for event in events for gap in event.gaps}
    assert {event.kind for event in events} == {"cut", "exposure"}
    assert changes(frames) <= around


def test_the_same_seed_makes_the_same_and_another_one_another():
    first, again = made(recipes_cuts.dark_cuts, 3), made(recipes_cuts.dark_cuts, 3)
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert made(recipes_cuts.dark_cuts, 4)[1] != first[1]


def test_recipes_have_names_of_their_own_and_even_numbers():
    names = [recipe.__name__ for recipe, _ in RECIPES]
    assert len({*names}) == len(names)
    assert all(count % 2 == 0 for _, count in RECIPES)


def test_clips_that_look_alike_are_of_one_family():
    assert family("mdn_elf.mp4") == family("mdn_pig.mp4") != family("mdn_stream.mp4")
    assert family("bee.mp4") == "bee.mp4"


def test_a_jump_is_seen_where_it_is_more_than_the_motion():
    rng = np.random.default_rng(0)
    still = np.full((4, 9, 16, 3), 100, np.uint8)
    restless = rng.integers(0, 200, (4, 9, 16, 3)).astype(np.uint8)
    assert seen(still, still + 20)
    assert not seen(still, still + 3)
    assert not seen(restless, restless[::-1])
