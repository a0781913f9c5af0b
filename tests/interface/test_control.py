"""The console over the real application: a scripted run from the first status to the replay of what happened."""

from decimal import Decimal

import pytest

from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.world import build
from gal_friday.domain.numbers import exact
from gal_friday.domain.time import DAY, iso
from gal_friday.events.stepping import step
from gal_friday.interface.cli import CLIService
from gal_friday.interface.control import ApplicationController
from gal_friday.market.generator import generate
from gal_friday.settings.manager import ConfigurationManager

START = 19_000 * DAY


@pytest.fixture(scope="module")
def driver():
    config = ConfigurationManager("", environ={})
    series, _ = generate(("XRP/USD",), START, 600, seed=2, books=False)
    it = EventDriver(build(config, series), Decimal(100_000), Recorder())
    it.run()
    return it


def test_a_scripted_console_run(driver):
    said = []
    app = driver.app
    controller = ApplicationController(app, submit=step, output=said.append)
    cli = CLIService(app.config, app.monitoring, controller, who="script")

    def answer(line):
        said.clear()
        cli.handle_command(line)
        driver.bus.settle()
        return "\n".join(said)

    with exact():
        step(app.monitoring.start())
        status = answer("status")
        assert "RUNNING" in status
        assert "total_equity" in status
        assert app.config.config_hash in status
        assert "sent" in answer("halt drill")
        assert "HALTED" in answer("status")
        answer("resume drill over")
        assert "RUNNING" in answer("status")
        assert "published" in answer("metrics")
        assert answer("positions")
        assert "from 0 to 100" in answer("config risk.max_exposure_pct")
        told = answer(f"replay {iso(START)} {iso(START + DAY)}")
        assert "MARKET_DATA_OHLCV" in told
        assert '"why": "drill over"' in told
