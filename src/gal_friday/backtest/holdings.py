"""What the account held at any instant of a run, and what that was worth: exact where asked, float64 in bulk."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from gal_friday.backtest.curve_scan import add_cash, add_value, merged
from gal_friday.backtest.excursion import signed
from gal_friday.backtest.grid import Grid, grid_of
from gal_friday.backtest.result import FillRecord, Run
from gal_friday.domain.bars import Float64, Int64
from gal_friday.domain.errors import Fault
from gal_friday.domain.numbers import ZERO, exact


class Holdings:
    """Cash and positions between fills, over the instants at which bars end.

    Instant 0 is the start of the first bar, with the opening balance; every later one is a bar's end,
    at which all fills of that bar have happened. Enter `exact()` around the methods that give Decimals.
    """

    def __init__(self, run: Run) -> None:
        if not run.series or all(len(series) == 0 for series in run.series.values()):
            raise Fault("a report needs at least one bar, and the run has none")
        self.run = run
        self.grids: dict[str, Grid] = {pair: grid_of(run, pair) for pair in sorted(run.series)}
        self.times = self._instants()
        self.fills = sorted(run.fills, key=lambda fill: (self.end_of(fill), fill.venue_ns))
        self._since, self._cash, self._lots = self._steps()

    def end_of(self, fill: FillRecord) -> int:
        """The end of the bar in which the fill happened, UTC ns."""
        return fill.bar_ns + self.grids[fill.pair].series.interval_ns

    def seen_ns(self, instant: int) -> int:
        """When the bars that end at the instant were known; the start is known when it is."""
        return int(self.times[instant]) + (self.run.bar_grace_ns if instant else 0)

    def cash_flow(self, fill: FillRecord) -> Decimal:
        """What the fill did to cash: the price paid or received, less the fee."""
        grid = self.grids[fill.pair]
        return -grid.money(signed(fill) * grid.points(fill)) - fill.commission

    def equity(self) -> Float64:
        """Equity at every instant, to the precision of float64."""
        out = np.zeros(len(self.times))
        add_cash(self.times, self._since, np.array([float(cash) for cash in self._cash]), out)
        for pair, grid in self.grids.items():
            lots = self._lots[pair]
            if lots.any():
                unit = 10.0 ** (grid.series.price_decimals + grid.instrument.lot_decimals)
                columns = (grid.series.start_ns, grid.series.interval_ns, grid.series.close)
                add_value(self.times, *columns, self._since, lots, unit, out)
        return out

    def marks(self, instants: Int64) -> list[tuple[Decimal, Decimal]]:
        """Exact cash and exact value of the positions at the instants."""
        at = self.times[instants]
        steps = (np.searchsorted(self._since, at, side="right") - 1).tolist()
        values = [ZERO] * len(steps)
        for pair, grid in self.grids.items():
            held = self._lots[pair][steps].tolist()
            rows = self.rows_known(pair, at)
            for i, lots in enumerate(held):
                if lots:
                    values[i] += grid.money(lots * grid.close(rows[i]))
        return [(self._cash[step], value) for step, value in zip(steps, values, strict=True)]

    def rows_known(self, pair: str, at: Int64) -> list[int]:
        """The last bar of the pair that has ended at each time; -1 before its first."""
        series = self.grids[pair].series
        rows: list[int] = (np.searchsorted(series.start_ns, at - series.interval_ns, side="right") - 1).tolist()
        return rows

    def _instants(self) -> Int64:
        columns = [grid.series for grid in self.grids.values() if len(grid.series)]
        times = columns[0].start_ns + columns[0].interval_ns
        for series in columns[1:]:
            same = series.interval_ns == columns[0].interval_ns and np.array_equal(series.start_ns, columns[0].start_ns)
            if not same:
                times = merged(times, series.start_ns + series.interval_ns)
        start = min(int(series.start_ns[0]) for series in columns)
        return np.concatenate((np.array([start], dtype=np.int64), times))

    def _steps(self) -> tuple[Int64, list[Decimal], dict[str, Int64]]:
        since, cash = [int(self.times[0])], [self.run.initial_capital]
        held = [dict.fromkeys(self.grids, 0)]
        with exact():
            for fill in self.fills:
                end = self.end_of(fill)
                if end != since[-1]:
                    since.append(end)
                    cash.append(cash[-1])
                    held.append(dict(held[-1]))
                cash[-1] += self.cash_flow(fill)
                held[-1][fill.pair] += signed(fill)
        lots = {pair: np.array([state[pair] for state in held], dtype=np.int64) for pair in self.grids}
        return np.array(since, dtype=np.int64), cash, lots
