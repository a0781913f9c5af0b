"""Compiled searches for the next bar at which anything could happen. They may find too much, never too little."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from gal_friday.domain.bars import Bools, Float64, Int64

# Equity is compared as float64 here and exactly afterwards: this margin covers every rounding in between.
MARGIN = 1e-7
# Joint equity of several positions: so close to the highest that exact numbers must tell which it is.
NEAR = 1e-11
CHUNK = 4_096


@njit(cache=True)
def touch(high: Int64, low: Int64, first: int, last: int, upper: int, lower: int) -> int:
    """First row in [first, last) whose bar reaches up to `upper` or down to `lower`; `last` if none."""
    for row in range(first, last):
        if high[row] >= upper or low[row] <= lower:
            return row
    return last


@njit(cache=True)
def bracket_exit(
    columns: tuple[Int64, Int64, Int64, Int64, Int64],
    filled: Bools,
    entry: int,
    bracket: tuple[int, int, int],
    money: tuple[float, float],
    peaks: tuple[float, float, float],
    floors: Float64,
) -> tuple[int, int, int]:
    """The row at which a position entered at `entry`'s opening ends, how, and the row of its best close before.

    How: 1 the opening is beyond the stop, 2 the opening is beyond the target, 3 the bar reaches the stop,
    4 the bar reaches the target; 0 it does not end, or a drawdown limit could be crossed before. Where nobody
    traded nothing ends. `columns` are open, high, low, close, volume; `bracket` is sign (1 long, -1 short), stop,
    target; `money` is cash and worth per tick: equity is `cash + worth * close`. Peaks and floors as in `walk`.
    """
    open_, high, low, close, volume = columns
    sign, stop, target = bracket
    cash, worth = money
    day, week, ever = peaks
    best = -1
    for row in range(entry, len(open_)):
        if volume[row] > 0 and not filled[row]:
            if sign * open_[row] <= sign * stop:
                return row, 1, best
            if sign * open_[row] >= sign * target:
                return row, 2, best
            if (low[row] if sign > 0 else -high[row]) <= sign * stop:
                return row, 3, best
            if (high[row] if sign > 0 else -low[row]) >= sign * target:
                return row, 4, best
        equity = cash + worth * close[row]
        day, week, ever = max(day, equity), max(week, equity), max(ever, equity)
        if (
            equity <= day * floors[0] + abs(day) * MARGIN
            or equity <= week * floors[1] + abs(week) * MARGIN
            or equity <= ever * floors[2] + abs(ever) * MARGIN
        ):
            return row, 0, best
        if best < 0 or sign * close[row] > sign * close[best]:
            best = row
    return len(open_), 0, best


@njit(cache=True)
def walk(
    close: Int64, first: int, last: int, sign: int, cash: float, worth: float, peaks: Float64, floors: Float64
) -> tuple[int, int]:
    """The first row in [first, last) whose close could cross a drawdown limit, and the best row before it.

    One position: equity is `cash + worth * close`. `peaks` and `floors` hold day, week and total: the highest
    equity so far, and the share of it at which the limit is crossed. `last` if none is crossed; the best row is
    the first with the highest `sign` times close, -1 if there is no row.
    """
    best = -1
    day, week, ever = peaks[0], peaks[1], peaks[2]
    for row in range(first, last):
        equity = cash + worth * close[row]
        day, week, ever = max(day, equity), max(week, equity), max(ever, equity)
        if (
            equity <= day * floors[0] + abs(day) * MARGIN
            or equity <= week * floors[1] + abs(week) * MARGIN
            or equity <= ever * floors[2] + abs(ever) * MARGIN
        ):
            return row, best
        if best < 0 or sign * close[row] > sign * close[best]:
            best = row
    return last, best


def joint_walk(
    marks: Sequence[Float64], cash: float, worths: Sequence[float], peaks: Float64, floors: Float64
) -> tuple[int, list[tuple[int, int]]]:
    """The same for several positions, marked one after another within each step.

    `marks[p]` is position p's price in ticks at every step, the first entry being the one known before
    the first step; `worths[p]` its value per tick. Returns the first step (from 0) that could cross a
    limit, or their number, and the (step, position) marks before it whose equity may be the highest.
    """
    steps = len(marks[0]) - 1
    best = -np.inf
    near: list[tuple[int, int]] = []
    peaks = peaks.copy()
    for at in range(0, steps, CHUNK):
        upto = min(at + CHUNK, steps)
        old = np.sum([w * m[at:upto] for w, m in zip(worths, marks, strict=True)], axis=0) + cash
        moves = [w * (m[at + 1 : upto + 1] - m[at:upto]) for w, m in zip(worths, marks, strict=True)]
        equity = (old[:, None] + np.cumsum(np.stack(moves, axis=1), axis=1)).ravel()
        highest = np.maximum.accumulate(equity)
        trips = np.zeros(len(equity), dtype=np.bool_)
        for peak, floor in zip(peaks, floors, strict=True):
            of = np.maximum(highest, peak)
            trips |= equity <= of * floor + np.abs(of) * MARGIN
        hit = int(np.argmax(trips)) if trips.any() else -1
        step = hit // len(marks) if hit >= 0 else upto - at
        kept = equity[: step * len(marks)]
        if len(kept):
            top = float(kept.max())
            if top > best + abs(best) * NEAR if np.isfinite(best) else True:
                near = []
            best = max(best, top)
            rows = np.flatnonzero(kept >= best - abs(best) * NEAR)
            near += [(at + int(r) // len(marks), int(r) % len(marks)) for r in rows]
        if hit >= 0:
            return at + step, near
        peaks = np.maximum(peaks, highest[-1])
    return steps, near
