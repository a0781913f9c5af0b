"""The account's arithmetic: fills into ledger and positions, reservations, equity and drawdown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from gal_friday.domain.errors import Fault
from gal_friday.domain.figures import Figures
from gal_friday.domain.numbers import ZERO, percent_of, plain, ratio
from gal_friday.domain.orders import CLOSED, Report, Role, Side
from gal_friday.domain.progress import Progress
from gal_friday.domain.time import DAY, iso
from gal_friday.portfolio.drawdown import Drawdowns
from gal_friday.portfolio.ledger import Ledger, opening
from gal_friday.portfolio.positions import Position

# Reserved cash shrinks with each partial fill by a quotient; this many decimals are kept.
RESERVE_PLACES = 8


class Reservation(msgspec.Struct):
    """Cash and exposure set aside for an approved entry, and what remains of them."""

    pair: str
    cash: Decimal
    exposure: Decimal
    cash_left: Decimal
    exposure_left: Decimal
    ordered: Decimal
    progress: Progress


class Account:
    """All money and positions in one quote asset. Pure: time comes with each call, UTC ns."""

    def __init__(self, quote_asset: str, capital: Decimal, now_ns: int) -> None:
        self.quote = quote_asset
        self.ledger = Ledger()
        self.ledger.post("opening", opening(quote_asset, capital))
        self.cash = capital
        self.positions: dict[str, Position] = {}
        self.exposed: dict[str, Position] = {}
        self.marks: dict[str, Decimal] = {}
        self.realized = ZERO
        self.fees = ZERO
        self.losses = 0
        self.drawdowns = Drawdowns(capital, now_ns)
        self.now_ns = now_ns
        self.version = 0
        self._reservations: dict[str, Reservation] = {}
        self._reserved_cash = ZERO
        self._reserved_exposure = ZERO
        self._seen: dict[str, Decimal] = {}
        self._state: tuple[int, dict[str, Any]] = (-1, {})

    # --- reservations

    def reserve(self, signal_id: str, pair: str, cash: Decimal, exposure: Decimal) -> None:
        """Set cash and exposure aside; a signal reserves once (`Fault` otherwise)."""
        if signal_id in self._reservations:
            raise Fault(f"signal {signal_id} has reserved already")
        self._reservations[signal_id] = Reservation(pair, cash, exposure, cash, exposure, ZERO, Progress())
        self._reserved_cash += cash
        self._reserved_exposure += exposure
        self.version += 1

    def release(self, signal_id: str) -> None:
        """Give back what is still reserved; nothing happens when nothing is."""
        left = self._reservations.pop(signal_id, None)
        if left is not None:
            self._reserved_cash -= left.cash_left
            self._reserved_exposure -= left.exposure_left
            if not self._reservations:
                # A zero that has been through arithmetic keeps its decimals, and would show them in texts.
                self._reserved_cash = self._reserved_exposure = ZERO
            self.version += 1

    def _consume(self, report: Report) -> None:
        held = self._reservations.get(report.signal_id)
        if held is None or not held.progress.takes(report):
            return
        if held.progress.over:
            self.release(report.signal_id)
        if report.status in CLOSED:
            return
        # The first order's size is what was reserved for; a second one carries on with what was left.
        held.ordered = held.ordered or report.ordered
        open_part = report.ordered - report.filled
        if open_part == held.ordered:
            return
        cash = ratio(held.cash * open_part, held.ordered, RESERVE_PLACES)
        exposure = ratio(held.exposure * open_part, held.ordered, RESERVE_PLACES)
        self._reserved_cash += cash - held.cash_left
        self._reserved_exposure += exposure - held.exposure_left
        held.cash_left, held.exposure_left = cash, exposure

    # --- reports and marks

    def on_report(self, report: Report, now_ns: int) -> bool:
        """Book what the report says; True when it was a new fill. A fill told twice is booked once.

        Raises `Fault` when the cumulative quantity shows that a fill was never told.
        """
        filled = self._book(report, now_ns) if report.fill is not None else False
        if report.role is Role.ENTRY:
            self._consume(report)
        return filled

    def _book(self, report: Report, now_ns: int) -> bool:
        fill = report.fill
        if fill is None or report.filled <= self._seen.get(report.client_order_id, ZERO):
            return False
        before = self._seen.get(report.client_order_id, ZERO)
        if report.filled - before != fill.quantity:
            raise Fault(
                f"order {report.client_order_id}: {plain(before)} filled before, {plain(fill.quantity)} now, "
                f"but {plain(report.filled)} in all: a fill was never told; reconcile with the exchange"
            )
        if report.commission_asset != self.quote:
            raise Fault(
                f"order {report.client_order_id}: fee in {report.commission_asset}, this account counts in {self.quote}"
            )
        self._seen[report.client_order_id] = report.filled
        signed = fill.quantity if report.side is Side.BUY else -fill.quantity
        self.fill(fill.fill_id, report.pair, signed, fill.price, fill.commission, now_ns)
        return True

    def fill(self, fill_id: str, pair: str, signed: Decimal, price: Decimal, fee: Decimal, now_ns: int) -> None:
        """Book one execution: `signed` base gained, at `price`, with its fee in quote. The mark becomes its price."""
        position = self.position(pair)
        cost = signed * price
        self.ledger.trade(fill_id, position.base, position.quote, signed, cost, fee)
        self.cash -= cost + fee
        self.fees += fee
        realized, net = position.fill(signed, price, fee)
        self.realized += realized
        position.mark = self.marks[pair] = price
        if position.quantity:
            self.exposed[pair] = position
        else:
            self.exposed.pop(pair, None)
        if net is not None:
            self.losses = self.losses + 1 if net < 0 else 0
        self.revalue(now_ns)

    def mark(self, pair: str, price: Decimal, now_ns: int) -> bool:
        """Take notice of the pair's price; True when that calls for `revalue` (a position, or a new UTC day)."""
        self.marks[pair] = price
        position = self.exposed.get(pair)
        if position is None:
            return now_ns // DAY != self.drawdowns.day
        position.mark = price
        return True

    def revalue(self, now_ns: int) -> None:
        """Recompute equity and drawdown."""
        self.now_ns = now_ns
        self.version += 1
        self.drawdowns.update(self.equity(), now_ns)

    def equity(self) -> Decimal:
        """Cash plus the market value of every position."""
        total = self.cash
        for position in self.exposed.values():
            total += position.quantity * position.mark
        return total

    def position(self, pair: str) -> Position:
        """The pair's position, made on first use."""
        found = self.positions.get(pair)
        if found is None:
            base, _, quote = pair.partition("/")
            if quote != self.quote:
                raise Fault(f"{pair} is quoted in {quote}, this account counts in {self.quote}")
            found = self.positions[pair] = Position(base, quote)
        return found

    def resumed(self) -> None:
        """An operator resumed trading: the count of losses in a row starts anew, nothing else."""
        self.losses = 0
        self.version += 1

    # --- figures

    def exposure(self) -> Decimal:
        """Sum of all positions' values, plus what approved entries may still add."""
        if not self.exposed:
            return self._reserved_exposure
        return sum((abs(p.value) for p in self.exposed.values()), self._reserved_exposure)

    def available(self) -> Decimal:
        """What may still be spent: a short's proceeds and as much again are held against it."""
        if not self.exposed:
            return self.drawdowns.equity - self._reserved_cash
        return self.drawdowns.equity - sum((abs(p.value) for p in self.exposed.values()), self._reserved_cash)

    def figures(self) -> Figures:
        """The numbers that risk checks are made on."""
        equity, drawdowns = self.drawdowns.equity, self.drawdowns
        held = self.exposed
        return Figures(
            equity,
            self.available(),
            percent_of(self.exposure(), equity),
            drawdowns.day_pct,
            drawdowns.week_pct,
            drawdowns.total_pct,
            self.losses,
            {pair: p.quantity for pair, p in held.items()},
            {pair: p.value for pair, p in held.items()},
        )

    def state(self) -> dict[str, Any]:
        """The PORTFOLIO_UPDATED payload; the same dict until something changes."""
        version, kept = self._state
        if version == self.version:
            return kept
        figures = self.figures()
        made = {
            "timestamp": iso(self.now_ns),
            "total_equity": plain(figures.equity),
            "available_balance": plain(figures.available),
            "positions": {pair: _position(p) for pair, p in sorted(self.exposed.items())},
            "realized_pnl": plain(self.realized),
            "total_exposure_pct": plain(figures.exposure_pct),
            "daily_drawdown_pct": plain(figures.day_pct),
            "weekly_drawdown_pct": plain(figures.week_pct),
            "total_drawdown_pct": plain(figures.total_pct),
            "consecutive_losses": self.losses,
        }
        self._state = (self.version, made)
        return made


def _position(position: Position) -> dict[str, str]:
    return {
        "base_asset": position.base,
        "quote_asset": position.quote,
        "quantity": plain(position.quantity),
        "average_entry_price": plain(position.average_entry),
        "current_market_value": plain(position.value),
        "unrealized_pnl": plain(position.unrealized),
    }
