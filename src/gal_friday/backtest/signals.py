"""Feature rows on which a pair's strategies could act, kept with their values; the rest is computed and dropped."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from gal_friday.domain.bars import BarSeries, BookSeries, Bools, Float64, Int64
from gal_friday.domain.orders import Side
from gal_friday.features.series import FeatureSet, blocks
from gal_friday.strategy.decisions import Decisions
from gal_friday.strategy.intents import State
from gal_friday.strategy.scan import Carry

Row = dict[str, float]
FEW = 2**18


class Signals:
    """Rows (ascending), their features, and the features of the ready row before each since the last restart."""

    def __init__(self, pair: str, names: tuple[str, ...], rows: Int64, now: Float64, before: Float64) -> None:
        self._pair = pair
        self._names = names
        self._rows: list[int] = rows.tolist()
        # Few rows are quicker to read from lists; of many, the arrays are the smaller.
        self._now = now.tolist() if len(rows) <= FEW else now
        self._before = before.tolist() if len(rows) <= FEW else before
        self._last: tuple[int, tuple[Row, Row | None]] | None = None
        self._has_before: list[bool] = np.logical_not(np.any(np.isnan(before), axis=1)).tolist()

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, row: int) -> tuple[Row, Row | None] | None:
        """Features of the row and of the ready one before it; None for a row on which nothing can be wished."""
        index = bisect_left(self._rows, row)
        if index == len(self._rows) or self._rows[index] != row:
            return None
        return self._values(index)

    def next_row(self, first: int, last: int, decisions: Decisions) -> int:
        """The first row in [first, last) on which a strategy wishes something as things stand; `last` if none."""
        if decisions.state(self._pair) is State.PENDING or decisions.exiting(self._pair):
            return last
        index = bisect_left(self._rows, first)
        held: Side | None = decisions.held(self._pair)
        while index < len(self._rows) and self._rows[index] < last:
            if decisions.wishes(self._pair, *self._values(index), held):
                return self._rows[index]
            index += 1
        return last

    def exit_between(self, first: int, last: int, decisions: Decisions, held: Side) -> bool:
        """Whether a strategy would wish to close a position held on this side, on a row in [first, last)."""
        index = bisect_left(self._rows, first)
        while index < len(self._rows) and self._rows[index] < last:
            if decisions.wishes(self._pair, *self._values(index), held):
                return True
            index += 1
        return False

    @staticmethod
    def _row(rows: Float64 | list[list[float]], index: int) -> list[float]:
        found: list[float] = rows[index] if isinstance(rows, list) else rows[index].tolist()
        return found

    def _values(self, index: int) -> tuple[Row, Row | None]:
        # The row that was found is asked for again when it is visited.
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        now = dict(zip(self._names, self._row(self._now, index), strict=True))
        before = None
        if self._has_before[index]:
            before = dict(zip(self._names, self._row(self._before, index), strict=True))
        self._last = (index, (now, before))
        return now, before


def find(pair: str, series: BarSeries, books: BookSeries | None, features: FeatureSet, decisions: Decisions) -> Signals:
    """Compute the features of the whole series block by block and keep the rows that could matter."""
    carry, last = Carry(), np.full(len(features.names), np.nan)
    rows: list[Int64] = []
    now: list[Float64] = []
    before: list[Float64] = []
    for block in blocks(features, series, books):
        restart = series.restart[block.first : block.first + len(block.ready)]
        mask = decisions.candidates(pair, features.names, block.values, block.ready, restart, carry)
        wanted = np.flatnonzero(block.ready if mask is None else mask)
        previous = _previous(block.ready, restart)
        rows.append(wanted + block.first)
        now.append(block.values[wanted])
        earlier = np.where((previous[wanted] >= 0)[:, None], block.values[np.maximum(previous[wanted], 0)], np.nan)
        carried = previous[wanted] == _CARRIED
        earlier[carried] = last
        before.append(earlier)
        last = _carry_on(last, block.values, block.ready, restart)
    return Signals(pair, features.names, np.concatenate(rows), np.concatenate(now), np.concatenate(before))


_CARRIED = -1
_NOTHING = -2


def _previous(ready: Bools, restart: Bools) -> Int64:
    # For each row the ready row before it since the last restart: an index, in the block before, or none.
    rows = np.arange(len(ready), dtype=np.int64)
    latest = np.maximum.accumulate(np.where(ready, rows, -1))
    previous = np.concatenate(([-1], latest[:-1])) if len(rows) else rows
    begun = np.maximum.accumulate(np.where(restart, rows, -1))
    return np.where(previous >= np.maximum(begun, 0), previous, np.where(begun >= 0, _NOTHING, _CARRIED))


def _carry_on(last: Float64, values: Float64, ready: Bools, restart: Bools) -> Float64:
    found, begun = np.flatnonzero(ready), np.flatnonzero(restart)
    if len(found) and (not len(begun) or found[-1] >= begun[-1]):
        latest: Float64 = values[found[-1]].copy()
        return latest
    return np.full_like(last, np.nan) if len(begun) else last
