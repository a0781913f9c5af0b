"""Volume-weighted average price: since the UTC day began, and over a window of bars."""

from __future__ import annotations

from gal_friday.features.kernel import CLOSE, DAY, HIGH, LOW, VOLUME, Array, kernel
from gal_friday.features.kernels.rolling import push, ring_size, total
from gal_friday.features.kind import Kind, Output, period


@kernel
def typical(inputs: Array) -> float:
    """The mean of high, low and close."""
    return (inputs[HIGH] + inputs[LOW] + inputs[CLOSE]) / 3.0


@kernel
def session_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: the day, turnover and volume of it."""
    if state[0] != inputs[DAY]:
        state[0], state[1], state[2] = inputs[DAY], 0.0, 0.0
    state[1] += typical(inputs) * inputs[VOLUME]
    state[2] += inputs[VOLUME]
    out[0] = state[1] / state[2] if state[2] > 0.0 else inputs[CLOSE]


@kernel
def rolling_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of turnover, ring of volume."""
    half = state.shape[0] // 2
    push(state[:half], typical(inputs) * inputs[VOLUME])
    push(state[half:], inputs[VOLUME])
    volume = total(state[half:])
    out[0] = total(state[:half]) / volume if volume > 0.0 else inputs[CLOSE]


KINDS = (
    Kind(
        name="vwap_session",
        summary="Volume-weighted typical price since 00:00 UTC, or since warm-up began where that is later",
        step=session_step,
        outputs=(Output("price"),),
        state=lambda values: 3,
        convention="the close while the day has no volume",
    ),
    Kind(
        name="vwap",
        summary="Volume-weighted typical price of the last period bars",
        step=rolling_step,
        parameters=(period(60),),
        outputs=(Output("price"),),
        state=lambda values: 2 * ring_size(int(values["period"])),
        warmup=lambda values: int(values["period"]),
        convention="the close while the window has no volume",
    ),
)
