"""Stands in for the module that only Colab has."""
