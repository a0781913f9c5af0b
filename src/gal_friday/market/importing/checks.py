"""What a row of a table must satisfy, whatever stands around it; and the scale that holds a block exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gal_friday.domain.bars import Bools, Int64
from gal_friday.domain.numbers import units_text
from gal_friday.market.importing.cells import Cells
from gal_friday.market.importing.findings import Judge
from gal_friday.market.table import CLOSE, HIGH, INT64_MAX, LOW, OPEN, BarTable

_POWERS = 10 ** np.arange(19, dtype=np.int64)
_CEILINGS = INT64_MAX // _POWERS


@dataclass(frozen=True, slots=True)
class Numbered:
    """Rows of bars with the lines they stand on."""

    table: BarTable
    lines: Int64

    def __len__(self) -> int:
        return len(self.lines)

    def taken(self, rows: Bools | Int64) -> Numbered:
        """The rows that a mask or an order names."""
        table = self.table
        return Numbered(BarTable(table.rows[rows], table.price_decimals, table.volume_decimals), self.lines[rows])


def readable(cells: Cells, names: Sequence[str], judge: Judge) -> Cells:
    """The rows whose every cell is a number; the first flaw of a row decides what becomes of it."""
    if not cells.flaws:
        return cells
    keep = np.ones(len(cells.lines), dtype=np.bool_)
    met: set[int] = set()
    for flaw in cells.flaws:
        if flaw.row in met:
            continue
        met.add(flaw.row)
        value = f"{flaw.text[:80]!r}" + (f" with {flaw.text.count(',') + 1} columns" if flaw.kind == "columns" else "")
        judge.found(flaw.kind, line=int(cells.lines[flaw.row]), column=flaw.column, value=value)
        keep[flaw.row] = not judge.drops(flaw.kind)
    return cells.kept(keep)


def positive(cells: Cells, names: Sequence[str], prices: Sequence[int], judge: Judge) -> Cells:
    """The rows without a negative number and without a price of zero."""
    for slot in range(1, len(names)):
        cells = _without(cells, cells.values[:, slot] < 0, "negative", names, slot, judge)
    for slot in prices:
        cells = _without(cells, cells.values[:, slot] == 0, "zero_price", names, slot, judge)
    return cells


def scaled(cells: Cells, names: Sequence[str], slots: Sequence[int], judge: Judge) -> tuple[Cells, int]:
    """The rows with the columns `slots` brought to one count of decimals, which is returned beside them."""
    places = int(cells.decimals[:, slots].max()) if len(cells.lines) else 0
    for slot in slots:
        short = places - cells.decimals[:, slot]
        too_large = np.abs(cells.values[:, slot]) > _CEILINGS[short]
        cells = _without(cells, too_large, "too_large", names, slot, judge)
        cells.values[:, slot] *= _POWERS[places - cells.decimals[:, slot]]
        cells.decimals[:, slot] = places
    return cells, places


def whole(cells: Cells, names: Sequence[str], slot: int, judge: Judge) -> Cells:
    """The rows whose value in `slot` has no decimals."""
    return _without(cells, cells.decimals[:, slot] > 0, "malformed", names, slot, judge)


def in_range(rows: Numbered, judge: Judge) -> Numbered:
    """The rows with low <= open, close <= high."""
    rows = _bars_without(rows, rows.table.rows[:, HIGH] < rows.table.rows[:, LOW], "high_below_low", HIGH, judge)
    cells = rows.table.rows
    top, bottom = np.maximum(cells[:, OPEN], cells[:, CLOSE]), np.minimum(cells[:, OPEN], cells[:, CLOSE])
    outside = (top > cells[:, HIGH]) | (bottom < cells[:, LOW])
    if not outside.any():
        return rows
    rows = _bars_without(rows, outside, "outside_range", CLOSE, judge)
    if not judge.drops("outside_range"):
        cells = rows.table.rows
        cells[:, HIGH] = np.maximum(cells[:, HIGH], top)
        cells[:, LOW] = np.minimum(cells[:, LOW], bottom)
    return rows


def _bars_without(rows: Numbered, bad: Bools, kind: str, slot: int, judge: Judge) -> Numbered:
    if not bad.any():
        return rows
    at, places = int(np.argmax(bad)), rows.table.price_decimals
    shown = (f"{name} {units_text(int(rows.table.rows[at, k]), places)}" for k, name in _SHOWN)
    name = "high" if slot == HIGH else "close"
    judge.found(kind, line=int(rows.lines[at]), column=name, value=", ".join(shown), count=int(bad.sum()))
    return rows.taken(~bad) if judge.drops(kind) else rows


def _without(cells: Cells, bad: Bools, kind: str, names: Sequence[str], slot: int, judge: Judge) -> Cells:
    if not bad.any():
        return cells
    at = int(np.argmax(bad))
    value = units_text(int(cells.values[at, slot]), int(cells.decimals[at, slot]))
    judge.found(kind, line=int(cells.lines[at]), column=names[slot], value=value, count=int(bad.sum()))
    return cells.kept(~bad) if judge.drops(kind) else cells


_SHOWN = ((OPEN, "open"), (HIGH, "high"), (LOW, "low"), (CLOSE, "close"))
