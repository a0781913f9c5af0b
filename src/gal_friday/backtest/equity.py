"""The equity curve of a run: exact values on the rows that matter, chosen by compiled passes over all of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import numpy as np

from gal_friday.backtest import curve_scan as scan
from gal_friday.backtest.benchmark import benchmark_at
from gal_friday.backtest.excursion import signed
from gal_friday.backtest.holdings import Holdings
from gal_friday.backtest.result import Run
from gal_friday.domain.bars import Int64
from gal_friday.domain.numbers import ZERO, exact, percent_of
from gal_friday.domain.time import DAY, HOUR

# Rows of one instant stand in this order.
_ORDER = ("start", "hour", "peak", "trough", "recovery", "end")


class EquityRow(msgspec.Struct, frozen=True):
    """One row of the curve: money in the quote asset, `seen_ns` when the account knew it, UTC.

    A row of kind `fill` stands right after the fill, its pair valued at the fill's price, and belongs to no
    drawdown. All others are marks at closes: `bar_end_ns` is the bar's end, `episode` names the drawdown
    (`max`, `longest` or `max+longest`) of a peak, trough or recovery.
    """

    seen_ns: int
    kind: str
    episode: str
    bar_end_ns: int | None
    pair: str
    equity: Decimal
    cash: Decimal
    position_value: Decimal
    peak_equity: Decimal | None
    drawdown_pct: Decimal | None
    benchmark: Decimal | None


class Drawdown(msgspec.Struct, frozen=True):
    """A fall below an earlier peak: `value` in the quote asset, `pct` of the peak, times UTC ns.

    `recovery_ns` is None when the peak was not reached again; the duration then runs to the last bar.
    """

    peak_ns: int
    trough_ns: int
    recovery_ns: int | None
    duration_ns: int
    value: Decimal
    pct: Decimal


class Curve(msgspec.Struct, frozen=True):
    """The curve's rows in time order, equity at each UTC day's close, and the two drawdowns that name a run."""

    rows: tuple[EquityRow, ...]
    daily: tuple[tuple[int, Decimal], ...]
    deepest: Drawdown | None
    longest: Drawdown | None

    @property
    def marks(self) -> list[EquityRow]:
        """The rows that mark the account at closes, one per instant."""
        once = {row.bar_end_ns: row for row in self.rows if row.kind != "fill"}
        return list(once.values())

    @property
    def final_equity(self) -> Decimal:
        """Equity at the last close."""
        return self.rows[-1].equity


def curve_of(run: Run) -> Curve:
    """The equity curve of a run; raises `Fault` for a run without bars or a fill outside them."""
    with exact():
        held = Holdings(run)
        equity = held.equity()
        found = scan.drawdowns(equity, held.times).tolist()
        kinds = _kinds(held.times, found)
        marks = _marks(held, kinds, scan.running_peaks(equity, np.array(sorted(kinds), dtype=np.int64)))
        by_instant = {instant: row for instant, row, _ in marks}
        return Curve(
            rows=tuple(_ordered(held, marks)),
            daily=_daily(held),
            deepest=_drawdown(held, by_instant, found[: scan.LONG_PEAK]),
            longest=_drawdown(held, by_instant, found[scan.LONG_PEAK :]),
        )


Mark = tuple[int, EquityRow, list[tuple[str, str]]]


def _kinds(times: Int64, found: list[int]) -> dict[int, dict[str, str]]:
    # instant -> kind -> episode
    kinds: dict[int, dict[str, str]] = {0: {"start": ""}}
    for hour in scan.last_of_each(times[1:], HOUR).tolist():
        kinds.setdefault(hour + 1, {})["hour"] = ""
    if int(times[-1]) % HOUR:
        kinds.pop(len(times) - 1, None)  # the last hour is not a full one
    for k, instant in enumerate(found):
        if instant >= 0:
            names = kinds.setdefault(instant, {})
            kind, episode = ("peak", "trough", "recovery")[k % 3], ("max", "longest")[k // 3]
            names[kind] = f"{names[kind]}+{episode}" if kind in names else episode
    kinds.setdefault(len(times) - 1, {})["end"] = ""
    return kinds


def _marks(held: Holdings, kinds: dict[int, dict[str, str]], peaks: Int64) -> list[Mark]:
    instants = np.array(sorted(kinds), dtype=np.int64)
    tops = {at: cash + value for at, (cash, value) in zip(peaks.tolist(), held.marks(peaks), strict=True)}
    benchmark = benchmark_at(held, instants)
    marks: list[Mark] = []
    columns = zip(instants.tolist(), held.marks(instants), peaks.tolist(), benchmark, strict=True)
    for instant, (cash, value), peak, bought in columns:
        equity, top = cash + value, tops[peak]
        row = EquityRow(
            seen_ns=held.seen_ns(instant),
            kind="",
            episode="",
            bar_end_ns=int(held.times[instant]),
            pair="",
            equity=equity,
            cash=cash,
            position_value=value,
            peak_equity=top,
            drawdown_pct=percent_of(max(top - equity, ZERO), top),
            benchmark=bought,
        )
        marks.append((instant, row, sorted(kinds[instant].items(), key=lambda item: _ORDER.index(item[0]))))
    return marks


def _ordered(held: Holdings, marks: list[Mark]) -> Iterator[EquityRow]:
    fills, latest = _fill_rows(held), 0
    pending = next(fills, None)
    for _, row, kinds in marks:
        while pending is not None and row.bar_end_ns is not None and pending[0] <= row.bar_end_ns:
            # The account learns of a fill after the bar before it, whatever the venue's clock said.
            latest = max(latest, pending[1].seen_ns)
            yield msgspec.structs.replace(pending[1], seen_ns=latest)
            pending = next(fills, None)
        latest = max(latest, row.seen_ns)
        for kind, episode in kinds:
            yield msgspec.structs.replace(row, kind=kind, episode=episode)


def _fill_rows(held: Holdings) -> Iterator[tuple[int, EquityRow]]:
    cash, lots = held.run.initial_capital, dict.fromkeys(held.grids, 0)
    starts = np.array([fill.bar_ns for fill in held.fills], dtype=np.int64)
    known = {pair: held.rows_known(pair, starts) for pair in held.grids}
    before = (np.searchsorted(held.times, starts, side="right") - 1).tolist()
    for i, fill in enumerate(held.fills):
        cash += held.cash_flow(fill)
        lots[fill.pair] += signed(fill)
        value = ZERO
        for pair, grid in held.grids.items():
            if lots[pair]:
                at_fill = pair == fill.pair or known[pair][i] < 0
                value += grid.money(lots[pair] * (grid.points(fill) if at_fill else grid.close(known[pair][i])))
        seen = max(fill.venue_ns, held.seen_ns(before[i]))
        row = EquityRow(seen, "fill", "", None, fill.pair, cash + value, cash, value, None, None, None)
        yield held.end_of(fill), row


def _daily(held: Holdings) -> tuple[tuple[int, Decimal], ...]:
    closes = scan.last_of_each(held.times[1:], DAY) + 1
    days: list[tuple[int, Decimal]] = []
    for instant, (cash, value) in zip(closes.tolist(), held.marks(closes), strict=True):
        end = -(-int(held.times[instant]) // DAY) * DAY
        while days and days[-1][0] + DAY < end:  # a day without bars keeps the equity of the day before
            days.append((days[-1][0] + DAY, days[-1][1]))
        days.append((end, cash + value))
    return tuple(days)


def _drawdown(held: Holdings, marks: dict[int, EquityRow], found: list[int]) -> Drawdown | None:
    peak, trough, recovery = found
    if peak < 0:
        return None
    last = recovery if recovery >= 0 else len(held.times) - 1
    top, low = marks[peak].equity, marks[trough].equity
    return Drawdown(
        peak_ns=held.seen_ns(peak),
        trough_ns=held.seen_ns(trough),
        recovery_ns=held.seen_ns(recovery) if recovery >= 0 else None,
        duration_ns=held.seen_ns(last) - held.seen_ns(peak),
        value=top - low,
        pct=percent_of(top - low, top),
    )
