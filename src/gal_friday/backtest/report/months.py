"""Returns by month and year from the closes of UTC days."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from gal_friday.backtest.equity import Curve
from gal_friday.domain.time import DAY, to_datetime


class Cell(msgspec.Struct, frozen=True):
    """The percent return of one period; None outside the run. `shade` is 0 to 1 by size."""

    percent: float | None
    shade: float = 0.0


class Year(msgspec.Struct, frozen=True):
    """A row of the table: twelve months and the year."""

    year: int
    months: tuple[Cell, ...]
    total: Cell


class Months(msgspec.Struct, frozen=True):
    """The table, and the days it is made of in time order."""

    years: tuple[Year, ...]
    daily: tuple[Cell, ...]


def months(curve: Curve) -> Months:
    """Monthly and yearly returns; a period that the run covers in part counts for what it covers."""
    closes = [float(curve.rows[0].equity), *(float(equity) for _, equity in curve.daily)]
    growth: dict[tuple[int, int], float] = {}
    daily: list[Cell] = []
    for (end_ns, _), (before, after) in zip(curve.daily, pairwise(closes), strict=True):
        day = to_datetime(end_ns - DAY)
        factor = after / before if before > 0 else 1.0
        growth[day.year, day.month] = growth.get((day.year, day.month), 1.0) * factor
        daily.append(Cell((factor - 1) * 100))
    most = max((abs(factor - 1) for factor in growth.values()), default=0.0)
    years = tuple(_year(year, growth, most) for year in sorted({year for year, _ in growth}))
    return Months(years, tuple(daily))


def _year(year: int, growth: dict[tuple[int, int], float], most: float) -> Year:
    cells, total = [], 1.0
    for month in range(1, 13):
        factor = growth.get((year, month))
        if factor is None:
            cells.append(Cell(None))
            continue
        total *= factor
        cells.append(Cell((factor - 1) * 100, round(abs(factor - 1) / most, 2) if most else 0.0))
    return Year(year, tuple(cells), Cell((total - 1) * 100))
