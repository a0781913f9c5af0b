"""Realised volatility: the size of the returns in a window."""

from __future__ import annotations

import math

from gal_friday.features.kernel import CLOSE, Array, kernel
from gal_friday.features.kernels.returns import push_return
from gal_friday.features.kernels.rolling import ring_size, squares
from gal_friday.features.kind import Kind, Output, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: last close, ring of returns."""
    push_return(state, inputs[CLOSE])
    out[0] = 100.0 * math.sqrt(squares(state[1:], 0.0) / params[0])


KIND = Kind(
    name="volatility",
    summary="Realised volatility: root of the mean squared logarithmic return of the last period bars, per bar",
    step=step,
    parameters=(period(60),),
    outputs=(Output("% per bar"),),
    state=lambda values: 1 + ring_size(int(values["period"])),
    warmup=lambda values: int(values["period"]) + 1,
)
