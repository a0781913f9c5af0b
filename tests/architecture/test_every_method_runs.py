"""Every method of the contract, the inner ones too, lies on a real path: the main job and one console run call it."""

import functools
import importlib
import itertools
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from gal_friday import __main__ as program
from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.world import build
from gal_friday.domain.numbers import exact
from gal_friday.domain.time import DAY, iso
from gal_friday.events import types
from gal_friday.events.stepping import step
from gal_friday.interface.cli import CLIService
from gal_friday.interface.control import ApplicationController
from gal_friday.market.generator import generate, write_market
from gal_friday.settings.manager import ConfigurationManager

CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text())
HOMES = {
    "BacktestingEngine": "backtest.engine",
    "CLIService": "interface.cli",
    "ConfigurationManager": "settings.manager",
    "EnhancedEventBus": "events.bus",
    "ExecutionHandler": "execution.handler",
    "FeatureEngine": "features.engine",
    "MonitoringService": "operations.monitoring",
    "PortfolioManager": "portfolio.manager",
    "RiskManager": "risk.manager",
    "StrategyArbitrator": "strategy.arbitrator",
}
# Their callers are the model service, the reconciliation service and the live venue.
OUTSTANDING = {
    "ExecutionHandler._monitor_order_status",
    "PortfolioManager.reconcile_with_exchange",
    "StrategyArbitrator.handle_prediction_event",
}
METHODS = {f"{name}.{method['method']}" for name in HOMES for method in CONTRACT[name]}
START = 19_000 * DAY
KEYS = {"GAL_FRIDAY_KRAKEN_API_KEY": "a" * 56, "GAL_FRIDAY_KRAKEN_API_SECRET": "b" * 88}


@pytest.fixture(scope="module")
def calls():
    """How often each method was called, while it is watched."""
    counts: Counter[str] = Counter()

    def watched(name, function):
        @functools.wraps(function)
        def counting(*args, **kwargs):
            counts[name] += 1
            return function(*args, **kwargs)

        return counting

    with pytest.MonkeyPatch.context() as patch:
        for name, home in HOMES.items():
            owner = getattr(importlib.import_module(f"gal_friday.{home}"), name)
            for method in CONTRACT[name]:
                wanted = method["method"]
                patch.setattr(owner, wanted, watched(f"{name}.{wanted}", getattr(owner, wanted)))
        yield counts


def main_job(folder, patch):
    series, books = generate(("XRP/USD", "DOGE/USD"), START, 900, 7)
    write_market(folder / "store", series, books)
    for command in (
        ("backtest", "--data", str(folder / "store"), "--set", "risk.daily_drawdown_pct=0.2"),
        ("demo", "--days", "1"),
    ):
        out = str(folder / command[0])
        patch.setattr("sys.argv", ["gal-friday", *command, "--driver", "event", "--out", out])
        assert program.run() == 0


def console_run():
    """An operator at the console while bars go by: looks around, halts, is refused an entry, resumes, looks back."""
    config = ConfigurationManager("", environ=KEYS)
    series, _ = generate(("XRP/USD",), START, 900, seed=2, books=False)
    driver = EventDriver(build(config, series), Decimal(100_000), Recorder())
    said = []
    controller = ApplicationController(driver.app, submit=step, output=said.append)
    cli = CLIService(driver.app.config, driver.app.monitoring, controller, who="script")
    script = {
        100: ("status", "config risk.max_exposure_pct", "limits", "strategy", "keys"),
        200: ("halt drill",),
        700: ("resume drill over",),
    }
    bars = itertools.count()

    async def at_the_console(event):
        del event
        for line in script.get(next(bars), ()):
            cli.handle_command(line)

    driver.bus.subscribe(types.MARKET_DATA_OHLCV, at_the_console, observer=True)
    driver.run()
    with exact():
        for line in ("metrics", "positions", f"replay {iso(START)} {iso(START + DAY)}"):
            cli.handle_command(line)
    return "\n".join(said)


def test_the_main_job_and_a_console_run_call_every_method(calls, tmp_path, monkeypatch):
    main_job(tmp_path, monkeypatch)
    told = console_run()
    for expected in ("RUNNING", "from 0 to 100", "ema_cross", "key and secret found", "halt: sent (drill)"):
        assert expected in told
    rejected = [line for line in told.splitlines() if '"event_type": "TRADE_SIGNAL_REJECTED"' in line]
    assert rejected
    assert all('"reason": "HALTED"' in line for line in rejected)
    assert not any(secret in told for secret in KEYS.values())
    called = {name for name, count in calls.items() if count}
    assert METHODS - called == OUTSTANDING
