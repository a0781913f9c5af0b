"""The history as the event driver reads it: bars as MARKET_DATA_OHLCV payloads, made column by column in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from gal_friday.backtest.world import World
from gal_friday.domain.bars import BarSeries, Int64
from gal_friday.domain.orders import EXCHANGE
from gal_friday.domain.time import interval_text

CHUNK = 4_096


Present = Sequence[tuple[str, int]]


def timeline(world: World) -> Iterator[Present]:
    """For each step the pairs that have a bar, in name order, each with its row."""
    for first in range(0, len(world.starts), CHUNK):
        cuts = {pair: rows[first : first + CHUNK] for pair, rows in world.rows.items()}
        columns = [[(pair, row) for row in cut.tolist()] for pair, cut in cuts.items()]
        steps = zip(*columns, strict=True)
        if all(int(cut.min()) >= 0 for cut in cuts.values()):
            yield from steps
        else:
            for present in steps:
                yield [one for one in present if one[1] >= 0]


def bar_payloads(series: BarSeries, known_after_ns: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """One payload a row, in order, and whether the bars begin anew there; a bar is seen `known_after_ns` after it."""
    pair, interval = series.pair, interval_text(series.interval_ns)
    for first in range(0, len(series), CHUNK):
        cut = slice(first, first + CHUNK)
        prices = (texts(c[cut], series.price_decimals) for c in (series.open, series.high, series.low, series.close))
        rows = zip(
            times(series.start_ns[cut]),
            times(series.start_ns[cut] + known_after_ns),
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


def times(column: Int64) -> list[str]:
    """Times, ns UTC, as `domain.time.iso` writes them."""
    moments: list[str] = np.datetime_as_string(column.view("M8[ns]"), unit="ns", timezone="UTC").tolist()
    return moments


def texts(column: Int64, decimals: int) -> list[str]:
    """Scaled integers, at least one and none negative, as decimal strings with exactly `decimals` places."""
    # As one JSON array: the quickest way from many integers to their digits.
    digits = msgspec.json.encode(column.tolist())[1:-1].decode().split(",")
    if decimals == 0:
        return digits
    if int(column.min()) < 10**decimals:
        digits = [text.zfill(decimals + 1) for text in digits]
    return [f"{text[:-decimals]}.{text[-decimals:]}" for text in digits]
