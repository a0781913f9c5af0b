"""Whose error it is: a user's strategy that fails, or answers what nobody understands, is named with the place."""

from __future__ import annotations

import traceback
from collections.abc import Coroutine
from types import TracebackType

import numpy as np

from gal_friday.domain.bars import Bools
from gal_friday.domain.errors import Fault, GalFridayError
from gal_friday.domain.orders import Side
from gal_friday.settings.sections.strategy import StrategySpec
from gal_friday.strategy.rules import Columns, Declares, Strategy, Values, Wish


class Blamed:
    """A block in which a strategy's own code runs: what goes wrong there becomes a `Fault` that names it."""

    __slots__ = ("_who",)

    def __init__(self, who: str) -> None:
        self._who = who

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, GalFridayError):
            last = traceback.extract_tb(trace)[-1]
            raise Fault(f"{self._who} failed: {error!r} at {last.filename}:{last.lineno}") from error


class Watched:
    """A strategy that is not packaged, with its failures named and its answers checked."""

    def __init__(self, spec: StrategySpec, rule: Strategy) -> None:
        self.input: str = rule.input
        self.features: tuple[str, ...] = tuple(rule.features)
        self._who = f"strategy {spec.id} ({spec.use})"
        self._decide = rule.decide
        self._deciding = Blamed(f"{self._who}: decide")

    def decide(self, now: Values, before: Values | None, held: Side | None) -> Wish | None:
        """The strategy's wish; raises `Fault` when it fails or answers anything else."""
        with self._deciding:
            wish = self._decide(now, before, held)
        if wish is None or type(wish) is Wish:
            return wish
        if isinstance(wish, Coroutine):
            wish.close()
        raise Fault(
            f"{self._who}: decide answered {wish!r}; expected Wish.LONG, Wish.SHORT, Wish.EXIT or None, "
            "from a plain function that does not wait"
        )


class WatchedDeclaring(Watched):
    """The same of a strategy that names its candidates."""

    def __init__(self, spec: StrategySpec, rule: Strategy, declares: Declares) -> None:
        super().__init__(spec, rule)
        self._candidates = declares.candidates

    def candidates(self, now: Columns, before: Columns) -> Bools | None:
        """The strategy's mask; raises `Fault` when it fails or does not fit the columns."""
        rows = next((len(column) for column in now.values()), None)
        if rows == 0:  # nothing is warm yet: no mask needs to cope with that
            return np.zeros(0, dtype=np.bool_)
        with Blamed(f"{self._who}: candidates"):
            mask = self._candidates(now, before)
        if mask is None:
            return None
        answer = np.asarray(mask)
        rows = len(answer) if rows is None else rows
        if answer.shape != (rows,) or answer.dtype != np.bool_:
            raise Fault(
                f"{self._who}: candidates answered {answer.dtype} of shape {answer.shape}; "
                f"expected {rows} booleans, or None"
            )
        return answer


def watched(spec: StrategySpec, rule: Strategy) -> Strategy:
    """The rule as it is called; its memory and its answers stay its own."""
    return WatchedDeclaring(spec, rule, rule) if isinstance(rule, Declares) else Watched(spec, rule)
