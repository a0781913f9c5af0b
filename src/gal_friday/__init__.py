"""Gal-Friday: machine-learned, risk-checked trading on Kraken."""

__version__ = "0.1.0"
