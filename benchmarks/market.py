"""Generated minute bars: fixed seed, price grid 0.1, each bar opening where the last one closed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.peers.task import YEAR, bars_path

FIVE_YEARS = 5 * YEAR
STARTS = (30_000.0, 2_000.0)  # one pair like bitcoin, one like ether
FIRST_SECOND = 1_546_300_800  # 2019-01-01T00:00:00Z
SEED = 20_190_101
STEPS = 4
# Per step: about 60 % a year, volatility that lingers for hours, and a weak pull home that keeps five years in range.
VOLATILITY, LINGER, SHOCK, PULL = 0.00041, 0.9985, 0.02, 2e-6


@njit
def _walk(noise, shocks, scale, start, out):  # type: ignore[no-untyped-def]
    price, heat = start, 0.0
    home = np.log(start)
    for i in range(noise.shape[0]):
        heat = LINGER * heat + SHOCK * shocks[i]
        sigma = VOLATILITY * np.exp(heat)
        first = np.rint(price * scale)
        high = low = first
        for k in range(STEPS):
            price *= np.exp(sigma * noise[i, k] - PULL * (np.log(price) - home))
            ticks = np.rint(price * scale)
            high, low = max(high, ticks), min(low, ticks)
        out[0, i], out[1, i], out[2, i], out[3, i] = first, high, low, np.rint(price * scale)


def bars(rows: int, pair: int) -> NDArray[np.int64]:
    """Columns second, open, high, low, close (ticks of 0.1), volume (1e-8): a shorter call is a prefix of a longer."""
    streams = [np.random.default_rng([SEED, pair, k]) for k in range(3)]
    prices = np.empty((4, rows), np.int64)
    _walk(streams[0].standard_normal((rows, STEPS)), streams[1].standard_normal(rows), 10.0, STARTS[pair], prices)
    second = FIRST_SECOND + 60 * np.arange(rows, dtype=np.int64)
    volume = np.rint(streams[2].lognormal(8.0, 0.8, rows) * 1e8).astype(np.int64)
    return np.vstack([second, prices, volume])


def ensure(rows: int, pair: int) -> None:
    """Write the pair's file unless it already holds enough rows."""
    path = bars_path(pair)
    if path.exists() and np.load(path, mmap_mode="r").shape[1] >= rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npy")
    np.save(partial, bars(rows, pair))
    partial.replace(path)
