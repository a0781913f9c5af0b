"""Relative strength index with Wilder's smoothing."""

from __future__ import annotations

from gal_friday.features.kernel import BARS, CLOSE, Array, kernel
from gal_friday.features.kernels.wilder import wilder
from gal_friday.features.kind import Kind, Output, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: last close, average gain, average loss."""
    close, changes = inputs[CLOSE], inputs[BARS] - 1.0
    if changes > 0.0:
        change = close - state[0]
        state[1] = wilder(state[1], change if change > 0.0 else 0.0, params[0], changes)
        state[2] = wilder(state[2], -change if change < 0.0 else 0.0, params[0], changes)
    state[0] = close
    movement = state[1] + state[2]
    out[0] = 100.0 * (state[1] / movement) if movement > 0.0 else 50.0


KIND = Kind(
    name="rsi",
    summary="Relative strength index: Wilder's average gain as a share of average gain and loss",
    step=step,
    parameters=(period(14, low=2, high=100_000),),
    outputs=(Output("0 to 100"),),
    state=lambda values: 3,
    warmup=lambda values: int(values["period"]) + 1,
    convention="50 while the price has not moved at all (TA-Lib says 0, which would read as oversold)",
)
