"""Payloads have the fields that their types declare: the table is complete, and a scripted run keeps to it."""

from decimal import Decimal
from typing import NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import msgspec
import pytest

from gal_friday.domain.errors import Malformed
from gal_friday.domain.ids import SeededIds
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Proposal, Purpose, Side
from gal_friday.domain.orders_wire import approval_from_payload, proposal_from_payload, report_from_payload
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import MINUTE, from_iso, iso
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.payloads import PAYLOADS
from gal_friday.events.stepping import step
from gal_friday.execution.handler import ExecutionHandler
from gal_friday.operations.halt import HaltSwitch
from gal_friday.operations.monitoring import MonitoringService
from gal_friday.portfolio.manager import PortfolioManager
from gal_friday.risk.manager import RiskManager
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.simulation.matching import BarFacts, Matching
from gal_friday.simulation.venue import SimulatedVenue

D = Decimal
PAIR = "XRP/USD"
NOW = 1_700_000_040_000_000_000 // MINUTE * MINUTE


def fields(declared):
    """Required and optional keys of a TypedDict; postponed annotations hide them from its own attributes."""
    hints = get_type_hints(declared, include_extras=True)
    optional = {name for name, hint in hints.items() if get_origin(hint) is NotRequired}
    return set(hints) - optional, optional, hints


def complaints(declared, payload):
    """What is missing, unknown or of another type in the payload, nested ones included."""
    required, optional, hints = fields(declared)
    found = [f"{declared.__name__} lacks {name}" for name in sorted(required - set(payload))]
    found += [f"{declared.__name__} does not know {name}" for name in sorted(set(payload) - required - optional)]
    for name, value in payload.items():
        if name in hints:
            found += unfit(hints[name], value, f"{declared.__name__}.{name}")
    return found


def unfit(hint, value, where):
    if get_origin(hint) is NotRequired:
        (hint,) = get_args(hint)
    if is_typeddict(hint):
        return complaints(hint, value)
    if get_origin(hint) is dict and is_typeddict(get_args(hint)[1]):
        return [line for key, one in value.items() for line in unfit(get_args(hint)[1], one, f"{where}[{key}]")]
    try:
        msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as error:
        return [f"{where}: {error}"]
    return []


def test_every_type_has_a_payload_and_every_payload_a_type():
    assert set(PAYLOADS) == set(types.PRIORITY)
    assert set(types.RETAINED) <= set(types.PRIORITY)
    named = {value for name, value in vars(types).items() if name.isupper() and isinstance(value, str)}
    assert named == set(types.PRIORITY)


@pytest.mark.parametrize("event_type", sorted(types.PRIORITY))
def test_a_payload_is_a_described_typed_dict(event_type):
    declared = PAYLOADS[event_type]
    assert is_typeddict(declared)
    assert declared.__doc__.startswith(f"{event_type}")
    required, optional, _ = fields(declared)
    assert required
    assert not required & optional
    assert types.RETAINED.get(event_type) in (None, *required, *optional)


def test_the_comparison_itself_finds_what_is_wrong():
    good = {"new_state": "HALTED", "reason": "x"}
    declared = PAYLOADS[types.SYSTEM_STATE_CHANGE]
    assert complaints(declared, good) == []
    assert complaints(declared, {"new_state": "HALTED"}) == ["SystemStatePayload lacks reason"]
    assert complaints(declared, {**good, "colour": 1}) == ["SystemStatePayload does not know colour"]
    assert len(complaints(declared, {**good, "reason": D(1)})) == 1


class Run:
    """Portfolio, risk, execution and monitoring on one bus before a simulated venue, led by hand."""

    def __init__(self):
        self.config = ConfigurationManager("", environ={}, overrides={"simulation.max_volume_share_pct": "10"})
        self.clock = SimulatedClock(NOW)
        halt = HaltSwitch(None)
        self.bus = EnhancedEventBus(clock=self.clock, ids=SeededIds(0), halt=halt)
        self.rules = Instrument(PAIR, 5, 8, D("0.00001"), D(10), D("0.5"), D("0.40"), D("0.25"))
        rules = {PAIR: self.rules}
        self.matching = Matching(self.config.section("simulation"), rules, balances={"USD": D(100_000)})
        self.events = []
        self.bus.subscribe("*", self._hear, observer=True)
        portfolio = PortfolioManager(self.config, self.bus, clock=self.clock)
        venue = SimulatedVenue(self.matching, self.clock)
        self.execution = ExecutionHandler(
            self.config, self.bus, venue=venue, halt=halt, instruments=rules, clock=self.clock
        )
        self.monitoring = MonitoringService(self.config, self.bus, halt=halt, clock=self.clock)
        self.modules = [
            portfolio,
            RiskManager(self.config, self.bus, portfolio, instruments=rules, clock=self.clock),
            self.execution,
            self.monitoring,
        ]
        for module in self.modules:
            step(module.start())
        self.bus.settle()
        self.n = 0

    async def _hear(self, event):
        self.events.append(event.complete())

    def say(self, kind, payload):
        step(self.bus.publish(kind, payload, source="test"))
        self.bus.settle()
        self.drain()

    def propose(self, purpose=Purpose.ENTRY, **changes):
        self.n += 1
        wish = {"limit": None, "sl": D("0.495"), "tp": D("0.51")} if purpose is Purpose.ENTRY else dict.fromkeys(
            ("limit", "sl", "tp")
        )  # fmt: skip
        side = Side.BUY if purpose is Purpose.ENTRY else Side.SELL
        kind = OrderType.LIMIT if changes.get("limit") else OrderType.MARKET
        made = Proposal(f"s{self.n}", purpose, PAIR, side, kind, **{**wish, **changes}, strategy_id="x", bar_ns=self.n)
        self.say(types.TRADE_SIGNAL_PROPOSED, made.payload())

    def bar(self, open_="0.5", high="0.501", low="0.499", close="0.5", volume=10**14):
        ticks = self.rules.ticks
        start = self.clock.now_ns() // MINUTE * MINUTE
        self.matching.begin(PAIR, BarFacts(start, start + MINUTE, ticks(open_), ticks(high), ticks(low), volume, 100))
        while self.matching.match_open(PAIR):
            self.drain()
        self.clock.advance(start + MINUTE)
        self.matching.range(PAIR)
        while self.matching.match_range(PAIR):
            self.drain()
        self.matching.end(PAIR)
        self.clock.advance(start + MINUTE + 1_500_000_000)
        self.say(
            types.MARKET_DATA_OHLCV,
            {
                "trading_pair": PAIR,
                "exchange": "kraken",
                "interval": "1m",
                "timestamp_bar_start": iso(start),
                "timestamp_seen": iso(self.clock.now_ns()),
                "open": open_,
                "high": high,
                "low": low,
                "close": close,
                "volume": "1",
                "trades": 1,
                "is_final": True,
                "filled": False,
            },
        )

    def drain(self):
        while self.matching.updates:
            update = self.matching.updates.popleft()
            self.clock.advance(update.venue_ns)
            step(self.execution._handle_exchange_update(msgspec.structs.asdict(update)))
            self.bus.settle()

    def of(self, kind):
        return [event["payload"] for event in self.events if event["event_type"] == kind]


