"""The version, kept apart so that builds and ``--version`` read it without importing anything."""

__version__ = "0.1.0"
