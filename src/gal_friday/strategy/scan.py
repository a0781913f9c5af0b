"""Where a pair's strategies could wish something, over whole columns: what lets a driver skip rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gal_friday.domain.bars import Bools, Float64

Columns = Mapping[str, Float64]
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
    rows = np.flatnonzero(ready)
    first = carry.row
    stretch = np.cumsum(restart)  # the number of restarts up to and with each row
    _move_on(carry, values, rows, stretch)
    found = np.zeros(len(values), dtype=np.bool_)
    if len(rows) == 0:
        return found
    segments = stretch[rows]
    fresh = np.empty(len(rows), dtype=np.bool_)
    fresh[0] = first is None or bool(segments[0])
    np.not_equal(segments[1:], segments[:-1], out=fresh[1:])
    now, before = _paired(wanted, names, values, rows, first)
    for declare in declared:
        mask = declare(now, before)
        if mask is None:
            return None
        fresh |= mask
    found[rows] = fresh
    return found


def _move_on(carry: Carry, values: Float64, rows: np.ndarray[tuple[int], np.dtype[np.int64]], stretch: Bools) -> None:
    if len(stretch) == 0:
        return
    if len(rows) and stretch[rows[-1]] == stretch[-1]:
        carry.row = values[rows[-1]].copy()
    elif stretch[-1]:
        carry.row = None


def _paired(
    wanted: Sequence[str],
    names: Sequence[str],
    values: Float64,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    first: Float64 | None,
) -> tuple[dict[str, Float64], dict[str, Float64]]:
    place = {name: i for i, name in enumerate(names)}
    whole = len(rows) == len(values)
    now: dict[str, Float64] = {}
    before: dict[str, Float64] = {}
    for name in wanted:
        column = values[:, place[name]]
        line = np.empty(len(rows) + 1)
        line[0] = np.nan if first is None else first[place[name]]
        line[1:] = column if whole else column[rows]
        now[name], before[name] = line[1:], line[:-1]
    return now, before
