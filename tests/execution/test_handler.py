"""ExecutionHandler: only approvals lead to orders, the halt switch has the last word, and silence is not retried."""

from decimal import Decimal

import pytest
from msgspec.structs import asdict

from gal_friday.domain.errors import Fault, Unreachable
from gal_friday.domain.ids import SeededIds
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Approval, OrderType, Purpose, Role, Side
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.venue import Answer, Cancel, Submit, Update
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.execution.handler import ExecutionHandler
from gal_friday.operations.halt import HaltSwitch
from gal_friday.settings.manager import ConfigurationManager
from tests.execution.street import instrument

D = Decimal
PAIR = "XRP/USD"


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


class Scripted:
    """A venue that answers as told, and keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.refuse = ()
        self.silent = False
        self.known = None
        self.most = 50

    async def execute(self, command):
        self.asked.append(command)
        assert len(self.asked) <= self.most, "the venue is asked again and again"
        if self.silent:
            raise Unreachable("no answer in 2 s")
        if isinstance(command, Submit) and command.role in self.refuse:
            return Answer(False, 1, error="EOrder:Insufficient funds")
        return Answer(True, 1, exchange_id=f"X{len(self.asked)}")

    async def account(self):
        return {"balances": {}, "open_orders": [], "as_of": "2024-01-01T00:00:00.000000000Z"}

    async def query(self, exchange_order_id):
        return self.known


class Desk:
    """The handler on a bus, before a scripted venue."""

    def __init__(self):
        self.venue, self.halt = Scripted(), HaltSwitch(None)
        clock = SimulatedClock(5)
        self.bus = EnhancedEventBus(clock=clock, ids=SeededIds(0), halt=self.halt)
        self.reports = []
        self.bus.subscribe(types.EXECUTION_REPORT, self._hear, observer=True)
        config = ConfigurationManager("", environ={})
        self.handler = ExecutionHandler(
            config, self.bus, venue=self.venue, halt=self.halt, instruments={PAIR: instrument(PAIR)}, clock=clock
        )
        step(self.handler.start())

    async def _hear(self, event):
        payload = event["payload"]
        self.reports.append((payload["role"], payload["order_status"], payload.get("error_message")))

    def say(self, kind, payload):
        step(self.bus.publish(kind, payload, source="test"))
        self.bus.settle()

    def approve(self, purpose=Purpose.ENTRY):
        rules = instrument(PAIR)
        entry = purpose is Purpose.ENTRY
        prices = (rules.price(9_900), rules.price(10_200)) if entry else (None, None)
        side = Side.BUY if entry else Side.SELL
        wish = Approval("s", purpose, PAIR, side, OrderType.MARKET, rules.quantity(100), None, *prices, {})
        self.say(types.TRADE_SIGNAL_APPROVED, wish.payload())

    def update(self, kind, command, **more):
        made = Update(kind, command.client_id, PAIR, 6, **more)
        step(self.handler._handle_exchange_update(asdict(made)))
        self.bus.settle()

    def fill(self, command, lots):
        number = sum(role == command.role for role, *_ in self.reports)
        self.update("fill", command, fill_id=f"f{number}", lots=lots, ticks=10_000, commission=D("0.4"))

    @property
    def roles(self):
        return [command.role for command in self.venue.asked if isinstance(command, Submit)]


@pytest.fixture
def desk():
    return Desk()


def test_an_approval_becomes_an_order_and_its_fill_a_stop(desk):
    desk.approve()
    desk.fill(desk.venue.asked[0], 100)
    assert desk.roles == [Role.ENTRY, Role.STOP]
    assert [line[:2] for line in desk.reports] == [("ENTRY", "NEW"), ("ENTRY", "FILLED"), ("STOP", "NEW")]


def test_a_set_switch_stops_the_entry_at_the_last_moment_and_nothing_else(desk):
    desk.halt.set("control thread")
    desk.approve()
    assert desk.venue.asked == []
    assert desk.reports == [("ENTRY", "REJECTED", "halted before the order left")]
    assert not desk.handler.desk.brackets


def test_protection_and_exits_leave_while_halted(desk):
    desk.approve()
    desk.halt.set("control thread")
    desk.fill(desk.venue.asked[0], 100)
    desk.approve(Purpose.EXIT)
    assert desk.roles == [Role.ENTRY, Role.STOP]
    assert isinstance(desk.venue.asked[-1], Cancel)
    desk.update("canceled", desk.venue.asked[1])
    assert desk.roles == [Role.ENTRY, Role.STOP, Role.EXIT]


def test_silence_makes_an_order_unknown_and_sends_nothing_again(desk):
    desk.venue.silent = True
    desk.approve()
    assert desk.reports == [("ENTRY", "UNKNOWN", "no answer in 2 s")]
    assert len(desk.venue.asked) == 1
    desk.venue.silent = False
    desk.fill(desk.venue.asked[0], 100)
    assert desk.roles == [Role.ENTRY, Role.STOP]


def test_an_unknown_orders_fate_is_looked_up(desk):
    desk.venue.silent = True
    desk.approve()
    step(desk.handler._monitor_order_status("X1"))
    desk.bus.settle()
    assert len(desk.reports) == 1
    desk.venue.known = Update("expired", desk.venue.asked[0].client_id, PAIR, 9)
    step(desk.handler._monitor_order_status("X1"))
    desk.bus.settle()
    assert desk.reports[-1][:2] == ("ENTRY", "EXPIRED")
    assert not desk.handler.desk.brackets


@pytest.mark.parametrize(
    ("action", "exits"), [("LIQUIDATE_POSITIONS", True), ("MAINTAIN_POSITIONS", False), (None, False)]
)
def test_a_halt_closes_positions_only_where_it_says_so(desk, action, exits):
    desk.approve()
    desk.fill(desk.venue.asked[0], 60)
    payload = {"new_state": "HALTED", "reason": "x"}
    desk.say(types.SYSTEM_STATE_CHANGE, payload if action is None else {**payload, "halt_action": action})
    cancelled = [command.client_id for command in desk.venue.asked if isinstance(command, Cancel)]
    entry, stop = desk.venue.asked[:2]
    assert cancelled == ([entry.client_id, stop.client_id] if exits else [entry.client_id])


def test_a_print_at_the_target_swaps_the_stop_for_the_exit(desk):
    desk.approve()
    desk.fill(desk.venue.asked[0], 100)
    trade = {"trading_pair": PAIR, "price": "1.0199", "volume": "1"}
    desk.say(types.MARKET_DATA_TRADE, trade)
    desk.say(types.MARKET_DATA_TRADE, {**trade, "trading_pair": "BTC/USD"})
    assert len(desk.venue.asked) == 2
    desk.say(types.MARKET_DATA_TRADE, {**trade, "price": "1.02"})
    desk.say(types.MARKET_DATA_TRADE, {**trade, "price": "1.03"})
    assert [type(command) for command in desk.venue.asked[2:]] == [Cancel]
    desk.update("canceled", desk.venue.asked[1])
    assert desk.roles == [Role.ENTRY, Role.STOP, Role.TARGET]


def test_stopping_takes_entries_back_and_leaves_protection(desk):
    desk.approve()
    desk.fill(desk.venue.asked[0], 60)
    step(desk.handler.stop())
    desk.bus.settle()
    assert [command.client_id for command in desk.venue.asked if isinstance(command, Cancel)] == [
        desk.venue.asked[0].client_id
    ]
    desk.approve()
    assert desk.roles == [Role.ENTRY, Role.STOP]


def test_without_a_venue_it_does_not_start():
    bus = EnhancedEventBus()
    with pytest.raises(Fault, match="no venue"):
        step(ExecutionHandler(ConfigurationManager("", environ={}), bus).start())


def test_the_account_is_told_on_request(desk):
    told = []

    async def hear(event):
        told.append(event["payload"])

    desk.bus.subscribe(types.ACCOUNT_STATE, hear)
    desk.say(types.ACCOUNT_REQUESTED, {"reason": "start"})
    assert told == [step(desk.venue.account())]


def test_a_refused_stop_is_answered_by_one_exit(desk):
    desk.venue.refuse = (Role.STOP,)
    desk.approve()
    desk.fill(desk.venue.asked[0], 100)
    assert desk.roles == [Role.ENTRY, Role.STOP, Role.EXIT]


def test_a_venue_that_refuses_every_exit_is_not_asked_without_end(desk):
    desk.venue.refuse = (Role.STOP, Role.EXIT)
    desk.approve()
    desk.fill(desk.venue.asked[0], 100)
    assert len(desk.venue.asked) <= 10
