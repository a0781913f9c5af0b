"""One integer scale for the prices of a pair, whether they come from its bars or from its fills."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from gal_friday.backtest.result import FillRecord, Run
from gal_friday.domain.bars import BarSeries, Int64
from gal_friday.domain.errors import Fault
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import units_decimal


@dataclass(frozen=True, slots=True)
class Grid:
    """Bars and fills of one pair in common points of 10^-decimals; value is points times lots, an exact int."""

    series: BarSeries
    instrument: Instrument
    decimals: int
    per_bar_tick: int
    per_fill_tick: int

    def price(self, points: int) -> Decimal:
        """Points as a price in the quote asset."""
        return units_decimal(points, self.decimals)

    def money(self, value: int) -> Decimal:
        """Points times lots as money in the quote asset."""
        return units_decimal(value, self.decimals + self.instrument.lot_decimals)

    def close(self, row: int) -> int:
        """The close of a bar in points."""
        return int(self.series.close[row]) * self.per_bar_tick

    def points(self, fill: FillRecord) -> int:
        """The price of a fill in points."""
        return fill.ticks * self.per_fill_tick

    def rows(self, fills: list[FillRecord]) -> list[int]:
        """The row of the bar in which each fill happened; raises `Fault` for a fill outside the bars."""
        starts = np.array([fill.bar_ns for fill in fills], dtype=np.int64)
        at = np.searchsorted(self.series.start_ns, starts)
        found: Int64 = self.series.start_ns[np.minimum(at, len(self.series) - 1)] if len(self.series) else starts - 1
        if not np.array_equal(found, starts):
            stray = int(starts[found != starts][0])
            raise Fault(f"{self.series.pair}: a fill names the bar that starts at {stray} ns, and there is no such bar")
        return [int(row) for row in at]


def grid_of(run: Run, pair: str) -> Grid:
    """The common scale of a pair's bars and fills."""
    series, instrument = run.series[pair], run.instruments[pair]
    decimals = max(series.price_decimals, instrument.price_decimals)
    return Grid(
        series,
        instrument,
        decimals,
        10 ** (decimals - series.price_decimals),
        10 ** (decimals - instrument.price_decimals),
    )
