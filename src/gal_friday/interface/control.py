"""What the console needs of the application, and how the application gives it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gal_friday.app import Application


class Monitoring(Protocol):
    """What the console asks of MonitoringService."""

    def is_halted(self) -> bool:
        """Whether trading is halted."""
        ...


class Bus(Protocol):
    """What the console asks of the event bus."""

    async def publish(
        self, event_type: str, payload: dict[str, Any], priority: int = 0, *, source: str | None = None
    ) -> None:
        """Queue an event."""
        ...

    async def get_queue_metrics(self) -> dict[str, Any]:
        """Depths, counts and latencies."""
        ...

    async def replay_events(self, from_timestamp: datetime, to_timestamp: datetime) -> list[dict[str, Any]]:
        """Kept envelopes of a window of time."""
        ...


class Controller(Protocol):
    """The application as a console sees it."""

    @property
    def bus(self) -> Bus:
        """The bus on which commands are published."""
        ...

    def submit(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work where the application runs; callable from any thread, does not wait."""
        ...

    def output(self, text: str) -> None:
        """Show text to the operator."""
        ...

    def status(self) -> dict[str, Any]:
        """Figures of the running system by name, as texts and numbers."""
        ...

    def positions(self) -> dict[str, Any]:
        """The open positions by pair, as in PORTFOLIO_UPDATED."""
        ...


class ApplicationController:
    """The controller of a running application; `submit` says where coroutines run, `output` where text goes."""

    def __init__(
        self,
        application: Application,
        *,
        submit: Callable[[Coroutine[Any, Any, None]], None],
        output: Callable[[str], None],
    ) -> None:
        self._application = application
        self._submit = submit
        self._output = output

    @property
    def bus(self) -> Bus:
        """The application's bus."""
        return self._application.bus

    def submit(self, work: Coroutine[Any, Any, None]) -> None:
        """Hand the work over."""
        self._submit(work)

    def output(self, text: str) -> None:
        """Show text to the operator."""
        self._output(text)

    def status(self) -> dict[str, Any]:
        """Mode, equity, drawdown and number of positions."""
        config, state = self._application.config, self._application.portfolio.get_current_state()
        return {
            "mode": config.settings.mode,
            "config_hash": config.config_hash,
            "total_equity": state["total_equity"],
            "available_balance": state["available_balance"],
            "total_drawdown_pct": state["total_drawdown_pct"],
            "positions": len(state["positions"]),
        }

    def positions(self) -> dict[str, Any]:
        """The open positions by pair."""
        held: dict[str, Any] = self._application.portfolio.get_current_state()["positions"]
        return held
