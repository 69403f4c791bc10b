"""Audio made longer or shorter: at its own pitch, in step, to the sample."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dain.media.stretching import OnsetFinder, Stretcher

RATE = 8_000
CLICKS = (0.0, 0.31, 0.7, 1.3)
STRETCHES = [Fraction(2), Fraction(8), Fraction(5, 2), Fraction(2, 3)]


def stretched(wave: np.ndarray, stretch: Fraction, step: int = 1024) -> np.ndarray:
    wave = np.atleast_2d(wave).astype(np.float32)
    stretcher = Stretcher(RATE, len(wave), stretch)
    parts = [
        stretcher.take(wave[:, first : first + step]) for first in range(0, wave.shape[1], step)
    ]
    return np.concatenate([*parts, stretcher.finish()], axis=1)


def tone(seconds: float, frequency: float = 440.0) -> np.ndarray:
    return 0.1 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def clicking(seconds: float = 1.6) -> np.ndarray:
    """A tone with bursts of noise of 3 ms."""
    wave = tone(seconds)
    burst = np.random.default_rng(1).uniform(-0.9, 0.9, RATE // 300)
    burst[0] = 0.9
    for time in CLICKS:
        wave[int(time * RATE) : int(time * RATE) + len(burst)] = burst
    return wave


@pytest.mark.parametrize("stretch", STRETCHES)
def test_the_length_is_exact_however_the_samples_come(stretch: Fraction) -> None:
    wave = clicking()[:-77]
    whole = stretched(wave, stretch, step=len(wave))
    assert whole.shape == (1, round(len(wave) * stretch))
    assert np.array_equal(whole, stretched(wave, stretch, step=331))


@pytest.mark.parametrize("stretch", STRETCHES)
def test_every_click_is_heard_once_and_in_step(stretch: Fraction) -> None:
    made = stretched(clicking(), stretch)[0]
    loud = np.flatnonzero(np.abs(made) > 0.3) / RATE
    for click in CLICKS:
        near = loud[np.abs(loud - click * float(stretch)) < 0.1]
        assert abs(near[0] - click * float(stretch)) < 0.001
        assert near[-1] - near[0] < 0.005
    assert all(min(abs(at - c * float(stretch)) for c in CLICKS) < 0.005 for at in loud)


@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize("frequency", [55.0, 440.0, 2000.0])
def test_a_tone_keeps_its_pitch_and_its_strength(stretch: Fraction, frequency: float) -> None:
    made = stretched(tone(1, frequency), stretch)[0][1000:-1000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made)))) ** 2
    frequencies = np.fft.rfftfreq(len(made), 1 / RATE)
    assert abs(frequencies[spectrum.argmax()] - frequency) < 2
    close = np.abs(frequencies - frequency) < 8
    assert spectrum[close].sum() > 1000 * spectrum[~close].sum()
    assert np.abs(made).max() == pytest.approx(0.1, rel=0.05)


def test_channels_are_cut_alike() -> None:
    wave = clicking()
    made = stretched(np.stack([wave, -wave, 0.5 * wave]), Fraction(3))
    assert np.allclose(made[1], -made[0], atol=1e-6)
    assert np.allclose(made[2], 0.5 * made[0], atol=1e-6)


def test_silence_stays_silent_and_almost_nothing_has_a_length() -> None:
    assert not stretched(np.zeros(RATE), Fraction(3)).any()
    assert stretched(np.zeros(0), Fraction(3)).shape == (1, 0)
    assert stretched(np.ones(1), Fraction(3)).shape == (1, 3)


def test_memory_does_not_grow() -> None:
    stretcher = Stretcher(RATE, 1, Fraction(4))
    block, sizes = tone(0.5).astype(np.float32)[None], []
    for _ in range(12):
        stretcher.take(block)
        sizes.append(stretcher._input.shape[1] + len(stretcher._onsets.found))
    assert max(sizes[6:]) <= max(sizes[:6])


def test_onsets_are_found_where_sound_begins_and_not_inside_it() -> None:
    finder = OnsetFinder(RATE, 1, apart=100)
    wave = np.zeros(2 * RATE)
    wave[4000:9000] = tone(1, 350)[:5000] * np.linspace(1, 0, 5000)
    finder.take(wave.astype(np.float32)[None])
    assert len(finder.found) == 1
    assert abs(finder.found[0] - 4000) <= 8
