"""Reads YAML into a layer that knows the line of every key; the document is never turned into objects of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import yaml

from gal_friday.settings.keys import Kind, Path, find
from gal_friday.settings.layers import Layer
from gal_friday.settings.problems import Origin, Problem, refusal
from gal_friday.settings.schema import Settings

_LARGEST = 1_000_000
_BOM = b"\xef\xbb\xbf"
# YAML 1.2's core schema: in 1.1 `12:30` is a number and `no` is a truth value, which surprises everybody.
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def read_file(name: str) -> Layer:
    """The layer of one YAML file; raises `SettingsError` when it cannot be read or is not a mapping."""
    try:
        raw = FilePath(name).expanduser().read_bytes()
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise _refused(name, "", "a readable file", reason, "check the path and its permissions") from error
    if len(raw) > _LARGEST:
        raise _refused(name, "", f"at most {_LARGEST} bytes", f"{len(raw)} bytes", "this is not a settings file")
    if raw.startswith(_BOM):
        raise _refused(f"{name}:1", "", "UTF-8 without a byte order mark", "a BOM", "save the file without a BOM")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _refused(f"{name}:{line}", "", "UTF-8 text", "other bytes", "save the file as UTF-8") from error
    return read_text(text, name)


def read_text(text: str, name: str) -> Layer:
    """The layer of a YAML document; raises `SettingsError` naming `name` and the line."""
    root = _composed(text, name)
    if root is None or (isinstance(root, yaml.ScalarNode) and root.value == "" and not root.style):
        raise _refused(f"{name}:1", "", "at least one key", "an empty file", "write a section or leave the file out")
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        kind = "a list" if isinstance(root, yaml.SequenceNode) else "a single value"
        raise _refused(f"{name}:{line}", "", "sections with keys, such as `risk:`", kind, "begin with a section")
    reading = _Reading(name)
    values = reading.value(root, (), Kind(Settings))
    if reading.problems:
        raise refusal(reading.problems)
    return Layer(values, reading.origins)


def read_value(text: str, path: Path, where: str) -> Any:
    """A value written as YAML in a variable or flag, such as `[a, b]`; raises `SettingsError`."""
    key = find(path)
    root = _composed(text, where)
    if root is None:
        return None
    reading = _Reading(where)
    value = reading.value(root, path, None if key is None else key.kind)
    if reading.problems:
        raise refusal(reading.problems)
    return value


def _composed(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = name if mark is None else f"{name}:{mark.line + 1}"
        # What YAML quotes may be a pasted secret: only its own signs are repeated.
        said = re.sub(r"'[^'<]{3,}'", "'…'", error.problem or "no valid YAML")
        remedy = "indent with spaces" if "\\t" in said else "correct the line or quote the text"
        raise _refused(where, "", "valid YAML", f"not readable ({said})", remedy) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise _refused(
            f"{name}:{line}", "", "valid YAML", "a character that YAML forbids", "remove the character"
        ) from error
    except RecursionError as error:
        raise _refused(name, "", "a few levels of nesting", "hundreds", "this is not a settings file") from error


def _refused(where: str, key: str, expected: str, was: str, remedy: str) -> Exception:
    return refusal([Problem(where, key, expected, was, remedy)])


class _Reading:
    """One pass over a document: collects values, the line of each key, and what is wrong."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.origins: dict[Path, Origin] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path, kind: Kind | None) -> Any:
        where = f"{self.name}:{node.start_mark.line + 1}"
        if id(node) in self._seen:
            self._wrong(where, path, "each value written out", "a YAML alias", "write the value again")
            return None
        self._seen.add(id(node))
        if path:
            self.origins.setdefault(path, Origin("file", where))
        if isinstance(node, yaml.MappingNode):
            return dict(self._members(node, path, kind))
        if isinstance(node, yaml.SequenceNode):
            member = None if kind is None else kind.member()
            return [self.value(child, (*path, str(i)), member) for i, child in enumerate(node.value)]
        return _scalar(node.value, plain=not getattr(node, "style", None), kind=kind)

    def _members(self, node: yaml.MappingNode, path: Path, kind: Kind | None) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for name_node, value_node in node.value:
            line = name_node.start_mark.line + 1
            where = f"{self.name}:{line}"
            if not isinstance(name_node, yaml.ScalarNode) or not name_node.value:
                self._wrong(where, path, "a name before the colon", "something else", "write `name: value`")
                continue
            name = name_node.value
            if name in first:
                remedy = f"remove one of them (the first is on line {first[name]})"
                self._wrong(where, (*path, name), "each key once", "a duplicate", remedy)
                continue
            first[name] = line
            self.origins[(*path, name)] = Origin("file", where)
            key = find((*path, name)) if kind is not None else None
            yield name, self.value(value_node, (*path, name), None if key is None else key.kind)

    def _wrong(self, where: str, path: Path, expected: str, was: str, remedy: str) -> None:
        self.problems.append(Problem(where, ".".join(path), expected, was, remedy))


def _scalar(text: str, *, plain: bool, kind: Kind | None) -> Any:
    if plain and _NULL.fullmatch(text):
        return None
    # A key of known type gets the text as written: a Decimal then keeps every digit, and `true` is no number.
    if not plain or (kind is not None and kind.is_scalar):
        return text
    if text in _TRUTH:
        return _TRUTH[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
