"""Exact rational time."""
