"""Skewness of the returns in a window."""

from __future__ import annotations

import math

from gal_friday.features.kernel import CLOSE, Array, kernel
from gal_friday.features.kernels.returns import push_return
from gal_friday.features.kernels.rolling import cubes, mean, ring_size, squares
from gal_friday.features.kind import Kind, Output, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: last close, ring of returns."""
    push_return(state, inputs[CLOSE])
    ring = state[1:]
    centre = mean(ring)
    variance = squares(ring, centre) / params[0]
    scale = variance * math.sqrt(variance)
    out[0] = cubes(ring, centre) / params[0] / scale if scale > 0.0 else 0.0


KIND = Kind(
    name="skew",
    summary="Population skewness of the logarithmic returns of the last period bars",
    step=step,
    parameters=(period(60, low=3),),
    outputs=(Output("1"),),
    state=lambda values: 1 + ring_size(int(values["period"])),
    warmup=lambda values: int(values["period"]) + 1,
    convention="0 while all returns of the window are equal",
)
