"""What `gal-friday config` prints: effective values with their sources, one key in full, the schema."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePath
from typing import Any

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.fingerprint import decimal_text
from gal_friday.settings.keys import Key, find, likely
from gal_friday.settings.layers import position
from gal_friday.settings.leaves import Leaf, leaves, plain_values
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.settings.schema import Settings


def shown(config: ConfigurationManager) -> list[dict[str, Any]]:
    """Every effective value as `key`, `value` and `source`, in the order of the schema."""
    return [
        {"key": leaf.name, "value": json_value(leaf.value), "source": leaf.origin(config.origins)}
        for leaf in leaves(config.settings)
    ]


def explained(config: ConfigurationManager, name: str) -> list[dict[str, Any]]:
    """The key, or every key of a section, with meaning, unit, range, default, value and source.

    Raises `SettingsError` for an unknown key.
    """
    path = _path(config, name)
    found = [leaf for leaf in leaves(config.settings) if leaf.path[: len(path)] == path]
    if not found and (key := find(path)) is not None and (value := config.get(name)) is not None:
        found = [Leaf(path, key, value)]
    if not found:
        near = likely(path)
        remedy = f"did you mean {near}?" if near else "`gal-friday config show` lists the known keys"
        raise SettingsError(f"expected a known key, was {name!r}; {remedy}")
    return [_entry(config, leaf) for leaf in found]


def _path(config: ConfigurationManager, name: str) -> tuple[str, ...]:
    # A member of a list may be named by its id; its effective value is listed by position.
    path: list[str] = []
    for part in name.split("."):
        held = config.get(".".join(path)) if path else None
        index = position(plain_values(held), part) if isinstance(held, tuple) else None
        path.append(part if index is None else str(index))
    return tuple(path)


def _entry(config: ConfigurationManager, leaf: Leaf) -> dict[str, Any]:
    key: Key = leaf.key
    return {
        "key": leaf.name,
        "meaning": key.meaning,
        "unit": key.unit,
        "range": key.range,
        "default": json_value(key.default),
        "value": json_value(leaf.value),
        "source": leaf.origin(config.origins),
        "reloadable": key.reloadable,
        "decides": key.decides,
    }


def schema() -> dict[str, Any]:
    """The JSON schema of a settings file."""
    return Settings.model_json_schema()


def json_value(value: Any) -> Any:
    """The value in JSON's types; exact numbers are decimal strings."""
    plain = plain_values(value)
    if isinstance(plain, dict):
        return {name: json_value(member) for name, member in plain.items()}
    if isinstance(plain, list):
        return [json_value(member) for member in plain]
    if isinstance(plain, PurePath):
        return str(plain)
    return decimal_text(plain) if isinstance(plain, Decimal) else plain