@pytest.fixture(scope="module")
def run():
    with exact():
        made = Run()
        made.say(types.INSTRUMENT, made.rules.payload())
        made.bar()
        made.propose()
        made.bar(volume=10**12)
        made.bar()
        made.propose(Purpose.EXIT)
        made.bar()
        made.propose(limit=D("0.49"), sl=D("0.48"), tp=None)
        made.bar()
        made.bar()
        made.propose(sl=D("0.6"))
        made.propose()
        made.bar()
        made.say(types.HALT_REQUESTED, {"reason": "by hand", "source": "test"})
        made.bar()
        made.propose()
        step(made.monitoring.trigger_resume())
        made.bus.settle()
        made.bar("0.49", "0.49", "0.48", "0.48")
        for module in made.modules[::-1]:
            step(module.stop())
        yield made


def test_what_the_modules_publish_has_exactly_the_declared_fields(run):
    wrong = [line for event in run.events for line in complaints(PAYLOADS[event["event_type"]], event["payload"])]
    assert wrong == []


def test_the_run_speaks_of_everything_that_trading_publishes(run):
    told = {event["event_type"] for event in run.events}
    assert told >= {
        types.INSTRUMENT, types.MARKET_DATA_OHLCV, types.TRADE_SIGNAL_PROPOSED, types.TRADE_SIGNAL_APPROVED,
        types.TRADE_SIGNAL_REJECTED, types.EXECUTION_REPORT, types.ACCOUNT_REQUESTED, types.ACCOUNT_STATE,
        types.PORTFOLIO_UPDATED, types.HALT_REQUESTED, types.SYSTEM_STATE_CHANGE,
    }  # fmt: skip
    assert {payload["role"] for payload in run.of(types.EXECUTION_REPORT)} == {"ENTRY", "STOP", "EXIT"}
    assert {payload["order_status"] for payload in run.of(types.EXECUTION_REPORT)} >= {
        "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED",
    }  # fmt: skip
    assert {payload["reason"] for payload in run.of(types.TRADE_SIGNAL_REJECTED)} == {"INVALID_STOP_LOSS", "HALTED"}


def test_money_is_text_without_exponent_and_time_is_iso(run):
    for event in run.events:
        assert list(event) == [
            "event_id", "event_type", "timestamp", "source_module", "priority", "correlation_id", "trace_id",
            "sequence", "cause", "payload",
        ]  # fmt: skip
        from_iso(event["timestamp"])
        for name, value in event["payload"].items():
            if name.startswith("timestamp"):
                assert iso(from_iso(value)) == value
            assert not isinstance(value, float | Decimal), name
    for payload in run.of(types.EXECUTION_REPORT):
        assert "E" not in payload["quantity_filled"] + payload["commission"]


def test_one_id_finds_the_whole_life_of_a_trade(run):
    life = [event["event_type"] for event in run.events if event["correlation_id"] == "s1"]
    assert life[:2] == [types.TRADE_SIGNAL_PROPOSED, types.TRADE_SIGNAL_APPROVED]
    assert set(life[2:]) == {types.EXECUTION_REPORT}
    assert len(life) > 5


def test_the_ledger_ends_where_the_venue_does(run):
    ledger = run.modules[0].account.ledger
    for asset in ("USD", "XRP"):
        assert ledger.held(asset) == run.matching.balances[asset]
    assert ledger.held("XRP") == 0


@pytest.mark.parametrize(
    ("kind", "parse"),
    [
        (types.TRADE_SIGNAL_PROPOSED, proposal_from_payload),
        (types.TRADE_SIGNAL_APPROVED, approval_from_payload),
        (types.EXECUTION_REPORT, report_from_payload),
    ],
)
def test_what_was_published_reads_back_and_what_lacks_a_field_does_not(run, kind, parse):
    for payload in run.of(kind):
        assert parse(payload).payload() == payload
    required, *_ = fields(PAYLOADS[kind])
    nullable = {name for name in required if "None" in str(fields(PAYLOADS[kind])[2][name])}
    for name in required - nullable - {"exchange"}:
        with pytest.raises(Malformed, match=name):
            parse({key: value for key, value in payload.items() if key != name})
