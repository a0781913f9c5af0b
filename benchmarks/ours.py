"""The task on our own system, one driver and one run a process; prints the same line as the peers do."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks import market
from benchmarks.peers.task import YEAR, answer, timed
from benchmarks.series import series
from gal_friday.backtest.findings import findings
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.report import write
from gal_friday.backtest.result import Run
from gal_friday.backtest.world import build
from gal_friday.domain.bars import BarSeries
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Role
from gal_friday.settings.manager import ConfigurationManager

HERE = Path(__file__).parent
WARM_ROWS = 5_000


def configuration(entries: str, pairs: int = 1) -> ConfigurationManager:
    """The task's configuration; `daily` lets only the first signal of a UTC day enter, pairs share the 10 %."""
    files = [HERE / "w1.yaml", *([HERE / "daily.yaml"] if entries == "daily" else [])]
    share = {"risk.max_position_pct": str(10 / pairs)}
    return ConfigurationManager(os.pathsep.join(map(str, files)), environ={}, overrides=share)


def backtest(driver: str, config: ConfigurationManager, bars: dict[str, BarSeries], decisions: Path) -> Run:
    """One run from bars in memory to the ledger, the journal's file and the hashes."""
    with decisions.open("wb") as sink:
        world = build(config, bars)
        capital = config.section("backtest").initial_capital
        recorder = Recorder(sink)
        if driver == "fast":
            from gal_friday.backtest.fast import FastDriver

            return FastDriver(world, capital, recorder).run()
        from gal_friday.backtest.event import EventDriver

        return EventDriver(world, capital, recorder).run()


def main() -> None:
    """Load, warm up, run, answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", choices=("fast", "event"), default="fast")
    parser.add_argument("--rows", type=int, default=YEAR)
    parser.add_argument("--pairs", type=int, choices=(1, 2), default=1)
    parser.add_argument("--entries", choices=("all", "daily"), default="all")
    chosen = parser.parse_args()

    for pair in range(chosen.pairs):
        market.ensure(chosen.rows, pair)
    config = configuration(chosen.entries, chosen.pairs)
    load_s, bars = timed(lambda: {one.pair: one for one in (series(chosen.rows, k) for k in range(chosen.pairs))})
    with tempfile.TemporaryDirectory() as folder:
        decisions = Path(folder) / "decisions.jsonl"
        short = {pair: one.between(None, int(one.start_ns[min(WARM_ROWS, len(one)) - 1])) for pair, one in bars.items()}
        warm_s, _ = timed(lambda: backtest(chosen.driver, config, short, decisions))
        run_s, run = timed(lambda: backtest(chosen.driver, config, bars, decisions))
        # Not in the clock, but in the memory: whoever runs a backtest reads its report.
        with exact():
            figures_s, found = timed(lambda: findings(run))
            tables_s, _ = timed(lambda: write(found, Path(folder), page=False))
            page_s, _ = timed(lambda: write(found, Path(folder)))
        journal_mb = decisions.stat().st_size / 2**20
    answer(
        "gal-friday",
        chosen.rows * chosen.pairs,
        run_s,
        load_s=round(load_s, 3),
        warm_s=round(warm_s, 3),
        report_s=round(figures_s + tables_s, 3),
        html_s=round(page_s - tables_s, 3),
        trades=len({fill.signal_id for fill in run.fills if fill.role is Role.ENTRY}),
        equity=float(run.final_equity),
        journal_mb=round(journal_mb, 2),
        decisions_sha256=run.decisions_sha256,
        ledger_sha256=run.ledger_sha256,
    )


if __name__ == "__main__":
    main()
