"""Keys of a backtest run."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from gal_friday.settings.section import Section, key


class BacktestSettings(Section):
    """Capital, seed, driver and what happens after a halt."""

    initial_capital: Annotated[Decimal, Field(gt=0, le=Decimal("1e12"))] = key(
        Decimal("100000"), "Opening balance", unit="quote currency"
    )
    seed: int = key(0, "Seed of every random stream", ge=0, le=2**63 - 1)
    driver: Literal["fast", "event"] = key("fast", "fast: skips rows on which nothing can happen", decides=False)
    after_halt: Literal["next_day", "stop", "ignore"] = key(
        "next_day",
        "next_day: resume at the next UTC day; stop: stay halted; ignore: never halt",
    )
    cost_stress: tuple[Annotated[Decimal, Field(ge=0, le=100)], ...] = key(
        (Decimal("1"), Decimal("2"), Decimal("3")),
        "Factors on fees and slippage of the cost-stress table",
        decides=False,
    )
