"""The table of contents of a store: which parts belong to it, with their hashes, and which sources it has seen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path, PurePosixPath

import msgspec

from gal_friday.domain.bars import Int64
from gal_friday.domain.errors import DataError
from gal_friday.domain.time import interval_text, to_datetime
from gal_friday.market.spelling import spelling

MANIFEST = "manifest.json"
BARS, BOOKS = "bars", "books"
_FORMAT = 1


class Entry(msgspec.Struct, frozen=True):
    """One part: bars or books of a pair, an interval and a UTC month; `sha256` is that of its content."""

    kind: str
    pair: str
    interval_ns: int
    rows: int
    start_ns: int
    end_ns: int
    sha256: str
    synthetic: bool


class Source(msgspec.Struct, frozen=True):
    """A file, or a member of an archive, that was imported to its end."""

    name: str
    pair: str
    interval_ns: int
    rows: int
    kept: int


class Manifest(msgspec.Struct, frozen=True):
    """`parts` by path inside the store, `pending` parts that were being replaced, `sources` by content hash."""

    parts: dict[str, Entry] = {}
    pending: dict[str, Entry] = {}
    sources: dict[str, Source] = {}
    format: int = _FORMAT

    def of(self, kind: str, pair: str, interval_ns: int) -> list[tuple[str, Entry]]:
        """The parts of a pair and interval, in order of time."""
        found = [
            (name, entry)
            for name, entry in self.parts.items()
            if (entry.kind, entry.pair, entry.interval_ns) == (kind, pair, interval_ns)
        ]
        return sorted(found, key=lambda each: each[1].start_ns)

    def series(self) -> list[tuple[str, int]]:
        """Every (pair, interval) with bars, in order."""
        return sorted({(entry.pair, entry.interval_ns) for entry in self.parts.values() if entry.kind == BARS})


def read_manifest(root: Path) -> Manifest:
    """The manifest of a store; raises `DataError` when there is none or it is damaged."""
    path = root / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise DataError(f"{root}: expected a store with a {MANIFEST}, was none; import data into it first") from error
    except (msgspec.MsgspecError, OSError) as error:
        raise DataError(f"{path}: expected the store's manifest, was damaged ({error}); import anew") from error
    if manifest.format != _FORMAT:
        raise DataError(f"{path}: expected format {_FORMAT}, was {manifest.format}; use the version that wrote it")
    return manifest


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as its file has it: sorted, a key a line."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def part_name(kind: str, pair: str, interval_ns: int, month: str) -> str:
    """Where a part lies inside the store: `XRP-USD/1m/2024-07.parquet`, books in a folder of their own."""
    folder = PurePosixPath(spelling(pair).store) / interval_text(interval_ns)
    return str((folder / "books" if kind == BOOKS else folder) / f"{month}.parquet")


def months(starts: Int64) -> list[tuple[str, int, int]]:
    """(`YYYY-MM`, first row, row after the last) of each UTC month in ascending starts."""
    if not len(starts):
        return []
    number = starts.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")
    edges = [0, *((number[1:] != number[:-1]).nonzero()[0] + 1).tolist(), len(starts)]
    return [(month_of(int(starts[a])), a, b) for a, b in pairwise(edges)]


def month_of(start_ns: int) -> str:
    """The UTC month in which a bar starts."""
    return to_datetime(start_ns).strftime("%Y-%m")
