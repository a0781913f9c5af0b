"""What is wrong with a configuration, in words that say where, which key, what was expected and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.fingerprint import decimal_text
from gal_friday.settings.keys import NUMBERS, Key, Path, find, likely

_LONGEST = 80
_SECRET_NAME = re.compile(r"secret|token|passw|passphrase|api_?key|private_?key|credential|(^|[._])key$", re.IGNORECASE)
_CREDENTIALS_IN_URL = re.compile(r"//[^/@\s]*@")
_WITH_UNIT = re.compile(r"^\s*([-+]?[0-9][0-9_.]*(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z%]+)\s*$")
_MILLISECONDS = {"ms": 1, "s": 1_000, "sec": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: a file with its line, a variable, or a flag."""

    layer: str
    where: str

    def __str__(self) -> str:
        return self.where


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `was` is None where no value is to be shown."""

    where: str
    key: str
    expected: str
    was: str | None
    remedy: str

    def __str__(self) -> str:
        place = ": ".join(filter(None, (self.where, self.key)))
        value = "" if self.was is None else f", was {self.was}"
        return f"{place}: expected {self.expected}{value}; {self.remedy}"


def refusal(problems: Iterable[Problem]) -> SettingsError:
    """One error that lists every problem once."""
    lines = list(dict.fromkeys(map(str, problems)))
    if len(lines) == 1:
        return SettingsError(lines[0])
    return SettingsError(f"{len(lines)} problems in the settings:" + "".join(f"\n  {line}" for line in lines))


def shown(key: str, value: Any) -> str:
    """The value as an error may print it: short, and hidden where the name speaks of a secret."""
    if looks_secret(key):
        return "(hidden)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = "null" if value is None else str(value)
    text = _CREDENTIALS_IN_URL.sub("//(hidden)@", text if text.isprintable() and text.split() == [text] else repr(text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def looks_secret(key: str) -> bool:
    """Whether a value under this name must not be printed: its name says so, or it is an unknown key of kraken."""
    path = tuple(key.split("."))
    return bool(_SECRET_NAME.search(key)) or (path[0] == "kraken" and find(path) is None)


def unknown_key(path: Path, where: str, value: Any = None) -> Problem:
    """The problem of a key that the schema does not have."""
    name = ".".join(path)
    near = likely(path)
    if looks_secret(name) and near is None:
        remedy = "keys and secrets are never part of the settings: see `gal-friday config explain kraken`"
    elif near is not None:
        remedy = f"did you mean {near}?"
    else:
        remedy = "`gal-friday config show` lists the known keys"
    return Problem(where, name, "a known key", None if value is None else shown(name, value), remedy)


def translated(error: ValidationError, origins: Mapping[Path, Origin]) -> list[Problem]:
    """The problems that validation found, each with the place where its value was written."""
    return [_problem(detail, origins) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, origins: Mapping[Path, Origin]) -> Problem:
    path = tuple(str(part) for part in detail["loc"])
    where, name, value = origin_of(path, origins), ".".join(path), detail["input"]
    key = find(path)
    if detail["type"] == "extra_forbidden":
        return unknown_key(path, where, value)
    if detail["type"] == "missing":
        return Problem(where, name, key.range if key else "a value", "missing", "add the key")
    if detail["type"] == "value_error" and (key is None or key.kind.is_section):
        return _relation(path, str(detail["ctx"]["error"]), origins)
    if detail["type"] == "value_error":
        expected = str(detail["ctx"]["error"]).removeprefix("expected ")
        return Problem(where, name, expected, shown(name, value), "correct the value")
    if key is None:
        return Problem(where, name, detail["msg"], shown(name, value), "correct the value")
    unit = f" ({key.unit})" if key.unit else ""
    return Problem(where, name, f"{key.range}{unit}", shown(name, value), _remedy(key, value))


def _relation(path: Path, complaint: str, origins: Mapping[Path, Origin]) -> Problem:
    named = [
        f"{'.'.join(place)} at {origin}"
        for place, origin in origins.items()
        if place[: len(path)] == path and _names_a_key(place, complaint)
    ]
    places = f"set: {', '.join(named)}" if named else "all of them have their defaults"
    return Problem(
        "", ".".join(path) or "settings", f"keys that agree: {complaint}", None, f"change one of them ({places})"
    )


def _names_a_key(place: Path, complaint: str) -> bool:
    key = find(place)
    whole_section = len(place) == 1 and key is not None and key.kind.is_section
    return place[-1] in re.findall(r"\w+", complaint) and not place[-1].isdigit() and not whole_section


def origin_of(path: Path, origins: Mapping[Path, Origin]) -> str:
    """The place where the key, else a member of it, else the nearest group around it, was written; empty if nowhere."""
    if path in origins:
        return str(origins[path])
    inside = [origin for place, origin in origins.items() if place[: len(path)] == path]
    around = (origins[path[:depth]] for depth in range(len(path) - 1, 0, -1) if path[:depth] in origins)
    return str(next(iter(inside), next(around, "")))


def _remedy(key: Key, value: Any) -> str:
    if value is None:
        return "write a value or leave the key out"
    match = _WITH_UNIT.match(value) if isinstance(value, str) and key.kind.core in NUMBERS else None
    if match is None:
        return f"write such a value (more by `gal-friday config explain {key.name}`)"
    number, written = match.groups()
    if written in _MILLISECONDS and key.unit in _MILLISECONDS and written != key.unit:
        converted = Decimal(number) * _MILLISECONDS[written] / _MILLISECONDS[key.unit]
        return f"write {decimal_text(converted)}: the unit is {key.unit}"
    if key.unit and written not in key.unit:
        return f"write the number alone, in {key.unit}"
    return (
        f"write {number}: the unit is {key.unit} already" if key.unit else f"write the number alone, such as {number}"
    )
