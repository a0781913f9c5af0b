"""Turns environment variables and command-line overrides into layers of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.documents import read_value
from gal_friday.settings.keys import Key, Path, find
from gal_friday.settings.layers import Layer, laid_over, nested, position
from gal_friday.settings.problems import Origin, Problem, refusal

PREFIX = "GAL_FRIDAY__"


@dataclass(frozen=True, slots=True)
class Given:
    """A value of an override, with the flag by which it was given, such as `--capital`."""

    where: str
    value: Any


def with_environment(below: Layer, environ: Mapping[str, str]) -> Layer:
    """The layer with every variable named `GAL_FRIDAY__SECTION__KEY` laid over it; raises `SettingsError`."""
    layer, errors = below, []
    # Shorter names first: GAL_FRIDAY__RISK__X is finer than GAL_FRIDAY__RISK and wins over it.
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        parts = variable.removeprefix(PREFIX).split("__")
        try:
            if not all(parts):
                raise refusal([Problem(variable, "", f"{PREFIX}SECTION__KEY", "an empty name", "correct the variable")])
            path = _spelled(parts, layer.values)
            value = _parsed(environ[variable], path, variable)
            layer = laid_over(layer, nested(path, value, Origin("environment", variable)))
        except SettingsError as error:
            errors.append(str(error))
    return _unless(errors, layer)


def with_overrides(below: Layer, overrides: Mapping[str, Any]) -> Layer:
    """The layer with dotted keys laid over it; raises `SettingsError`."""
    layer, errors = below, []
    for name, given in overrides.items():
        where, value = (given.where, given.value) if isinstance(given, Given) else (f"--set {name}", given)
        path = tuple(name.split("."))
        try:
            if not all(path):
                raise refusal([Problem(where, name, "a dotted name such as risk.max_exposure_pct", None, "correct it")])
            parsed = _parsed(value, path, where) if isinstance(value, str) else _plain(value)
            layer = laid_over(layer, nested(path, parsed, Origin("command line", where)))
        except SettingsError as error:
            errors.append(str(error))
    return _unless(errors, layer)


def _unless(errors: list[str], layer: Layer) -> Layer:
    if errors:
        raise SettingsError("\n".join(errors))
    return layer


def _spelled(parts: list[str], tree: Any) -> Path:
    """The names that a variable's upper-case parts stand for: XRP_USD is the pair XRP/USD."""
    path: list[str] = []
    for part in parts:
        name = part.lower()
        if isinstance(tree, Mapping):
            same = (key for key in tree if key.upper().replace("/", "_") == part.upper())
            pairs_only = bool(tree) and all("/" in key for key in tree)
            name = next(same, part.upper().replace("_", "/", 1) if pairs_only else name)
            tree = tree.get(name)
        elif isinstance(tree, list):
            index = position(tree, name)
            tree = None if index is None else tree[index]
        path.append(name)
    return tuple(path)


def _parsed(text: str, path: Path, where: str) -> Any:
    key = find(path)
    if key is not None and key.kind.is_scalar:
        return None if key.kind.nullable and text in ("null", "~", "") else text
    if key is not None and _is_list_of_words(key) and not text.lstrip().startswith(("[", "-")) and text != "null":
        return [part.strip() for part in text.split(",")] if text.strip() else []
    return read_value(text, path, where)


def _is_list_of_words(key: Key) -> bool:
    member = key.kind.member()
    return get_origin(key.kind.core) is tuple and member is not None and member.is_scalar


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, (list, tuple)) else value
