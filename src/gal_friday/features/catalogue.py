"""The feature kinds there are, and definitions: a kind with its parameters, checked and named."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import pkgutil
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from gal_friday.domain.errors import SettingsError
from gal_friday.features import kernels
from gal_friday.features.kind import Kind, Number, Parameter
from gal_friday.settings.sections.features import FeatureSpec

ENTRY_POINT_GROUP = "gal_friday.features"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A kind with values for all its parameters; `names` has one feature name per output."""

    kind: Kind
    values: Mapping[str, Number]
    names: tuple[str, ...]
    warmup: int
    state: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue: a feature, or a kind with its defaults. `warmup` is in bars."""

    name: str
    kind: str
    parameters: Mapping[str, Number]
    warmup: int
    unit: str
    needs_book: bool
    version: int
    summary: str
    convention: str


@lru_cache(maxsize=1)
def packaged_kinds() -> Mapping[str, Kind]:
    """The kinds that come with the package, by name."""
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(kernels.__path__, f"{kernels.__name__}."):
        loaded = importlib.import_module(module.name)
        for kind in (*getattr(loaded, "KINDS", ()), *([loaded.KIND] if hasattr(loaded, "KIND") else [])):
            if kind.name in found:
                raise SettingsError(f"{module.name}: a feature kind named {kind.name} exists already")
            found[kind.name] = kind
    return dict(sorted(found.items()))


def find_kind(reference: str, key: str = "kind") -> Kind:
    """The kind for a packaged name, an entry point's name, `module:NAME` or `file.py:NAME`; raises `SettingsError`."""
    if reference in packaged_kinds():
        return packaged_kinds()[reference]
    if ":" in reference:
        return _imported(reference, key)
    for point in entry_points(group=ENTRY_POINT_GROUP, name=reference):
        return _checked(point.load(), f"entry point {point.value}", key)
    raise SettingsError(
        f"{key}: expected one of {', '.join(packaged_kinds())}, an entry point of group {ENTRY_POINT_GROUP}, "
        f"module:NAME or file.py:NAME; was {reference!r}"
    )


def define(spec: FeatureSpec, key: str = "feature") -> Definition:
    """The definition that a specification stands for; raises `SettingsError` naming `key`, value and range."""
    kind = find_kind(spec.kind, f"{key}.kind")
    values = _values(kind, spec.parameters, f"{key}.parameters")
    stem = spec.name or _stem(kind, values)
    names = tuple(f"{stem}_{output.suffix}" if output.suffix else stem for output in kind.outputs)
    return Definition(kind, values, names, kind.warmup(values), kind.state(values))


def define_all(specs: Sequence[FeatureSpec], key: str = "features.definitions") -> tuple[Definition, ...]:
    """The definitions of a configured set; raises `SettingsError`, also when two features share a name."""
    definitions = tuple(define(spec, f"{key}[{at}]") for at, spec in enumerate(specs))
    if not definitions:
        raise SettingsError(f"{key}: expected at least one feature, was empty")
    seen: dict[str, int] = {}
    for at, definition in enumerate(definitions):
        for name in definition.names:
            if name in seen:
                raise SettingsError(
                    f"{key}[{at}]: feature {name} is defined already by {key}[{seen[name]}]; give one of them a `name`"
                )
            seen[name] = at
    return definitions


def set_id(definitions: Sequence[Definition]) -> str:
    """SHA-256 of the canonical definitions: names, kinds, parameters and kernel versions, in their order."""
    canonical = [
        {"kind": d.kind.name, "version": d.kind.version, "parameters": dict(d.values), "names": d.names}
        for d in definitions
    ]
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def entries(definitions: Sequence[Definition]) -> list[Entry]:
    """The catalogue's rows of some definitions, one per feature."""
    return [
        Entry(
            name=name,
            kind=definition.kind.name,
            parameters=definition.values,
            warmup=definition.warmup,
            unit=output.unit,
            needs_book=definition.kind.needs_book,
            version=definition.kind.version,
            summary=definition.kind.summary,
            convention=definition.kind.convention,
        )
        for definition in definitions
        for name, output in zip(definition.names, definition.kind.outputs, strict=True)
    ]


def catalogue() -> list[Entry]:
    """Every packaged kind with its default parameters, one row per output."""
    return entries([define(FeatureSpec(kind=name), name) for name in packaged_kinds()])


def _values(kind: Kind, given: Mapping[str, Number], key: str) -> dict[str, Number]:
    known = {parameter.name: parameter for parameter in kind.parameters}
    for name, value in given.items():
        if name not in known:
            raise SettingsError(f"{key}.{name}: {kind.name} takes {', '.join(known) or 'no parameters'}; was {value!r}")
    values = {name: _value(known[name], given.get(name, known[name].default), key) for name in known}
    if objection := kind.objection(values):
        raise SettingsError(f"{key}: {kind.name}: {objection}")
    return values


def _value(parameter: Parameter, value: Number, key: str) -> Number:
    within = parameter.low <= value <= parameter.high
    if not within or (parameter.whole and value != int(value)):
        raise SettingsError(f"{key}.{parameter.name}: expected {parameter.range_text}, was {value!r}")
    return int(value) if parameter.whole else float(value)


def _stem(kind: Kind, values: Mapping[str, Number]) -> str:
    return "_".join([kind.name, *(f"{value:.12g}".replace(".", "p") for value in values.values())])


def _imported(reference: str, key: str) -> Kind:
    place, _, attribute = reference.rpartition(":")
    try:
        module = _from_file(place) if place.endswith(".py") else importlib.import_module(place)
    except (ImportError, FileNotFoundError) as error:
        raise SettingsError(
            f"{key}: {reference!r} cannot be imported ({error}); put its folder on PYTHONPATH or name the file"
        ) from error
    if not hasattr(module, attribute):
        raise SettingsError(f"{key}: {place} has no {attribute!r}; expected a Kind of that name, as in file.py:KIND")
    return _checked(getattr(module, attribute), reference, key)


def _from_file(place: str) -> ModuleType:
    path = Path(place).expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    name = f"gal_friday_feature_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        # A module that failed half-way must not be found by the next look.
        del sys.modules[name]
        raise
    return module


def _checked(kind: object, source: str, key: str) -> Kind:
    if not isinstance(kind, Kind):
        raise SettingsError(f"{key}: {source} is a {type(kind).__name__}; expected a gal_friday.features.kind.Kind")
    if not _NAME.fullmatch(kind.name) or not kind.outputs:
        raise SettingsError(f"{key}: {source}: a kind needs a lower-case name and at least one output")
    return kind
