"""Average true range with Wilder's smoothing."""

from __future__ import annotations

from gal_friday.features.kernel import BARS, CLOSE, HIGH, LOW, Array, kernel
from gal_friday.features.kernels.wilder import wilder
from gal_friday.features.kind import Kind, Output, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: last close, average true range."""
    ranges = inputs[BARS] - 1.0
    if ranges > 0.0:
        high = max(inputs[HIGH], state[0])
        low = min(inputs[LOW], state[0])
        state[1] = wilder(state[1], high - low, params[0], ranges)
    state[0] = inputs[CLOSE]
    out[0] = state[1]


KIND = Kind(
    name="atr",
    summary="Average true range: Wilder's average of the bar's range, the last close included in it",
    step=step,
    parameters=(period(14, high=100_000),),
    outputs=(Output("price"),),
    state=lambda values: 2,
    warmup=lambda values: int(values["period"]) + 1,
)
