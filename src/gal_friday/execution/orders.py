"""An order and the table of its life: which report may follow which state."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from gal_friday.domain.errors import IllegalTransition
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import ZERO, ratio
from gal_friday.domain.orders import CLOSED, Fill, Report, Status
from gal_friday.domain.venue import Submit

# Average fill prices are quotients; this many decimals are kept.
AVERAGE_PLACES = 12


class On(StrEnum):
    """What can happen to an order."""

    ACK = "ACK"
    FILL = "FILL"
    LAST_FILL = "LAST_FILL"
    AMENDED = "AMENDED"
    CANCEL_SENT = "CANCEL_SENT"
    CANCELED = "CANCELED"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    NO_ANSWER = "NO_ANSWER"


S = Status
NEXT: dict[tuple[Status, On], Status] = {
    (S.PENDING_NEW, On.ACK): S.NEW,
    (S.PENDING_NEW, On.FILL): S.PARTIALLY_FILLED,  # the fill may overtake the acknowledgement
    (S.PENDING_NEW, On.LAST_FILL): S.FILLED,
    (S.PENDING_NEW, On.CANCEL_SENT): S.PENDING_CANCEL,
    (S.PENDING_NEW, On.CANCELED): S.CANCELED,  # the venue may cancel by itself
    (S.PENDING_NEW, On.EXPIRED): S.EXPIRED,
    (S.PENDING_NEW, On.REJECTED): S.REJECTED,
    (S.PENDING_NEW, On.FAILED): S.ERROR,
    (S.PENDING_NEW, On.NO_ANSWER): S.UNKNOWN,
    (S.NEW, On.ACK): S.NEW,  # acknowledged by the answer and by the stream
    (S.NEW, On.FILL): S.PARTIALLY_FILLED,
    (S.NEW, On.LAST_FILL): S.FILLED,
    (S.NEW, On.AMENDED): S.NEW,
    (S.NEW, On.CANCEL_SENT): S.PENDING_CANCEL,
    (S.NEW, On.CANCELED): S.CANCELED,
    (S.NEW, On.EXPIRED): S.EXPIRED,
    (S.NEW, On.REJECTED): S.REJECTED,  # accepted first, refused by the engine after
    (S.NEW, On.NO_ANSWER): S.UNKNOWN,  # an amend or cancel went unanswered
    (S.PARTIALLY_FILLED, On.ACK): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, On.FILL): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, On.LAST_FILL): S.FILLED,
    (S.PARTIALLY_FILLED, On.AMENDED): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, On.CANCEL_SENT): S.PENDING_CANCEL,
    (S.PARTIALLY_FILLED, On.CANCELED): S.CANCELED,
    (S.PARTIALLY_FILLED, On.EXPIRED): S.EXPIRED,
    (S.PARTIALLY_FILLED, On.NO_ANSWER): S.UNKNOWN,
    (S.PENDING_CANCEL, On.ACK): S.PENDING_CANCEL,
    (S.PENDING_CANCEL, On.FILL): S.PENDING_CANCEL,  # the race every trader meets
    (S.PENDING_CANCEL, On.LAST_FILL): S.FILLED,
    (S.PENDING_CANCEL, On.CANCEL_SENT): S.PENDING_CANCEL,  # a cancel is safe to repeat
    (S.PENDING_CANCEL, On.CANCELED): S.CANCELED,
    (S.PENDING_CANCEL, On.CANCEL_REFUSED): S.UNKNOWN,  # it ended some other way: ask
    (S.PENDING_CANCEL, On.EXPIRED): S.EXPIRED,
    (S.PENDING_CANCEL, On.REJECTED): S.REJECTED,
    (S.PENDING_CANCEL, On.NO_ANSWER): S.UNKNOWN,
    (S.UNKNOWN, On.ACK): S.NEW,
    (S.UNKNOWN, On.FILL): S.PARTIALLY_FILLED,
    (S.UNKNOWN, On.LAST_FILL): S.FILLED,
    (S.UNKNOWN, On.CANCEL_SENT): S.PENDING_CANCEL,
    (S.UNKNOWN, On.CANCELED): S.CANCELED,
    (S.UNKNOWN, On.EXPIRED): S.EXPIRED,
    (S.UNKNOWN, On.REJECTED): S.REJECTED,
    (S.UNKNOWN, On.FAILED): S.ERROR,
    (S.UNKNOWN, On.NO_ANSWER): S.UNKNOWN,
}


def advance(status: Status, on: On) -> Status:
    """The state after `on`; raises `IllegalTransition` for a pair that cannot happen."""
    found = NEXT.get((status, on))
    if found is None:
        raise IllegalTransition(f"an order in state {status} cannot meet {on}")
    return found


class Order:
    """One order as we know it. Sizes in lots, prices in ticks, times UTC ns."""

    __slots__ = (
        "client_id",
        "commission",
        "cost",
        "exchange_id",
        "filled",
        "instrument",
        "lots",
        "pair",
        "quote",
        "role",
        "sent",
        "side",
        "signal_id",
        "status",
    )

    def __init__(self, sent: Submit, instrument: Instrument) -> None:
        self.sent = sent
        self.client_id = sent.client_id
        self.signal_id = sent.signal_id
        self.role = sent.role
        self.pair = sent.pair
        self.side = sent.side
        self.lots = sent.lots
        self.instrument = instrument
        self.quote = instrument.quote
        self.status = Status.PENDING_NEW
        self.exchange_id: str | None = None
        self.filled = 0
        self.cost = 0  # sum of ticks times lots: exact
        self.commission = ZERO

    @property
    def is_open(self) -> bool:
        """Whether the order may still trade."""
        return self.status not in CLOSED

    @property
    def left(self) -> int:
        """Lots not filled yet."""
        return self.lots - self.filled

    def advance(self, on: On) -> None:
        """Move along the table."""
        self.status = advance(self.status, on)

    def fill(self, lots: int, ticks: int, commission: Decimal) -> None:
        """Take a fill of `lots` at `ticks`."""
        if lots > self.left:
            raise IllegalTransition(f"order {self.client_id}: {lots} lots filled, {self.left} were left")
        self.filled += lots
        self.cost += lots * ticks
        self.commission += commission
        self.advance(On.LAST_FILL if self.filled == self.lots else On.FILL)

    def report(self, venue_ns: int, *, fill: Fill | None = None, error: str | None = None) -> Report:
        """What is to be told of the order now."""
        rules, sent = self.instrument, self.sent
        ordered = rules.quantity(self.lots)
        filled, average = ZERO, None
        if self.filled:
            filled = ordered if self.filled == self.lots else rules.quantity(self.filled)
            # The usual order fills at one price: then no division is needed.
            if fill is not None and fill.quantity == filled:
                average = fill.price
            else:
                average = ratio(rules.price(self.cost), Decimal(self.filled), AVERAGE_PLACES)
        return Report(
            self.signal_id,
            self.role,
            self.client_id,
            self.exchange_id,
            self.pair,
            self.status,
            sent.order_type,
            self.side,
            ordered,
            filled,
            average,
            fill,
            None if sent.limit is None else rules.price(sent.limit),
            None if sent.stop is None else rules.price(sent.stop),
            self.commission,
            self.quote,
            venue_ns,
            error,
        )
