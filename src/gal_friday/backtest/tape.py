"""A series as MARKET_DATA_OHLCV payloads, made column by column in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gal_friday.domain.bars import BarSeries, Int64
from gal_friday.domain.orders import EXCHANGE
from gal_friday.domain.time import interval_text, iso

CHUNK = 4_096


def bar_payloads(series: BarSeries, known_after_ns: int) -> Iterator[dict[str, Any]]:
    """One payload a row, in order; a bar is seen `known_after_ns` after its start."""
    pair, interval = series.pair, interval_text(series.interval_ns)
    for first in range(0, len(series), CHUNK):
        cut = slice(first, first + CHUNK)
        prices = (texts(c[cut], series.price_decimals) for c in (series.open, series.high, series.low, series.close))
        rows = zip(
            series.start_ns[cut].tolist(),
            *prices,
            texts(series.volume[cut], series.volume_decimals),
            series.trades[cut].tolist(),
            series.filled[cut].tolist(),
            strict=True,
        )
        for start, open_, high, low, close, volume, trades, filled in rows:
            yield {
                "trading_pair": pair,
                "exchange": EXCHANGE,
                "interval": interval,
                "timestamp_bar_start": iso(start),
                "timestamp_seen": iso(start + known_after_ns),
                "open": open_,
                "high": high,
                "low": low,
                "close": close,
                "volume": volume,
                "trades": trades,
                "is_final": True,
                "filled": filled,
            }


def texts(column: Int64, decimals: int) -> list[str]:
    """Scaled integers as decimal strings with exactly `decimals` places."""
    if decimals == 0:
        return [str(value) for value in column.tolist()]
    one = 10**decimals
    return [f"{value // one}.{value % one:0{decimals}d}" for value in column.tolist()]
