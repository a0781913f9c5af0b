"""Pre-trade checks, sizing and loss limits."""
