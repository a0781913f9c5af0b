"""MonitoringService on the real bus: it alone changes the system's state, the switch first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gal_friday.domain.errors import StoreError
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Report, Role, Side, Status
from gal_friday.domain.ports import Halt
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.operations.halt import HaltSwitch, SystemState
from gal_friday.operations.health import Finding
from gal_friday.operations.monitoring import MonitoringService
from gal_friday.settings.manager import ConfigurationManager

PAIR = "XRP/USD"


def config(**overrides: Any) -> ConfigurationManager:
    return ConfigurationManager("", environ={}, overrides={k.replace("__", "."): v for k, v in overrides.items()})


class World:
    """The service on a bus, and the states it published."""

    def __init__(self, *, settings: ConfigurationManager | None = None, **ports: Any) -> None:
        self.bus = EnhancedEventBus()
        self.halt: Halt = ports.pop("halt", None) or HaltSwitch(None)
        self.service = MonitoringService(settings or config(), self.bus, halt=self.halt, **ports)
        self.states: list[dict[str, Any]] = []
        self.bus.subscribe(types.SYSTEM_STATE_CHANGE, self.keep, observer=True)
        self.run(self.service.start())

    async def keep(self, event: dict[str, Any]) -> None:
        assert event["source_module"] == "MonitoringService"
        if event["payload"]["new_state"] == "HALTED":
            assert self.halt.is_set()
        self.states.append(event["payload"])

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        with exact():
            step(work)
            self.bus.settle()

    def say(self, event_type: str, payload: dict[str, Any]) -> None:
        self.run(self.bus.publish(event_type, payload, source="test"))

    def bar(self, close: str) -> None:
        payload = {"trading_pair": PAIR, "close": close, "interval": "1m", "is_final": True}
        self.say(types.MARKET_DATA_OHLCV, payload)

    def command(self, command: str, **arguments: Any) -> None:
        payload = {"command": command, "arguments": arguments, "who": "anna", "why": "", "idempotency_key": "1"}
        self.say(types.OPERATOR_COMMAND, payload)

    def names(self) -> list[str]:
        return [state["new_state"] for state in self.states]


def test_a_request_halts_once_and_a_resume_lets_go() -> None:
    world = World()
    world.say(types.HALT_REQUESTED, {"reason": "DAILY_DRAWDOWN", "source": "RiskManager"})
    world.say(types.HALT_REQUESTED, {"reason": "another", "source": "RiskManager"})
    assert world.states[1:] == [
        {"new_state": "HALTED", "reason": "DAILY_DRAWDOWN", "halt_action": "MAINTAIN_POSITIONS"}
    ]
    assert world.service.is_halted()
    assert world.halt.reason() == "DAILY_DRAWDOWN"
    world.command("resume")
    world.command("resume")
    assert world.names() == ["RUNNING", "HALTED", "RUNNING"]
    assert not world.service.is_halted()
    assert "halt_action" not in world.states[-1]


def test_operators_halt_stop_and_may_change_the_action() -> None:
    world = World()
    world.command("halt")
    world.command("halt")
    world.command("halt", halt_action="LIQUIDATE_POSITIONS")
    assert world.states[1:] == [
        {"new_state": "HALTED", "reason": "halted by anna", "halt_action": "MAINTAIN_POSITIONS"},
        {"new_state": "HALTED", "reason": "halted by anna", "halt_action": "LIQUIDATE_POSITIONS"},
    ]
    world.command("anything else")
    world.command("stop")
    assert world.names()[-1] == "STOPPING"
    assert world.service.state is SystemState.STOPPING


def test_an_unknown_action_does_not_keep_the_halt_from_happening() -> None:
    world = World(settings=config(monitoring__halt_action="LIQUIDATE_POSITIONS"))
    world.say(types.HALT_REQUESTED, {"reason": "x", "source": "y", "halt_action": "PANIC"})
    assert world.states[-1]["halt_action"] == "LIQUIDATE_POSITIONS"


def test_a_jump_within_the_window_halts() -> None:
    world = World()
    for close in ("1.00", "1.10", "1.21"):
        world.bar(close)
    assert world.states[-1]["reason"] == "EXTREME_VOLATILITY: XRP/USD"


def test_an_outage_begins_the_window_anew() -> None:
    world = World()
    world.bar("1.00")
    world.say(types.MARKET_STATUS, {"trading_pair": PAIR, "kind": "OUTAGE", "since": ""})
    world.bar("2.00")
    assert world.names() == ["RUNNING"]


def test_order_failures_halt() -> None:
    world = World()
    for order in ("a", "b", "c"):
        report = Report(
            "s", Role.ENTRY, order, None, PAIR, Status.REJECTED, OrderType.MARKET, Side.BUY, Decimal(1), Decimal(0),
            None, None, None, None, Decimal(0), "USD", 0, "EOrder:Unknown",
        )  # fmt: skip
        world.say(types.EXECUTION_REPORT, report.payload())
    assert world.states[-1]["reason"] == "ORDER_FAILURES: 3 in a row, the last: EOrder:Unknown"


def test_requests_may_be_ignored_but_not_an_operator() -> None:
    world = World(ignore_halts=True)
    world.bar("1")
    world.bar("2")
    world.say(types.HALT_REQUESTED, {"reason": "x", "source": "y"})
    assert world.names() == ["RUNNING"]
    world.command("halt")
    assert world.names() == ["RUNNING", "HALTED"]


def test_a_halt_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "halt.json"
    World(halt=HaltSwitch(path)).say(types.HALT_REQUESTED, {"reason": "TOTAL_DRAWDOWN", "source": "RiskManager"})
    again = World(halt=HaltSwitch(path))
    assert again.states == [{"new_state": "HALTED", "reason": "TOTAL_DRAWDOWN", "halt_action": "MAINTAIN_POSITIONS"}]


def test_the_switch_lies_in_the_state_folder(tmp_path: Path) -> None:
    service = MonitoringService(config(monitoring__state_dir=str(tmp_path)), EnhancedEventBus())
    step(service.trigger_halt("x", "MAINTAIN_POSITIONS"))
    assert (tmp_path / "halt.json").exists()
    step(service.trigger_resume())
    assert not service.is_halted()


def test_the_switch_set_or_cleared_from_outside_is_followed() -> None:
    world = World()
    world.halt.set("somebody else")
    assert world.service.is_halted()
    world.run(world.service.check_health())
    assert world.states[-1]["reason"] == "somebody else"
    world.halt.clear()
    world.run(world.service.check_health())
    assert world.names() == ["RUNNING", "HALTED", "RUNNING"]


def test_a_request_halts_although_the_switch_is_set_already() -> None:
    world = World()
    world.halt.set("a fault")
    world.say(types.HALT_REQUESTED, {"reason": "a fault", "source": "bus"})
    assert world.names() == ["RUNNING", "HALTED"]


def test_probes_degrade_recover_and_halt() -> None:
    answers = [Finding("disk", True)]
    world = World(probes=[lambda: answers[0]])
    assert world.names() == ["RUNNING"]
    for finding in (
        Finding("disk", False, "95 % full"),
        Finding("disk", False, "96 % full"),
        Finding("disk", True),
        Finding("disk", False, "full", halts=True),
    ):
        answers[0] = finding
        world.run(world.service.check_health())
    assert [(s["new_state"], s["reason"]) for s in world.states[1:]] == [
        ("DEGRADED", "disk: 95 % full"),
        ("RUNNING", "every probe is healthy"),
        ("HALTED", "disk: full"),
    ]


def test_a_probe_that_fails_is_a_halt_and_the_others_are_still_asked() -> None:
    asked: list[str] = []

    def broken() -> Finding:
        raise RuntimeError("lost")

    def fine() -> Finding:
        asked.append("fine")
        return Finding("fine", True)

    world = World(probes=[broken, fine])
    assert world.states[-1]["reason"] == "the guard broken failed: RuntimeError('lost')"
    assert asked == ["fine"]


def test_a_guard_that_fails_is_a_halt_and_a_fault() -> None:
    world = World()
    with pytest.raises(ValueError, match="nonsense"):
        world.bar("nonsense")
    assert world.halt.is_set()
    assert world.service.state is SystemState.HALTED
    assert world.names()[-1] == "HALTED"


def test_a_switch_that_cannot_be_written_still_halts() -> None:
    class Full(HaltSwitch):
        def set(self, reason: str) -> None:
            super().set(reason)
            raise StoreError("disk full")

    world = World(halt=Full(None))
    with pytest.raises(StoreError):
        world.say(types.HALT_REQUESTED, {"reason": "x", "source": "y"})
    assert world.names() == ["RUNNING", "HALTED"]


def test_health_is_looked_at_regularly_until_it_stops() -> None:
    class Tasks:
        def __init__(self, group: asyncio.TaskGroup) -> None:
            self.group = group

        def spawn(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
            self.group.create_task(work, name=name)

    async def live() -> int:
        seen = 0
        enough = asyncio.Event()

        def probe() -> Finding:
            nonlocal seen
            seen += 1
            if seen >= 4:
                enough.set()
            return Finding("loop", True)

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            service = MonitoringService(
                config(monitoring__health_interval_s=0.01),
                EnhancedEventBus(),
                halt=HaltSwitch(None),
                probes=[probe],
                tasks=Tasks(group),
            )
            await service.start()
            await enough.wait()
            await service.stop()
        return seen

    run: Callable[[Coroutine[Any, Any, int]], int] = asyncio.run
    assert run(live()) >= 4


def test_stopped_it_is_deaf_and_the_switch_stays() -> None:
    world = World()
    world.command("halt")
    world.run(world.service.stop())
    world.command("resume")
    assert world.service.is_halted()
