"""MACD: the distance of two averages, its own average, and the distance of those two."""

from __future__ import annotations

from gal_friday.features.kernel import BARS, CLOSE, Array, kernel
from gal_friday.features.kernels.ema import smooth
from gal_friday.features.kind import Kind, Output, Values, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: fast average, slow average, signal average."""
    fast, slow, signal, bars = params[0], params[1], params[2], inputs[BARS]
    # TA-Lib seeds the fast average late, so that both averages give their first value on the same bar.
    fast_bars = bars - (slow - fast)
    if fast_bars >= 1.0:
        state[0] = smooth(state[0], inputs[CLOSE], fast, fast_bars)
    state[1] = smooth(state[1], inputs[CLOSE], slow, bars)
    line = state[0] - state[1]
    if bars >= slow:
        state[2] = smooth(state[2], line, signal, bars - slow + 1.0)
    out[0] = line
    out[1] = state[2]
    out[2] = line - state[2]


def _objection(values: Values) -> str | None:
    if values["fast"] < values["slow"]:
        return None
    return f"fast ({values['fast']}) must be less than slow ({values['slow']})"


KIND = Kind(
    name="macd",
    summary="EMA(fast) less EMA(slow) of the close (line), its EMA(signal) (signal), and line less signal (histogram)",
    step=step,
    parameters=(
        period(12, high=100_000, name="fast"),
        period(26, low=2, high=100_000, name="slow"),
        period(9, high=100_000, name="signal"),
    ),
    outputs=(Output("price", "line"), Output("price", "signal"), Output("price", "histogram")),
    state=lambda values: 3,
    warmup=lambda values: int(values["slow"] + values["signal"] - 1),
    objection=_objection,
)
