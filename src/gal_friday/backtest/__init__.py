"""Backtests: two drivers, one set of rules, one report."""
