"""PortfolioManager on the bus: it opens with the venue's account, tells what changed, and notices a mismatch."""

from decimal import Decimal

import pytest

from gal_friday.domain.ids import SeededIds
from gal_friday.domain.numbers import exact
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import HOUR, MINUTE
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.portfolio.manager import PortfolioManager
from gal_friday.settings.manager import ConfigurationManager

PAIR = "XRP/USD"
NOW = 1_700_000_000_000_000_000 // HOUR * HOUR


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


class Street:
    def __init__(self, **ports):
        self.clock = SimulatedClock(NOW)
        self.bus = EnhancedEventBus(clock=self.clock, ids=SeededIds(0))
        self.heard = []
        self.bus.subscribe("*", self._hear, observer=True)
        self.portfolio = PortfolioManager(ConfigurationManager("", environ={}), self.bus, clock=self.clock, **ports)
        step(self.portfolio.start())
        self.bus.settle()

    async def _hear(self, event):
        self.heard.append((event["event_type"], event["payload"]))

    def say(self, kind, payload):
        step(self.bus.publish(kind, payload, source="test"))
        self.bus.settle()

    def account(self, **totals):
        balances = {asset: {"total": total, "available": total} for asset, total in totals.items()}
        self.say(types.ACCOUNT_STATE, {"balances": balances, "open_orders": [], "as_of": "2024-01-01T00:00:00Z"})

    def bar(self, close="0.5"):
        self.say(types.MARKET_DATA_OHLCV, {"trading_pair": PAIR, "close": close})

    def fill(self, quantity="1000", price="0.5", *, n=1, side="BUY"):
        fill = {"fill_id": f"f{n}", "quantity": quantity, "price": price, "commission": "2", "liquidity": "taker"}
        self.say(
            types.EXECUTION_REPORT,
            {
                "signal_id": "s",
                "role": "ENTRY" if side == "BUY" else "EXIT",
                "client_order_id": f"o{n}",
                "trading_pair": PAIR,
                "exchange": "kraken",
                "order_status": "FILLED",
                "order_type": "MARKET",
                "side": side,
                "quantity_ordered": quantity,
                "quantity_filled": quantity,
                "last_fill": fill,
                "commission": "2",
                "commission_asset": "USD",
                "timestamp_exchange": "2024-01-01T00:00:00Z",
            },
        )

    def told(self, kind):
        return [payload for name, payload in self.heard if name == kind]


def test_it_asks_for_the_account_and_begins_with_it():
    street = Street()
    assert street.told(types.ACCOUNT_REQUESTED) == [{"reason": "start"}]
    street.account(USD="2500.5")
    assert [p["total_equity"] for p in street.told(types.PORTFOLIO_UPDATED)] == ["2500.5"]
    assert street.portfolio.get_current_state() == street.told(types.PORTFOLIO_UPDATED)[-1]


def test_every_fill_is_told_once():
    street = Street()
    street.account(USD="10000")
    street.fill()
    street.fill()
    (_, update) = street.told(types.PORTFOLIO_UPDATED)
    assert update["total_equity"] == "9998.0"
    assert update["positions"][PAIR]["quantity"] == "1000"
    street.fill("1000", "0.6", n=2, side="SELL")
    last = street.told(types.PORTFOLIO_UPDATED)[-1]
    assert (last["positions"], Decimal(last["realized_pnl"]), last["consecutive_losses"]) == ({}, 100, 0)


def test_a_bar_marks_the_position_and_every_hour_is_told():
    street = Street()
    street.account(USD="10000")
    street.fill()
    street.bar()
    before = len(street.told(types.PORTFOLIO_UPDATED))
    for minute in range(1, 121):
        street.clock.advance(NOW + minute * MINUTE)
        street.bar("0.4")
        assert Decimal(street.portfolio.get_current_state()["total_equity"]) == 9898
    assert len(street.told(types.PORTFOLIO_UPDATED)) == before + 2


def test_one_pairs_state_is_the_whole_with_that_position_alone():
    street = Street()
    street.account(USD="10000")
    street.fill()
    whole = street.portfolio.get_current_state()
    assert street.portfolio.get_current_state(PAIR) == whole
    assert street.portfolio.get_current_state("DOGE/USD") == {**whole, "positions": {}}


def test_the_same_balances_are_no_mismatch_and_others_ask_for_a_halt():
    street = Street()
    street.account(USD="10000")
    street.fill()
    street.account(USD="9498.00", XRP="1000.000")
    assert street.told(types.HALT_REQUESTED) == []
    street.account(USD="9498", XRP="999", DOGE="1")
    (asked,) = street.told(types.HALT_REQUESTED)
    assert asked["source"] == "PortfolioManager"
    assert asked["reason"] == "ACCOUNT_MISMATCH: DOGE: ledger 0, exchange 1; XRP: ledger 1000, exchange 999"


def test_reconciling_runs_the_pass_or_asks_for_the_account():
    street = Street()
    step(street.portfolio.reconcile_with_exchange())
    street.bus.settle()
    assert street.told(types.ACCOUNT_REQUESTED)[-1] == {"reason": "reconcile"}
    ran = []

    async def reconcile():
        ran.append(1)

    other = Street(reconciliation=reconcile)
    step(other.portfolio.reconcile_with_exchange())
    assert ran == [1]
    assert len(other.told(types.ACCOUNT_REQUESTED)) == 1


def test_once_stopped_it_books_nothing():
    street = Street()
    street.account(USD="10000")
    step(street.portfolio.stop())
    street.fill()
    assert street.portfolio.account.cash == 10_000
