"""ConfigurationManager: loads the layers of settings, validates them as a whole and hands out frozen sections."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.documents import read_file
from gal_friday.settings.fingerprint import config_hash
from gal_friday.settings.keys import Path, find
from gal_friday.settings.layers import Layer, laid_over
from gal_friday.settings.leaves import Leaf, leaves, plain_section
from gal_friday.settings.problems import Origin, Problem, refusal, translated
from gal_friday.settings.schema import Settings
from gal_friday.settings.secrets import kraken_keys
from gal_friday.settings.section import Section
from gal_friday.settings.sources import with_environment, with_overrides


@dataclass(frozen=True, slots=True)
class _Resolved:
    """One valid state: what holds, where it was written, and its hash."""

    settings: Settings
    origins: dict[Path, Origin]
    hash: str


class ConfigurationManager:
    """The effective configuration: defaults < files < environment < command line.

    `config_path` is empty, a YAML file, or several joined by `os.pathsep`, of which later ones win.
    The constructor loads and validates; it raises `SettingsError`, which lists everything that is wrong.
    """

    def __init__(
        self,
        config_path: str,
        *,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self._config_path = config_path
        self._environ = environ
        self._overrides = dict(overrides or {})
        self._files: list[Layer] = []
        self._state: _Resolved | None = None
        self._changes: dict[str, Any] | None = None
        self.load_config()

    def __repr__(self) -> str:
        return f"ConfigurationManager({self._config_path!r}, config_hash={self.config_hash[:12]})"

    def load_config(self) -> None:
        """Read everything again and apply what changed; `changes` then says what.

        Raises `SettingsError` when the new configuration is wrong or changes a key that is not reloadable;
        the old one then stays in force wholly.
        """
        files = _files(self._config_path)
        state = self._resolved(files)
        changed = self._changed_keys(state)
        before = None if self._state is None else self._state.hash
        if before is not None:
            _refuse_fixed(changed, state.origins)
        self._changes = _payload(changed, before, state.hash) if changed or before is None else None
        self._files, self._state = files, state

    def _resolved(self, files: list[Layer]) -> _Resolved:
        layer = Layer(plain_section(Settings()))
        for file in files:
            layer = laid_over(layer, file)
        layer = with_environment(layer, os.environ if self._environ is None else self._environ)
        layer = with_overrides(layer, self._overrides)
        try:
            settings = Settings.model_validate(layer.values)
        except ValidationError as error:
            raise refusal(translated(error, layer.origins)) from None  # its text would print the values
        return _Resolved(settings, layer.origins, config_hash(settings))

    def _changed_keys(self, state: _Resolved) -> list[Leaf]:
        old = Settings() if self._state is None else self._state.settings
        before = {leaf.path: leaf for leaf in leaves(old)}
        after = {leaf.path: leaf for leaf in leaves(state.settings)}
        paths = [*after, *(path for path in before if path not in after)]
        same = {path for path in paths if path in before and path in after and before[path].value == after[path].value}
        return [after.get(path) or before[path] for path in paths if path not in same]

    @property
    def changes(self) -> dict[str, Any] | None:
        """The CONFIGURATION_CHANGED payload of the last load; None when it changed nothing.

        After construction `keys` are those that differ from their defaults and `hash_before` is None.
        """
        return self._changes

    @property
    def settings(self) -> Settings:
        """All sections, frozen."""
        return self._now.settings

    @property
    def origins(self) -> Mapping[Path, Origin]:
        """Where each key that is not a default was written."""
        return self._now.origins

    @property
    def config_hash(self) -> str:
        """SHA-256, in hex, of everything that can change a decision."""
        return self._now.hash

    @property
    def _now(self) -> _Resolved:
        if self._state is None:
            raise SettingsError("the configuration is not loaded: call load_config() first")
        return self._state

    def section(self, name: str) -> Any:
        """The frozen section of a room, such as `RiskSettings` for `risk`; raises `SettingsError`."""
        section = getattr(self.settings, name, None) if name in Settings.model_fields else None
        if not isinstance(section, Section):
            raise SettingsError(f"expected a section ({', '.join(_section_names())}), was {name!r}")
        return section

    def with_overrides(self, overrides: Mapping[str, Any]) -> ConfigurationManager:
        """A copy in which the dotted keys have these values; the files are not read again."""
        changed = copy.copy(self)
        changed._overrides = {**self._overrides, **overrides}
        changed._state = None
        state = changed._resolved(self._files)
        changed._changes = _payload(changed._changed_keys(state), None, state.hash)
        changed._state = state
        return changed

    def get(self, key: str, default: Any | None = None) -> Any:
        """The value of a dotted key, a section as a dict; `default` when there is no such key."""
        value: Any = self.settings
        for name in key.split("."):
            value = _member(value, name)
            if value is None:
                return None if find(tuple(key.split("."))) is not None else default
        return plain_section(value) if isinstance(value, Section) else value

    def get_trading_pairs(self) -> list[str]:
        """The pairs in service, such as XRP/USD."""
        return list(self.settings.trading.pairs)

    def get_risk_parameters(self) -> dict[str, Any]:
        """The limits by name; money and percent are Decimals."""
        return plain_section(self.settings.risk)

    def get_strategy_parameters(self, strategy_id: str) -> dict[str, Any]:
        """Everything configured for one strategy; raises `SettingsError` when there is none of that id."""
        specs = self.settings.strategy.strategies
        for spec in specs:
            if spec.id == strategy_id:
                return plain_section(spec)
        raise SettingsError(f"expected a strategy in service ({', '.join(s.id for s in specs)}), was {strategy_id!r}")

    def get_api_keys(self) -> dict[str, dict[str, SecretStr]]:
        """`{"kraken": {"key", "secret"}}`; the values show themselves only to `get_secret_value()`."""
        environ = os.environ if self._environ is None else self._environ
        return {"kraken": kraken_keys(self.settings.kraken, environ)}


def _payload(changed: list[Leaf], before: str | None, after: str) -> dict[str, Any]:
    return {"keys": [leaf.name for leaf in changed], "hash_before": before, "hash_after": after}


def _files(config_path: str) -> list[Layer]:
    files, errors = [], []
    for name in filter(None, config_path.split(os.pathsep)):
        try:
            files.append(read_file(name))
        except SettingsError as error:
            errors.append(str(error))
    if errors:
        raise SettingsError("\n".join(errors))
    return files


def _section_names() -> list[str]:
    return [name for name, key in ((n, find((n,))) for n in Settings.model_fields) if key and key.kind.is_section]


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Section):
        return getattr(value, name) if name in type(value).model_fields else None
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, tuple):
        by_id = (member for member in value if getattr(member, "id", None) == name)
        return value[int(name)] if name.isdigit() and int(name) < len(value) else next(by_id, None)
    return None


def _refuse_fixed(changed: list[Leaf], origins: Mapping[Path, Origin]) -> None:
    fixed = [leaf for leaf in changed if not leaf.key.reloadable]
    if fixed:
        raise refusal(
            Problem(
                leaf.origin(origins),
                leaf.name,
                "no change while running, since the key is not reloadable",
                None,
                "restart to apply it, or undo the change; nothing was applied",
            )
            for leaf in fixed
        )
