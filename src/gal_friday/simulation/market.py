"""One pair's side of the simulated venue: resting orders, the bar being replayed, and what liquidity is left."""

from __future__ import annotations

from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import OrderType, Role, Side
from gal_friday.domain.venue import Submit

UNLIMITED = 2**62
Level = tuple[int, int]

# Within a bar, what hurts comes first.
_WORST_FIRST = {Role.ENTRY: 0, Role.STOP: 1, Role.EXIT: 2, Role.TARGET: 3}


class Resting:
    """An accepted order. `born_ns` is the start of the bar during which it was sent, -1 if between bars."""

    __slots__ = ("arrival_ns", "born_ns", "filled", "fills", "lots", "order", "triggered")

    def __init__(self, order: Submit, arrival_ns: int, born_ns: int) -> None:
        self.order = order
        self.arrival_ns = arrival_ns
        self.born_ns = born_ns
        self.lots = order.lots
        self.filled = 0
        self.fills = 0
        self.triggered = False

    @property
    def left(self) -> int:
        """Lots not filled yet."""
        return self.lots - self.filled


class Market:
    """Orders and the current bar. Prices in ticks, sizes in lots; `budget` is what our orders may still take."""

    __slots__ = (
        "asks",
        "bar_ns",
        "bids",
        "budget",
        "end_ns",
        "entered_in_range",
        "grid",
        "high",
        "instrument",
        "low",
        "orders",
        "phase",
        "previous_range",
        "price",
        "touched",
        "touching",
        "volume",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.grid = instrument.grid
        self.orders: dict[str, Resting] = {}
        self.bids: list[Level] | None = None
        self.asks: list[Level] | None = None
        self.phase = ""
        self.bar_ns = self.end_ns = 0
        self.price = self.high = self.low = self.volume = self.previous_range = self.budget = 0
        self.touching = False
        self.touched = 0
        self.entered_in_range = False

    @property
    def in_time_ns(self) -> int:
        """Until when an exit must arrive to trade at the print that it answers.

        Within a bar nothing has a finer time: one that takes less than a bar is taken to be there.
        """
        return self.end_ns if self.phase == "open" else 2 * self.end_ns - self.bar_ns

    def waiting(self) -> list[Resting]:
        """Resting orders, worst for us first, then in order of acceptance."""
        found = list(self.orders.values())
        if len(found) > 1:
            found.sort(key=lambda r: _WORST_FIRST[r.order.role])
        return found

    def has_book(self, side: Side) -> bool:
        """Whether a book is known for an order of this side; one that was taken empty still is."""
        return (self.asks if side is Side.BUY else self.bids) is not None

    def worst(self, side: Side) -> int:
        """The bar's end that a stop of this side fears: the low for a sell, the high for a buy."""
        return self.low if side is Side.SELL else self.high

    @staticmethod
    def beyond(order: Submit, ticks: int) -> bool:
        """Whether `ticks` triggers the stop."""
        if order.order_type is not OrderType.STOP_LOSS or order.stop is None:
            return False
        return ticks <= order.stop if order.side is Side.SELL else ticks >= order.stop

    @staticmethod
    def marketable(order: Submit, ticks: int) -> bool:
        """Whether a limit order would trade at once at `ticks`."""
        if order.limit is None:
            return False
        return order.limit >= ticks if order.side is Side.BUY else order.limit <= ticks
