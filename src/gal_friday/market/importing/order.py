"""What rows must satisfy together: times on the grid, ascending, each once, without leaps in price."""

from __future__ import annotations

import numpy as np

from gal_friday.domain.bars import Bools, Int64
from gal_friday.domain.errors import DataError
from gal_friday.domain.numbers import units_text
from gal_friday.domain.time import DAY, MINUTE, interval_text, iso
from gal_friday.market.importing.checks import Numbered
from gal_friday.market.importing.findings import Judge
from gal_friday.market.table import CLOSE, START, joined, merged

# Before the first trade of any coin, a time is a mistake (a row number, a zero, seconds cut short).
EARLIEST_NS = 1_230_768_000 * 10**9
# So many equal spacings in a row do not come from quiet minutes.
_LONG_RUN = 30


def spacing(starts: Int64, source: str) -> int:
    """The most common distance between times, ns: the interval of bars. Raises `DataError` with less than two."""
    steps = np.diff(np.unique(starts))
    if not len(steps):
        raise DataError(
            f"{source}: expected two rows or more to tell the interval, was {len(starts)}; give the interval"
        )
    values, counts = np.unique(steps, return_counts=True)
    common = int(values[np.argmax(counts)])
    if common % 1_000_000_000 or common > 31 * DAY:
        raise DataError(f"{source}: expected bars some seconds to days apart, was {common} ns; give the interval")
    return common


class OrderCheck:
    """Checks blocks of one file in turn; the last row waits for the next block, to be compared with it."""

    def __init__(self, judge: Judge, interval_ns: int, now_ns: int) -> None:
        self._judge = judge
        self._interval_ns = interval_ns
        self._now_ns = now_ns
        self._held: Numbered | None = None

    def block(self, rows: Numbered) -> Numbered:
        """The rows of a block that may be kept, ascending and each time once, but the last."""
        rows = self._timely(rows)
        if not len(rows):
            return rows
        if self._held is not None:
            both = joined([self._held.table, rows.table])
            rows = Numbered(both, np.concatenate([self._held.lines, rows.lines]))
        rows = self._sorted(rows)
        self._spacing(rows)
        rows = self._once(self._calm(rows))
        self._held = rows.taken(np.arange(len(rows) - 1, len(rows)))
        return rows.taken(np.arange(len(rows) - 1))

    def rest(self) -> Numbered | None:
        """The row that still waits, at the end of the file."""
        held, self._held = self._held, None
        return held

    def _timely(self, rows: Numbered) -> Numbered:
        starts = rows.table.starts
        rows = self._without(rows, (starts > self._now_ns) | (starts < EARLIEST_NS), "future")
        return self._without(rows, rows.table.starts % self._grid() != 0, "off_grid")

    def _grid(self) -> int:
        # Weeks begin on Mondays, not on multiples of seven days since the epoch.
        return self._interval_ns if self._interval_ns <= DAY else DAY

    def _sorted(self, rows: Numbered) -> Numbered:
        back = np.flatnonzero(np.diff(rows.table.starts) < 0)
        if not len(back):
            return rows
        at = int(back[0]) + 1
        self._judge.found(
            "disorder",
            line=int(rows.lines[at]),
            column="time",
            value=f"{iso(int(rows.table.starts[at]))} after {iso(int(rows.table.starts[at - 1]))}",
            count=len(back),
        )
        return rows.taken(np.argsort(rows.table.starts, kind="stable"))

    def _spacing(self, rows: Numbered) -> None:
        steps = np.diff(rows.table.starts)
        edges = np.flatnonzero(np.diff(steps)) + 1
        heads = np.concatenate([[0], edges]).astype(np.int64)
        lengths = np.diff(np.append(heads, len(steps)))
        for head, length in zip(heads.tolist(), lengths.tolist(), strict=True):
            if length >= _LONG_RUN and 0 < int(steps[head]) != self._interval_ns:
                self._judge.found(
                    "mixed_interval",
                    line=int(rows.lines[head]),
                    column="time",
                    value=f"{length + 1} rows {int(steps[head]) // 10**9} s apart, the interval being "
                    f"{interval_text(self._interval_ns)}",
                    count=length + 1,
                )

    def _calm(self, rows: Numbered) -> Numbered:
        closes = rows.table.rows[:, CLOSE].astype(np.float64)
        ratio = np.maximum(closes[1:], closes[:-1]) / np.minimum(closes[1:], closes[:-1])
        leaps = np.zeros(len(rows), dtype=np.bool_)
        leaps[1:] = ratio >= self._judge.settings.spike_factor
        # After a leap and its return only the row between them is the spike.
        leaps[1:] &= ~leaps[:-1]
        if not leaps.any():
            return rows
        at, places = int(np.argmax(leaps)), rows.table.price_decimals
        value = " after ".join(units_text(int(rows.table.rows[k, CLOSE]), places) for k in (at, at - 1))
        line = int(rows.lines[at])
        self._judge.found("spike", line=line, column="close", value=value, count=int(leaps.sum()))
        return rows.taken(~leaps) if self._judge.drops("spike") else rows

    def _once(self, rows: Numbered) -> Numbered:
        starts = rows.table.starts
        first = np.ones(len(rows), dtype=np.bool_)
        first[1:] = starts[1:] != starts[:-1]
        if first.all():
            return rows
        done = merged([rows.table], keep_last=self._judge.choice("duplicates") == "last")
        if done.conflicts:
            again, before = done.conflicts[0]
            self._judge.found(
                "duplicates",
                line=int(rows.lines[again]),
                column="time",
                value=f"{iso(int(starts[again]))} again, with other values than on line {int(rows.lines[before])}",
                count=done.replaced,
            )
        if done.repeated:
            dropped = self._judge.report.dropped
            dropped["repeated"] = dropped.get("repeated", 0) + done.repeated
        return Numbered(done.table, rows.lines[first])

    def _without(self, rows: Numbered, bad: Bools, kind: str) -> Numbered:
        if not bad.any():
            return rows
        at = int(np.argmax(bad))
        text = _moment_text(int(rows.table.rows[at, START]))
        if kind == "off_grid":
            text += f" for bars of {interval_text(self._interval_ns)}"
        self._judge.found(kind, line=int(rows.lines[at]), column="time", value=text, count=int(bad.sum()))
        return rows.taken(~bad)


def _moment_text(ns: int) -> str:
    # A time far outside the calendar has no ISO text.
    return iso(ns) if abs(ns) < 9_000_000 * DAY // 100 and abs(ns) > MINUTE else f"{ns} ns since 1970"
