"""A corpus of videos of every kind, written with PyAV, brought to twice their rate, and checked."""
