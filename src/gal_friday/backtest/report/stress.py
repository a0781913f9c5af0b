"""One line of the cost-stress table: the same run with fees and slippage multiplied."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from gal_friday.backtest.findings import Findings
from gal_friday.backtest.metrics import Value


class StressRow(msgspec.Struct, frozen=True):
    """What is left at a factor on all costs; percent, money in the quote asset, None where undefined."""

    factor: Decimal
    total_return_pct: Value
    sharpe: Value
    max_drawdown_pct: Value
    trade_count: Value
    fees_paid: Value
    slippage_paid: Value


def stress_row(factor: Decimal, found: Findings) -> StressRow:
    """The row of a run that was made with costs multiplied by `factor`."""
    names = StressRow.__struct_fields__[1:]
    return StressRow(factor, *(found.metrics[name] for name in names))
