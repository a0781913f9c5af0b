"""MonitoringService: watches the system, and alone turns a reason to halt into a halt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final

from gal_friday.domain.orders_wire import report_from_payload
from gal_friday.domain.ports import Clock, Halt, SystemClock, Tasks
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.events.envelope import once
from gal_friday.operations.failures import OrderFailures
from gal_friday.operations.halt import HaltMachine, HaltSwitch, Move, SystemState
from gal_friday.operations.health import Finding, Probe, complaint, halting
from gal_friday.operations.volatility import VolatilityGuard, volatility_reason
from gal_friday.settings.manager import ConfigurationManager

HALT_FILE: Final = "halt.json"
ACTIONS: Final = ("MAINTAIN_POSITIONS", "LIQUIDATE_POSITIONS")


class MonitoringService:
    """Runs the guards and probes and owns the system's state.

    `halt` defaults to the file-backed switch in `monitoring.state_dir`; `probes` run in `check_health`, which
    `tasks`, where given, repeats every `monitoring.health_interval_s`. With `ignore_halts` requests
    for a halt are ignored, an operator's command is not.
    """

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus,
        *,
        halt: Halt | None = None,
        probes: Sequence[Probe] | None = None,
        clock: Clock | None = None,
        tasks: Tasks | None = None,
        ignore_halts: bool = False,
    ) -> None:
        settings = config.section("monitoring")
        self._config = config
        self._bus = event_bus
        self._halt = halt or HaltSwitch(f"{settings.state_dir}/{HALT_FILE}", clock=clock or SystemClock())
        self._probes = tuple(probes or ())
        self._tasks = tasks
        self._ignore_halts = ignore_halts
        self._machine = HaltMachine()
        self._action: str | None = None  # of the halt in force
        self._volatility = VolatilityGuard(settings)
        self._failures = OrderFailures(config.section("execution").max_order_failures)
        self._interval_s: float = settings.health_interval_s
        self._stopped = asyncio.Event()
        self._subscriptions: list[str] = []

    @property
    def state(self) -> SystemState:
        """The state last published."""
        return self._machine.state

    async def start(self) -> None:
        """Listen, publish the state (HALTED when the switch was left set), look once, then look regularly."""
        for event_type, handler in (
            (types.HALT_REQUESTED, self._on_halt_requested),
            (types.OPERATOR_COMMAND, self._on_command),
            (types.MARKET_DATA_OHLCV, self._on_bar),
            (types.MARKET_STATUS, self._on_market_status),
            (types.EXECUTION_REPORT, self._on_report),
        ):
            if event_type != types.MARKET_DATA_OHLCV or self._volatility.watches:
                self._subscriptions.append(self._bus.subscribe(event_type, handler))
        if not self._halt.is_set():
            await self._publish_state()
        await self.check_health()
        if self._tasks is not None:
            self._tasks.spawn(self._watch(), name="health")

    async def stop(self) -> None:
        """Stop looking and listening; the switch stays as it is."""
        self._stopped.set()
        while self._subscriptions:
            self._bus.unsubscribe(self._subscriptions.pop())

    async def check_health(self) -> None:
        """Run the probes: an unhealthy answer degrades or halts, a probe that fails halts; follow the switch."""
        if self._halt.is_set() and self._machine.state is not SystemState.HALTED:
            await self.trigger_halt(self._halt.reason() or "the halt switch is set", self._default_action())
        elif self._machine.state is SystemState.HALTED and not self._halt.is_set():
            await self.trigger_resume()
        findings: list[Finding] = []
        for probe in self._probes:
            async with _Guarded(self._guard_failed, getattr(probe, "__name__", type(probe).__name__)):
                findings.append(probe())
        worst, wrong = halting(findings), complaint(findings)
        if worst is not None:
            await self.handle_potential_halt_trigger(f"{worst.name}: {worst.detail}", type(self).__name__)
        if wrong is None:
            moved = self._machine.move(Move.RECOVER, "every probe is healthy")
        else:
            moved = self._machine.move(Move.DEGRADE, wrong)
        if moved:
            await self._publish_state()

    async def handle_potential_halt_trigger(self, reason: str, source: str, *, halt_action: str | None = None) -> None:
        """Halt for the reason, unless halted already."""
        if self._ignore_halts or self._machine.state is SystemState.HALTED:
            return
        await self.trigger_halt(reason if reason else f"requested by {source}", self._known_action(halt_action))

    async def trigger_halt(self, reason: str, halt_action: str) -> None:
        """Set the switch, then say so. Halted already, the first reason stays and only a new action is published."""
        moved = self._machine.move(Move.HALT, reason)
        action = self._known_action(halt_action)
        try:
            self._halt.set(reason)
        finally:
            # Whatever became of the file: those who listen stop now.
            if moved or (self._machine.state is SystemState.HALTED and action != self._action):
                self._action = action
                await self._publish_state()

    async def trigger_resume(self) -> None:
        """Clear the switch and let trading go on; without a halt nothing is published."""
        self._halt.clear()
        if self._machine.move(Move.RESUME, "resumed"):
            self._action = None
            await self._publish_state()

    def is_halted(self) -> bool:
        """Whether the switch is set, by whomever."""
        return self._halt.is_set()

    # --- what it hears

    async def _on_halt_requested(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        await self.handle_potential_halt_trigger(
            payload["reason"], payload["source"], halt_action=payload.get("halt_action")
        )

    async def _on_command(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        command = payload["command"]
        if command == "halt":
            wanted = (payload.get("arguments") or {}).get("halt_action") or self._action or self._default_action()
            await self.trigger_halt(payload.get("why") or f"halted by {payload.get('who', 'an operator')}", wanted)
        elif command == "resume":
            await self.trigger_resume()
        elif command == "stop" and self._machine.move(Move.STOP, payload.get("why") or "stopping"):
            await self._publish_state()

    async def _on_bar(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if not payload["is_final"]:
            return
        pair = payload["trading_pair"]
        try:
            trips = self._volatility.on_bar(pair, payload["close"], payload["interval"])
        except Exception as error:
            await self._guard_failed("volatility", error)
            raise
        if trips:
            await self._request(volatility_reason(pair))

    async def _on_market_status(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if payload["kind"] == "OUTAGE":
            self._volatility.on_outage(payload.get("trading_pair"))

    async def _on_report(self, event: dict[str, Any]) -> None:
        try:
            reason = self._failures.on_report(once(event, report_from_payload))
        except Exception as error:
            await self._guard_failed("order failures", error)
            raise
        if reason is not None:
            await self._request(reason)

    async def _guard_failed(self, name: str, error: Exception) -> None:
        # Who cannot watch must not trade; the bus then stops calling this module.
        await self.trigger_halt(f"the guard {name} failed: {error!r}", self._default_action())

    async def _request(self, reason: str) -> None:
        if self._machine.state is not SystemState.HALTED:
            await self._bus.publish(types.HALT_REQUESTED, {"reason": reason, "source": type(self).__name__})

    # --- what it says

    async def _publish_state(self) -> None:
        payload = {"new_state": self._machine.state.value, "reason": self._machine.reason}
        if self._machine.state is SystemState.HALTED and self._action is not None:
            payload["halt_action"] = self._action
        await self._bus.publish(types.SYSTEM_STATE_CHANGE, payload, source=type(self).__name__)

    def _default_action(self) -> str:
        action: str = self._config.section("monitoring").halt_action
        return action

    def _known_action(self, action: str | None) -> str:
        # An action nobody knows must not keep the halt itself from happening.
        return action if action in ACTIONS else self._default_action()

    async def _watch(self) -> None:
        while not self._stopped.is_set():
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._stopped.wait()
            except TimeoutError:
                await self.check_health()


class _Guarded:
    """A probe that raises has the system halted, and is done with: the others are still asked."""

    def __init__(self, failed: Callable[[str, Exception], Awaitable[None]], name: str) -> None:
        self._failed = failed
        self._name = name

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        await self._failed(self._name, error)
        return True
