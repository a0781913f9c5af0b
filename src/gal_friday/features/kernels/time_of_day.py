"""The time of day at which the bar starts, as a point on a circle."""

from __future__ import annotations

import math

from gal_friday.features.kernel import SECOND, Array, kernel
from gal_friday.features.kind import Kind, Output

_RADIANS_PER_SECOND = 2.0 * math.pi / 86_400.0


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """No state."""
    angle = inputs[SECOND] * _RADIANS_PER_SECOND
    out[0] = math.sin(angle)
    out[1] = math.cos(angle)


KIND = Kind(
    name="time_of_day",
    summary="Sine and cosine of the bar's start within the UTC day",
    step=step,
    outputs=(Output("-1 to 1", "sin"), Output("-1 to 1", "cos")),
)
