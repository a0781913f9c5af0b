"""Fills from bars and books: the one matching engine of backtest, paper trading and the local exchange.

A bar is replayed in two phases. *Open*: orders that have arrived meet the opening price. *Range*: resting
orders meet the rest of the bar, in the order that is worst for us: entries, then stops, then targets.
Each call matches one order and returns, so that the desk can react before the next. What happens within
a bar has no finer time than the phase: fills of the range carry the bar's end.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from gal_friday.domain.errors import Fault
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import ZERO
from gal_friday.domain.orders import OrderType, Role, Side
from gal_friday.domain.time import MILLISECOND
from gal_friday.domain.venue import Amend, Answer, Command, Submit, Update
from gal_friday.settings.sections.simulation import SimulationSettings
from gal_friday.simulation.market import UNLIMITED, Market, Resting
from gal_friday.simulation.prices import Slippage, on_grid


class BarFacts(msgspec.Struct, frozen=True):
    """What the venue needs of a bar: prices in ticks, volume in lots, times UTC ns."""

    start_ns: int
    end_ns: int
    open: int
    high: int
    low: int
    volume: int
    previous_range: int


class Matching:
    """Orders, liquidity and balances of one simulated account. Pure: time comes with each call."""

    def __init__(
        self,
        settings: SimulationSettings,
        instruments: Mapping[str, Instrument],
        *,
        seed: int = 0,
        balances: Mapping[str, Decimal] | None = None,
    ) -> None:
        self._touch_fills = settings.limit_fill == "touch"
        self._share = settings.max_volume_share_pct
        self._latency_ns = settings.latency_ms * MILLISECOND
        self._jitter_ns = settings.latency_jitter_ms * MILLISECOND
        self._seed = seed
        self._slippage = Slippage(settings)
        self._markets = {pair: Market(rules) for pair, rules in sorted(instruments.items())}
        self.updates: deque[Update] = deque()
        self.balances: dict[str, Decimal] = dict(balances or {})
        self._accepted = 0

    # --- commands

    def execute(self, command: Command, now_ns: int) -> Answer:
        """Carry out one command at `now_ns`."""
        market = self._markets[command.pair]
        if isinstance(command, Submit):
            return self._submit(market, command, now_ns)
        resting = market.orders.get(command.client_id)
        if resting is None:
            return Answer(False, now_ns, error="EOrder:Unknown order")
        if isinstance(command, Amend):
            if command.lots <= resting.filled:
                return Answer(False, now_ns, error="EOrder:Invalid order quantity")
            resting.lots = command.lots
            return Answer(True, now_ns)
        del market.orders[command.client_id]
        self.updates.append(Update("canceled", command.client_id, command.pair, now_ns))
        return Answer(True, now_ns)

    def _submit(self, market: Market, order: Submit, now_ns: int) -> Answer:
        if order.client_id in market.orders:
            return Answer(False, now_ns, error="EOrder:Duplicate client order id")
        if order.lots <= 0:
            return Answer(False, now_ns, error="EOrder:Invalid order quantity")
        arrival = self.arrival_ns(order.client_id, now_ns)
        market.orders[order.client_id] = Resting(order, arrival, market.bar_ns if market.phase else -1)
        return Answer(True, arrival, exchange_id=self.accepted())

    def arrival_ns(self, client_id: str, now_ns: int) -> int:
        """When an order sent at `now_ns` is there: the latency, and its own draw of the jitter."""
        if not self._jitter_ns:
            return now_ns + self._latency_ns
        digest = hashlib.sha256(f"{self._seed}|{client_id}".encode()).digest()
        return now_ns + self._latency_ns + int.from_bytes(digest[:8], "big") % (self._jitter_ns + 1)

    def accepted(self) -> str:
        """The venue's id for the next accepted order."""
        self._accepted += 1
        return f"SIM-{self._accepted:08d}"

    def working(self, pair: str) -> bool:
        """Whether anything but untriggered stops waits for the pair's next bar."""
        for resting in self._markets[pair].orders.values():
            if resting.triggered or resting.order.order_type is not OrderType.STOP_LOSS:
                return True
        return False

    # --- the bar

    def set_book(self, pair: str, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        """Take over the book as last known: (ticks, lots), best first; market orders walk it."""
        market = self._markets[pair]
        market.bids, market.asks = bids, asks

    def begin(self, pair: str, bar: BarFacts) -> None:
        """Start the bar; a bar in which nobody traded fills nothing."""
        market = self._markets[pair]
        market.bar_ns, market.end_ns, market.phase = bar.start_ns, bar.end_ns, "open"
        market.price, market.high, market.low = bar.open, bar.high, bar.low
        market.volume, market.previous_range = bar.volume, bar.previous_range
        market.touching = False
        market.entered_in_range = False
        market.budget = self.budget(bar.volume)

    def range(self, pair: str) -> None:
        """Go from the opening to the rest of the bar."""
        self._markets[pair].phase = "range"

    def end(self, pair: str) -> None:
        """The bar is over; what is submitted from now on was decided after it."""
        market = self._markets[pair]
        market.phase = ""
        market.touching = False

    def match_open(self, pair: str) -> bool:
        """Match one order at the opening price; False when none can trade."""
        market = self._markets[pair]
        if market.budget <= 0:
            return False
        for resting in market.waiting():
            if self._at_open(market, resting):
                return True
        return False

    def match_range(self, pair: str) -> bool:
        """Match one order within the bar's range, or end one whose time is over; False when nothing is left."""
        market = self._markets[pair]
        for resting in market.waiting():
            if self._expire(market, resting) or self._in_range(market, resting):
                return True
        return False

    def touch(self, pair: str, ticks: int) -> int | None:
        """Let the price print at a watched level, if the bar reaches it; the printed ticks, or None.

        Not in a bar whose range filled the entry: its favourable end may lie before the entry.
        """
        market = self._markets[pair]
        if not market.volume or market.entered_in_range:
            return None
        if market.phase == "open":
            printed = market.price
        elif market.low <= ticks <= market.high:
            printed = ticks
        else:
            return None
        market.touching, market.touched = True, printed
        return printed

    def match_touch(self, pair: str) -> bool:
        """Match one exit that was placed because of the print; False when none is left."""
        market = self._markets[pair]
        if not market.touching or market.budget <= 0:
            return False
        for resting in market.waiting():
            if resting.order.role is not Role.ENTRY and self._at_touch(market, resting):
                return True
        return False

    def release_touch(self, pair: str) -> None:
        """The moment of the print has passed."""
        self._markets[pair].touching = False

    # --- one order

    def _at_open(self, market: Market, resting: Resting) -> bool:
        order = resting.order
        if resting.arrival_ns >= market.end_ns:
            return False
        if order.order_type is OrderType.STOP_LOSS:
            if resting.triggered or market.beyond(order, market.price):
                resting.triggered = True
                return self._take(market, resting, market.price)
            return False
        if resting.born_ns == market.bar_ns:
            return False  # sent after this opening
        if order.expires_ns is not None and order.expires_ns < max(market.bar_ns, resting.arrival_ns):
            return False  # over before it could trade: the range will tell
        if order.order_type is OrderType.MARKET:
            return (
                self._walk(market, resting)
                if market.has_book(order.side)
                else self._take(market, resting, market.price)
            )
        if order.limit is not None and market.marketable(order, market.price):
            return self._take(market, resting, market.price, worst=order.limit)
        return False

    def _expire(self, market: Market, resting: Resting) -> bool:
        expires = resting.order.expires_ns
        if expires is None or expires >= market.end_ns:
            return False
        del market.orders[resting.order.client_id]
        self.updates.append(Update("expired", resting.order.client_id, resting.order.pair, expires))
        return True

    def _in_range(self, market: Market, resting: Resting) -> bool:
        order = resting.order
        # The stop of an entry that the range filled: the price met the entry on its way to the stop.
        behind = market.entered_in_range and resting.born_ns == market.bar_ns
        if market.budget <= 0 or (resting.arrival_ns >= market.end_ns and not behind):
            return False
        if order.order_type is OrderType.STOP_LOSS and order.stop is not None:
            if resting.triggered or not market.beyond(order, market.worst(order.side)):
                return False
            resting.triggered = True
            return self._take(market, resting, order.stop)
        if order.order_type is OrderType.LIMIT and order.limit is not None:
            reached = market.low if order.side is Side.BUY else market.high
            if not self._fills(order, order.limit, reached):
                return False
            if order.role is Role.ENTRY:
                market.entered_in_range = True
            return self._fill(market, resting, min(resting.left, market.budget), order.limit, ZERO, maker=True)
        return False

    def _at_touch(self, market: Market, resting: Resting) -> bool:
        order = resting.order
        if resting.arrival_ns >= market.in_time_ns:
            return False
        if order.order_type is OrderType.MARKET:
            return self._take(market, resting, market.touched)
        if order.order_type is not OrderType.LIMIT or order.limit is None:
            return False
        if market.phase == "open" and market.marketable(order, market.touched):
            return self._take(market, resting, market.touched, worst=order.limit)
        reached = market.low if order.side is Side.BUY else market.high
        if not self._fills(order, order.limit, reached):
            return False
        return self._fill(market, resting, min(resting.left, market.budget), order.limit, ZERO, maker=True)

    def _fills(self, order: Submit, limit: int, reached: int) -> bool:
        if reached == limit:
            return self._touch_fills
        return reached < limit if order.side is Side.BUY else reached > limit

    # --- prices

    def taken(self, market: Market, side: Side, lots: int, met: int, previous_range: int, volume: int) -> int:
        """The price, in ticks, at which an order that takes liquidity is filled where it meets `met`."""
        concession = self._slippage.ticks(met, lots, previous_range, volume)
        if side is Side.BUY:
            return on_grid(met + concession, market.grid, up=True)
        return on_grid(max(met - concession, 1), market.grid, up=False)

    def budget(self, volume: int) -> int:
        """Lots that our orders may take from a bar of this volume."""
        if self._share is None:
            return UNLIMITED if volume else 0
        return int(volume * self._share) // 100

    def _take(self, market: Market, resting: Resting, met: int, *, worst: int | None = None) -> bool:
        lots = min(resting.left, market.budget)
        buys = resting.order.side is Side.BUY
        ticks = self.taken(market, resting.order.side, lots, met, market.previous_range, market.volume)
        if worst is not None:
            ticks = min(ticks, worst) if buys else max(ticks, worst)
        paid = market.instrument.notional(abs(ticks - met), lots)
        return self._fill(market, resting, lots, ticks, paid, maker=False)

    def _walk(self, market: Market, resting: Resting) -> bool:
        levels = market.asks if resting.order.side is Side.BUY else market.bids
        if not levels:
            return False
        ticks, offered = levels[0]
        lots = min(resting.left, offered, market.budget)
        if lots == offered:
            levels.pop(0)
        else:
            levels[0] = (ticks, offered - lots)
        paid = market.instrument.notional(abs(ticks - market.price), lots)
        return self._fill(market, resting, lots, ticks, paid, maker=False)

    def _fill(self, market: Market, resting: Resting, lots: int, ticks: int, paid: Decimal, *, maker: bool) -> bool:
        if lots <= 0:
            return False
        order, rules = resting.order, market.instrument
        notional = rules.notional(ticks, lots)
        commission = rules.fee(notional, maker=maker)
        resting.filled += lots
        resting.fills += 1
        market.budget -= lots
        if not resting.left:
            del market.orders[order.client_id]
        self._settle(rules, order.side, rules.quantity(lots), notional, commission)
        opening = market.phase == "open"
        self.updates.append(
            Update(
                "fill",
                order.client_id,
                order.pair,
                max(market.bar_ns if opening else market.end_ns, resting.arrival_ns),
                f"{order.client_id}-{resting.fills}",
                lots,
                ticks,
                commission,
                "maker" if maker else "taker",
                None,
                market.phase,
                market.bar_ns,
                paid,
            )
        )
        return True

    def _settle(self, rules: Instrument, side: Side, quantity: Decimal, notional: Decimal, fee: Decimal) -> None:
        balances, base, quote = self.balances, rules.base, rules.quote
        signed = quantity if side is Side.BUY else -quantity
        cost = notional if side is Side.BUY else -notional
        balances[base] = balances.get(base, ZERO) + signed
        balances[quote] = balances.get(quote, ZERO) - cost - fee

    def open_orders(self) -> list[str]:
        """Client ids of everything that rests, by pair and acceptance."""
        return [identity for market in self._markets.values() for identity in market.orders]

    def market(self, pair: str) -> Market:
        """The pair's market, for reading; raises `Fault` for a pair without instrument."""
        found = self._markets.get(pair)
        if found is None:
            raise Fault(f"no instrument for {pair}; the simulation knows {sorted(self._markets)}")
        return found
