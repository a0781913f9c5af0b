"""What execution and a venue say to each other: commands one way, answers and updates the other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

import msgspec

from gal_friday.domain.orders import OrderType, Role, Side


class Submit(msgspec.Struct, frozen=True, tag=True):
    """Place an order. Sizes in lots, prices in ticks of the instrument, times UTC ns."""

    client_id: str
    signal_id: str
    role: Role
    pair: str
    side: Side
    order_type: OrderType
    lots: int
    limit: int | None = None
    stop: int | None = None
    expires_ns: int | None = None


class Amend(msgspec.Struct, frozen=True, tag=True):
    """Change the size of a working order."""

    client_id: str
    pair: str
    lots: int


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """Take a working order back."""

    client_id: str
    pair: str


Command = Submit | Amend | Cancel


class Answer(msgspec.Struct, frozen=True):
    """What the venue said to a command: accepted, or why not."""

    accepted: bool
    venue_ns: int
    exchange_id: str | None = None
    error: str | None = None


class Update(msgspec.Struct, frozen=True):
    """What the venue tells by itself: kind is `fill`, `canceled`, `expired` or `rejected`.

    A fill has lots, ticks, commission (quote), liquidity and a number that makes it unique in its
    order. `phase` and `bar_ns` say where in the replayed bar it happened, `slippage` (quote) what
    was paid beyond the price met: a real venue leaves these out.
    """

    kind: str
    client_id: str
    pair: str
    venue_ns: int
    fill_id: str = ""
    lots: int = 0
    ticks: int = 0
    commission: Decimal = Decimal(0)
    liquidity: str = "taker"
    reason: str | None = None
    phase: str = ""
    bar_ns: int = 0
    slippage: Decimal = Decimal(0)


class Venue(Protocol):
    """Where orders go: an exchange, or its simulation."""

    async def execute(self, command: Command) -> Answer:
        """Carry out one command; raises `VenueError` when no answer came."""
        ...

    async def account(self) -> dict[str, Any]:
        """Balances and open orders, as the ACCOUNT_STATE payload has them."""
        ...

    async def query(self, exchange_order_id: str) -> Update | None:
        """The last thing that happened to an order, or None when the venue does not know it."""
        ...
