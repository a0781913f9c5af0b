"""One position: signed quantity, average entry, and the result of closing a part of it."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.domain.numbers import ZERO, ratio

# Average entry prices are quotients; this many decimals are kept, far below any tick.
AVERAGE_PLACES = 12


class Position:
    """Quantity is signed base, `cost` what the open part was bought for in quote (negative for a short)."""

    __slots__ = ("_average", "base", "cost", "fees", "mark", "quantity", "quote", "realized")

    def __init__(self, base: str, quote: str) -> None:
        self.base = base
        self.quote = quote
        self.quantity = ZERO
        self.cost = ZERO
        self.mark = ZERO
        self.realized = ZERO
        self.fees = ZERO
        self._average: Decimal | None = ZERO

    @property
    def average_entry(self) -> Decimal:
        """Average price paid for what is open, to twelve decimals; zero when flat."""
        if self._average is None:
            self._average = ratio(self.cost, self.quantity, AVERAGE_PLACES) if self.quantity else ZERO
        return self._average

    @property
    def value(self) -> Decimal:
        """Signed market value in quote."""
        return self.quantity * self.mark

    @property
    def unrealized(self) -> Decimal:
        """Market value minus what it cost, before fees."""
        return self.quantity * self.mark - self.cost

    def fill(self, quantity: Decimal, price: Decimal, fee: Decimal) -> tuple[Decimal, Decimal | None]:
        """Apply a signed fill; returns (realised before fees, net result of the trade when this closes it)."""
        self.fees += fee
        self._average = None
        held = self.quantity
        if not held or (held > 0) == (quantity > 0):
            self.quantity = held + quantity
            self.cost += quantity * price
            return ZERO, None
        closing = quantity if abs(quantity) <= abs(held) else -held
        # What the closed part cost: all of it when nothing stays open, else its share, rounded once.
        part = self.cost if closing == -held else ratio(self.cost * -closing, held, AVERAGE_PLACES)
        realized = -closing * price - part
        self.realized += realized
        self.quantity = held + closing
        self.cost -= part
        if self.quantity:
            return realized, None
        net = self.realized - self.fees
        self.realized = self.fees = ZERO
        if closing != quantity:
            rest = quantity - closing
            self.quantity, self.cost = rest, rest * price
        return realized, net
