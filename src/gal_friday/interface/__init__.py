"""Command line and console."""
