"""Wilder's average, which RSI and ATR share."""

from __future__ import annotations

from gal_friday.features.kernel import kernel


@kernel
def wilder(average: float, value: float, length: float, count: float) -> float:
    """The next average; up to the `length`-th value it is a running sum, then their mean, then weight 1/length."""
    if count < length:
        return average + value
    if count == length:
        return (average + value) / length
    return (average * (length - 1.0) + value) / length
