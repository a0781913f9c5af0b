"""What the user named: paths, folders, `PAIR=PATH`; and the tables found there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gal_friday.domain.errors import DataError
from gal_friday.market.importing.sources import Member, members
from gal_friday.market.manifest import MANIFEST
from gal_friday.market.spelling import canonical
from gal_friday.settings.sections.history import HistorySettings

_SUFFIXES = (".csv", ".txt", ".tsv", ".gz", ".zip", ".parquet")


@dataclass(frozen=True, slots=True)
class Target:
    """A file to read, and its pair where the user told it."""

    path: Path
    pair: str | None = None


def targets(named: Iterable[Path | str]) -> list[Target]:
    """The files named, those of a folder or of a store in order of name; raises `DataError` for what is not there."""
    found: list[Target] = []
    for each in named:
        target = _target(each)
        if target.path.is_dir():
            inside = _inside(target.path)
            if not inside:
                raise DataError(f"{target.path}: expected data files ({', '.join(_SUFFIXES)}), was none; name a file")
            found += [Target(path, target.pair) for path in inside]
        else:
            found.append(target)
    if not found:
        raise DataError("expected a file, a folder or a store with market data, was none; name one")
    return found


def _inside(folder: Path) -> list[Path]:
    if is_store(folder):
        return sorted(path for path in folder.rglob("*.parquet") if path.parent.name != "books")
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(_SUFFIXES))


def is_store(path: Path) -> bool:
    """Whether the folder is a store."""
    return (path / MANIFEST).is_file()


def tables_of(target: Target, settings: HistorySettings) -> tuple[list[Member], list[str]]:
    """The tables in a target, and the archive members passed over."""
    return members(target.path, settings)


def _target(named: Path | str) -> Target:
    text = str(named)
    pair, equals, path = text.partition("=")
    if equals and isinstance(named, str) and not Path(text).expanduser().exists():
        return _existing(Path(path), canonical(pair))
    return _existing(Path(text), None)


def _existing(path: Path, pair: str | None) -> Target:
    full = path.expanduser()
    if not full.exists():
        raise DataError(f"{path}: expected a file, a folder or a store, was nothing there; check the path")
    return Target(full, pair)
