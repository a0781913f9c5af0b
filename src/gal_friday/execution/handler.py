"""ExecutionHandler: approved signals in, orders at the venue, execution reports out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from gal_friday.domain.errors import Fault, VenueError
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import Role
from gal_friday.domain.orders_wire import approval_from_payload
from gal_friday.domain.ports import Clock, Halt, SystemClock
from gal_friday.domain.venue import Answer, Command, Submit, Update, Venue
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.events.envelope import once
from gal_friday.execution.desk import Desk, Outcome
from gal_friday.settings.manager import ConfigurationManager


class ExecutionHandler:
    """Owns the desk; `venue` carries orders out, `halt` is read as the last act before one leaves."""

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus,
        *,
        venue: Venue | None = None,
        halt: Halt | None = None,
        instruments: Mapping[str, Instrument] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._bus = event_bus
        self._venue = venue
        self._halt = halt
        self._clock = clock or SystemClock()
        self._desk = Desk(config.section("execution"), instruments or {})
        self._commands: deque[Command] = deque()
        self._subscriptions: list[str] = []

    @property
    def desk(self) -> Desk:
        """Brackets and orders, for reading."""
        return self._desk

    async def start(self) -> None:
        """Listen for approvals, prints, halts and account requests."""
        if self._venue is None:
            raise Fault("ExecutionHandler has no venue: pass one, or name its entry point in the configuration")
        for event_type, handler in (
            (types.TRADE_SIGNAL_APPROVED, self.handle_trade_signal_approved),
            (types.MARKET_DATA_TRADE, self._on_trade),
            (types.SYSTEM_STATE_CHANGE, self._on_state),
            (types.ACCOUNT_REQUESTED, self._on_account_requested),
        ):
            self._subscriptions.append(self._bus.subscribe(event_type, handler))

    async def stop(self) -> None:
        """Take entries back, leave protection at the venue, stop listening."""
        await self._carry_out(self._desk.on_halt(self._clock.now_ns(), liquidate=False))
        while self._subscriptions:
            self._bus.unsubscribe(self._subscriptions.pop())

    async def handle_trade_signal_approved(self, event: dict[str, Any]) -> None:
        """Place what risk has approved; nothing else leads to an order."""
        approval = once(event, approval_from_payload)
        await self._carry_out(self._desk.on_approved(approval, self._clock.now_ns()))

    async def _place_order(self, order_details: dict[str, Any]) -> dict[str, Any]:
        """Send one command; `{"answer": …}` or, where none came, `{"unanswered": why}`."""
        command: Command = order_details["command"]
        refused = self._refused_by_halt(command)
        if refused is not None:
            return {"answer": refused}
        if self._venue is None:
            raise Fault("ExecutionHandler was not started")
        try:
            return {"answer": await self._venue.execute(command)}
        except VenueError as error:
            return {"unanswered": str(error)}

    async def _handle_api_response(self, response: Any, original_order_details: dict[str, Any]) -> None:
        """Tell what the venue's answer means, and queue what follows from it."""
        command: Command = original_order_details["command"]
        if "answer" in response:
            outcome = self._desk.on_answer(command, response["answer"])
        else:
            outcome = self._desk.on_unanswered(command, self._clock.now_ns(), response["unanswered"])
        await self._tell(outcome)

    async def _handle_exchange_update(self, update_data: dict[str, Any]) -> None:
        """Process one update of the venue's private stream."""
        await self._carry_out(self._desk.on_update(msgspec.convert(update_data, Update)))

    async def _monitor_order_status(self, exchange_order_id: str) -> None:
        """Ask the venue for an order's fate, and act on it as on the stream's word."""
        if self._venue is None:
            raise Fault("ExecutionHandler was not started")
        update = await self._venue.query(exchange_order_id)
        if update is not None:
            await self._handle_exchange_update(msgspec.structs.asdict(update))

    async def _publish_execution_report(self, report_payload: dict[str, Any]) -> None:
        await self._bus.publish(types.EXECUTION_REPORT, report_payload, source=type(self).__name__)

    async def _carry_out(self, outcome: Outcome) -> None:
        await self._tell(outcome)
        while self._commands:
            details = {"command": self._commands.popleft()}
            await self._handle_api_response(await self._place_order(details), details)

    async def _tell(self, outcome: Outcome) -> None:
        for report in outcome.reports:
            await self._publish_execution_report(report.payload())
        self._commands.extend(outcome.commands)

    def _refused_by_halt(self, command: Command) -> Answer | None:
        if (
            isinstance(command, Submit)
            and command.role is Role.ENTRY
            and self._halt is not None
            and self._halt.is_set()
        ):
            return Answer(False, self._clock.now_ns(), error="halted before the order left")
        return None

    async def _on_trade(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        pair = payload["trading_pair"]
        bracket = self._desk.brackets.get(pair)
        if bracket is not None:
            ticks = bracket.instrument.ticks(Decimal(payload["price"]))
            await self._carry_out(self._desk.on_print(pair, ticks, self._clock.now_ns()))

    async def _on_state(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if payload["new_state"] == "HALTED":
            liquidate = payload.get("halt_action") == "LIQUIDATE_POSITIONS"
            await self._carry_out(self._desk.on_halt(self._clock.now_ns(), liquidate=liquidate))

    async def _on_account_requested(self, event: dict[str, Any]) -> None:
        del event
        if self._venue is None:
            raise Fault("ExecutionHandler was not started")
        await self._bus.publish(types.ACCOUNT_STATE, await self._venue.account())
