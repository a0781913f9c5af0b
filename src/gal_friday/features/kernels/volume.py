"""Volume against its own past, and an estimate of who traded it."""

from __future__ import annotations

import math

from gal_friday.features.kernel import CLOSE, HIGH, LOW, VOLUME, Array, kernel
from gal_friday.features.kernels.rolling import mean, push, ring_size, squares, total
from gal_friday.features.kind import Kind, Output, Values, period


@kernel
def zscore_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of volumes."""
    volume = inputs[VOLUME]
    push(state, volume)
    centre = mean(state)
    deviation = math.sqrt(squares(state, centre) / params[0])
    out[0] = (volume - centre) / deviation if deviation > 0.0 else 0.0


@kernel
def delta_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of estimated deltas."""
    high, low, close = inputs[HIGH], inputs[LOW], inputs[CLOSE]
    width = high - low
    # A close at the high counts the whole volume as bought, a close at the low as sold.
    push(state, inputs[VOLUME] * (((close - low) - (high - close)) / width) if width > 0.0 else 0.0)
    out[0] = total(state)


def _state(values: Values) -> int:
    return ring_size(int(values["period"]))


def _window(values: Values) -> int:
    return int(values["period"])


KINDS = (
    Kind(
        name="volume_zscore",
        summary="The bar's volume less the mean of the last period bars, itself included, "
        "in population standard deviations",
        step=zscore_step,
        parameters=(period(60, low=2),),
        outputs=(Output("standard deviations"),),
        state=_state,
        warmup=_window,
        convention="0 while all volumes of the window are equal",
    ),
    Kind(
        name="volume_delta",
        summary="Estimated volume bought less volume sold over the last period bars, "
        "from where in its range each bar closed",
        step=delta_step,
        parameters=(period(1),),
        outputs=(Output("base asset"),),
        state=_state,
        warmup=_window,
        convention="a bar without a range counts as 0",
    ),
)
