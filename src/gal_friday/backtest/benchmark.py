"""Buy-and-hold: what the same capital would be, put into all pairs in equal parts at their first closes."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.backtest.grid import Grid
from gal_friday.backtest.holdings import Holdings
from gal_friday.domain.bars import Int64
from gal_friday.domain.numbers import ratio, rounded_down, share


def purchase(grid: Grid, budget: Decimal) -> tuple[int, Decimal]:
    """The most lots that the budget buys at the first close with the taker fee paid, and the cash left."""
    instrument = grid.instrument
    price = grid.price(grid.close(0))
    with_fee = price * (1 + share(instrument.taker_fee_pct))
    size = rounded_down(ratio(budget, with_fee, instrument.lot_decimals + 4), instrument.lot_decimals)
    lots = instrument.lots(size)
    while lots > 0:
        paid = grid.money(lots * grid.close(0))
        left = budget - paid - instrument.fee(paid, maker=False)
        if left >= 0:  # the fee is rounded, so the quotient may be one lot too many
            return lots, left
        lots -= 1
    return 0, budget


def benchmark_at(held: Holdings, instants: Int64) -> list[Decimal]:
    """What buy-and-hold is worth at the instants; a pair's part stays cash until its first close."""
    capital = held.run.initial_capital
    grids = {pair: grid for pair, grid in held.grids.items() if len(grid.series)}
    part = rounded_down(ratio(capital, Decimal(len(grids)), 12), 8)
    worth = [capital - part * len(grids)] * len(instants)
    at = held.times[instants]
    for pair, grid in grids.items():
        lots, left = purchase(grid, part)
        for i, row in enumerate(held.rows_known(pair, at)):
            worth[i] += part if row < 0 else left + grid.money(lots * grid.close(row))
    return worth
