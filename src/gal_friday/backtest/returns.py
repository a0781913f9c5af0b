"""Figures of a series of daily returns, in float64; each is None where it has no meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from gal_friday.domain.time import DAY

DAYS_A_YEAR = 365
# Spread of returns that is rounding and nothing else, as a share of their size.
_NOISE = 1e-12


def daily_returns(start: Decimal, closes: Sequence[Decimal]) -> list[float] | None:
    """The fraction gained each day; None once the account was worth nothing, for then returns end."""
    values = [float(start), *map(float, closes)]
    if any(value <= 0 for value in values[:-1]):
        return None
    return [after / before - 1 for before, after in pairwise(values)]


def annualised_return(start: Decimal, end: Decimal, elapsed_ns: int) -> float | None:
    """The yearly growth that turns `start` into `end` over the elapsed time; needs at least one day."""
    if elapsed_ns < DAY or end < 0:
        return None
    growth = float(end) / float(start)
    years = elapsed_ns / (DAY * DAYS_A_YEAR)
    if growth > 0 and math.log(growth) / years > 100:  # no number a reader could use, and soon infinite
        return None
    return float(growth ** (1 / years) - 1)


def mean(returns: Sequence[float]) -> float | None:
    """The arithmetic mean."""
    return math.fsum(returns) / len(returns) if returns else None


def deviation(returns: Sequence[float]) -> float | None:
    """The sample standard deviation; None below two returns or where all are alike."""
    if len(returns) < 2:
        return None
    middle = math.fsum(returns) / len(returns)
    spread = math.sqrt(math.fsum((r - middle) ** 2 for r in returns) / (len(returns) - 1))
    return spread if spread > _NOISE * max(map(abs, returns)) else None


def volatility(returns: Sequence[float]) -> float | None:
    """The standard deviation of a year, as a fraction."""
    spread = deviation(returns)
    return None if spread is None else spread * math.sqrt(DAYS_A_YEAR)


def sharpe(returns: Sequence[float]) -> float | None:
    """Mean over standard deviation, annualised, without a risk-free rate."""
    spread = deviation(returns)
    return None if spread is None else math.fsum(returns) / len(returns) / spread * math.sqrt(DAYS_A_YEAR)


def sharpe_error(returns: Sequence[float]) -> float | None:
    """The standard error of the annualised Sharpe ratio for independent returns (Lo, 2002)."""
    annual = sharpe(returns)
    if annual is None:
        return None
    daily = annual / math.sqrt(DAYS_A_YEAR)
    return math.sqrt((1 + daily**2 / 2) / len(returns)) * math.sqrt(DAYS_A_YEAR)


def sortino(returns: Sequence[float]) -> float | None:
    """Mean over the root mean square of losses (over all days), annualised; None without a loss."""
    downside = math.fsum(r * r for r in returns if r < 0)
    if not returns or downside == 0:
        return None
    return math.fsum(returns) / len(returns) / math.sqrt(downside / len(returns)) * math.sqrt(DAYS_A_YEAR)
