"""Simulated fills, shared by backtest, paper and the local exchange."""
