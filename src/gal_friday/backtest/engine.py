"""BacktestingEngine: from history to a report, through either driver."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.fast import FastDriver
from gal_friday.backtest.findings import Findings, findings
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.report import StressRow, stress_row, write
from gal_friday.backtest.report.document import document
from gal_friday.backtest.result import Run
from gal_friday.backtest.world import World, build
from gal_friday.domain.bars import BarSeries, BookSeries
from gal_friday.domain.errors import DataError, Fault
from gal_friday.domain.numbers import exact
from gal_friday.domain.time import iso, to_ns
from gal_friday.market.loading import load_books, load_series
from gal_friday.settings.manager import ConfigurationManager

Progress = Callable[[str], None]


class BacktestingEngine:
    """One configured backtest. `data` are paths of files or of a store; `series` and `books` are given instead of them.

    With `out_dir` the run leaves its artefacts there; without it only the report is returned.
    """

    def __init__(
        self,
        config: ConfigurationManager,
        *,
        data: Sequence[str] = (),
        pairs: Sequence[str] | None = None,
        series: Mapping[str, BarSeries] | None = None,
        books: Mapping[str, BookSeries] | None = None,
        out_dir: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._config = config
        self._data = tuple(data)
        self._pairs = None if pairs is None else tuple(pairs)
        self._series = series
        self._books = books
        self._out_dir = out_dir
        self._tell = progress or (lambda text: None)
        self.run: Run | None = None
        self.findings: Findings | None = None

    def run_backtest(self, start_date: datetime, end_date: datetime, initial_capital: Decimal) -> dict[str, Any]:
        """Replay the bars that start in [start_date, end_date) and return the report.

        Times without a zone are UTC. Raises `DataError` for history that cannot be used and `Fault` for a
        strategy or module that fails; artefacts appear only when the run has succeeded.
        """
        if initial_capital <= 0:
            raise DataError(f"the initial capital must be above 0, was {initial_capital}: see --capital")
        world = self._load_historical_data(to_ns(start_date), to_ns(end_date))
        if self._out_dir is None:
            self.run = self._simulate_event_loop(world, initial_capital, None)
            return self._generate_report(self.run, world)
        self._out_dir.mkdir(parents=True, exist_ok=True)
        final = self._out_dir / "decisions.jsonl"
        partial = final.with_suffix(".jsonl.partial")
        with ExitStack() as cleanup:
            cleanup.callback(partial.unlink, missing_ok=True)
            with partial.open("wb") as sink:
                self.run = self._simulate_event_loop(world, initial_capital, sink)
            report = self._generate_report(self.run, world)
            os.replace(partial, final)
        return report

    def _load_historical_data(self, start_ns: int, end_ns: int) -> World:
        if start_ns >= end_ns:
            raise DataError(
                f"the backtest ends before it starts, was from {iso(start_ns)} until {iso(end_ns)}: "
                "check --start and --end"
            )
        if self._series is not None:
            series = {pair: one.between(start_ns, end_ns) for pair, one in self._series.items()}
            books = _cut(self._series, self._books or {}, start_ns, end_ns)
        else:
            self._tell("loading history")
            series = load_series(
                self._data,
                pairs=self._pairs,
                start_ns=start_ns,
                end_ns=end_ns,
                settings=self._config.section("history"),
                market=self._config.section("market"),
            )
            books = load_books(self._data, series)
        return build(self._config, series, books)

    def _simulate_event_loop(self, world: World, capital: Decimal, sink: BinaryIO | None) -> Run:
        driver = self._config.section("backtest").driver
        self._tell(f"simulating {len(world.starts):,} bars, driver {driver}")
        made = EventDriver if driver == "event" else FastDriver
        return made(world, capital, Recorder(sink)).run()

    def _generate_report(self, run: Run, world: World) -> dict[str, Any]:
        self._tell("measuring")
        with exact():
            self.findings = findings(run)
            if self._out_dir is not None:
                factors = self._config.section("backtest").cost_stress
                stress = [self._stressed(world, factor, self.findings) for factor in factors]
                self._tell("writing the report")
                write(self.findings, self._out_dir, cost_stress=stress)
            return document(self.findings)

    def _stressed(self, world: World, factor: Decimal, found: Findings) -> StressRow:
        if factor == 1:
            return stress_row(factor, found)
        simulation = self._config.section("simulation")
        config = self._config.with_overrides(
            {
                "simulation.fee_multiple": str(simulation.fee_multiple * factor),
                "simulation.slippage_multiple": str(simulation.slippage_multiple * factor),
            }
        )
        self._tell(f"simulating again with costs times {factor}")
        again = FastDriver(build(config, world.series, world.books), found.run.initial_capital, Recorder()).run()
        return stress_row(factor, findings(again))


def _cut(
    series: Mapping[str, BarSeries], books: Mapping[str, BookSeries], start_ns: int, end_ns: int
) -> dict[str, BookSeries]:
    cut = {}
    for pair, book in books.items():
        starts = series[pair].start_ns
        if len(book) != len(starts):
            raise Fault(f"{pair}: {len(book)} book states for {len(starts)} bars; one per bar is expected")
        cut[pair] = book.rows(int(starts.searchsorted(start_ns)), int(starts.searchsorted(end_ns)))
    return cut
