"""What a strategy is: a wish decided from two feature rows, and how one is found by name."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from pydantic import ValidationError

from gal_friday.domain.bars import Bools, Float64
from gal_friday.domain.errors import SettingsError
from gal_friday.domain.orders import Side
from gal_friday.settings.section import Section
from gal_friday.settings.sections.strategy import StrategySpec

GROUP = "gal_friday.strategies"
# The name under which a prediction stands among the values of a strategy with input `prediction`.
PREDICTION = "prediction"

Values = Mapping[str, float]
Columns = Mapping[str, Float64]
P = TypeVar("P", bound=Section)


class Wish(StrEnum):
    """What a strategy would like to do."""

    LONG = "LONG"
    SHORT = "SHORT"
    EXIT = "EXIT"


# What a user's file may answer with when it is read, or its class when it is given the parameters.
_BROKEN = (ValueError, LookupError, ArithmeticError, AttributeError, NameError, SyntaxError, ImportError, OSError)


@runtime_checkable
class Strategy(Protocol):
    """A rule over features (`input` "features") or over predictions and features ("prediction").

    `decide` depends on its arguments alone: one instance serves every pair, and rows may be skipped.
    `before` is the pair's previous published row since the last restart, None at the first one; `held`
    is the side of the open position.
    """

    input: str
    features: tuple[str, ...]

    def decide(self, now: Values, before: Values | None, held: Side | None) -> Wish | None:
        """The wish on this row, if any."""
        ...


@runtime_checkable
class Declares(Protocol):
    """A strategy that can say, over whole columns, where it might wish something."""

    def candidates(self, now: Columns, before: Columns) -> Bools | None:
        """True on every row where `decide` could wish something in any held state; None when it cannot tell.

        May be true too often, never too seldom: rows that are false are not visited.
        """
        ...


def parse(model: type[P], parameters: Mapping[str, Any]) -> P:
    """The parameters as a validated section; raises `SettingsError` naming key, value and range."""
    try:
        return model.model_validate(dict(parameters))
    except ValidationError as error:
        known = ", ".join(model.model_fields)
        complaints = "; ".join(_complaint(one, known) for one in error.errors())
        raise SettingsError(complaints) from error


def _complaint(error: Mapping[str, Any], known: str) -> str:
    name = ".".join(map(str, error["loc"])) or "parameters"
    if error["type"] == "extra_forbidden":
        return f"parameters.{name}: not a parameter (value {error['input']!r}); known are {known}"
    return f"parameters.{name}: {error['msg']}; was {error['input']!r}"


def load(spec: StrategySpec, packaged: Mapping[str, Callable[[Mapping[str, Any]], Strategy]]) -> Strategy:
    """The configured strategy, built with its parameters; raises `SettingsError`."""
    try:
        made: object = _factory(spec.use, packaged)(spec.parameters)
    except SettingsError as error:
        raise SettingsError(f"strategy {spec.id} ({spec.use}): {error}") from error
    except TypeError as error:
        raise SettingsError(
            f"strategy {spec.id} ({spec.use}): expected a class whose constructor takes the parameters mapping: {error}"
        ) from error
    except _BROKEN as error:
        raise SettingsError(
            f"strategy {spec.id} ({spec.use}): cannot be made with the parameters {dict(spec.parameters)}: {error!r}"
        ) from error
    if not isinstance(made, Strategy) or made.input not in ("features", PREDICTION):
        raise SettingsError(
            f"strategy {spec.id} ({spec.use}): expected an object with input ('features' or 'prediction'), "
            f"features and decide; was {type(made).__name__}"
        )
    return made


def _factory(
    use: str, packaged: Mapping[str, Callable[[Mapping[str, Any]], Strategy]]
) -> Callable[[Mapping[str, Any]], Strategy]:
    if use in packaged:
        return packaged[use]
    if ":" in use:
        return _by_path(use)
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if use not in offered:
        known = ", ".join(sorted({*packaged, *offered}))
        raise SettingsError(f"use: {use!r} is unknown; expected one of {known}, or module:Class")
    return cast(Callable[[Mapping[str, Any]], Strategy], offered[use].load())


def _by_path(use: str) -> Callable[[Mapping[str, Any]], Strategy]:
    place, _, name = use.rpartition(":")
    module = _file_module(Path(place)) if place.endswith(".py") else _module(place)
    found = getattr(module, name, None)
    if found is None:
        raise SettingsError(f"use: {place} has no {name}; expected module:Class or path/to/file.py:Class")
    return cast(Callable[[Mapping[str, Any]], Strategy], found)


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"use: no module {error.name!r}; install it, put its folder on PYTHONPATH, "
            "or name the file as path/to/file.py:Class"
        ) from error


def _file_module(path: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location(path.stem, path)
    if found is None or found.loader is None or not path.is_file():
        raise SettingsError(f"use: no file {path}; expected path/to/file.py:Class")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
