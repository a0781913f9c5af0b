"""What keeps a position safe: a resting stop of the position's size, a watched target, one exit at a time.

Kraken spot has no one-cancels-other, and a resting stop and a resting target would reserve the same
coins. So the stop rests at the venue and the target is watched: when the price touches it, the stop is
taken back and, once that is confirmed, the exit is placed.
"""

from __future__ import annotations

from collections.abc import Iterator

from gal_friday.domain.ids import order_id
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import Approval, OrderType, Role, Side
from gal_friday.domain.time import SECOND
from gal_friday.domain.venue import Amend, Cancel, Command, Submit
from gal_friday.execution.orders import Order
from gal_friday.settings.sections.execution import ExecutionSettings


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
        "pair",
        "settings",
        "side",
        "signal_id",
        "stop",
        "stop_ticks",
        "target_ticks",
    )

    def __init__(self, approval: Approval, instrument: Instrument, settings: ExecutionSettings) -> None:
        self.signal_id = approval.signal_id
        self.pair = approval.pair
        self.side = approval.side
        self.instrument = instrument
        self.settings = settings
        self.stop_ticks = None if approval.sl is None else instrument.ticks(approval.sl)
        self.target_ticks = None if approval.tp is None else instrument.ticks(approval.tp)
        self.held = 0
        self.entry: Order | None = None
        self.stop: Order | None = None
        self.exit: Order | None = None
        self.exit_role: Role | None = None  # set once the position is to be closed, until flat
        self.now_ns = 0  # set by the desk before each question
        self._numbers = 0

    @property
    def over(self) -> bool:
        """Flat, and nothing left that could trade."""
        return not self.held and not any(o is not None and o.is_open for o in (self.entry, self.stop, self.exit))

    def touched(self, ticks: int) -> bool:
        """Whether a print at `ticks` reaches the target of a position that still waits for it."""
        if self.target_ticks is None or not self.held or self.exit_role is not None:
            return False
        return ticks >= self.target_ticks if self.side is Side.BUY else ticks <= self.target_ticks

    # --- what to do next

    def enter(self, approval: Approval) -> Iterator[Command]:
        """Place the entry; a limit entry carries its own end of life."""
        limit = None if approval.limit is None else self.instrument.ticks(approval.limit)
        expires = None if limit is None else self.now_ns + int(self.settings.entry_timeout_s * SECOND)
        lots = self.instrument.lots(approval.quantity)
        yield self._submit(Role.ENTRY, self.side, approval.order_type, lots, limit=limit, expires_ns=expires)

    def entry_ended(self) -> Iterator[Command]:
        """A limit entry ran out of time: take the rest at market where that is configured."""
        entry = self.entry
        if entry is None or self.settings.on_entry_timeout != "market" or self.exit_role is not None or not entry.left:
            return
        yield self._submit(Role.ENTRY, self.side, OrderType.MARKET, entry.left)

    def protect(self) -> Iterator[Command]:
        """Bring the resting stop to the size of the position."""
        if self.exit_role is not None or self.stop_ticks is None:
            return
        stop = self.stop
        if stop is None or not stop.is_open:
            if self.held:
                side = self.side.opposite
                yield self._submit(Role.STOP, side, OrderType.STOP_LOSS, self.held, stop=self.stop_ticks)
        elif stop.left != self.held and self.held:
            yield Amend(stop.client_id, self.pair, stop.filled + self.held)

    def close(self, role: Role) -> Iterator[Command]:
        """Begin to close: take entry and stop back first, since they hold the coins the exit needs."""
        if self.exit_role is not None or (not self.held and not self._entering):
            return
        self.exit_role = role
        yield from self.cancel_entry()
        if self.stop is not None and self.stop.is_open:
            yield Cancel(self.stop.client_id, self.pair)
        else:
            yield from self.exit_next()

    def cancel_entry(self) -> Iterator[Command]:
        """Take a working entry back."""
        if self.entry is not None and self.entry.is_open:
            yield Cancel(self.entry.client_id, self.pair)

    def exit_next(self) -> Iterator[Command]:
        """Place the exit for what is held, unless one works already or the stop still rests."""
        if self.exit_role is None or not self.held:
            return
        if any(o is not None and o.is_open for o in (self.exit, self.stop)):
            return
        yield self._exit_order()

    def exit_expired(self) -> Iterator[Command]:
        """A limit exit ran out of time: the rest goes at market."""
        self.exit_role = Role.EXIT
        yield from self.exit_next()

    def _exit_order(self) -> Submit:
        side, role = self.side.opposite, self.exit_role or Role.EXIT
        if role is Role.TARGET and self.settings.target_exit == "limit":
            expires = self.now_ns + int(self.settings.exit_timeout_s * SECOND)
            return self._submit(role, side, OrderType.LIMIT, self.held, limit=self.target_ticks, expires_ns=expires)
        return self._submit(role, side, OrderType.MARKET, self.held)

    @property
    def _entering(self) -> bool:
        return self.entry is not None and self.entry.is_open

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
        n = self._numbers
        self._numbers = n + 1
        identity = order_id(self.signal_id, role.value, n)
        order = Order(
            identity,
            self.signal_id,
            role,
            self.instrument,
            side,
            order_type,
            lots,
            limit=limit,
            stop=stop,
            expires_ns=expires_ns,
        )
        if role is Role.ENTRY:
            self.entry = order
        elif role is Role.STOP:
            self.stop = order
        else:
            self.exit = order
        return Submit(identity, self.signal_id, role, self.pair, side, order_type, lots, limit, stop, expires_ns)
