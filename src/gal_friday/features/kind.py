"""What a feature kind declares about itself: parameters, outputs, memory, warm-up and its kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gal_friday.features.kernel import Step

Number = int | float
Values = Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a definition may set, within [low, high]; `whole` ones are integers."""

    name: str
    default: Number
    low: Number
    high: Number
    unit: str = "bars"
    whole: bool = True

    @property
    def range_text(self) -> str:
        """The allowed values in words."""
        return f"a {'whole number' if self.whole else 'number'} from {self.low} to {self.high} ({self.unit})"


@dataclass(frozen=True, slots=True)
class Output:
    """One number that a kind gives; `suffix` is empty where it gives only one."""

    unit: str
    suffix: str = ""


def _no_state(values: Values) -> int:
    return 0


def _first_bar(values: Values) -> int:
    return 1


def _no_objection(values: Values) -> str | None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A family of features computed by one kernel.

    `step(state, inputs, params, out)` reads one bar from `inputs` (positions in `features.kernel`) and the
    parameters in the order declared, keeps what it must remember in `state` (zeros at first, `state(values)`
    numbers long) and writes every output. It allocates nothing and keeps nothing elsewhere. `warmup(values)` is
    the number of bars after which the outputs mean something. `objection(values)` may name a forbidden
    combination. Raise `version` whenever the same bars give other numbers.
    """

    name: str
    summary: str
    step: Step
    outputs: tuple[Output, ...]
    version: int = 1
    parameters: tuple[Parameter, ...] = ()
    state: Callable[[Values], int] = _no_state
    warmup: Callable[[Values], int] = _first_bar
    objection: Callable[[Values], str | None] = _no_objection
    needs_book: bool = False
    convention: str = ""


def period(default: int, *, low: int = 1, high: int = 10_000, name: str = "period") -> Parameter:
    """A number of bars."""
    return Parameter(name, default, low, high)


def levels(default: int) -> Parameter:
    """A number of order-book levels per side."""
    return Parameter("levels", default, 1, 25, unit="levels")
