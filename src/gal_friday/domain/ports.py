"""What a module may ask of its surroundings: the seams at which live, paper and backtest differ."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """What time it is."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        ...


class Tasks(Protocol):
    """Where a module's work that waits is run; the live implementation is the application's task group."""

    def spawn(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `work` to its end; its failure is the owner's failure."""
        ...


class Halt(Protocol):
    """The switch beneath every order: thread-safe, and kept over a restart where it is file-backed."""

    def is_set(self) -> bool:
        """Whether trading is halted."""
        ...

    def set(self, reason: str) -> None:
        """Halt, with the reason; setting twice keeps the first reason."""
        ...

    def clear(self) -> None:
        """Let trading resume."""
        ...

    def reason(self) -> str | None:
        """Why trading is halted; None while it is not."""
        ...


class Portfolio(Protocol):
    """What risk may ask of the portfolio."""

    def get_current_state(self, trading_pair: str | None = None) -> dict[str, Any]:
        """The latest snapshot, as described for PORTFOLIO_UPDATED."""
        ...

    def reserve(self, signal_id: str, pair: str, *, cash: Decimal, exposure: Decimal) -> None:
        """Set cash and exposure aside for an approved entry until its order ends."""
        ...

    def release(self, signal_id: str) -> None:
        """Give back whatever is still reserved for the signal."""
        ...


@runtime_checkable
class LossWatch(Protocol):
    """What a portfolio may offer besides: a look so cheap that it can be taken on every bar."""

    def may_have_crossed(self, day_pct: Decimal, week_pct: Decimal, total_pct: Decimal, losses: int) -> bool:
        """False when, since the last look, no drawdown and no row of losses can have reached one of these limits."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        import time  # the one place where wall time enters

        return time.time_ns()


class SimulatedClock:
    """A clock that the driver sets; it never runs backwards."""

    __slots__ = ("_now_ns",)

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """The simulated time, UTC ns."""
        return self._now_ns

    def advance(self, now_ns: int) -> None:
        """Move to `now_ns`; an earlier time is ignored."""
        if now_ns > self._now_ns:
            self._now_ns = now_ns


Handler = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
