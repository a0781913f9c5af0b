"""Where a pair's strategies could wish something, over whole columns: what lets a driver skip rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gal_friday.domain.bars import Bools, Float64

Columns = Mapping[str, Float64]
Places = NDArray[np.int64]
Rows = slice | Places
Declare = Callable[[Columns, Columns], Bools | None]


@dataclass(slots=True)
class Carry:
    """The last ready row since the last restart, handed from one block of a pair to the next."""

    row: Float64 | None = None


def scan(
    declared: Sequence[Declare],
    wanted: Sequence[str],
    names: Sequence[str],
    values: Float64,
    ready: Bools,
    restart: Bools,
    carry: Carry,
) -> Bools | None:
    """Rows of `values` [n, len(names)] on which one of the rules could act, and the first ready row after a restart.

    The row before a ready row is the previous ready one since the last restart, in this block or the one
    before it (`carry`, which is moved on in place). None when a rule cannot tell.
    """
    rows = _ready_rows(ready)
    restarts = np.flatnonzero(restart)
    found = np.zeros(len(values), dtype=np.bool_)
    now, before = _paired(wanted, names, values, rows, carry.row)
    fresh = found[rows].copy()
    _begin(fresh, rows, restarts, first=carry.row is None)
    _move_on(carry, values, rows, restarts)
    for declare in declared:
        mask = declare(now, before)
        if mask is None:
            return None
        fresh |= mask
    found[rows] = fresh
    return found


def _ready_rows(ready: Bools) -> Rows:
    # After its warm-up a series is mostly ready without a break: a slice then spares copies.
    first = int(np.argmax(ready)) if len(ready) else 0
    return slice(first, len(ready)) if ready[first:].all() else np.flatnonzero(ready)


def _begin(fresh: Bools, rows: Rows, restarts: Places, *, first: bool) -> None:
    # The first ready row at or after each restart has no row before it.
    at = restarts - rows.start if isinstance(rows, slice) else np.searchsorted(rows, restarts)
    at = np.maximum(at, 0)
    fresh[at[at < len(fresh)]] = True
    if first:
        fresh[:1] = True


def _move_on(carry: Carry, values: Float64, rows: Rows, restarts: Places) -> None:
    last = _last(rows)
    restarted = int(restarts[-1]) if len(restarts) else -1
    if last >= max(restarted, 0):
        carry.row = values[last].copy()
    elif restarted >= 0:
        carry.row = None


def _last(rows: Rows) -> int:
    if isinstance(rows, slice):
        return int(rows.stop) - 1 if rows.stop > rows.start else -1
    return int(rows[-1]) if len(rows) else -1


def _paired(
    wanted: Sequence[str], names: Sequence[str], values: Float64, rows: Rows, first: Float64 | None
) -> tuple[dict[str, Float64], dict[str, Float64]]:
    place = {name: i for i, name in enumerate(names)}
    now: dict[str, Float64] = {}
    before: dict[str, Float64] = {}
    for name in wanted:
        column = values[rows, place[name]]
        line = np.empty(len(column) + 1)
        line[0] = np.nan if first is None else first[place[name]]
        line[1:] = column
        now[name], before[name] = line[1:], line[:-1]
    return now, before
