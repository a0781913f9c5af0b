"""Decisions know nothing of later bars, and a driver that peeks is found out."""

import msgspec
import pytest

from gal_friday.backtest import lookahead
from gal_friday.backtest.lookahead import decision_differences
from gal_friday.domain.time import DAY, MINUTE, iso
from gal_friday.events import types
from gal_friday.market.generator import generate
from gal_friday.settings.manager import ConfigurationManager

PAIRS = ("DOGE/USD", "XRP/USD")


@pytest.fixture(scope="module")
def market():
    return generate(PAIRS, 19_000 * DAY, 1_500, seed=5, books=False)[0]


@pytest.fixture
def config():
    return ConfigurationManager("", environ={})


@pytest.mark.parametrize("driver", ["fast", "event"])
def test_the_drivers_do_not_see_ahead(market, config, driver):
    configured = config.with_overrides({"backtest.driver": driver})
    assert decision_differences(configured, market, cuts=2) == []


def peeking(bars_ahead):
    """A driver that buys where the close some bars later is higher; 0 is honest."""

    def decisions(driver, world):
        del driver
        lines = []
        for at, start in enumerate(world.starts.tolist()):
            for pair, series in world.series.items():
                row, seen = world.rows[pair][at], iso(start + world.interval_ns + world.grace_ns)
                later = min(row + bars_ahead, len(series) - 1)
                if row > 0 and series.close[later] > series.close[row - 1]:
                    line = {"type": types.TRADE_SIGNAL_PROPOSED, "timestamp": seen, "payload": {"pair": pair}}
                    lines.append(msgspec.json.encode(line))
        return lines

    return decisions


@pytest.mark.parametrize(("bars_ahead", "checks"), [(0, set()), (1, {"cut", "garbage"}), (5, {"cut", "garbage"})])
def test_a_driver_that_peeks_is_found_out(market, config, monkeypatch, bars_ahead, checks):
    monkeypatch.setattr(lookahead, "_decisions", peeking(bars_ahead))
    found = decision_differences(config, market, cuts=8)
    assert {each.check for each in found} == checks
    for each in found:
        assert each.line != each.other
        assert each.after_ns % MINUTE == 0
