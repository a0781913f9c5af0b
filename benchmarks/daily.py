"""The sparse task in our own terms: a feature that marks the first signal of each UTC day, and a strategy on it.

Both are ordinary user extensions: `benchmarks.daily:KIND` and `benchmarks.daily:DailyCross`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gal_friday.domain.bars import Bools
from gal_friday.domain.orders import Side
from gal_friday.features.kernel import BARS, CLOSE, DAY, Array, kernel
from gal_friday.features.kernels.ema import smooth
from gal_friday.features.kernels.wilder import wilder
from gal_friday.features.kind import Kind, Output, Parameter, period
from gal_friday.strategy.rules import Columns, Values, Wish

_FAST, _SLOW, _GAIN, _LOSS, _LAST, _ABOVE, _SPENT = range(7)
_NAME = "daily_cross"


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: two averages, average gain and loss, last close, whether fast was above slow, the day that is spent."""
    close, bars = inputs[CLOSE], inputs[BARS]
    state[_FAST] = smooth(state[_FAST], close, params[0], bars)
    state[_SLOW] = smooth(state[_SLOW], close, params[1], bars)
    if bars > 1.0:
        change = close - state[_LAST]
        state[_GAIN] = wilder(state[_GAIN], max(change, 0.0), params[2], bars - 1.0)
        state[_LOSS] = wilder(state[_LOSS], max(-change, 0.0), params[2], bars - 1.0)
    state[_LAST] = close
    was, movement = state[_ABOVE], state[_GAIN] + state[_LOSS]
    state[_ABOVE] = 1.0 if state[_FAST] > state[_SLOW] else 0.0
    out[0] = 0.0
    strength = 100.0 * (state[_GAIN] / movement) if movement > 0.0 else 50.0
    crossed = state[_ABOVE] > was and bars > params[1]
    if crossed and strength < params[3] and state[_SPENT] != inputs[DAY]:
        state[_SPENT] = inputs[DAY]
        out[0] = 1.0


KIND = Kind(
    name=_NAME,
    summary="1 on the first bar of a UTC day on which the fast EMA crosses above the slow one with a low RSI, else 0",
    step=step,
    parameters=(
        period(12, name="fast"),
        period(26, name="slow"),
        period(14, name="rsi"),
        Parameter("rsi_max", 70.0, 0.0, 101.0, unit="", whole=False),
    ),
    outputs=(Output("0 or 1"),),
    state=lambda values: 7,
    warmup=lambda values: int(values["slow"]) + 1,
)


class DailyCross:
    """Long on the first signal of a UTC day, if flat then."""

    input = "features"
    features = (_NAME,)

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        del parameters

    def decide(self, now: Values, before: Values | None, held: Side | None) -> Wish | None:
        """LONG on the marked row."""
        return Wish.LONG if now[_NAME] > 0.0 and held is None else None

    def candidates(self, now: Columns, before: Columns) -> Bools | None:
        """The marked rows."""
        marked: Bools = now[_NAME] > 0.0
        return marked
