"""Data of the candle chart: coarse candles of the whole run, and every bar around the trades worth a look."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from gal_friday.backtest.findings import Findings
from gal_friday.backtest.trades import Trade
from gal_friday.domain.bars import BarSeries, Int64
from gal_friday.domain.time import DAY, HOUR, MINUTE, SECOND

OVERALL = 12_000  # candles of the whole run, per pair
DETAIL = 60_000  # single bars around trades, over all pairs
WINDOW = 1_500  # of those, at most this many around one trade
TRADES = 20_000  # trades drawn

_STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY)


def candle_data(found: Findings, notable: Iterable[Trade]) -> str:
    """JSON for the chart, by pair; `notable` trades get their bars first while the room lasts."""
    windows = _windows(found, notable)
    return json.dumps(
        {
            "grace": found.run.bar_grace_ns / SECOND,
            "pairs": {
                pair: _pair(series, windows.get(pair, []), [t for t in found.trades if t.pair == pair][:TRADES])
                for pair, series in sorted(found.run.series.items())
                if len(series)
            },
        },
        separators=(",", ":"),
    ).replace("<", "\\u003c")  # the text stands inside a script element


def _pair(series: BarSeries, windows: list[tuple[int, int]], trades: list[Trade]) -> dict[str, Any]:
    step = overall_step(len(series), series.interval_ns)
    overall = _coarse(series, step)
    detail = [] if step == series.interval_ns else windows
    return {
        "decimals": series.price_decimals,
        "overall": _packed(overall, step),
        "detail": [_packed(_rows(series, first, last), series.interval_ns) for first, last in detail],
        "trades": [_trade(trade) for trade in trades],
    }


def overall_step(rows: int, interval_ns: int) -> int:
    """The interval of the coarse candles: the bars' own where there are few enough of them."""
    wider = (step for step in _STEPS if step > interval_ns and step % interval_ns == 0)
    if rows <= OVERALL:
        return interval_ns
    return next((step for step in wider if rows * interval_ns / step <= OVERALL), max(DAY, interval_ns))


def _coarse(series: BarSeries, step: int) -> tuple[Int64, ...]:
    if step == series.interval_ns:
        return _rows(series, 0, len(series))
    bucket = series.start_ns // step
    first = np.flatnonzero(np.concatenate(([True], bucket[1:] != bucket[:-1])))
    last = np.concatenate((first[1:], [len(series)])) - 1
    return (
        bucket[first] * step,
        series.open[first],
        np.maximum.reduceat(series.high, first),
        np.minimum.reduceat(series.low, first),
        series.close[last],
    )


def _rows(series: BarSeries, first: int, last: int) -> tuple[Int64, ...]:
    cut = slice(first, last)
    return series.start_ns[cut], series.open[cut], series.high[cut], series.low[cut], series.close[cut]


def _packed(columns: tuple[Int64, ...], step: int) -> dict[str, Any]:
    # Small differences instead of long numbers: steps since the last candle, its open from the last
    # close, then high, low and close from its open.
    start, open_, high, low, close = columns
    steps = np.diff(start, prepend=start[0]) // step
    jump = open_ - np.concatenate((open_[:1], close[:-1]))
    flat = np.column_stack((steps, jump, high - open_, low - open_, close - open_))
    return {
        "start": int(start[0]) // SECOND,
        "step": step // SECOND,
        "first": int(open_[0]),
        "rows": flat.ravel().tolist(),
    }


def _trade(trade: Trade) -> list[Any]:
    prices = (trade.entry_price, trade.exit_price, trade.stop, trade.target)
    return [
        round(trade.entry_ns / SECOND, 3),
        None if trade.exit_ns is None else round(trade.exit_ns / SECOND, 3),
        *(None if price is None else float(price) for price in prices),
        1 if trade.side == "LONG" else -1,
        None if trade.net_pnl is None else round(float(trade.net_pnl), 2),
        trade.exit_reason or "",
    ]


def _windows(found: Findings, notable: Iterable[Trade]) -> dict[str, list[tuple[int, int]]]:
    room = DETAIL
    spans: dict[str, list[tuple[int, int]]] = {}
    for trade in notable:
        series = found.run.series[trade.pair]
        until = trade.entry_ns if trade.exit_ns is None else trade.exit_ns
        first, last = np.searchsorted(series.start_ns, [trade.entry_ns, until], side="right").tolist()
        margin = max(40, (last - first) // 2)
        start = max(0, first - margin)
        span = (start, min(len(series), last + margin, start + WINDOW))
        room -= span[1] - span[0]
        if room < 0:
            break
        spans.setdefault(trade.pair, []).append(span)
    return {pair: list(_joined(sorted(found_spans))) for pair, found_spans in spans.items()}


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first, last = spans[0]
    for start, end in spans[1:]:
        if start > last:
            yield first, last
            first, last = start, end
        last = max(last, end)
    yield first, last
