"""Keys of the pre-trade checks and the loss limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import model_validator

from gal_friday.settings.section import Money, Percent, PositivePercent, Section, key


class RiskSettings(Section):
    """Limits on what the system may lose, hold and send, in percent of equity unless a unit says otherwise."""

    risk_per_trade_pct: PositivePercent = key(
        Decimal("0.5"),
        "Equity lost when the stop is hit",
        unit="% of equity",
        reloadable=True,
    )
    daily_drawdown_pct: PositivePercent = key(
        Decimal("2"),
        "Fall from the UTC day's highest equity that halts",
        unit="%",
        reloadable=True,
    )
    weekly_drawdown_pct: PositivePercent = key(
        Decimal("5"),
        "Fall from the ISO week's highest equity that halts",
        unit="%",
        reloadable=True,
    )
    total_drawdown_pct: PositivePercent = key(
        Decimal("15"),
        "Fall from the highest equity ever that halts",
        unit="%",
        reloadable=True,
    )
    max_consecutive_losses: int = key(
        5,
        "Losing trades in a row that halt",
        unit="trades",
        ge=1,
        le=1_000_000,
        reloadable=True,
    )
    fat_finger_pct: PositivePercent = key(
        Decimal("5"),
        "Largest distance of an entry price from the last price",
        unit="%",
        reloadable=True,
    )
    max_order_value: Money = key(
        Decimal("10000"),
        "Largest notional of one entry",
        unit="quote currency",
        reloadable=True,
    )
    max_position_pct: Percent = key(
        Decimal("10"),
        "Largest position in one asset",
        unit="% of equity",
        reloadable=True,
    )
    max_exposure_pct: Percent = key(
        Decimal("25"),
        "Largest sum of all positions and approved entries",
        unit="% of equity",
        reloadable=True,
    )
    max_open_orders: int = key(
        10,
        "Entries approved and not yet ended",
        unit="orders",
        ge=1,
        le=1_000,
        reloadable=True,
    )
    max_orders_per_minute: int = key(
        10,
        "Entries approved within 60 seconds",
        unit="orders/min",
        ge=1,
        le=1_000_000,
        reloadable=True,
    )
    max_clock_offset_ms: int = key(
        500,
        "Largest difference to the venue's clock",
        unit="ms",
        ge=1,
        le=60_000,
        reloadable=True,
    )
    on_cap: Literal["shrink", "reject"] = key("shrink", "What happens to an entry larger than a cap")
    allow_short: bool = key(False, "Whether entries may sell what is not held (backtest only)")

    @model_validator(mode="after")
    def _limits_are_ordered(self) -> Self:
        if not self.daily_drawdown_pct <= self.weekly_drawdown_pct <= self.total_drawdown_pct:
            raise ValueError(
                "daily_drawdown_pct <= weekly_drawdown_pct <= total_drawdown_pct must hold; "
                f"was {self.daily_drawdown_pct}, {self.weekly_drawdown_pct}, {self.total_drawdown_pct}"
            )
        if self.max_position_pct > self.max_exposure_pct:
            raise ValueError(
                f"max_position_pct ({self.max_position_pct}) must not exceed max_exposure_pct ({self.max_exposure_pct})"
            )
        return self
