"""Typed events and the bus they travel on."""
