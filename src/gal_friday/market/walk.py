"""The price path of the built-in market: clustered volatility, jumps, a daily rhythm, and a weak pull home."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gal_friday.domain.bars import Float64
from gal_friday.domain.time import DAY, HOUR, MINUTE
from gal_friday.market.compiled import compiled

# GARCH(1,1) of one-minute returns: shocks fade within hours and the mean variance is the profile's.
_SHOCK: Final = 0.06
_LINGER: Final = 0.93
_HOTTEST: Final = 36.0  # ceiling of the variance, in multiples of its mean
# A jump comes about every three days, and half of them in every pair at once.
_JUMP_RATE: Final = 1.0 / (3 * 1_440)
_JUMP_SIZE: Final = 9.0  # in usual moves of a minute
_FARTHEST: Final = 3.0  # the price stays within a twentieth and twenty times the first
_PULL: Final = 2e-6  # per minute: half of a deviation is gone after most of a year


@compiled
def path(
    shocks: Any, jumps: Any, season: Any, quiet: Any, volatility: float, pull: float, log_price: Any, sigma: Any
) -> None:
    """Fill `log_price` (relative to the first) and `sigma` (of each bar's return) from unit shocks and jumps."""
    heat = 1.0
    level = 0.0
    for i in range(shocks.shape[0]):
        sigma[i] = volatility * season[i] * np.sqrt(heat)
        move = 0.0
        if not quiet[i]:
            move = sigma[i] * (shocks[i] + jumps[i]) - pull * level
            level = min(max(level + move, -_FARTHEST), _FARTHEST)
        own = move / (volatility * season[i])
        heat = (1.0 - _SHOCK - _LINGER) + _SHOCK * own * own + _LINGER * heat
        if heat > _HOTTEST:
            heat = _HOTTEST
        log_price[i] = level


def daily_rhythm(start_ns: int, bars: int, interval_ns: int) -> Float64:
    """Factor on volatility by the time of day, mean about 1: calm before Asia's morning, busy as New York opens."""
    hour = ((start_ns + np.arange(bars, dtype=np.int64) * interval_ns) % DAY) / HOUR
    rhythm: Float64 = 1.0 + 0.28 * np.cos((hour - 15.0) * (np.pi / 12.0)) + 0.10 * np.cos((hour - 2.0) * (np.pi / 6.0))
    return rhythm


def per_bar(volatility: float, interval_ns: int) -> float:
    """The volatility of one bar for that of one minute."""
    return volatility * float(np.sqrt(interval_ns / MINUTE))


def pull_per_bar(interval_ns: int) -> float:
    """How much of a deviation from the first price one bar takes back."""
    return min(0.5, _PULL * interval_ns / MINUTE)


def jumps(draws: Float64, sizes: Float64, interval_ns: int) -> Float64:
    """Jumps in usual moves of a bar, where a uniform draw says so, else 0."""
    minutes = interval_ns / MINUTE
    size = _JUMP_SIZE / float(np.sqrt(minutes))
    leaps: Float64 = np.where(draws < min(0.2, _JUMP_RATE / 2 * minutes), sizes * size, 0.0)
    return leaps
