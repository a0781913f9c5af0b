"""Trades out of fills: from flat to flat, pair by pair, in exact money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from gal_friday.backtest.excursion import excursions, signed
from gal_friday.backtest.grid import Grid, grid_of
from gal_friday.backtest.result import FillRecord, Run
from gal_friday.domain.numbers import ZERO, exact, percent_of, ratio, rounded
from gal_friday.domain.orders import Role, Side

# Digits that an average price keeps beyond the price grid.
AVERAGE_PLACES = 4


class Trade(msgspec.Struct, frozen=True):
    """One position from flat to flat. Money in the quote asset, times UTC ns, `_pct` in percent of `entry_value`.

    Of a trade still open, exit time, price and reason, P&L and return are None; its `exit_value` and
    costs are those so far. `mae` is at most 0 and `mfe` at least 0, both gross. `optimistic_difference`
    is what the net P&L would gain had the target been reached before the stop.
    """

    trade_id: str
    pair: str
    side: str
    strategy: str
    entry_ns: int
    exit_ns: int | None
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal | None
    entry_value: Decimal
    exit_value: Decimal
    fees: Decimal
    slippage: Decimal
    gross_pnl: Decimal | None
    net_pnl: Decimal | None
    return_pct: Decimal | None
    exit_reason: str | None
    bars_held: int
    mae: Decimal
    mae_pct: Decimal
    mfe: Decimal
    mfe_pct: Decimal
    stop: Decimal | None
    target: Decimal | None
    ambiguous: bool
    optimistic_difference: Decimal
    fills: int

    @property
    def is_open(self) -> bool:
        """Whether the position was still held when the data ended."""
        return self.exit_ns is None


def trades_of(run: Run) -> tuple[Trade, ...]:
    """The run's trades by time of entry, ties by pair; raises `Fault` for a fill outside the bars."""
    found: list[Trade] = []
    with exact():
        for pair in sorted({fill.pair for fill in run.fills}):
            grid = grid_of(run, pair)
            fills = [fill for fill in run.fills if fill.pair == pair]
            for group in _groups(zip(fills, grid.rows(fills), strict=True)):
                found.append(_trade(grid, [leg for leg, _ in group], [row for _, row in group]))
    found.sort(key=lambda trade: trade.entry_ns)
    return tuple(found)


def _groups(fills: Iterable[tuple[FillRecord, int]]) -> Iterator[list[tuple[FillRecord, int]]]:
    held = 0
    group: list[tuple[FillRecord, int]] = []
    for fill, row in fills:
        leg, change = fill, signed(fill)
        # A fill that turns the position around ends one trade and begins the next.
        if held * change < 0 and abs(change) > abs(held):
            closing, leg = _split(fill, abs(held))
            yield [*group, (closing, row)]
            held, group, change = 0, [], signed(leg)
        group.append((leg, row))
        held += change
        if held == 0:
            yield group
            group = []
    if group:
        yield group


def _split(fill: FillRecord, lots: int) -> tuple[FillRecord, FillRecord]:
    parts = {"commission": fill.commission, "slippage": fill.slippage}
    first = {
        name: rounded(ratio(amount * lots, Decimal(fill.lots), 12), _places(amount)) for name, amount in parts.items()
    }
    rest = {name: amount - first[name] for name, amount in parts.items()}
    return (
        msgspec.structs.replace(fill, lots=lots, **first),
        msgspec.structs.replace(fill, lots=fill.lots - lots, **rest),
    )


def _places(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _trade(grid: Grid, legs: list[FillRecord], rows: list[int]) -> Trade:
    first, last = legs[0], legs[-1]
    entered = [leg for leg in legs if leg.side == first.side]
    left = [leg for leg in legs if leg.side != first.side]
    lots_in, lots_out = sum(leg.lots for leg in entered), sum(leg.lots for leg in left)
    closed = lots_in == lots_out
    value_in, value_out = _value(grid, entered), _value(grid, left)
    fees = sum((leg.commission for leg in legs), ZERO)
    long = first.side == Side.BUY
    gross = (value_out - value_in if long else value_in - value_out) if closed else None
    net = None if gross is None else gross - fees
    quantity = grid.instrument.quantity(lots_in)
    places = grid.decimals + AVERAGE_PLACES
    worst, best = (grid.money(value) for value in excursions(grid, legs, rows, closed=closed))
    ambiguous, difference = _optimistic(grid, legs, rows)
    return Trade(
        trade_id=first.signal_id,
        pair=first.pair,
        side="LONG" if long else "SHORT",
        strategy=first.strategy_id,
        entry_ns=first.venue_ns,
        exit_ns=last.venue_ns if closed else None,
        quantity=quantity,
        entry_price=ratio(value_in, quantity, places),
        exit_price=ratio(value_out, quantity, places) if closed else None,
        entry_value=value_in,
        exit_value=value_out,
        fees=fees,
        slippage=sum((leg.slippage for leg in legs), ZERO),
        gross_pnl=gross,
        net_pnl=net,
        return_pct=None if net is None else percent_of(net, value_in),
        exit_reason=_reason(left) if closed else None,
        bars_held=(rows[-1] if closed else len(grid.series) - 1) - rows[0],
        mae=worst,
        mae_pct=percent_of(worst, value_in),
        mfe=best,
        mfe_pct=percent_of(best, value_in),
        stop=first.stop,
        target=first.target,
        ambiguous=ambiguous,
        optimistic_difference=difference,
        fills=len(legs),
    )


def _value(grid: Grid, legs: list[FillRecord]) -> Decimal:
    return grid.money(sum(leg.lots * grid.points(leg) for leg in legs))


def _reason(left: list[FillRecord]) -> str:
    by_role: dict[Role, int] = {}
    for leg in left:
        by_role[leg.role] = by_role.get(leg.role, 0) + leg.lots
    role = max(by_role, key=lambda role: by_role[role])  # of equal parts the first to leave
    # A position that an entry of the other side closed was turned around.
    return "REVERSAL" if role == Role.ENTRY else role.value


def _optimistic(grid: Grid, legs: list[FillRecord], rows: list[int]) -> tuple[bool, Decimal]:
    stops = [(leg, row) for leg, row in zip(legs, rows, strict=True) if leg.role == Role.STOP]
    if not stops:
        return False, ZERO
    hit, row = stops[0]
    target = hit.target if hit.target is not None else legs[0].target
    # A stop that traded at the open was met before anything else in that bar could be.
    if target is None or hit.phase == "open" or not _touched(grid, row, target, selling=hit.side == Side.SELL):
        return False, ZERO
    return True, sum((_gain(grid, leg, target) for leg, _ in stops), ZERO)


def _touched(grid: Grid, row: int, target: Decimal, *, selling: bool) -> bool:
    if selling:
        return grid.price(int(grid.series.high[row]) * grid.per_bar_tick) >= target
    return grid.price(int(grid.series.low[row]) * grid.per_bar_tick) <= target


def _gain(grid: Grid, leg: FillRecord, target: Decimal) -> Decimal:
    quantity, price = grid.instrument.quantity(leg.lots), grid.price(grid.points(leg))
    gross = (target - price) * quantity if leg.side == Side.SELL else (price - target) * quantity
    # The same fee rate on the other price.
    fee = ratio(leg.commission * target, price, grid.instrument.fee_decimals)
    return gross - (fee - leg.commission)
