"""Random markets: bars and books with everything that history has, jumps, wicks, silence and outages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gal_friday.domain.bars import BarSeries, BookSeries, Int64
from gal_friday.domain.time import MINUTE, from_iso

# A Saturday evening: worlds longer than a few hours see a new day, longer ones a new ISO week.
START = from_iso("2024-03-02T18:00:00Z")
PRICES = {"DOGE/USD": 0.1, "XRP/USD": 0.5, "AAA/USD": 31.0}


@dataclass(frozen=True, slots=True)
class Market:
    """How one pair's history is made: shares are per bar, `levels` 0 means no books."""

    pair: str
    seed: int
    rows: int
    decimals: int = 5
    volume_decimals: int = 8
    late: int = 0
    outages: int = 0
    volatility: float = 0.001
    jumps: float = 0.0
    wicks: float = 0.0
    flat: float = 0.0
    quiet: float = 0.0
    filled: float = 0.0
    volume: float = 8.0
    levels: int = 0
    one_sided: float = 0.0


def series_of(market: Market, minutes: int) -> BarSeries:
    """Bars with regimes of volatility, jumps, wicks through everything, silence and outages."""
    rng = np.random.default_rng(market.seed)
    interval = minutes * MINUTE
    n = market.rows
    regime = market.volatility * np.where(rng.random(n).cumsum() % 7 < 5, 1.0, 4.0)
    moves = rng.normal(0, 1, (n, 4)) * regime[:, None] / 2
    moves[rng.random(n) < market.flat] = 0.0
    gaps = np.where(rng.random(n) < market.jumps, rng.normal(0, 0.03, n), 0.0)
    path = np.log(PRICES[market.pair]) + np.clip(np.cumsum(moves.sum(axis=1) + gaps), -3, 3)
    last = np.exp(path)
    before = np.concatenate(([PRICES[market.pair]], last[:-1]))
    first = before * np.exp(gaps)
    inner = first[:, None] * np.exp(np.cumsum(moves, axis=1))
    wicks = (rng.random(n) < market.wicks)[:, None] * np.abs(rng.normal(0, 0.03, (n, 2)))
    top = np.maximum(np.maximum(first, last), inner.max(axis=1)) * (1 + wicks[:, 0])
    bottom = np.minimum(np.minimum(first, last), inner.min(axis=1)) * (1 - np.minimum(wicks[:, 1], 0.5))
    open_, high, low, close = (_ticks(column, market.decimals) for column in (first, top, bottom, last))
    volume = np.rint(rng.lognormal(market.volume, 1.5, n) * 10**market.volume_decimals).astype(np.int64)
    volume[rng.random(n) < market.quiet] = 0
    filled = rng.random(n) < market.filled
    filled[0] = False
    for row in np.flatnonzero(filled):
        open_[row] = high[row] = low[row] = close[row] = close[row - 1]
    volume[filled] = 0
    start, restart = _times(market, interval, rng)
    return BarSeries(
        market.pair,
        interval,
        market.decimals,
        market.volume_decimals,
        start,
        open_,
        np.maximum.reduce([open_, high, low, close]),
        np.minimum.reduce([open_, high, low, close]),
        close,
        volume,
        np.minimum(volume, 7),
        filled,
        restart,
        sha256=f"{market.seed:064x}",
        synthetic=True,
        source_rows=n,
    )


def _ticks(prices: np.ndarray[Any, np.dtype[np.float64]], decimals: int) -> Int64:
    return np.maximum(np.rint(prices * 10**decimals), 1).astype(np.int64)


def _times(
    market: Market, interval: int, rng: np.random.Generator
) -> tuple[Int64, np.ndarray[Any, np.dtype[np.bool_]]]:
    steps = np.ones(market.rows, dtype=np.int64)
    steps[0] = market.late
    silent = max(16, 16 * MINUTE // interval)
    for row in rng.integers(1, market.rows, market.outages):
        steps[row] = silent + int(rng.integers(0, 300))
    start = START // interval * interval + np.cumsum(steps) * interval
    restart = steps > 1
    restart[0] = True
    return start, restart


def books_of(market: Market, series: BarSeries) -> BookSeries:
    """One book state per bar around its close, finer by a digit, some with an empty side or lacking levels."""
    rng = np.random.default_rng([market.seed, 1])
    n, levels = len(series), market.levels
    close = series.close * 10
    half = np.maximum(np.rint(close * np.abs(rng.normal(0, 0.0005, n))), 1).astype(np.int64)
    away = np.cumsum(rng.integers(1, 30, (2, n, levels)), axis=2)
    sizes = np.rint(rng.lognormal(market.volume - 1, 1.5, (2, n, levels)) * 10**market.volume_decimals).astype(np.int64)
    sizes[:, :, levels // 2 :][rng.random((2, n, levels - levels // 2)) < 0.2] = 0
    empty = rng.random((2, n)) < market.one_sided
    sizes[empty] = 0
    return BookSeries(
        market.pair,
        series.price_decimals + 1,
        market.volume_decimals,
        np.maximum((close - half)[:, None] - away[0], 1),
        sizes[0],
        (close + half)[:, None] + away[1],
        sizes[1],
    )
