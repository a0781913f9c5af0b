"""The same seed gives the same bytes: on another run, under another hash seed, and in whatever order pairs are named."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.fast import FastDriver
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.result import Run
from gal_friday.backtest.world import build
from tests.backtest.markets import Market
from tests.backtest.worlds import Case

ROOT = Path(__file__).parents[2]
BUSY = Case(
    (
        Market("DOGE/USD", 3, 1_500, jumps=0.003, outages=1, wicks=0.02),
        Market("XRP/USD", 4, 1_500, late=60, filled=0.05),
    ),
    overrides={
        "trading.pairs": ["DOGE/USD", "XRP/USD"],
        "strategy.strategies": [
            {
                "id": "cross",
                "parameters": {"rsi_max": 101.0, "short": True},
                "entry_type": "LIMIT",
                "limit_offset_bp": "2",
                "stop": {"pct": "0.5"},
                "target": {"pct": "0.7"},
            }
        ],
        "risk.allow_short": True,
        "execution.entry_timeout_s": 900,
        "execution.on_entry_timeout": "market",
        "risk.max_order_value": "1000000",
        "simulation.latency_jitter_ms": 200_000,
        "backtest.seed": 7,
    },
)
SCRIPT = """
from tests.backtest.test_determinism import BUSY, outcome
print(outcome(BUSY))
"""


def run_of(case: Case, driver: type[FastDriver] | type[EventDriver] = FastDriver, **changes: Any) -> tuple[Run, bytes]:
    series, sink = case.series(), io.BytesIO()
    world = build(case.config(**changes), series, case.books(series))
    return driver(world, case.money, Recorder(sink)).run(), sink.getvalue()


def outcome(case: Case) -> str:
    """Everything that must not vary, as one line."""
    told = []
    for driver in (FastDriver, EventDriver):
        run, lines = run_of(case, driver)
        told += [run.decisions_sha256, run.ledger_sha256, str(run.final_equity), str(len(lines)), run.config_hash]
    return " ".join(told)


def executed(run: Run) -> list[tuple[Any, ...]]:
    return [(fill.pair, fill.role, fill.ticks, fill.lots, fill.venue_ns) for fill in run.fills]


def test_two_runs_agree_under_every_hash_seed() -> None:
    here = outcome(BUSY)
    assert run_of(BUSY)[0].fills
    for hash_seed in ("0", "4242"):
        environ = dict(os.environ, PYTHONHASHSEED=hash_seed)
        told = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
        )
        assert told.stdout.splitlines()[-1] == here, f"PYTHONHASHSEED={hash_seed}"


@pytest.mark.parametrize("driver", [FastDriver, EventDriver])
def test_another_seed_is_another_run_only_where_chance_plays(driver: type[FastDriver] | type[EventDriver]) -> None:
    seeded, lines = run_of(BUSY, driver)
    other, other_lines = run_of(BUSY, driver, **{"backtest.seed": 8})
    assert lines != other_lines
    assert executed(seeded) != executed(other)
    still = {"simulation.latency_jitter_ms": 0}
    calm, _ = run_of(BUSY, driver, **still)
    same, _ = run_of(BUSY, driver, **still, **{"backtest.seed": 8})
    assert executed(calm) == executed(same)


@pytest.mark.parametrize("driver", [FastDriver, EventDriver])
def test_the_order_in_which_pairs_are_given_does_not_matter(driver: type[FastDriver] | type[EventDriver]) -> None:
    turned = replace(BUSY, markets=BUSY.markets[::-1])
    assert list(turned.series()) != list(BUSY.series())
    (one, lines), (other, other_lines) = run_of(BUSY, driver), run_of(turned, driver)
    assert lines == other_lines
    assert (one.fills, one.ledger_sha256, one.halts) == (other.fills, other.ledger_sha256, other.halts)


def test_the_order_in_which_pairs_are_configured_does_not_matter() -> None:
    turned = run_of(BUSY, **{"trading.pairs": ["XRP/USD", "DOGE/USD"]})
    assert turned[1] == run_of(BUSY)[1]
