"""The volatility guard's arithmetic, compiled: one step for one bar, and the same step over a series."""

from __future__ import annotations

from gal_friday.domain.bars import Bools, Int64
from gal_friday.features.kernel import cached_kernel

# Positions in the state; the closes of the window follow, as a ring.
COUNT, AT, RING = 0, 1, 2


@cached_kernel
def volatility_step(state: Int64, close: int, limit_pct: float) -> bool:
    """Take in a close, in ticks; whether it lies further than the limit from the window's lowest or highest one.

    The distance is |close / extreme - 1| in percent: a quotient of whole numbers, so the scale of the
    ticks does not matter. The window are the closes before this one, as many as the ring holds.
    """
    size = state.shape[0] - RING
    trips = False
    if state[COUNT] > 0:
        low = high = state[RING]
        for i in range(RING + 1, RING + state[COUNT]):
            if state[i] < low:
                low = state[i]
            if state[i] > high:
                high = state[i]
        trips = abs(close / low - 1.0) * 100.0 > limit_pct or abs(close / high - 1.0) * 100.0 > limit_pct
    state[RING + state[AT]] = close
    state[AT] = (state[AT] + 1) % size
    if state[COUNT] < size:
        state[COUNT] += 1
    return trips


@cached_kernel
def volatility_run(state: Int64, closes: Int64, restart: Bools, limit_pct: float, trips: Bools) -> None:
    """The same step over a series, into `trips`; the window begins anew at every restart."""
    for i in range(closes.shape[0]):
        if restart[i]:
            state[COUNT] = 0
            state[AT] = 0
        trips[i] = volatility_step(state, closes[i], limit_pct)
