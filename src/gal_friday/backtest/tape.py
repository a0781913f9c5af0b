"""The history as the event driver reads it: bars as MARKET_DATA_OHLCV payloads, made column by column in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from gal_friday.backtest.world import World
from gal_friday.domain.bars import BarSeries, Int64
from gal_friday.domain.orders import EXCHANGE
from gal_friday.domain.time import interval_text, iso

CHUNK = 4_096


def timeline(world: World) -> Iterator[list[tuple[str, int]]]:
    """For each step the pairs that have a bar, in name order, each with its row."""
    for first in range(0, len(world.starts), CHUNK):
        columns = [rows[first : first + CHUNK].tolist() for rows in world.rows.values()]
        for rows in zip(*columns, strict=True):
            yield [(pair, row) for pair, row in zip(world.pairs, rows, strict=True) if row >= 0]


def bar_payloads(series: BarSeries, known_after_ns: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """One payload a row, in order, and whether the bars begin anew there; a bar is seen `known_after_ns` after it."""
    pair, interval = series.pair, interval_text(series.interval_ns)
    for first in range(0, len(series), CHUNK):
        cut = slice(first, first + CHUNK)
        prices = (texts(c[cut], series.price_decimals) for c in (series.open, series.high, series.low, series.close))
        rows = zip(
            map(iso, series.start_ns[cut].tolist()),
            map(iso, (series.start_ns[cut] + known_after_ns).tolist()),
            *prices,
            texts(series.volume[cut], series.volume_decimals),
            series.trades[cut].tolist(),
            series.filled[cut].tolist(),
            series.restart[cut].tolist(),
            strict=True,
        )
        for start, seen, open_, high, low, close, volume, trades, filled, restart in rows:
            payload = {
                "trading_pair": pair,
                "exchange": EXCHANGE,
                "interval": interval,
                "timestamp_bar_start": start,
                "timestamp_seen": seen,
                "open": open_,
                "high": high,
                "low": low,
                "close": close,
                "volume": volume,
                "trades": trades,
                "is_final": True,
                "filled": filled,
            }
            yield payload, restart


def texts(column: Int64, decimals: int) -> list[str]:
    """Scaled integers, at least one and none negative, as decimal strings with exactly `decimals` places."""
    # As one JSON array: the quickest way from many integers to their digits.
    digits = msgspec.json.encode(column.tolist())[1:-1].decode().split(",")
    if decimals == 0:
        return digits
    if int(column.min()) < 10**decimals:
        digits = [text.zfill(decimals + 1) for text in digits]
    return [f"{text[:-decimals]}.{text[-decimals:]}" for text in digits]
