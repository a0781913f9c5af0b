"""Operators' commands, on the real bus, with a real halt switch and state machine behind it."""

import itertools
import json

import pytest

from gal_friday.domain.ids import SeededIds
from gal_friday.domain.numbers import exact
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import MINUTE
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.interface.cli import HELP, CLIService
from gal_friday.operations.halt import HaltSwitch
from gal_friday.operations.monitoring import MonitoringService
from gal_friday.settings.manager import ConfigurationManager

POSITION = {"XRP/USD": {"quantity": "12.5", "average_entry_price": "0.52000"}}


class Console:
    """A running system as far as the console sees it: real bus, clock and monitoring."""

    def __init__(self):
        self.lines, self.held = [], {}
        self.clock, self.halt = SimulatedClock(), HaltSwitch(None)
        self.config = ConfigurationManager("", environ={})
        self.bus = EnhancedEventBus(clock=self.clock, ids=SeededIds(1), settings=self.config.section("events"))
        self.monitoring = MonitoringService(self.config, self.bus, halt=self.halt, clock=self.clock)
        keys = (f"key-{n}" for n in itertools.count(1))
        self.cli = CLIService(self.config, self.monitoring, self, who="test", new_key=lambda: next(keys))
        self.commands = []
        self.bus.subscribe(types.OPERATOR_COMMAND, self.heard)

    async def heard(self, event):
        self.commands.append(event)

    def submit(self, work):
        step(work)

    def output(self, text):
        self.lines.append(text)

    def status(self):
        return {"mode": "backtest", "total_equity": "100000"}

    def positions(self):
        return self.held

    def type(self, line):
        self.lines.clear()
        assert self.cli.handle_command(line) is None
        self.bus.settle()
        return "\n".join(self.lines)


@pytest.fixture
def console():
    with exact():
        it = Console()
        step(it.monitoring.start())
        it.bus.settle()
        yield it


def test_halt_and_resume_reach_the_switch_and_status_tells(console):
    assert "RUNNING" in console.type("status")
    assert "halt: sent (too hot)" in console.type("halt too hot")
    assert console.halt.is_set()
    assert console.halt.reason() == "too hot"
    assert "HALTED" in console.type("status")
    console.type("RESUME")
    assert not console.halt.is_set()
    assert "RUNNING" in console.type("status")


def test_every_order_says_who_why_and_has_a_key_of_its_own(console):
    for line in ("halt 'a b'", "resume", "stop maintenance", "pause xrp/usd wide spread", "unpause XRP/USD"):
        console.type(line)
    payloads = [event["payload"] for event in console.commands]
    assert [(p["command"], p["why"]) for p in payloads] == [
        ("halt", "a b"),
        ("resume", "no reason given"),
        ("stop", "maintenance"),
        ("pause", "wide spread"),
        ("unpause", "no reason given"),
    ]
    assert {p["who"] for p in payloads} == {"test"}
    assert len({p["idempotency_key"] for p in payloads}) == len(payloads)
    assert payloads[3]["arguments"] == {"pair": "XRP/USD"}
    assert {event["source_module"] for event in console.commands} == {"CLIService"}


def test_questions_publish_nothing(console):
    console.held = POSITION
    before = step(console.bus.get_queue_metrics())["sequence"]
    for line in ("status", "metrics", "positions", "config risk.on_cap", "help", "replay 1970-01-01Z 1970-01-02Z"):
        assert console.type(line)
    assert step(console.bus.get_queue_metrics())["sequence"] == before


def test_positions(console):
    assert console.type("positions") == "no open position"
    console.held = POSITION
    assert "XRP/USD" in console.type("positions")
    assert "12.5" in console.type("positions")


def test_replay_tells_the_kept_events_of_a_window(console):
    console.clock.advance(MINUTE)
    console.type("halt now")
    text = console.type("replay 1970-01-01T00:00:30Z 1970-01-01T00:01:30Z")
    *events, count = text.splitlines()
    told = [json.loads(line)["event_type"] for line in events]
    assert types.OPERATOR_COMMAND in told
    assert types.SYSTEM_STATE_CHANGE in told
    assert count == f"{len(told)} events"


def test_config_explains_a_key(console):
    text = console.type("config risk.max_exposure_pct")
    assert all(word in text for word in ("25", "from 0 to 100", "default"))


def test_help_lists_every_command(console):
    text = console.type("help")
    assert all(usage in text for usage, _ in HELP.values())
    assert set(HELP) == set(console.cli._commands)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("hlat", "did you mean halt?"),
        ("zzz", "`help` lists"),
        ("halt 'open", "close the quotes"),
        ("replay", "expected FROM and TO"),
        ("replay yesterday today", "expected an ISO 8601 time"),
        ("replay 1970-01-02T00:00:00Z 1970-01-01T00:00:00Z", "FROM before TO"),
        ("config", "expected one KEY"),
        ("config risk.max_exposur", "did you mean risk.max_exposure_pct?"),
        ("pause", "expected a pair (XRP/USD, DOGE/USD)"),
        ("pause BTC/EUR", "was BTC/EUR"),
    ],
)
def test_a_mistake_is_answered_and_does_nothing(console, line, answer):
    assert answer in console.type(line)
    assert console.commands == []


@pytest.mark.parametrize("line", ["", "   ", "\t"])
def test_an_empty_line_is_no_command(console, line):
    assert console.type(line) == ""
