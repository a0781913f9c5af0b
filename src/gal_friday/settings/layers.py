"""Lays settings over one another, later ones winning, and remembers where each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gal_friday.settings.keys import Path
from gal_friday.settings.problems import Origin, Problem, origin_of, refusal


@dataclass(frozen=True, slots=True)
class Layer:
    """Nested values as one source gave them, and the place of each."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[Path, Origin] = field(default_factory=dict)


def laid_over(below: Layer, above: Layer) -> Layer:
    """Both layers as one: mappings are joined key by key, everything else is replaced by the upper value.

    A mapping over a list changes the members that its keys name, by position or by their `id`.
    Raises `SettingsError` when it names a member that the list does not have.
    """
    merge = _Merge(below, above)
    values = merge.joined(below.values, above.values, (), ())
    if merge.problems:
        raise refusal(merge.problems)
    return Layer(values, merge.origins)


class _Merge:
    def __init__(self, below: Layer, above: Layer) -> None:
        self.above = above
        self.origins = dict(below.origins)
        self.problems: list[Problem] = []

    # `written` is the path in the upper layer, `path` the same place in the lower one: they differ by list members.
    def joined(self, below: Any, above: Any, path: Path, written: Path) -> Any:
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            result = dict(below)
            for name, value in above.items():
                result[name] = self.joined(below.get(name), value, (*path, name), (*written, name))
            return result
        if isinstance(below, list) and isinstance(above, Mapping) and above:
            return self._members_changed(below, above, path, written)
        self._replace_origins(path, written)
        return above

    def _members_changed(self, below: list[Any], above: Mapping[str, Any], path: Path, written: Path) -> list[Any]:
        result = list(below)
        for name, value in above.items():
            index = position(below, name)
            if index is None:
                known = ", ".join(_names(below)) or "it is empty"
                self.problems.append(
                    Problem(
                        origin_of((*written, name), self.above.origins),
                        ".".join((*written, name)),
                        f"a member of the list ({known})",
                        repr(name),
                        "name a member by its position or id, or write the whole list",
                    )
                )
            else:
                result[index] = self.joined(below[index], value, (*path, str(index)), (*written, name))
        return result

    def _replace_origins(self, path: Path, written: Path) -> None:
        for old in [place for place in self.origins if place[: len(path)] == path]:
            del self.origins[old]
        for place, origin in self.above.origins.items():
            if place[: len(written)] == written:
                self.origins[(*path, *place[len(written) :])] = origin


def position(members: list[Any], name: str) -> int | None:
    """The position that a name stands for in a list: a number, or the `id` of a member."""
    if name.isascii() and name.isdigit():
        return int(name) if int(name) < len(members) else None
    return next((i for i, member in enumerate(members) if _id(member) == name), None)


def _id(member: Any) -> Any:
    return member.get("id") if isinstance(member, Mapping) else None


def _names(members: list[Any]) -> list[str]:
    return [str(_id(member) or i) for i, member in enumerate(members)]


def nested(path: Path, value: Any, origin: Origin) -> Layer:
    """The layer of one value at a dotted path; all members of the value have the same origin."""
    values: Any = value
    for name in reversed(path):
        values = {name: values}
    return Layer(values, dict.fromkeys(_places(path, value), origin))


def _places(path: Path, value: Any) -> Iterator[Path]:
    yield path
    members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from _places((*path, str(name)), member)
