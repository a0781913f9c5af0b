"""Bollinger bands, as the close's place between them and as their width."""

from __future__ import annotations

import math

from gal_friday.features.kernel import CLOSE, Array, kernel
from gal_friday.features.kernels.rolling import mean, push, ring_size, squares
from gal_friday.features.kind import Kind, Output, Parameter, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of closes."""
    close = inputs[CLOSE]
    push(state, close)
    middle = mean(state)
    reach = params[1] * math.sqrt(squares(state, middle) / params[0])
    out[0] = 0.5 + (close - middle) / (2.0 * reach) if reach > 0.0 else 0.5
    out[1] = 2.0 * reach / middle if middle > 0.0 else 0.0


KIND = Kind(
    name="bollinger",
    summary="Bands `deviations` population standard deviations around the mean close: "
    "position (0 lower band, 1 upper) and width (upper less lower, over the mean)",
    step=step,
    parameters=(period(20, low=2), Parameter("deviations", 2.0, 0.01, 100.0, unit="standard deviations", whole=False)),
    outputs=(Output("share", "position"), Output("share", "width")),
    state=lambda values: ring_size(int(values["period"])),
    warmup=lambda values: int(values["period"]),
    convention="position 0.5 and width 0 while all closes of the window are equal",
)
