"""What the schema says about a key: its type, range, unit and meaning, found by its dotted path."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from gal_friday.settings.schema import Settings
from gal_friday.settings.section import Section
from gal_friday.settings.sections.trading import PAIR

Path = tuple[str, ...]
NUMBERS = (int, float, Decimal)
_FORMS = {PAIR: "BASE/QUOTE such as XRP/USD"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type without its wrappers, the constraints that the wrappers carried, and whether null is allowed."""

    core: Any
    constraints: tuple[Any, ...] = ()
    nullable: bool = False

    @property
    def is_section(self) -> bool:
        """Whether values are groups of keys."""
        return isinstance(self.core, type) and issubclass(self.core, Section)

    @property
    def is_scalar(self) -> bool:
        """Whether values are written as one word: text, a number, true or false, one of a few names."""
        return self.core in (str, bool, *NUMBERS) or get_origin(self.core) is Literal

    def member(self) -> Kind | None:
        """The kind of the elements of a list or mapping; None where there are none or they are free."""
        arguments = get_args(self.core)
        if get_origin(self.core) is tuple:
            return kind_of(arguments[0])
        if get_origin(self.core) is dict and arguments[1] is not Any:
            return kind_of(arguments[1])
        return None


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the schema, with what a person may want to know of it."""

    path: Path
    kind: Kind
    meaning: str
    unit: str
    decides: bool
    reloadable: bool
    default: Any

    @property
    def name(self) -> str:
        """The dotted name."""
        return ".".join(self.path)

    @property
    def range(self) -> str:
        """The allowed values in words."""
        return range_text(self.kind)


def kind_of(annotation: Any, constraints: tuple[Any, ...] = ()) -> Kind:
    """Take `Annotated` and `| None` off a type."""
    found = list(constraints)
    nullable = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *extras = get_args(annotation)
            for extra in extras:
                found.extend(extra.metadata if isinstance(extra, FieldInfo) else [extra])
        elif origin in (Union, types.UnionType):
            members = [member for member in get_args(annotation) if member is not type(None)]
            nullable = nullable or len(members) < len(get_args(annotation))
            if len(members) != 1:
                return Kind(Any, nullable=nullable)
            annotation = members[0]
        else:
            return Kind(annotation, tuple(found), nullable)


def range_text(kind: Kind) -> str:
    """The allowed values of a kind in words."""
    if get_origin(kind.core) is Literal:
        *names, last = [str(name) for name in get_args(kind.core)]
        text = f"{', '.join(names)} or {last}" if names else last
    elif kind.core is bool:
        text = "true or false"
    elif kind.core in NUMBERS:
        text = " ".join(filter(None, ["a whole number" if kind.core is int else "a number", _bounds(kind)]))
    elif kind.core is str:
        pattern = next((c.pattern for c in kind.constraints if getattr(c, "pattern", None)), None)
        text = _FORMS.get(pattern, f"text of the form {pattern}") if pattern else "text"
    elif kind.is_section:
        text = f"a section with keys such as {next(iter(kind.core.model_fields), 'none')}"
    else:
        element = kind.member()
        shape = "a list" if get_origin(kind.core) is tuple else "a mapping of names"
        text = f"{shape} of {range_text(element)}" if element is not None else "a mapping of names to values"
    return f"{text}, or null" if kind.nullable else text


def _bounds(kind: Kind) -> str:
    found = {
        name: getattr(constraint, name)
        for constraint in kind.constraints
        for name in ("ge", "gt", "le", "lt")
        if getattr(constraint, name, None) is not None
    }
    if "ge" in found and "le" in found:
        return f"from {found['ge']} to {found['le']}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return " and ".join(f"{word} {found[name]}" for name, word in words.items() if name in found)


@cache
def find(path: Path) -> Key | None:
    """The key at a path, in which any name stands for an element of a list or mapping; None where there is none."""
    kind = Kind(Settings)
    key: Key | None = None
    for depth, name in enumerate(path, start=1):
        if kind.is_section:
            if (field := kind.core.model_fields.get(name)) is None:
                return None
            key = _key(path[:depth], field)
        else:
            member = kind.member()
            if member is None or key is None:
                return None
            key = Key(path[:depth], member, key.meaning, key.unit, key.decides, key.reloadable, None)
        kind = key.kind
    return key


def _key(path: Path, field: FieldInfo) -> Key:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, Mapping) else {}
    return Key(
        path=path,
        kind=kind_of(field.annotation, tuple(field.metadata)),
        meaning=field.description or "",
        unit=str(extra.get("unit", "")),
        decides=extra.get("decides") is not False,
        reloadable=extra.get("reloadable") is True,
        default=None if field.is_required() else field.get_default(call_default_factory=True),
    )


def every_key(start: Path = (), kind: Kind | None = None) -> Iterator[Key]:
    """Every key of the schema that is not a section, in the order of the schema; lists and mappings count as one."""
    section = (kind or Kind(Settings)).core
    for name in section.model_fields:
        key = find((*start, name))
        if key is None:
            continue
        if key.kind.is_section:
            yield from every_key(key.path, key.kind)
        else:
            yield key


def likely(path: Path) -> str | None:
    """The dotted name that a wrong one was probably meant to be."""
    parent = find(path[:-1]) if len(path) > 1 else None
    kind = Kind(Settings) if len(path) == 1 else parent.kind if parent is not None else None
    if kind is not None and kind.is_section:
        near = difflib.get_close_matches(path[-1], list(kind.core.model_fields), n=1, cutoff=0.6)
        if near:
            return ".".join((*path[:-1], near[0]))
    names = [key.name for key in every_key()]
    elsewhere = [name for name in names if name.rpartition(".")[2] == path[-1]]
    return next(iter(elsewhere or difflib.get_close_matches(".".join(path), names, n=1, cutoff=0.75)), None)
