"""The least that a strategy needs; without `candidates` a fast backtest visits every row.

Name it as `use: examples/strategy_minimal.py:Dip`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gal_friday.domain.orders import Side
from gal_friday.strategy.rules import Wish


class Dip:
    """Buys what has fallen out of favour and sells when it is liked again."""

    input = "features"
    features = ("rsi_14",)

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._low = float(parameters.get("low", 30.0))
        self._high = float(parameters.get("high", 60.0))

    def decide(self, now: Mapping[str, float], before: Mapping[str, float] | None, held: Side | None) -> Wish | None:
        """Long below `low`, out above `high`."""
        if held is None and now["rsi_14"] < self._low:
            return Wish.LONG
        if held is Side.BUY and now["rsi_14"] > self._high:
            return Wish.EXIT
        return None
