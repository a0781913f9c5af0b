"""What one pair is up to: nothing, an entry under way, or a position; moved by signals and order reports."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from gal_friday.domain.numbers import ZERO
from gal_friday.domain.orders import CLOSED, Report, Role, Side

# Ended orders remembered so that a report told twice, or late, is not counted again.
_REMEMBERED = 64


class State(StrEnum):
    """Where a pair's one intent is."""

    IDLE = "IDLE"
    PENDING = "PENDING"
    OPEN = "OPEN"


# Looking a member up in its class takes ten times as long, and some of this is asked on every row.
_IDLE, _PENDING, _OPEN = State.IDLE, State.PENDING, State.OPEN


class Intent:
    """One pair's position intent. Reports carry cumulative quantities, so some may be missing or come twice.

    OPEN: something is held. PENDING: nothing is held, but an entry was proposed or is working.
    `owner` is the index of the strategy that opened it, None for an entry that nobody here proposed.
    """

    __slots__ = (
        "_entries",
        "_entry_signal",
        "_exit_signal",
        "_exits",
        "_last_signal",
        "_orders",
        "_quantity",
        "entered_ns",
        "held",
        "owner",
        "state",
    )

    def __init__(self) -> None:
        self.state = _IDLE
        self.held: Side | None = None
        self.owner: int | None = None
        self.entered_ns = 0
        self._quantity = ZERO
        self._entry_signal: str | None = None  # proposed, no order seen yet
        self._exit_signal: str | None = None
        self._last_signal: str | None = None  # of the latest entry, whatever became of it
        self._entries: set[str] = set()  # orders that are working
        self._exits: set[str] = set()
        self._orders: dict[str, tuple[Decimal, bool]] = {}  # cumulative quantity, ended

    @property
    def quantity(self) -> Decimal:
        """What is held, in base units, whichever the side."""
        return self._quantity

    @property
    def exiting(self) -> bool:
        """Whether an exit is proposed or working."""
        return self._exit_signal is not None or bool(self._exits)

    @property
    def blocked(self) -> bool:
        """Whether no wish can be acted upon: an entry or an exit is under way."""
        state = self.state
        return state is _PENDING or (state is _OPEN and self.exiting)

    def propose_entry(self, signal_id: str, owner: int) -> None:
        """An entry was proposed."""
        self._entry_signal = self._last_signal = signal_id
        self.owner = owner
        self._settle()

    def lived_through(self) -> None:
        """The proposed entry became a position, and the position has been closed."""
        self._entry_signal = None
        self._settle()

    def propose_exit(self, signal_id: str) -> None:
        """The close of the position was proposed."""
        self._exit_signal = signal_id

    def on_rejected(self, signal_id: str) -> None:
        """The signal was refused; another signal's refusal changes nothing."""
        if signal_id == self._entry_signal:
            self._entry_signal = None
        if signal_id == self._exit_signal:
            self._exit_signal = None
        self._settle()

    def on_report(self, report: Report) -> None:
        """One step of an order's life."""
        order = report.client_order_id
        known, ended = self._orders.get(order, (ZERO, False))
        if ended and report.filled <= known:
            return
        more = max(report.filled - known, ZERO)
        ended = ended or report.status in CLOSED
        self._orders[order] = (known + more, ended)
        if report.role is Role.ENTRY:
            self._enter(report, more, ended=ended)
        else:
            self._reduce(report, more, ended=ended)
        self._settle()

    def _enter(self, report: Report, more: Decimal, *, ended: bool) -> None:
        # A limit entry that timed out may be followed by a market order of the same signal; any other
        # entry that nobody here proposed is taken as it is, so that no second position is opened.
        if self.state is _IDLE and report.signal_id != self._last_signal:
            self.owner = None
        self._entry_signal = None
        _mark(self._entries, report.client_order_id, working=not ended)
        if more:
            if self._quantity <= 0:
                self.entered_ns = report.venue_ns
                self.held = report.side
            self._quantity += more

    def _reduce(self, report: Report, more: Decimal, *, ended: bool) -> None:
        if report.role is Role.EXIT:
            self._exit_signal = None
            _mark(self._exits, report.client_order_id, working=not ended)
        self._quantity -= more

    def _settle(self) -> None:
        if self._quantity > 0:
            self.state = _OPEN
            return
        self.held = None
        self._exit_signal = None
        if self._entry_signal is not None or self._entries:
            self.state = _PENDING
            return
        self.state = _IDLE
        self._quantity = ZERO
        self._exits.clear()
        for order in list(self._orders)[:-_REMEMBERED]:
            del self._orders[order]


def _mark(orders: set[str], order: str, *, working: bool) -> None:
    if working:
        orders.add(order)
    else:
        orders.discard(order)
