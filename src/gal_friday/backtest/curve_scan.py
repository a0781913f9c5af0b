"""Compiled passes over the whole equity curve: in float64, because they only choose rows; money is exact elsewhere."""

from __future__ import annotations

import numpy as np
from numba import njit

from gal_friday.domain.bars import Float64, Int64

# Positions in what `drawdowns` returns; -1 where there is no such bar.
MAX_PEAK, MAX_TROUGH, MAX_RECOVERY, LONG_PEAK, LONG_TROUGH, LONG_RECOVERY = range(6)


@njit(cache=True)
def merged(one: Int64, other: Int64) -> Int64:
    """The union of two strictly ascending columns."""
    out = np.empty(one.shape[0] + other.shape[0], dtype=np.int64)
    i = j = n = 0
    while i < one.shape[0] or j < other.shape[0]:
        first = j >= other.shape[0] or (i < one.shape[0] and one[i] <= other[j])
        value = one[i] if first else other[j]
        if i < one.shape[0] and one[i] == value:
            i += 1
        if j < other.shape[0] and other[j] == value:
            j += 1
        out[n] = value
        n += 1
    return out[:n]


@njit(cache=True)
def add_cash(times: Int64, since: Int64, cash: Float64, out: Float64) -> None:
    """Add to each instant the last cash balance that held since then or before."""
    k = -1
    for i in range(times.shape[0]):
        while k + 1 < since.shape[0] and since[k + 1] <= times[i]:
            k += 1
        if k >= 0:
            out[i] += cash[k]


@njit(cache=True)
def add_value(
    times: Int64, starts: Int64, interval: int, close: Int64, since: Int64, lots: Int64, unit: float, out: Float64
) -> None:
    """Add to each instant the value of the lots held, at the last close known by then; `unit` divides."""
    row = k = -1
    for i in range(times.shape[0]):
        while row + 1 < starts.shape[0] and starts[row + 1] + interval <= times[i]:
            row += 1
        while k + 1 < since.shape[0] and since[k + 1] <= times[i]:
            k += 1
        if row >= 0 and k >= 0 and lots[k] != 0:
            out[i] += float(lots[k]) * float(close[row]) / unit


@njit(cache=True)
def drawdowns(equity: Float64, times: Int64) -> Int64:
    """Peak, trough and recovery of the deepest and of the longest drawdown, as positions.

    A peak is the last instant that stood at the running maximum; of equals the first wins. A drawdown
    without recovery lasts until the last instant.
    """
    found = np.full(6, -1, dtype=np.int64)
    peak, trough = 0, -1
    episode = deepest = 0.0
    longest = np.int64(0)
    pending = False
    for i in range(equity.shape[0]):
        if equity[i] >= equity[peak]:
            if trough >= 0 and times[i] - times[peak] > longest:
                longest = times[i] - times[peak]
                found[3], found[4], found[5] = peak, trough, i
            if pending:
                found[2] = i
            peak, trough, episode, pending = i, -1, 0.0, False
            continue
        depth = (equity[peak] - equity[i]) / equity[peak]
        if depth > episode:
            episode, trough = depth, i
        if depth > deepest:
            deepest, pending = depth, True
            found[0], found[1], found[2] = peak, i, -1
    if trough >= 0 and times[-1] - times[peak] > longest:
        found[3], found[4], found[5] = peak, trough, -1
    return found


@njit(cache=True)
def last_of_each(times: Int64, size: int) -> Int64:
    """The position of the last instant in each period of `size` ns that has one; a period includes its end."""
    out = np.empty((times[-1] - times[0]) // size + 2, dtype=np.int64)
    n = 0
    for i in range(times.shape[0]):
        if i + 1 == times.shape[0] or (times[i] - 1) // size != (times[i + 1] - 1) // size:
            out[n] = i
            n += 1
    return out[:n]


@njit(cache=True)
def running_peaks(equity: Float64, positions: Int64) -> Int64:
    """For each of the ascending positions, the last position up to it that stood at the running maximum."""
    out = np.empty(positions.shape[0], dtype=np.int64)
    peak = i = 0
    for k in range(positions.shape[0]):
        while i <= positions[k]:
            if equity[i] >= equity[peak]:
                peak = i
            i += 1
        out[k] = peak
    return out
