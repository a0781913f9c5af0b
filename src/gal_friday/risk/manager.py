"""RiskManager: proposed signals in, approved or rejected ones out, and a halt when a loss limit is crossed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gal_friday.domain.figures import figures_of
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import Rejection
from gal_friday.domain.orders_wire import proposal_from_payload, report_from_payload
from gal_friday.domain.ports import Clock, LossWatch, Portfolio, SystemClock
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.events.envelope import once
from gal_friday.risk.gate import Gate, Granted
from gal_friday.risk.limits import crossed
from gal_friday.risk.sizing import position_size
from gal_friday.settings.manager import ConfigurationManager


class RiskManager:
    """Judges every proposal on the portfolio's state; reserves before it approves."""

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus,
        portfolio_manager: Portfolio,
        *,
        instruments: Mapping[str, Instrument] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._config = config
        self._bus = event_bus
        self._portfolio = portfolio_manager
        self._watch = portfolio_manager if isinstance(portfolio_manager, LossWatch) else None
        self._clock = clock or SystemClock()
        self._gate = Gate(config.section("risk"), instruments or {}, sizer=self._calculate_position_size)
        self._granted: Granted | None = None
        self._rejection: Rejection | None = None
        self._closes: dict[str, str] = {}  # each pair's last close, as the bar told it
        self._limits = self._loss_limits()
        self._checked: dict[str, Any] | None = None
        self._subscriptions: list[str] = []

    async def start(self) -> None:
        """Listen for proposals and for everything that judging them needs."""
        for event_type, handler in (
            (types.TRADE_SIGNAL_PROPOSED, self.handle_trade_signal_proposed),
            (types.MARKET_DATA_OHLCV, self._on_bar),
            (types.EXECUTION_REPORT, self._on_report),
            (types.PORTFOLIO_UPDATED, self._on_portfolio),
            (types.SYSTEM_STATE_CHANGE, self._on_state),
            (types.MARKET_STATUS, self._on_market_status),
            (types.INSTRUMENT, self._on_instrument),
            (types.OPERATOR_COMMAND, self._on_command),
            (types.CONFIGURATION_CHANGED, self._on_configuration),
        ):
            self._subscriptions.append(self._bus.subscribe(event_type, handler))

    async def stop(self) -> None:
        """Stop listening."""
        while self._subscriptions:
            self._bus.unsubscribe(self._subscriptions.pop())

    async def handle_trade_signal_proposed(self, event: dict[str, Any]) -> None:
        """Judge a proposal and publish the outcome; an approval is reserved for before it is published."""
        approved, _, payload = self._perform_pre_trade_checks(event["payload"])
        if approved and payload is not None and self._granted is not None:
            granted = self._granted
            if granted.exposure:
                approval = granted.approval
                self._portfolio.reserve(approval.signal_id, approval.pair, cash=granted.cash, exposure=granted.exposure)
            await self._publish_trade_signal_approved(payload)
        elif self._rejection is not None:
            await self._publish_trade_signal_rejected(self._rejection.payload())

    def _perform_pre_trade_checks(
        self, proposed_signal: dict[str, Any]
    ) -> tuple[bool, str | None, dict[str, Any] | None]:
        proposal = proposal_from_payload(proposed_signal)
        if proposal.pair in self._closes:
            self._gate.last[proposal.pair] = Decimal(self._closes[proposal.pair])
        figures = figures_of(self._portfolio.get_current_state())
        outcome = self._gate.judge(proposal, figures, self._clock.now_ns())
        if isinstance(outcome, Rejection):
            self._granted, self._rejection = None, outcome
            return False, outcome.reason, None
        self._granted, self._rejection = outcome, None
        return True, None, outcome.approval.payload()

    def _calculate_position_size(
        self, current_equity: Decimal, risk_per_trade_pct: Decimal, sl_distance: Decimal
    ) -> Decimal:
        return position_size(current_equity, risk_per_trade_pct, sl_distance)

    async def _publish_trade_signal_approved(self, approved_payload: dict[str, Any]) -> None:
        await self._bus.publish(types.TRADE_SIGNAL_APPROVED, approved_payload)

    async def _publish_trade_signal_rejected(self, rejected_payload: dict[str, Any]) -> None:
        await self._bus.publish(types.TRADE_SIGNAL_REJECTED, rejected_payload)

    async def check_portfolio_risk_limits(self) -> None:
        """Ask for a halt when a drawdown or loss limit is crossed; says nothing while halted."""
        state = self._portfolio.get_current_state()
        if self._gate.halted is not None or state is self._checked:
            return
        self._checked = state
        reason = crossed(
            Decimal(state["total_drawdown_pct"]),
            Decimal(state["daily_drawdown_pct"]),
            Decimal(state["weekly_drawdown_pct"]),
            state["consecutive_losses"],
            self._gate.settings,
        )
        if reason is not None:
            await self._bus.publish(types.HALT_REQUESTED, {"reason": reason, "source": type(self).__name__})

    async def _on_bar(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        self._closes[payload["trading_pair"]] = payload["close"]
        if self._watch is None or self._watch.may_have_crossed(*self._limits):
            await self.check_portfolio_risk_limits()

    def _loss_limits(self) -> tuple[Decimal, Decimal, Decimal, int]:
        limits = self._gate.settings
        return (
            limits.daily_drawdown_pct,
            limits.weekly_drawdown_pct,
            limits.total_drawdown_pct,
            limits.max_consecutive_losses,
        )

    async def _on_report(self, event: dict[str, Any]) -> None:
        self._gate.on_report(once(event, report_from_payload))

    async def _on_portfolio(self, event: dict[str, Any]) -> None:
        del event  # the state itself is asked for: a queued figure may be older than it
        await self.check_portfolio_risk_limits()

    async def _on_state(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        self._gate.halted = None if payload["new_state"] in ("RUNNING", "DEGRADED") else payload["reason"]
        self._checked = None

    async def _on_market_status(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        pair, kind = payload.get("trading_pair"), payload["kind"]
        pairs = [pair] if pair else list(self._gate.instruments)
        if kind in ("STALE", "OUTAGE"):
            self._gate.stale.update(pairs)
        elif kind == "FRESH":
            self._gate.stale.difference_update(pairs)

    async def _on_instrument(self, event: dict[str, Any]) -> None:
        self._gate.on_instrument(event["payload"])

    async def _on_command(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if payload["command"] == "pause":
            self._gate.paused.add(payload["arguments"]["pair"])
        elif payload["command"] == "unpause":
            self._gate.paused.discard(payload["arguments"]["pair"])

    async def _on_configuration(self, event: dict[str, Any]) -> None:
        del event
        self._gate.settings = self._config.section("risk")
        self._limits = self._loss_limits()
