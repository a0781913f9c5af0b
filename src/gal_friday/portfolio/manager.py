"""PortfolioManager: reports and marks in, exact state out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from gal_friday.domain.numbers import ZERO, plain
from gal_friday.domain.orders import Report
from gal_friday.domain.orders_wire import report_from_payload
from gal_friday.domain.ports import Clock, SystemClock
from gal_friday.domain.time import SECOND
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.events.envelope import once
from gal_friday.portfolio.account import Account
from gal_friday.settings.manager import ConfigurationManager


class PortfolioManager:
    """Owns the account; `reconciliation` is the pass that `reconcile_with_exchange` runs."""

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus,
        *,
        clock: Clock | None = None,
        reconciliation: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._settings = config.section("portfolio")
        self._bus = event_bus
        self._clock = clock or SystemClock()
        self._reconciliation = reconciliation
        self._opened = False
        self._account = Account(self._settings.quote_asset, ZERO, self._clock.now_ns())
        self._period_ns = int(self._settings.publish_interval_s * SECOND)
        self._due_ns = 0
        self._looked = -1  # the account's version at the last look for losses
        self._subscriptions: list[str] = []

    @property
    def account(self) -> Account:
        """The account itself, for reading: ledger, fees, positions."""
        return self._account

    async def start(self) -> None:
        """Listen, and ask for the account that trading starts from."""
        for event_type, handler in (
            (types.EXECUTION_REPORT, self.handle_execution_report),
            (types.MARKET_DATA_OHLCV, self._on_bar),
            (types.ACCOUNT_STATE, self._on_account),
            (types.SYSTEM_STATE_CHANGE, self._on_state),
        ):
            self._subscriptions.append(self._bus.subscribe(event_type, handler))
        await self._bus.publish(types.ACCOUNT_REQUESTED, {"reason": "start"}, source=type(self).__name__)

    async def stop(self) -> None:
        """Stop listening."""
        while self._subscriptions:
            self._bus.unsubscribe(self._subscriptions.pop())

    async def handle_execution_report(self, event: dict[str, Any]) -> None:
        """Book a report; a fill is followed by PORTFOLIO_UPDATED."""
        await self._book(once(event, report_from_payload))

    async def _book(self, report: Report) -> None:
        if self._account.on_report(report, self._clock.now_ns()):
            await self._publish_portfolio_metrics()

    def get_current_state(self, trading_pair: str | None = None) -> dict[str, Any]:
        """The latest snapshot (fields of PORTFOLIO_UPDATED); with a pair, only that pair's position."""
        state = self._account.state()
        if trading_pair is None:
            return state
        held = state["positions"].get(trading_pair)
        return {**state, "positions": {} if held is None else {trading_pair: held}}

    def reserve(self, signal_id: str, pair: str, *, cash: Decimal, exposure: Decimal) -> None:
        """Set cash and exposure aside for an approved entry until its order ends."""
        self._account.reserve(signal_id, pair, cash, exposure)

    def release(self, signal_id: str) -> None:
        """Give back whatever is still reserved for the signal."""
        self._account.release(signal_id)

    def may_have_crossed(self, day_pct: Decimal, week_pct: Decimal, total_pct: Decimal, losses: int) -> bool:
        """Whether a drawdown (percent) or the losses in a row can have reached a limit since the last look."""
        account = self._account
        if account.version == self._looked:
            return False
        self._looked = account.version
        return account.losses >= losses or account.drawdowns.may_cross(day_pct, week_pct, total_pct)

    async def reconcile_with_exchange(self) -> None:
        """Compare the account with the exchange's: by the reconciliation pass, or by asking for the balances."""
        if self._reconciliation is not None:
            await self._reconciliation()
        else:
            await self._bus.publish(types.ACCOUNT_REQUESTED, {"reason": "reconcile"}, source=type(self).__name__)

    def _update_pnl_and_drawdown(self) -> None:
        self._account.revalue(self._clock.now_ns())

    async def _publish_portfolio_metrics(self) -> None:
        await self._bus.publish(types.PORTFOLIO_UPDATED, self._account.state())

    async def _on_bar(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        now_ns = self._clock.now_ns()
        if self._account.mark(payload["trading_pair"], Decimal(payload["close"]), now_ns):
            self._update_pnl_and_drawdown()
        if now_ns >= self._due_ns:
            self._due_ns = (now_ns // self._period_ns + 1) * self._period_ns
            await self._publish_portfolio_metrics()

    async def _on_account(self, event: dict[str, Any]) -> None:
        balances = event["payload"]["balances"]
        if not self._opened:
            self._opened = True
            total = Decimal(balances.get(self._settings.quote_asset, {}).get("total", "0"))
            self._account = Account(self._settings.quote_asset, total, self._clock.now_ns())
            self._looked = -1
            await self._publish_portfolio_metrics()
            return
        held = {asset: self._account.ledger.held(asset) for asset in self._account.ledger.assets()}
        told = {asset: Decimal(balance["total"]) for asset, balance in balances.items()}
        wrong = [
            f"{asset}: ledger {plain(held.get(asset, ZERO))}, exchange {plain(told.get(asset, ZERO))}"
            for asset in sorted({*held, *told})
            if held.get(asset, ZERO) != told.get(asset, ZERO)
        ]
        if wrong:
            reason = "ACCOUNT_MISMATCH: " + "; ".join(wrong)
            await self._bus.publish(types.HALT_REQUESTED, {"reason": reason, "source": type(self).__name__})

    async def _on_state(self, event: dict[str, Any]) -> None:
        if event["payload"]["new_state"] == "RUNNING":
            self._account.resumed()
