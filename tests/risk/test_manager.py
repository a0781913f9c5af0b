"""RiskManager on the bus: it reserves before it approves, refuses with a reason, and asks for a halt once."""

from decimal import Decimal

import pytest

from gal_friday.domain.ids import SeededIds
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Proposal, Purpose, Side
from gal_friday.domain.ports import SimulatedClock
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.portfolio.manager import PortfolioManager
from gal_friday.risk.manager import RiskManager
from gal_friday.settings.manager import ConfigurationManager

D = Decimal
PAIR, OTHER = "XRP/USD", "DOGE/USD"
NOW = 1_700_000_000_000_000_000


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


class Street:
    """A bus with portfolio and risk on it; the account is answered as the venue would."""

    def __init__(self, **risk):
        overrides = {f"risk.{name}": str(value) for name, value in risk.items()}
        self.config = ConfigurationManager("", environ={}, overrides=overrides)
        self.clock = SimulatedClock(NOW)
        self.bus = EnhancedEventBus(clock=self.clock, ids=SeededIds(0))
        self.heard = []
        self.bus.subscribe("*", self._hear, observer=True)
        self.portfolio = PortfolioManager(self.config, self.bus, clock=self.clock)
        rules = {
            pair: Instrument(pair, 5, 8, D("0.00001"), D(10), D("0.5"), D("0.40"), D("0.25")) for pair in (PAIR, OTHER)
        }
        self.risk = RiskManager(self.config, self.bus, self.portfolio, instruments=rules, clock=self.clock)
        step(self.portfolio.start())
        step(self.risk.start())
        balances = {"USD": {"total": "100000", "available": "100000"}}
        self.say(types.ACCOUNT_STATE, {"balances": balances, "open_orders": [], "as_of": ""})
        for pair in (PAIR, OTHER):
            self.bar(pair, "0.5")

    async def _hear(self, event):
        self.heard.append((event["event_type"], event["payload"]))

    def say(self, kind, payload, *, settle=True):
        step(self.bus.publish(kind, payload, source="test"))
        if settle:
            self.bus.settle()

    def bar(self, pair, close):
        self.say(types.MARKET_DATA_OHLCV, {"trading_pair": pair, "close": close})

    def propose(self, n, pair=PAIR, *, settle=True, **changes):
        wish = {
            "signal_id": f"s{n}",
            "purpose": Purpose.ENTRY,
            "pair": pair,
            "side": Side.BUY,
            "order_type": OrderType.MARKET,
            "limit": None,
            "sl": D("0.495"),
            "tp": D("0.51"),
            "strategy_id": "ema_cross",
            "bar_ns": n,
        }
        self.say(types.TRADE_SIGNAL_PROPOSED, Proposal(**{**wish, **changes}).payload(), settle=settle)

    def told(self, kind):
        return [payload for name, payload in self.heard if name == kind]

    def fill(self, n, *, quantity, price, role="ENTRY", side="BUY"):
        self.say(
            types.EXECUTION_REPORT,
            {
                "signal_id": f"s{n}",
                "role": role,
                "client_order_id": f"{role}{n}",
                "trading_pair": PAIR,
                "exchange": "kraken",
                "order_status": "FILLED",
                "order_type": "MARKET",
                "side": side,
                "quantity_ordered": quantity,
                "quantity_filled": quantity,
                "last_fill": {
                    "fill_id": f"{role}{n}-1",
                    "quantity": quantity,
                    "price": price,
                    "commission": "0",
                    "liquidity": "taker",
                },
                "commission": "0",
                "commission_asset": "USD",
                "timestamp_exchange": "2024-01-01T00:00:00Z",
            },
        )


def test_the_position_size_of_the_contract():
    assert Street().risk._calculate_position_size(D(100_000), D("0.5"), D("0.01")) == 50_000


