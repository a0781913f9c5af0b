"""What turning a finished run into its files costs: figures, tables, and the page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks import market
from benchmarks.ours import backtest, configuration
from benchmarks.peers.task import YEAR, timed
from benchmarks.series import series
from gal_friday.backtest.findings import findings
from gal_friday.backtest.report import write
from gal_friday.domain.numbers import exact


def run(repeats: int) -> None:
    """Print the seconds of each step for a year with every signal, and for one with a signal a day."""
    market.ensure(YEAR, 0)
    bars = {one.pair: one for one in (series(YEAR),)}
    print(f"{'run':10} {'trades':>7} {'figures s':>10} {'tables s':>10} {'page s':>10} {'page MB':>8}")
    for entries in ("all", "daily"):
        with tempfile.TemporaryDirectory() as name, exact():
            folder = Path(name)
            done = backtest("fast", configuration(entries), bars, folder / "decisions.jsonl")
            found = findings(done)
            figures_s = median(timed(lambda done=done: findings(done))[0] for _ in range(repeats))
            tables_s = median(
                timed(lambda found=found, folder=folder: write(found, folder, page=False))[0] for _ in range(repeats)
            )
            both_s = median(timed(lambda found=found, folder=folder: write(found, folder))[0] for _ in range(repeats))
            page_mb = (folder / "report.html").stat().st_size / 2**20
            trades = sum(1 for _ in (folder / "trades.csv").open()) - 1
        page_s = both_s - tables_s
        print(f"{entries:10} {trades:7,} {figures_s:10.3f} {tables_s:10.3f} {page_s:10.3f} {page_mb:8.2f}", flush=True)
