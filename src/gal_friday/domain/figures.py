"""What risk looks at: the portfolio's state as exact numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


class Figures(msgspec.Struct, frozen=True):
    """What risk looks at, as exact numbers: money in quote, percentages of equity."""

    equity: Decimal
    available: Decimal
    exposure_pct: Decimal
    day_pct: Decimal
    week_pct: Decimal
    total_pct: Decimal
    losses: int
    quantities: dict[str, Decimal]
    values: dict[str, Decimal]


def figures_of(state: dict[str, Any]) -> Figures:
    """The same numbers from a state payload."""
    quantities: dict[str, Decimal] = {}
    values: dict[str, Decimal] = {}
    for pair, position in state["positions"].items():
        quantities[pair] = Decimal(position["quantity"])
        values[pair] = Decimal(position["current_market_value"])
    return Figures(
        Decimal(state["total_equity"]),
        Decimal(state["available_balance"]),
        Decimal(state["total_exposure_pct"]),
        Decimal(state["daily_drawdown_pct"]),
        Decimal(state["weekly_drawdown_pct"]),
        Decimal(state["total_drawdown_pct"]),
        state["consecutive_losses"],
        quantities,
        values,
    )
