"""Speed and memory next to other backtesting systems, and of the parts alone: `python -m benchmarks --help`."""
