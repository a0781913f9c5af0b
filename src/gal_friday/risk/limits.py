"""The limits whose crossing halts trading, whether or not anybody proposes a trade."""

from __future__ import annotations

from gal_friday.domain.figures import Figures
from gal_friday.domain.numbers import plain
from gal_friday.settings.sections.risk import RiskSettings


def crossed(figures: Figures, settings: RiskSettings) -> str | None:
    """The reason for a halt, or None while every loss limit holds."""
    for name, actual, limit in (
        ("TOTAL_DRAWDOWN_LIMIT", figures.total_pct, settings.total_drawdown_pct),
        ("DAILY_DRAWDOWN_LIMIT", figures.day_pct, settings.daily_drawdown_pct),
        ("WEEKLY_DRAWDOWN_LIMIT", figures.week_pct, settings.weekly_drawdown_pct),
    ):
        if actual >= limit:
            return f"{name}: {plain(actual)} % is not below {plain(limit)} %"
    if figures.losses >= settings.max_consecutive_losses:
        return f"CONSECUTIVE_LOSSES_LIMIT: {figures.losses} is not below {settings.max_consecutive_losses}"
    return None
