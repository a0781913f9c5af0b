"""A strategy of your own: buy when the price has just broken out of its Bollinger bands while volume is unusual.

Run it with a configuration file that says

    strategy:
      strategies:
        - id: breakout
          use: examples/strategy_breakout.py:Breakout
          parameters: {min_volume: 1.5}
          stop: {kind: atr, atr_multiple: 2}
          target: {kind: reward_risk, reward_risk: 2}
          max_hold_minutes: 240
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gal_friday.domain.bars import Bools, Float64
from gal_friday.domain.orders import Side
from gal_friday.settings.section import Section, key
from gal_friday.strategy.rules import Wish, parse


class BreakoutParameters(Section):
    """Declared once: name, default, meaning and range. A wrong value is refused with all of them."""

    position: str = key("bollinger_20_2_position", "Feature with the price's place in the bands: 0 bottom, 1 top")
    volume: str = key("volume_zscore_60", "Feature with the volume's distance from its mean")
    min_volume: float = key(1.5, "Least volume of a breakout", unit="standard deviations", ge=-10, le=100)


class Breakout:
    """Long when the price leaves the bands upwards on high volume; out when it is back in their lower half."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        p = parse(BreakoutParameters, parameters)
        self.input: str = "features"
        self._position = p.position
        self._volume = p.volume
        self.features: tuple[str, ...] = (p.position, p.volume)
        self._min_volume = p.min_volume

    def decide(self, now: Mapping[str, float], before: Mapping[str, float] | None, held: Side | None) -> Wish | None:
        """One row after another. It must depend on its arguments alone: rows are skipped, and pairs share it."""
        if before is None:  # the first row after a start or an outage
            return None
        place, was = now[self._position], before[self._position]
        if held is None and place > 1.0 >= was and now[self._volume] >= self._min_volume:
            return Wish.LONG
        if held is Side.BUY and place < 0.5 <= was:
            return Wish.EXIT
        return None

    def candidates(self, now: Mapping[str, Float64], before: Mapping[str, Float64]) -> Bools | None:
        """The same conditions over whole columns, whatever is held: what a fast backtest may not skip."""
        place, was = now[self._position], before[self._position]
        out = (place > 1.0) & (was <= 1.0) & (now[self._volume] >= self._min_volume)
        rows: Bools = out | ((place < 0.5) & (was >= 0.5))
        return rows
