"""Exponential moving average of the close, seeded by the simple mean as TA-Lib does."""

from __future__ import annotations

from gal_friday.features.kernel import BARS, CLOSE, Array, kernel
from gal_friday.features.kind import Kind, Output, period


@kernel
def smooth(average: float, value: float, length: float, count: float) -> float:
    """The next average; up to the `length`-th value it is a running sum, then the mean of them, then an EMA."""
    if count < length:
        return average + value
    if count == length:
        return (average + value) / length
    return average + (value - average) * (2.0 / (length + 1.0))


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: the average."""
    state[0] = smooth(state[0], inputs[CLOSE], params[0], inputs[BARS])
    out[0] = state[0]


KIND = Kind(
    name="ema",
    summary="Exponential moving average of the close, weight 2/(period+1), seeded by the mean of the first period bars",
    step=step,
    parameters=(period(12, high=100_000),),
    outputs=(Output("price"),),
    state=lambda values: 1,
    warmup=lambda values: int(values["period"]),
)