def test_an_approval_is_reserved_for_before_it_is_published():
    street = Street()
    seen = []

    class Watched:
        def get_current_state(self, trading_pair=None):
            return street.portfolio.get_current_state(trading_pair)

        def reserve(self, signal_id, pair, *, cash, exposure):
            published = step(street.bus.get_queue_metrics())["published"]
            seen.append((signal_id, pair, cash, exposure, published.get(types.TRADE_SIGNAL_APPROVED, 0)))
            street.portfolio.reserve(signal_id, pair, cash=cash, exposure=exposure)

        def release(self, signal_id):
            street.portfolio.release(signal_id)

    street.risk._portfolio = Watched()
    street.propose(1)
    assert seen == [("s1", PAIR, D(10_040), D(10_000), 0)]
    assert len(street.told(types.TRADE_SIGNAL_APPROVED)) == 1


def test_two_proposals_of_one_instant_share_the_limits():
    street = Street(max_position_pct=20, max_exposure_pct=25, max_order_value=20_000)
    street.propose(1, PAIR, settle=False)
    street.propose(2, OTHER, settle=False)
    street.propose(3, OTHER)
    first, second = street.told(types.TRADE_SIGNAL_APPROVED)
    assert (first["quantity"], second["quantity"]) == ("40000.00000000", "10000.00000000")
    assert street.told(types.TRADE_SIGNAL_REJECTED)[0]["reason"] == "MAX_EXPOSURE_PCT"
    assert street.portfolio.get_current_state()["total_exposure_pct"] == "25.00000000"


def test_a_refusal_tells_code_limit_and_value():
    street = Street(on_cap="reject")
    street.propose(1)
    assert street.told(types.TRADE_SIGNAL_REJECTED) == [
        {
            "signal_id": "s1",
            "purpose": "ENTRY",
            "trading_pair": PAIR,
            "exchange": "kraken",
            "side": "BUY",
            "reason": "MAX_ORDER_VALUE",
            "limit": "10000",
            "actual": street.told(types.TRADE_SIGNAL_REJECTED)[0]["actual"],
        }
    ]
    assert D(street.told(types.TRADE_SIGNAL_REJECTED)[0]["actual"]) == 50_000
    assert not street.told(types.TRADE_SIGNAL_APPROVED)


def test_the_checks_answer_approved_code_and_payload():
    street = Street()
    good = Proposal("s1", Purpose.ENTRY, PAIR, Side.BUY, OrderType.MARKET, None, D("0.495"), None, "x", 1)
    approved, code, payload = street.risk._perform_pre_trade_checks(good.payload())
    assert (approved, code, payload["quantity"]) == (True, None, "20000.00000000")
    assert street.risk._perform_pre_trade_checks(good.payload()) == (False, "DUPLICATE_SIGNAL", None)


@pytest.mark.parametrize(
    ("kind", "payload", "code", "undo"),
    [
        (
            types.SYSTEM_STATE_CHANGE,
            {"new_state": "HALTED", "reason": "x"},
            "HALTED",
            {"new_state": "RUNNING", "reason": "y"},
        ),
        (
            types.SYSTEM_STATE_CHANGE,
            {"new_state": "STOPPING", "reason": "x"},
            "HALTED",
            {"new_state": "RUNNING", "reason": "y"},
        ),
        (
            types.MARKET_STATUS,
            {"trading_pair": PAIR, "kind": "STALE", "since": ""},
            "STALE_MARKET_DATA",
            {"trading_pair": PAIR, "kind": "FRESH", "since": ""},
        ),
        (types.MARKET_STATUS, {"kind": "OUTAGE", "since": ""}, "STALE_MARKET_DATA", {"kind": "FRESH", "since": ""}),
        (
            types.OPERATOR_COMMAND,
            {"command": "pause", "arguments": {"pair": PAIR}},
            "PAIR_PAUSED",
            {"command": "unpause", "arguments": {"pair": PAIR}},
        ),
    ],
)
def test_what_the_world_says_stops_entries_until_it_is_taken_back(kind, payload, code, undo):
    street = Street()
    street.say(kind, payload)
    street.propose(1)
    assert [p["reason"] for p in street.told(types.TRADE_SIGNAL_REJECTED)] == [code]
    street.say(kind, undo)
    street.propose(2)
    assert [p["signal_id"] for p in street.told(types.TRADE_SIGNAL_APPROVED)] == ["s2"]


