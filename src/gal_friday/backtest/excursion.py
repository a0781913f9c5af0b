"""How far a trade went for and against its holder, counting only prices it surely lived through."""

from __future__ import annotations

from collections.abc import Sequence

from gal_friday.backtest.grid import Grid
from gal_friday.backtest.result import FillRecord


def signed(fill: FillRecord) -> int:
    """The lots of a fill, negative for a sale."""
    return fill.lots if fill.side == "BUY" else -fill.lots


def excursions(grid: Grid, fills: Sequence[FillRecord], rows: Sequence[int], *, closed: bool) -> tuple[int, int]:
    """The worst (at most 0) and best (at least 0) gross result while the trade was open, in points times lots.

    Bars held from open to close count with their whole range. Of a bar in which a fill fell into the
    range phase only what must have come on the held side of it counts: the fill's own price, the open
    for a fill that came later, the close for a fill that came before.
    """
    worst = best = cash = lots = 0
    count = len(fills)
    for k in range(count if not closed else count - 1):
        cash -= signed(fills[k]) * grid.points(fills[k])
        lots += signed(fills[k])
        after = fills[k + 1] if k + 1 < count else None
        row_after = rows[k + 1] if after is not None else len(grid.series)
        low, high = _lived_through(grid, fills[k], rows[k], after, row_after)
        one, other = cash + lots * low, cash + lots * high
        worst, best = min(worst, one, other), max(best, one, other)
    return worst, best


def _lived_through(grid: Grid, fill: FillRecord, row: int, after: FillRecord | None, row_after: int) -> tuple[int, int]:
    series, scale = grid.series, grid.per_bar_tick
    prices = [grid.points(fill)]
    whole = row
    if fill.phase != "open":
        whole = row + 1
        if row_after > row:
            prices.append(grid.close(row))
    if after is not None:
        prices.append(grid.points(after))
        if after.phase != "open" and (row_after > row or fill.phase == "open"):
            prices.append(int(series.open[row_after]) * scale)
    if whole < row_after:
        prices.append(int(series.low[whole:row_after].min()) * scale)
        prices.append(int(series.high[whole:row_after].max()) * scale)
    return min(prices), max(prices)
