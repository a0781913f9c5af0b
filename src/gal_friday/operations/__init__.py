"""Logs, health and halts."""
