"""The built-in market: deterministic bars and books for machines without data; all of it says `synthetic`.

The bars of a pair depend on the seed, the pair's name, the start and the interval: not on the other pairs asked
for, and a longer market begins with the shorter one (but for its last bar, which is always traded).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gal_friday.domain.bars import BarSeries, BookSeries, Bools, Float64, Int64
from gal_friday.domain.errors import DataError
from gal_friday.domain.time import MINUTE
from gal_friday.market.books import put_books
from gal_friday.market.depth import book_states
from gal_friday.market.gaps import limit_bars
from gal_friday.market.profiles import Profile, profile
from gal_friday.market.randomness import MARKET, stream
from gal_friday.market.series import Held, Window, assemble, at_scale, traded_table
from gal_friday.market.spelling import canonical
from gal_friday.market.store import Store
from gal_friday.market.table import CLOSE, HIGH, LOW, OPEN, START, TRADES, VOLUME, WIDTH, BarTable
from gal_friday.market.walk import daily_rhythm, jumps, path, per_bar, pull_per_bar

_OUTAGE_MINUTES = 15
_QUIET_RATE = 0.03
_MOST_VOLUME = 9e18


def generate(
    pairs: Sequence[str],
    start_ns: int,
    bars: int,
    seed: int = 0,
    interval_ns: int = MINUTE,
    *,
    books: bool = True,
) -> tuple[dict[str, BarSeries], dict[str, BookSeries]]:
    """`bars` bars from `start_ns` (UTC, on the interval's grid) for every pair, and a book state for each.

    Raises `DataError` for a start off the grid or less than one bar.
    """
    if bars < 1 or start_ns % interval_ns:
        raise DataError(f"expected one bar or more from a start on the grid, was {bars} bars from {start_ns} ns")
    all_series: dict[str, BarSeries] = {}
    all_books: dict[str, BookSeries] = {}
    for pair in sorted({canonical(each) for each in pairs}):
        rows, heat = _rows(pair, start_ns, bars, seed, interval_ns)
        known = profile(pair)
        all_series[pair] = _series(pair, rows, known, interval_ns)
        if books:
            rng = stream(seed, pair, "book")
            all_books[pair] = book_states(pair, all_series[pair].close, heat, known, rng)
    return all_series, all_books


def write_market(
    store_root: Path | str, series: dict[str, BarSeries], books: dict[str, BookSeries] | None = None
) -> None:
    """Keep a generated market in a store, from which it loads as the same series."""
    store = Store(store_root)
    with store.writing():
        for pair, bars in series.items():
            store.put(
                traded_table(bars),
                pair=pair,
                interval_ns=bars.interval_ns,
                synthetic=bars.synthetic,
                duplicates="error",
            )
            if books and pair in books:
                put_books(store, bars, books[pair])


def _series(pair: str, rows: Int64, known: Profile, interval_ns: int) -> BarSeries:
    quiet = rows[:, TRADES] == 0
    table = BarTable(rows[~quiet], known.price_decimals, known.volume_decimals)
    limit = limit_bars(_OUTAGE_MINUTES, interval_ns)
    series = assemble(Window(pair, interval_ns), [Held(table)], limit=limit, synthetic=True)
    assert series is not None
    return at_scale(series, known.price_decimals, known.volume_decimals)


def _rows(pair: str, start_ns: int, bars: int, seed: int, interval_ns: int) -> tuple[Int64, Float64]:
    known = profile(pair)
    season = daily_rhythm(start_ns, bars, interval_ns)
    quiet = _quiet_bars(stream(seed, pair, "quiet").random(bars), season, interval_ns)
    log_price, sigma = np.empty(bars), np.empty(bars)
    shocks, leaps = _moves(pair, known.common, bars, seed, interval_ns)
    volatility = per_bar(known.volatility, interval_ns)
    path(shocks, leaps, season, quiet, volatility, pull_per_bar(interval_ns), log_price, sigma)
    rows = np.empty((bars, WIDTH), dtype=np.int64)
    rows[:, START] = start_ns + np.arange(bars, dtype=np.int64) * interval_ns
    _fill_prices(rows, log_price, sigma, known, stream(seed, pair, "range").random((bars, 3)))
    sizes = stream(seed, pair, "volume").standard_normal((bars, 2))
    _fill_volumes(rows, sizes, sigma * season / volatility, known, interval_ns)
    rows[quiet, VOLUME] = 0
    rows[quiet, TRADES] = 0
    return rows, sigma / volatility


def _moves(pair: str, common: float, bars: int, seed: int, interval_ns: int) -> tuple[Float64, Float64]:
    own, market = (stream(seed, name, "moves").standard_normal((bars, 2)) for name in (pair, MARKET))
    lone = float(np.sqrt(1.0 - common * common))
    leaps = sum(
        (
            jumps(stream(seed, name, "jumps").random(bars), normal[:, 1], interval_ns)
            for name, normal in ((pair, own), (MARKET, market))
        ),
        start=np.zeros(bars),
    )
    return common * market[:, 0] + lone * own[:, 0], leaps


def _quiet_bars(draws: Float64, season: Float64, interval_ns: int) -> Bools:
    # Never three in a row, so that no silence of the built-in market is taken for an outage.
    quiet: Bools = (draws < 1.5 * _QUIET_RATE / season**2) & (np.arange(len(draws)) % 3 != 0)
    quiet[-1] = False
    return quiet if limit_bars(_OUTAGE_MINUTES, interval_ns) >= 2 else np.zeros_like(quiet)


def _fill_prices(rows: Int64, log_price: Float64, sigma: Float64, known: Profile, draws: Float64) -> None:
    scale = 10.0**known.price_decimals
    closes = np.exp(log_price) * known.price
    before = np.concatenate([[known.price], closes[:-1]])
    # The next bar's first trade is a little off the last one.
    opens = before * (1.0 + (draws[:, 0] - 0.5) * 0.2 * sigma)
    move = np.log(closes / opens)
    # Highest and lowest point of a Brownian path between two known ends.
    reach = -2.0 * sigma * sigma
    highs = opens * np.exp((move + np.sqrt(move * move + reach * np.log1p(-draws[:, 1]))) / 2.0)
    lows = opens * np.exp((move - np.sqrt(move * move + reach * np.log1p(-draws[:, 2]))) / 2.0)
    for slot, prices in ((OPEN, opens), (HIGH, highs), (LOW, lows), (CLOSE, closes)):
        rows[:, slot] = np.maximum(np.rint(prices * scale), 1.0).astype(np.int64)
    rows[:, HIGH] = rows[:, OPEN : CLOSE + 1].max(axis=1)
    rows[:, LOW] = rows[:, OPEN : CLOSE + 1].min(axis=1)


def _fill_volumes(rows: Int64, normals: Float64, busy: Float64, known: Profile, interval_ns: int) -> None:
    minutes = interval_ns / MINUTE
    trades = np.ceil(known.activity * minutes * busy * np.exp(0.6 * normals[:, 0] - 0.18))
    sizes = known.trade_size * np.exp(0.7 * normals[:, 1] - 0.245)
    lots = np.clip(np.rint(trades * sizes * 10.0**known.volume_decimals), 1.0, _MOST_VOLUME)
    rows[:, TRADES] = np.maximum(trades, 1.0).astype(np.int64)
    rows[:, VOLUME] = lots.astype(np.int64)
