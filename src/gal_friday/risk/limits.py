"""The limits whose crossing halts trading, whether or not anybody proposes a trade."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.domain.numbers import plain
from gal_friday.settings.sections.risk import RiskSettings


def crossed(total: Decimal, day: Decimal, week: Decimal, losses: int, settings: RiskSettings) -> str | None:
    """The reason for a halt, or None while every loss limit holds; drawdowns in percent."""
    for name, actual, limit in (
        ("TOTAL_DRAWDOWN_LIMIT", total, settings.total_drawdown_pct),
        ("DAILY_DRAWDOWN_LIMIT", day, settings.daily_drawdown_pct),
        ("WEEKLY_DRAWDOWN_LIMIT", week, settings.weekly_drawdown_pct),
    ):
        if actual >= limit:
            return f"{name}: {plain(actual)} % is not below {plain(limit)} %"
    if losses >= settings.max_consecutive_losses:
        return f"CONSECUTIVE_LOSSES_LIMIT: {losses} is not below {settings.max_consecutive_losses}"
    return None
