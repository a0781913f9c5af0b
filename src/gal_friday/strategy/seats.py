"""Who sits at a pair: its strategies with their conditions, and what is remembered between rows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import Side
from gal_friday.settings.sections.strategy import StrategySpec
from gal_friday.strategy.intents import Intent
from gal_friday.strategy.rules import PREDICTION, Strategy, Values, Wish

_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Seat:
    """One strategy's place at one pair: what it decides with, and the count of its signals on a bar."""

    __slots__ = ("_n", "_of_bar", "decide", "index", "rule", "spec")

    def __init__(self, index: int, spec: StrategySpec, rule: Strategy) -> None:
        self.index = index
        self.spec = spec
        self.rule = rule
        self.decide = rule.decide
        self._of_bar = -1
        self._n = 0

    def number(self, bar_ns: int) -> int:
        """The number of the next signal on this bar, counted from 0."""
        self._n = self._n + 1 if bar_ns == self._of_bar else 0
        self._of_bar = bar_ns
        return self._n

    def may(self, wish: Wish, values: Values, held: Side | None) -> bool:
        """Whether the wish can be acted on: an exit needs a position, an entry none, and its confirmations."""
        if held is not None:
            return wish is Wish.EXIT
        return wish is not Wish.EXIT and self.confirms(values)

    def confirms(self, values: Values) -> bool:
        """Whether the values meet every confirmation."""
        return all(_COMPARE[c.op](values[c.feature], c.value) for c in self.spec.confirmations)

    def needs(self) -> list[str]:
        """The features that the strategy, its confirmations, stop and target read."""
        names = [*self.rule.features, *(c.feature for c in self.spec.confirmations)]
        if self.spec.stop.kind == "atr":
            names.append(self.spec.stop.atr_feature)
        if self.spec.target.kind == "atr":
            names.append(self.spec.target.atr_feature)
        return [name for name in names if name != PREDICTION]


class Desk:
    """Everything that is remembered of one pair."""

    __slots__ = (
        "before",
        "before_prediction",
        "close",
        "instrument",
        "intent",
        "on_features",
        "on_prediction",
        "seats",
        "timed",
    )

    def __init__(self, instrument: Instrument, seats: Sequence[Seat]) -> None:
        self.instrument = instrument
        self.seats = tuple(seats)
        self.on_features = tuple(s for s in seats if s.rule.input != PREDICTION)
        self.on_prediction = tuple(s for s in seats if s.rule.input == PREDICTION)
        self.timed = any(seat.spec.max_hold_minutes is not None for seat in seats)
        self.intent = Intent()
        self.close: Decimal | None = None
        self.before: Values | None = None
        self.before_prediction: Values | None = None

    def needs(self) -> tuple[str, ...]:
        """The features that the pair's strategies read, each once."""
        return tuple(dict.fromkeys(name for seat in self.seats for name in seat.needs()))

    def owner(self) -> Seat | None:
        """The strategy whose position is held; None for one that nobody here opened."""
        index = self.intent.owner
        return next((seat for seat in self.seats if seat.index == index), None)
