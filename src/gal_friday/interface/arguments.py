"""What the command line says about configuration, read before any module exists."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gal_friday.domain.errors import SettingsError

MODES = ("backtest", "paper", "live")
USUAL_FILE = "gal_friday.yaml"
_VALUED = {"--config": "config", "-c": "config", "--set": "set", "--mode": "mode"}


def parse(argv: Sequence[str]) -> dict[str, Any]:
    """`command` words, `mode`, `config_path`, `overrides` and `json` of a command line without the program's name.

    Options of single commands are left to them. Raises `SettingsError` for an option without its value.
    """
    found: dict[str, list[str]] = {"config": [], "set": [], "mode": []}
    words = list(itertools.takewhile(lambda word: not word.startswith("-"), argv))
    rest = iter(argv[len(words) :])
    as_json = False
    for word in rest:
        if word == "--":
            break
        name, separator, value = word.partition("=")
        as_json = as_json or word == "--json"
        if name in _VALUED:
            found[_VALUED[name]].append(value if separator else _next(rest, name))
    named = found["mode"] or [word for word in words[:1] if word in MODES]
    return {
        "command": words,
        "mode": named[-1] if named else None,
        "config_path": config_path(found["config"]),
        "overrides": overrides(found["set"]),
        "json": as_json,
    }


def _next(rest: Iterator[str], name: str) -> str:
    value = next(rest, None)
    if value is None:
        raise SettingsError(f"{name}: expected a value after it, was the end of the line; add the value")
    return value


def config_path(files: Iterable[str]) -> str:
    """The files joined as `ConfigurationManager` takes them, later ones winning."""
    return os.pathsep.join(files)


def usual_file() -> list[str]:
    """`gal_friday.yaml` in the working folder, where there is one: what holds when no file is named."""
    return [USUAL_FILE] if Path(USUAL_FILE).is_file() else []


def overrides(texts: Iterable[str]) -> dict[str, str]:
    """Dotted keys and values of `KEY=VALUE` texts, later ones winning; raises `SettingsError`."""
    result: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            raise SettingsError(f"--set {name}: expected KEY=VALUE such as risk.max_exposure_pct=20; add the value")
        result[name.strip()] = value
    return result
