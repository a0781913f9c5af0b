"""What keeps a position safe: a resting stop of the position's size, a watched target, one exit at a time.

Kraken spot has no one-cancels-other, and a resting stop and a resting target would reserve the same
coins. So the stop rests at the venue and the target is watched: when the price touches it, the stop is
taken back and, once that is confirmed, the exit is placed.
"""

from __future__ import annotations

from gal_friday.domain.ids import order_id
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import Approval, OrderType, Role, Side
from gal_friday.domain.time import SECOND
from gal_friday.domain.venue import Amend, Cancel, Command, Submit
from gal_friday.execution.orders import Order
from gal_friday.settings.sections.execution import ExecutionSettings

Commands = tuple[Command, ...]

# Exits refused in a row after which the desk stops asking by itself; by then trading is halted.
MOST_REFUSALS = 3


class Bracket:
    """One position from its approved entry to its last exit. Prices in ticks, sizes in lots."""

    __slots__ = (
        "_numbers",
        "entry",
        "exit",
        "exit_role",
        "held",
        "instrument",
        "now_ns",
        "orders",
        "pair",
        "refusals",
        "settings",
        "side",
        "signal_id",
        "stop",
        "stop_ticks",
        "target_ticks",
    )

    def __init__(
        self, approval: Approval, instrument: Instrument, settings: ExecutionSettings, orders: dict[str, Order]
    ) -> None:
        self.signal_id = approval.signal_id
        self.pair = approval.pair
        self.side = approval.side
        self.instrument = instrument
        self.settings = settings
        self.orders = orders  # the desk's: every order is known there before it is sent
        self.stop_ticks = None if approval.sl is None else instrument.ticks(approval.sl)
        self.target_ticks = None if approval.tp is None else instrument.ticks(approval.tp)
        self.held = 0
        self.entry: Order | None = None
        self.stop: Order | None = None
        self.exit: Order | None = None
        self.exit_role: Role | None = None  # set once the position is to be closed, until flat
        self.now_ns = 0  # set by the desk before each question
        self.refusals = 0
        self._numbers = 0

    @property
    def over(self) -> bool:
        """Flat, and nothing left that could trade."""
        if self.held:
            return False
        for order in (self.entry, self.stop, self.exit):
            if order is not None and order.is_open:
                return False
        return True

    def touched(self, ticks: int) -> bool:
        """Whether a print at `ticks` reaches the target of a position that still waits for it."""
        if self.target_ticks is None or not self.held or self.exit_role is not None:
            return False
        return ticks >= self.target_ticks if self.side is Side.BUY else ticks <= self.target_ticks

    # --- what to do next

    def enter(self, approval: Approval) -> Commands:
        """Place the entry; a limit entry carries its own end of life."""
        limit = None if approval.limit is None else self.instrument.ticks(approval.limit)
        expires = None if limit is None else self.now_ns + int(self.settings.entry_timeout_s * SECOND)
        lots = self.instrument.lots(approval.quantity)
        return (self._submit(Role.ENTRY, self.side, approval.order_type, lots, limit=limit, expires_ns=expires),)

    def entry_ended(self) -> Commands:
        """A limit entry ran out of time: take the rest at market where that is configured."""
        entry = self.entry
        if entry is None or self.settings.on_entry_timeout != "market" or self.exit_role is not None or not entry.left:
            return ()
        return (self._submit(Role.ENTRY, self.side, OrderType.MARKET, entry.left),)

    def protect(self) -> Commands:
        """Bring the resting stop to the size of the position."""
        if self.exit_role is not None or self.stop_ticks is None or not self.held:
            return ()
        stop = self.stop
        if stop is None or not stop.is_open:
            side = self.side.opposite
            return (self._submit(Role.STOP, side, OrderType.STOP_LOSS, self.held, stop=self.stop_ticks),)
        if stop.left != self.held:
            return (Amend(stop.client_id, self.pair, stop.filled + self.held),)
        return ()

    def close(self, role: Role) -> Commands:
        """Begin to close: take entry and stop back first, since they hold the coins the exit needs."""
        entering = self.entry is not None and self.entry.is_open
        if self.exit_role is not None or (not self.held and not entering):
            return ()
        self.exit_role = role
        if self.stop is not None and self.stop.is_open:
            return (*self.cancel_entry(), Cancel(self.stop.client_id, self.pair))
        return (*self.cancel_entry(), *self.exit_next())

    def cancel_entry(self) -> Commands:
        """Take a working entry back."""
        if self.entry is not None and self.entry.is_open:
            return (Cancel(self.entry.client_id, self.pair),)
        return ()

    def exit_next(self) -> Commands:
        """Place the exit for what is held, unless one works already or the stop still rests."""
        if self.exit_role is None or not self.held:
            return ()
        if (self.exit is not None and self.exit.is_open) or (self.stop is not None and self.stop.is_open):
            return ()
        side, role = self.side.opposite, self.exit_role
        if role is Role.TARGET and self.settings.target_exit == "limit":
            expires = self.now_ns + int(self.settings.exit_timeout_s * SECOND)
            limit = self.target_ticks
            return (self._submit(role, side, OrderType.LIMIT, self.held, limit=limit, expires_ns=expires),)
        return (self._submit(role, side, OrderType.MARKET, self.held),)

    def exit_ended(self, *, refused: bool) -> Commands:
        """An exit ended with something left: the rest goes at market.

        A venue that refuses again and again is not asked without end: the bracket then waits for the next
        signal, print or halt to close it.
        """
        self.refusals = self.refusals + 1 if refused else 0
        if self.refusals >= MOST_REFUSALS:
            self.refusals, self.exit_role = 0, None
            return ()
        self.exit_role = Role.EXIT
        return self.exit_next()

    def _submit(
        self,
        role: Role,
        side: Side,
        order_type: OrderType,
        lots: int,
        *,
        limit: int | None = None,
        stop: int | None = None,
        expires_ns: int | None = None,
    ) -> Submit:
        identity = order_id(self.signal_id, role, self._numbers)
        self._numbers += 1
        submit = Submit(identity, self.signal_id, role, self.pair, side, order_type, lots, limit, stop, expires_ns)
        order = self.orders[identity] = Order(submit, self.instrument)
        if role is Role.ENTRY:
            self.entry = order
        elif role is Role.STOP:
            self.stop = order
        else:
            self.exit = order
        return submit
