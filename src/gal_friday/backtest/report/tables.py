"""trades.csv and equity.csv: exact numbers as text, one row per trade and per point of the curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from gal_friday.backtest.equity import Curve
from gal_friday.backtest.trades import Trade
from gal_friday.domain.numbers import plain
from gal_friday.domain.time import iso

TRADE_COLUMNS = tuple(
    {"entry_ns": "entry_time", "exit_ns": "exit_time"}.get(name, name) for name in Trade.__struct_fields__
)
EQUITY_COLUMNS = (
    "timestamp",
    "kind",
    "episode",
    "bar_end",
    "pair",
    "equity",
    "cash",
    "position_value",
    "peak_equity",
    "drawdown_pct",
    "benchmark",
)


def trades_csv(trades: Iterable[Trade]) -> str:
    """The trades, times in ISO 8601 UTC; the exit fields of an open trade are empty."""
    times = ("entry_ns", "exit_ns")
    return _csv(
        TRADE_COLUMNS,
        (
            [_time(getattr(trade, name)) if name in times else _text(getattr(trade, name)) for name in fields]
            for fields in (Trade.__struct_fields__,)
            for trade in trades
        ),
    )


def equity_csv(curve: Curve) -> str:
    """The rows of the curve, times in ISO 8601 UTC; fills have no bar end, peak, drawdown or benchmark."""
    return _csv(
        EQUITY_COLUMNS,
        (
            [
                iso(row.seen_ns),
                row.kind,
                row.episode,
                _time(row.bar_end_ns),
                row.pair,
                plain(row.equity),
                plain(row.cash),
                plain(row.position_value),
                _text(row.peak_equity),
                _text(row.drawdown_pct),
                _text(row.benchmark),
            ]
            for row in curve.rows
        ),
    )


def _csv(header: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _time(ns: int | None) -> str:
    return "" if ns is None else iso(ns)


def _text(value: Decimal | bool | int | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else str(value)
