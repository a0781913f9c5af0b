"""Walks over the values of a configuration, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gal_friday.settings.keys import Key, Path, find
from gal_friday.settings.problems import Origin
from gal_friday.settings.section import Section

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One effective value; lists and mappings of plain values count as one."""

    path: Path
    key: Key
    value: Any

    @property
    def name(self) -> str:
        """The dotted name."""
        return ".".join(self.path)

    def origin(self, origins: Mapping[Path, Origin]) -> str:
        """Where the value, or the first written member of it, comes from; `default` when nobody wrote it."""
        if self.path in origins:
            return str(origins[self.path])
        inside = (origin for place, origin in origins.items() if place[: len(self.path)] == self.path)
        return str(next(inside, DEFAULT))


def leaves(value: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every effective value below `value`, in the order of the schema."""
    for name, member in _members(value):
        place = (*path, name)
        key = find(place)
        if key is None:
            continue
        if any(True for _ in _members(member)):
            yield from leaves(member, place)
        else:
            yield Leaf(place, key, member)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Section):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping) and any(isinstance(member, Section) for member in value.values()):
        yield from ((str(name), member) for name, member in value.items())
    elif isinstance(value, tuple) and any(isinstance(member, Section) for member in value):
        yield from ((str(i), member) for i, member in enumerate(value))


def plain_section(section: Section) -> dict[str, Any]:
    """The section as a dict, with its sections as dicts and its tuples as lists; numbers stay what they are."""
    return {name: plain_values(getattr(section, name)) for name in type(section).model_fields}


def plain_values(value: Any) -> Any:
    """Sections as dicts and tuples as lists, all the way down."""
    if isinstance(value, Section):
        return plain_section(value)
    if isinstance(value, Mapping):
        return {str(name): plain_values(member) for name, member in value.items()}
    return [plain_values(member) for member in value] if isinstance(value, (list, tuple)) else value
