"""Trades summed into bars, block by block: open, high, low, close, volume and count of each interval."""

from __future__ import annotations

import numpy as np

from gal_friday.domain.bars import Int64
from gal_friday.domain.errors import DataError
from gal_friday.domain.time import iso
from gal_friday.market.importing.cells import Cells
from gal_friday.market.importing.findings import Judge
from gal_friday.market.importing.order import EARLIEST_NS
from gal_friday.market.table import CLOSE, HIGH, INT64_MAX, LOW, OPEN, START, TRADES, VOLUME, WIDTH, BarTable, joined

_EMPTY = np.empty((0, WIDTH), dtype=np.int64)


class TradeSummer:
    """Sums blocks of trades in turn; the last bar stays open until a later trade closes it."""

    def __init__(self, judge: Judge, interval_ns: int, now_ns: int) -> None:
        self._judge = judge
        self._interval_ns = interval_ns
        self._now_ns = now_ns
        self._open: BarTable | None = None
        self._last_ns: int | None = None

    def block(self, cells: Cells, price_decimals: int, volume_decimals: int) -> BarTable:
        """The bars that this block of trades (time, price, volume) closes."""
        cells = self._ordered(self._timely(cells))
        if not len(cells.lines):
            return BarTable(_EMPTY, price_decimals, volume_decimals)
        bars = BarTable(summed(cells.values, self._interval_ns), price_decimals, volume_decimals)
        if self._open is not None:
            bars = self._continued(self._open, bars, int(cells.lines[0]))
        self._open = BarTable(bars.rows[-1:], bars.price_decimals, bars.volume_decimals)
        return BarTable(bars.rows[:-1], bars.price_decimals, bars.volume_decimals)

    def rest(self) -> BarTable | None:
        """The bar still open at the end of the file."""
        rest, self._open = self._open, None
        return rest

    def _timely(self, cells: Cells) -> Cells:
        times = cells.values[:, 0]
        bad = (times > self._now_ns) | (times < EARLIEST_NS)
        if not bad.any():
            return cells
        at = int(np.argmax(bad))
        value = f"{int(times[at])} ns since 1970"
        self._judge.found("future", line=int(cells.lines[at]), column="time", value=value, count=int(bad.sum()))
        return cells.kept(~bad)

    def _ordered(self, cells: Cells) -> Cells:
        times = cells.values[:, 0]
        if not len(times):
            return cells
        before = times[0] if self._last_ns is None else self._last_ns
        back = np.flatnonzero(np.diff(times, prepend=before) < 0)
        self._last_ns = max(int(times[-1]), int(before))
        if not len(back):
            return cells
        at = int(back[0])
        self._judge.found(
            "disorder", line=int(cells.lines[at]), column="time", value=iso(int(times[at])), count=len(back)
        )
        order = np.argsort(times, kind="stable")
        return Cells(cells.values[order], cells.decimals[order], cells.lines[order], (), 0)

    def _continued(self, left: BarTable, bars: BarTable, line: int) -> BarTable:
        if bars.starts[0] < left.starts[0]:
            raise DataError(
                f"{self._judge.report.source} near line {line}: expected trades in order of time, was a trade of the "
                f"bar {iso(int(bars.starts[0]))} after that of {iso(int(left.starts[0]))} was closed; sort the file"
            )
        both = joined([left, bars])
        if bars.starts[0] > left.starts[0]:
            return both
        rows = both.rows[1:].copy()
        rows[0] = _one(both.rows[0], both.rows[1])
        return BarTable(rows, both.price_decimals, both.volume_decimals)


def summed(trades: Int64, interval_ns: int) -> Int64:
    """Rows of bars from rows of (time, price, volume), ascending in time; raises `DataError` on overflow."""
    starts = trades[:, 0] // interval_ns * interval_ns
    heads = np.flatnonzero(np.concatenate([[True], starts[1:] != starts[:-1]]))
    tails = np.append(heads[1:], len(starts)) - 1
    _fits(float(trades[:, 2].sum(dtype=np.float64)))
    rows = np.empty((len(heads), WIDTH), dtype=np.int64)
    rows[:, START] = starts[heads]
    rows[:, OPEN] = trades[heads, 1]
    rows[:, HIGH] = np.maximum.reduceat(trades[:, 1], heads)
    rows[:, LOW] = np.minimum.reduceat(trades[:, 1], heads)
    rows[:, CLOSE] = trades[tails, 1]
    rows[:, VOLUME] = np.add.reduceat(trades[:, 2], heads)
    rows[:, TRADES] = tails - heads + 1
    return rows


def _one(left: Int64, right: Int64) -> Int64:
    _fits(float(left[VOLUME]) + float(right[VOLUME]))
    row = right.copy()
    row[OPEN] = left[OPEN]
    row[HIGH] = max(left[HIGH], right[HIGH])
    row[LOW] = min(left[LOW], right[LOW])
    row[VOLUME] += left[VOLUME]
    row[TRADES] += left[TRADES]
    return row


def _fits(total: float) -> None:
    if total > 0.99 * INT64_MAX:
        raise DataError(f"expected a sum of volumes that 64 bits hold, was {total:.3g} lots; import a shorter stretch")
