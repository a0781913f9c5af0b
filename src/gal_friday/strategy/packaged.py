"""The strategies that come with the system: an EMA cross and a threshold crossing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from pydantic import model_validator

from gal_friday.domain.bars import Bools, Float64
from gal_friday.domain.orders import Side
from gal_friday.settings.section import Section, key
from gal_friday.strategy.rules import PREDICTION, Columns, Strategy, Values, Wish, parse


class EmaCrossParameters(Section):
    """Parameters of `ema_cross`."""

    fast: int = key(12, "Period of the fast EMA", unit="bars", ge=1, le=10_000)
    slow: int = key(26, "Period of the slow EMA", unit="bars", ge=2, le=10_000)
    rsi: int = key(14, "Period of the RSI", unit="bars", ge=2, le=10_000)
    rsi_max: float = key(70.0, "RSI from which no long entry is wished", ge=0, le=101)
    exit_on_cross: bool = key(False, "Whether a cross against the position closes it")
    short: bool = key(False, "Whether a cross below opens a short position")

    @model_validator(mode="after")
    def _fast_is_faster(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError(f"fast must be below slow; were {self.fast} and {self.slow}")
        return self


class EmaCross:
    """Long when the fast EMA crosses above the slow one while the RSI is low enough.

    Above means: at or below on the row before, strictly above now. Below mirrors it.
    """

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        p = parse(EmaCrossParameters, parameters)
        self.input: str = "features"
        self._fast, self._slow, self._rsi = names = (f"ema_{p.fast}", f"ema_{p.slow}", f"rsi_{p.rsi}")
        self.features: tuple[str, ...] = names
        self._rsi_max = p.rsi_max
        self._exit = p.exit_on_cross
        self._short = p.short

    def decide(self, now: Values, before: Values | None, held: Side | None) -> Wish | None:
        """LONG on a cross above; on a cross below EXIT or SHORT, where the parameters ask for it."""
        if before is None:
            return None
        fast, slow, was_fast, was_slow = now[self._fast], now[self._slow], before[self._fast], before[self._slow]
        if fast > slow and was_fast <= was_slow:
            if held is None:
                return Wish.LONG if now[self._rsi] < self._rsi_max else None
            return Wish.EXIT if self._exit and held is Side.SELL else None
        if fast < slow and was_fast >= was_slow:
            if held is None:
                return Wish.SHORT if self._short else None
            return Wish.EXIT if self._exit and held is Side.BUY else None
        return None

    def candidates(self, now: Columns, before: Columns) -> Bools | None:
        """The rows with a cross on which some position would make it a wish."""
        fast, slow, was_fast, was_slow = now[self._fast], now[self._slow], before[self._fast], before[self._slow]
        rows: Bools = (fast > slow) & (was_fast <= was_slow)
        if not self._exit:
            rows &= now[self._rsi] < self._rsi_max
        if self._exit or self._short:
            rows |= (fast < slow) & (was_fast >= was_slow)
        return rows


class ThresholdParameters(Section):
    """Parameters of `threshold`."""

    feature: str = key(PREDICTION, "Feature that is watched; `prediction` means the combined probability", min_length=1)
    above: float = key(0.65, "Crossing above it opens a long position, or closes a short one")
    below: float = key(0.35, "Crossing below it closes a long position, or opens a short one")
    short: bool = key(False, "Whether a crossing below opens a short position")

    @model_validator(mode="after")
    def _below_is_lower(self) -> Self:
        if self.below > self.above:
            raise ValueError(f"below must not exceed above; were {self.below} and {self.above}")
        return self


class Threshold:
    """Long when a value crosses above one level; exit, or short, when it crosses below another."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        p = parse(ThresholdParameters, parameters)
        self.input: str = PREDICTION if p.feature == PREDICTION else "features"
        self.features: tuple[str, ...] = () if p.feature == PREDICTION else (p.feature,)
        self._name = p.feature
        self._above = p.above
        self._below = p.below
        self._short = p.short

    def decide(self, now: Values, before: Values | None, held: Side | None) -> Wish | None:
        """LONG or EXIT on a crossing above, EXIT or SHORT on a crossing below."""
        if before is None:
            return None
        value, was = now[self._name], before[self._name]
        if value > self._above >= was:
            return {None: Wish.LONG, Side.SELL: Wish.EXIT}.get(held)
        if value < self._below <= was:
            if held is None:
                return Wish.SHORT if self._short else None
            return Wish.EXIT if held is Side.BUY else None
        return None

    def candidates(self, now: Columns, before: Columns) -> Bools | None:
        """The rows on which the value crosses one of the levels."""
        value: Float64 = now[self._name]
        was: Float64 = before[self._name]
        up: Bools = (value > self._above) & (was <= self._above)
        return up | ((value < self._below) & (was >= self._below))


PACKAGED: Final[Mapping[str, Callable[[Mapping[str, Any]], Strategy]]] = {
    "ema_cross": EmaCross,
    "threshold": Threshold,
}
