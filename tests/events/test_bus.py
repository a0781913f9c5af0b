"""The bus: downstream first, one at a time, nothing lost that must not be, and a failure that stays a failure."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal, DefaultContext, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import EventStorm, Fault
from gal_friday.domain.ids import SeededIds
from gal_friday.domain.numbers import exact
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import to_datetime
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus, EventBus
from gal_friday.events.envelope import FIELDS
from gal_friday.events.stepping import step
from gal_friday.operations.halt import HaltSwitch
from gal_friday.settings.sections.events import BusSettings

NOW = 1_700_000_000_123_456_789


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


def made(**more):
    settings = BusSettings(**{key: more.pop(key) for key in ("capacity", "storm_limit", "ring") if key in more})
    return EnhancedEventBus(clock=SimulatedClock(NOW), ids=SeededIds(1), settings=settings, **more)


@pytest.fixture
def bus():
    return made()


def say(bus, event_type, payload=None, **more):
    step(bus.publish(event_type, payload if payload is not None else {}, source="test", **more))


def metrics(bus):
    return step(bus.get_queue_metrics())


class Ear:
    """A module that keeps what it hears, and may do something with it."""

    def __init__(self, act=None):
        self.heard = []
        self.act = act

    async def hear(self, event):
        self.heard.append(event)
        if self.act is not None:
            await self.act(event)

    async def hear_too(self, event):
        await self.hear(event)

    @property
    def numbers(self):
        return [event["payload"].get("n") for event in self.heard]


# --- order


@given(st.lists(st.sampled_from(sorted(types.PRIORITY)), min_size=1, max_size=30), st.data())
def test_higher_priorities_come_first_and_equals_in_order_of_publication(kinds, data):
    bus, ear = made(), Ear()
    with exact():
        bus.subscribe("*", ear.hear)
        expected = []
        for n, kind in enumerate(kinds):
            priority = data.draw(st.sampled_from([0, 0, 1, 5, 10]))
            say(bus, kind, {"n": n}, priority=priority)
            expected.append((-(priority or types.PRIORITY[kind]), n))
        assert ear.heard == []
        bus.settle()
        assert ear.numbers == [n for _, n in sorted(expected)]


def test_every_consequence_is_carried_to_its_end_before_the_next_input(bus):
    order = []

    async def strategy(event):
        order.append(("bar", event["payload"]["n"]))
        for n in (1, 2):
            await bus.publish(types.TRADE_SIGNAL_PROPOSED, {"n": n})

    async def risk(event):
        order.append(("proposed", event["payload"]["n"]))
        await bus.publish(types.TRADE_SIGNAL_APPROVED, event["payload"])

    async def execution(event):
        order.append(("approved", event["payload"]["n"]))
        await bus.publish(types.EXECUTION_REPORT, event["payload"])

    async def portfolio(event):
        order.append(("reported", event["payload"]["n"]))

    bus.subscribe(types.MARKET_DATA_OHLCV, strategy)
    bus.subscribe(types.TRADE_SIGNAL_PROPOSED, risk)
    bus.subscribe(types.TRADE_SIGNAL_APPROVED, execution)
    bus.subscribe(types.EXECUTION_REPORT, portfolio)
    say(bus, types.MARKET_DATA_OHLCV, {"n": "a"})
    say(bus, types.MARKET_DATA_OHLCV, {"n": "b"})
    bus.settle()
    one = [(what, n) for n in (1, 2) for what in ("proposed", "approved", "reported")]
    assert order == [("bar", "a"), *one, ("bar", "b"), *one]


def test_a_publish_within_a_handler_waits_until_the_handler_is_done(bus):
    order = []

    async def first(event):
        order.append("first begins")
        await bus.publish(types.SYSTEM_STATE_CHANGE, {})
        order.append("first ends")

    async def second(event):
        order.append("second")

    async def urgent(event):
        order.append("urgent")

    bus.subscribe(types.TIMER, first)
    bus.subscribe(types.TIMER, second)
    bus.subscribe(types.SYSTEM_STATE_CHANGE, urgent)
    say(bus, types.TIMER)
    bus.settle()
    assert order == ["first begins", "first ends", "second", "urgent"]


def test_observers_hear_after_all_deciding_handlers(bus):
    order = []

    def named(name):
        async def handler(event):
            order.append(name)

        return handler

    bus.subscribe("*", named("observer"), observer=True)
    bus.subscribe(types.TIMER, named("one"))
    bus.subscribe("*", named("two"))
    say(bus, types.TIMER)
    bus.settle()
    assert order == ["one", "two", "observer"]


# --- the envelope


def test_an_envelope_has_its_ten_fields(bus):
    ear = Ear()
    bus.subscribe(types.TRADE_SIGNAL_PROPOSED, ear.hear)
    say(bus, types.TRADE_SIGNAL_PROPOSED, {"signal_id": "s-1"}, trace_id="t-9")
    bus.settle()
    (event,) = ear.heard
    assert "event_id" not in event
    assert list(event.complete()) == list(FIELDS)
    assert event.complete() == {
        "event_id": SeededIds(1).event_id(1),
        "event_type": types.TRADE_SIGNAL_PROPOSED,
        "timestamp": "2023-11-14T22:13:20.123456789Z",
        "source_module": "test",
        "priority": 5,
        "correlation_id": "s-1",
        "trace_id": "t-9",
        "sequence": 1,
        "cause": None,
        "payload": {"signal_id": "s-1"},
    }
    with pytest.raises(KeyError):
        event["nonsense"]


def test_causes_and_traces_lead_back_to_the_input(bus):
    everything = Ear()

    class Strategy:
        async def hear(self, event):
            await bus.publish(types.FEATURES_CALCULATED, {})

    class Risk:
        async def hear(self, event):
            await bus.publish(types.HALT_REQUESTED, {})

    bus.subscribe(types.TIMER, Strategy().hear)
    bus.subscribe(types.FEATURES_CALCULATED, Risk().hear)
    bus.subscribe("*", everything.hear, observer=True)
    say(bus, types.TIMER)
    say(bus, types.TIMER, trace_id="mine")
    bus.settle()
    told = [(e["event_type"], e["source_module"], e["sequence"], e["cause"]) for e in everything.heard]
    assert told == [
        (types.TIMER, "test", 1, None),
        (types.FEATURES_CALCULATED, "Strategy", 3, 1),
        (types.HALT_REQUESTED, "Risk", 4, 3),
        (types.TIMER, "test", 2, None),
        (types.FEATURES_CALCULATED, "Strategy", 5, 2),
        (types.HALT_REQUESTED, "Risk", 6, 5),
    ]
    traces = [e["trace_id"] for e in everything.heard]
    assert len(set(traces[:3])) == 1
    assert traces[3:] == ["mine"] * 3
    assert traces[0] != "mine"


def test_the_same_inputs_give_the_same_envelopes():
    def run():
        bus, ear = made(), Ear()

        async def echo(event):
            await bus.publish(types.LOG_ENTRY, {"level": "info", "message": str(event["sequence"])})

        bus.subscribe(types.TIMER, echo)
        bus.subscribe("*", ear.hear, observer=True)
        for n in range(5):
            say(bus, types.TIMER, {"n": n})
            bus.settle()
        return [event.complete() for event in ear.heard]

    assert run() == run()


# --- subscribing


def test_unsubscribed_handlers_hear_nothing_more(bus):
    ear = Ear()
    one, two = bus.subscribe(types.TIMER, ear.hear), bus.subscribe(types.TIMER, ear.hear)
    assert one != two
    say(bus, types.TIMER)
    bus.unsubscribe(one)
    bus.settle()
    assert len(ear.heard) == 1
    with pytest.raises(Fault, match="no such subscription"):
        bus.unsubscribe(one)


def test_types_and_priorities_outside_the_table_are_faults(bus):
    with pytest.raises(Fault, match="NONSENSE"):
        say(bus, "NONSENSE")
    with pytest.raises(Fault, match="NONSENSE"):
        bus.subscribe("NONSENSE", Ear().hear)
    for priority in (-1, 11):
        with pytest.raises(Fault, match="priority"):
            say(bus, types.TIMER, priority=priority)
    assert metrics(bus)["depth"] == 0


def test_the_last_retained_event_of_each_pair_is_handed_to_a_new_subscriber(bus):
    early, late, everything = Ear(), Ear(), Ear()
    bus.subscribe(types.INSTRUMENT, early.hear)
    for n, pair in enumerate(["XRP/USD", "DOGE/USD", "XRP/USD"]):
        say(bus, types.INSTRUMENT, {"trading_pair": pair, "n": n})
    say(bus, types.TIMER, {"n": "timer"})
    say(bus, types.SYSTEM_STATE_CHANGE, {"new_state": "RUNNING", "n": "state"})
    bus.settle()
    bus.subscribe(types.INSTRUMENT, late.hear)
    bus.subscribe("*", everything.hear, observer=True)
    bus.settle()
    assert sorted(late.numbers) == [1, 2]
    assert sorted(map(str, everything.numbers)) == ["1", "2", "state"]
    assert early.numbers == [0, 1, 2]
    assert [e for e in late.heard if e["payload"]["n"] == 2] == early.heard[2:]
    bus.settle()
    assert len(late.heard) == 2


def test_what_was_handed_never_follows_something_newer(bus):
    say(bus, types.SYSTEM_STATE_CHANGE, {"n": "old"})
    bus.settle()
    ear = Ear()
    say(bus, types.SYSTEM_STATE_CHANGE, {"n": "new"})
    bus.subscribe(types.SYSTEM_STATE_CHANGE, ear.hear)
    bus.settle()
    assert ear.numbers[-1] == "new"


def test_a_retained_event_is_not_handed_to_whom_has_left(bus):
    say(bus, types.SYSTEM_STATE_CHANGE, {})
    bus.settle()
    ear = Ear()
    bus.unsubscribe(bus.subscribe(types.SYSTEM_STATE_CHANGE, ear.hear))
    bus.settle()
    assert ear.heard == []


# --- failures


async def broken(event):
    raise ValueError("broken")


def test_a_failing_observer_is_counted_and_harms_nobody(bus):
    before, after = Ear(), Ear()
    bus.subscribe(types.TIMER, before.hear)
    bus.subscribe(types.TIMER, broken, observer=True)
    bus.subscribe(types.TIMER, after.hear, observer=True)
    for _ in range(3):
        say(bus, types.TIMER)
    bus.settle()
    assert (len(before.heard), len(after.heard)) == (3, 3)
    assert metrics(bus)["failed"] == {"broken.broken": 3}


def test_a_failing_deciding_module_halts_is_silenced_and_ends_the_dispatcher():
    halt = HaltSwitch(None)
    bus = made(halt=halt)
    others = Ear()

    class Deciding(Ear):
        pass

    async def fail(event):
        raise ValueError("broken")

    failing = Deciding(fail)
    bus.subscribe(types.MARKET_DATA_OHLCV, failing.hear)
    bus.subscribe(types.TIMER, failing.hear)
    bus.subscribe("*", others.hear)
    say(bus, types.MARKET_DATA_OHLCV, {"n": 1})
    say(bus, types.MARKET_DATA_OHLCV, {"n": 2})
    say(bus, types.TIMER, {"n": 3})
    with pytest.raises(ValueError, match="broken"):
        bus.settle()
    assert failing.numbers == [1]
    assert others.numbers == [1, None, 2, 3]
    reason = "Deciding.hear failed on MARKET_DATA_OHLCV: ValueError('broken')"
    assert halt.reason() == reason
    assert others.heard[1]["payload"] == {"reason": reason, "source": "Deciding"}
    assert (others.heard[1]["event_type"], others.heard[1]["cause"]) == (types.HALT_REQUESTED, 1)


def test_the_consequences_of_a_failure_are_carried_out_before_it_is_raised():
    halt = HaltSwitch(None)
    bus = made(halt=halt)
    order = []

    class Deciding:
        async def hear(self, event):
            order.append("fails")
            raise ValueError("broken")

    class Monitoring:
        async def hear(self, event):
            order.append((event["payload"]["source"], halt.is_set()))
            await bus.publish(types.SYSTEM_STATE_CHANGE, {"new_state": "HALTED"})

    class Execution:
        async def hear(self, event):
            order.append("entries are taken back")

    bus.subscribe(types.TIMER, Deciding().hear)
    bus.subscribe(types.HALT_REQUESTED, Monitoring().hear)
    bus.subscribe(types.SYSTEM_STATE_CHANGE, Execution().hear)
    say(bus, types.TIMER)
    with pytest.raises(ValueError, match="broken"):
        bus.settle()
    assert order == ["fails", ("Deciding", True), "entries are taken back"]


def test_no_other_handler_of_a_failed_module_is_called_not_even_for_the_same_event(bus):
    heard = []

    class Deciding:
        async def one(self, event):
            raise ValueError("half applied")

        async def two(self, event):
            heard.append(event)

    module = Deciding()
    bus.subscribe(types.TIMER, module.one)
    bus.subscribe(types.TIMER, module.two)
    say(bus, types.TIMER)
    with pytest.raises(ValueError, match="half applied"):
        bus.settle()
    assert heard == []


def test_a_retained_event_is_not_handed_to_a_module_that_failed(bus):
    heard = []

    class Deciding:
        async def one(self, event):
            raise ValueError("half applied")

        async def two(self, event):
            heard.append(event)

    say(bus, types.PORTFOLIO_UPDATED, {})
    bus.settle()
    module = Deciding()
    bus.subscribe(types.OPERATOR_COMMAND, module.one)
    say(bus, types.OPERATOR_COMMAND, {})
    bus.subscribe(types.PORTFOLIO_UPDATED, module.two)
    with pytest.raises(ValueError, match="half applied"):
        bus.settle()
    assert heard == []


def test_one_input_that_causes_too_much_is_a_storm():
    bus = made(storm_limit=100)

    class Ping:
        async def hear(self, event):
            await bus.publish(types.TIMER, {})
            await bus.publish(types.TIMER, {})

    bus.subscribe(types.TIMER, Ping().hear)
    say(bus, types.TIMER)
    with pytest.raises(EventStorm, match="storm_limit = 100"):
        bus.settle()


def test_many_inputs_are_no_storm():
    bus = made(storm_limit=100)

    async def answer(event):
        for _ in range(99):
            await bus.publish(types.LOG_ENTRY, {})

    bus.subscribe(types.TIMER, answer)
    for _ in range(5):
        say(bus, types.TIMER)
    bus.settle()
    assert metrics(bus)["published"] == {types.TIMER: 5, types.LOG_ENTRY: 495}


def test_an_observer_cannot_keep_a_storm_alive():
    bus = made(storm_limit=100)
    calls = []

    async def echo(event):
        calls.append(event)
        if len(calls) < 1_000:  # so that this test ends whatever happens
            await bus.publish(types.LOG_ENTRY, {})

    bus.subscribe(types.LOG_ENTRY, echo, observer=True)
    say(bus, types.LOG_ENTRY)
    with suppress(EventStorm):
        bus.settle()
    assert len(calls) <= 102


def test_a_handler_that_waits_is_a_fault(bus):
    async def wait(event):
        await asyncio.sleep(0)

    bus.subscribe(types.TIMER, wait)
    say(bus, types.TIMER)
    with pytest.raises(Fault, match="waited inside a handler"):
        bus.settle()


def test_a_handler_that_dispatches_is_a_fault(bus):
    async def meddle(event):
        await bus.publish(types.LOG_ENTRY, {})
        bus.settle()

    bus.subscribe(types.TIMER, meddle)
    say(bus, types.TIMER)
    with pytest.raises(Fault, match="already dispatching"):
        bus.settle()


def test_outside_exact_nothing_is_dispatched(bus):
    ear = Ear()
    bus.subscribe(types.TIMER, ear.hear)
    say(bus, types.TIMER)
    with localcontext(DefaultContext), pytest.raises(Fault, match="exact"):
        bus.settle()
    bus.settle()
    assert len(ear.heard) == 1


def test_handlers_compute_exactly(bus):
    async def divide(event):
        Decimal(1) / 3

    bus.subscribe(types.TIMER, divide)
    say(bus, types.TIMER)
    with pytest.raises(ArithmeticError):
        bus.settle()


# --- looking back


def test_the_window_of_a_replay_is_inclusive_and_in_order():
    clock = SimulatedClock(NOW - NOW % 1000)
    bus = EnhancedEventBus(clock=clock, ids=SeededIds(1))
    start = clock.now_ns()
    for n in range(10):
        clock.advance(start + n * 1_000_000)
        say(bus, types.SYSTEM_STATE_CHANGE if n % 3 == 0 else types.TIMER, {"n": n})
    bus.settle()
    at = to_datetime(start)
    window = step(bus.replay_events(at + timedelta(milliseconds=2), at + timedelta(milliseconds=6)))
    assert [event["payload"]["n"] for event in window] == [2, 3, 4, 5, 6]
    assert all(list(event) == list(FIELDS) for event in window)
    assert metrics(bus)["delivered"] == {types.SYSTEM_STATE_CHANGE: 0, types.TIMER: 0}
    with pytest.raises(Fault, match="ends before it starts"):
        step(bus.replay_events(at + timedelta(seconds=1), at))


def test_the_ring_keeps_the_latest():
    bus = made(ring=3)
    for n in range(5):
        say(bus, types.TIMER, {"n": n})
    bus.settle()
    kept = step(bus.replay_events(to_datetime(0), to_datetime(2**62)))
    assert [event["payload"]["n"] for event in kept] == [2, 3, 4]


def test_the_figures_of_the_line_and_its_handlers():
    ticks = iter(range(0, 10_000_000, 1_000))
    bus = made(timer=lambda: next(ticks))
    ear = Ear()
    bus.subscribe(types.TIMER, ear.hear)
    for kind in (types.TIMER, types.TIMER, types.HALT_REQUESTED):
        say(bus, kind)
    assert metrics(bus)["depth_by_priority"] == {2: 2, 9: 1}
    bus.settle()
    told = metrics(bus)
    assert (told["depth"], told["sequence"], told["subscriptions"], told["ring"]) == (0, 3, 1, 3)
    assert told["delivered"] == {types.HALT_REQUESTED: 0, types.TIMER: 2}
    assert told["handler_latency"] == {"Ear.hear": {"p50_us": 1.0, "p95_us": 1.0, "p99_us": 1.0, "max_us": 1.0}}


def test_the_contracts_name_is_the_class():
    assert EventBus is EnhancedEventBus