def test_the_venues_word_on_a_pair_is_followed():
    street = Street()
    rules = Instrument(PAIR, 5, 8, D("0.00001"), D(10), D("0.5"), D("0.40"), D("0.25"), status="maintenance")
    street.say(types.INSTRUMENT, rules.payload())
    street.propose(1)
    street.propose(2, OTHER)
    assert [p["reason"] for p in street.told(types.TRADE_SIGNAL_REJECTED)] == ["VENUE_NOT_ONLINE"]
    assert [p["trading_pair"] for p in street.told(types.TRADE_SIGNAL_APPROVED)] == [OTHER]


def test_an_exit_passes_while_halted_and_reserves_nothing():
    street = Street()
    street.propose(1)
    street.fill(1, quantity="20000", price="0.5")
    street.say(types.SYSTEM_STATE_CHANGE, {"new_state": "HALTED", "reason": "x"})
    before = street.portfolio.get_current_state()["available_balance"]
    street.propose(2, purpose=Purpose.EXIT, side=Side.SELL, sl=None, tp=None)
    assert street.told(types.TRADE_SIGNAL_APPROVED)[-1]["quantity"] == "20000"
    assert street.portfolio.get_current_state()["available_balance"] == before


@pytest.mark.parametrize(
    ("limits", "close", "code"),
    [
        ({}, "0.4", "DAILY_DRAWDOWN_LIMIT"),
        ({"daily_drawdown_pct": 5, "weekly_drawdown_pct": 5}, "0.2", "DAILY_DRAWDOWN_LIMIT"),
        ({"daily_drawdown_pct": 2, "weekly_drawdown_pct": 2, "total_drawdown_pct": 2}, "0.4", "TOTAL_DRAWDOWN_LIMIT"),
        ({"max_consecutive_losses": 1, "daily_drawdown_pct": 5}, None, "CONSECUTIVE_LOSSES_LIMIT"),
    ],
)
def test_a_crossed_limit_asks_for_one_halt(limits, close, code):
    street = Street(**limits)
    street.propose(1)
    street.fill(1, quantity="20000", price="0.5")
    assert street.told(types.HALT_REQUESTED) == []
    if close is None:
        street.fill(1, quantity="20000", price="0.49", role="STOP", side="SELL")
    else:
        street.bar(PAIR, close)
    (asked,) = street.told(types.HALT_REQUESTED)
    assert asked["reason"].startswith(f"{code}: ")
    assert asked["source"] == "RiskManager"
    street.bar(OTHER, "0.5")
    assert len(street.told(types.HALT_REQUESTED)) == 1


def test_while_halted_no_halt_is_asked_for_and_after_a_resume_it_is_again():
    street = Street()
    street.propose(1)
    street.fill(1, quantity="20000", price="0.5")
    street.say(types.SYSTEM_STATE_CHANGE, {"new_state": "HALTED", "reason": "x"})
    street.bar(PAIR, "0.3")
    assert street.told(types.HALT_REQUESTED) == []
    street.say(types.SYSTEM_STATE_CHANGE, {"new_state": "RUNNING", "reason": "resumed"})
    street.bar(PAIR, "0.3")
    assert len(street.told(types.HALT_REQUESTED)) == 1


def test_a_resume_forgives_the_losses_and_nothing_else():
    street = Street(max_consecutive_losses=1)
    street.propose(1)
    street.fill(1, quantity="20000", price="0.5")
    street.fill(1, quantity="20000", price="0.35", role="STOP", side="SELL")
    before = street.portfolio.get_current_state()
    assert before["consecutive_losses"] == 1
    street.say(types.SYSTEM_STATE_CHANGE, {"new_state": "RUNNING", "reason": "resumed"})
    assert street.portfolio.get_current_state() == {**before, "consecutive_losses": 0}


def test_once_stopped_it_hears_nothing():
    street = Street()
    step(street.risk.stop())
    street.propose(1)
    assert not street.told(types.TRADE_SIGNAL_APPROVED)
    assert not street.told(types.TRADE_SIGNAL_REJECTED)
