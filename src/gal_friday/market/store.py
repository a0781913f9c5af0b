"""The store of bars: one Parquet file for each pair, interval and UTC month, and a manifest over them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gal_friday.domain.errors import DataError
from gal_friday.domain.time import iso
from gal_friday.market.files import Disk, only_writer
from gal_friday.market.gaps import Absence, absence
from gal_friday.market.manifest import (
    BARS,
    MANIFEST,
    Entry,
    Manifest,
    Source,
    manifest_bytes,
    months,
    part_name,
    read_manifest,
)
from gal_friday.market.parts import PartHeader, header_sha256, part_of, read_part
from gal_friday.market.series import Piece, Window, content
from gal_friday.market.table import START, BarTable, empty_table, merged


class Listing(msgspec.Struct, frozen=True):
    """One series of a store: `rows` as imported, [start_ns, end_ns), `sha256` as a load of all of it has."""

    pair: str
    interval_ns: int
    rows: int
    start_ns: int
    end_ns: int
    sha256: str
    synthetic: bool
    absent: Absence


class Added(msgspec.Struct, frozen=True):
    """What became of rows given to the store: `new` were added, `known` agreed with it, `replaced` differed."""

    new: int
    known: int
    replaced: int


@dataclass(frozen=True, slots=True)
class StoredPiece:
    """A part, read when asked for."""

    path: Path
    entry: Entry

    def table(self) -> BarTable:
        """The part's rows; raises `DataError` when the file is not the one the manifest names."""
        if not self.path.exists():
            raise DataError(f"{self.path}: expected a part of the store, was missing; import its source again")
        header, table = read_part(self.path)
        if header.sha256 != self.entry.sha256:
            raise DataError(
                f"{self.path}: expected content {self.entry.sha256[:16]} as the manifest has it, was "
                f"{header.sha256[:16]}; remove it and import its source again"
            )
        return table


class Store:
    """A folder of parts. Every write is prepared, announced in the manifest, put in place, and confirmed there."""

    def __init__(self, root: Path | str, *, disk: Disk | None = None) -> None:
        self.root = Path(root).expanduser()
        self._disk = disk or Disk()

    def exists(self) -> bool:
        """Whether there is a store in the folder."""
        return (self.root / MANIFEST).exists()

    def writing(self) -> AbstractContextManager[None]:
        """The lock to hold around writes."""
        return only_writer(self.root)

    def manifest(self) -> Manifest:
        """The manifest, with each replacement that was cut short decided by what lies in its place."""
        manifest = read_manifest(self.root) if self.exists() else Manifest()
        if not manifest.pending:
            return manifest
        parts = dict(manifest.parts)
        for name, entry in manifest.pending.items():
            if self._arrived(name, entry):
                parts[name] = entry
        return msgspec.structs.replace(manifest, parts=parts, pending={})

    def pieces(self, pair: str, interval_ns: int) -> list[Piece]:
        """The parts of a series, in order of time."""
        return [StoredPiece(self.root / name, entry) for name, entry in self.manifest().of(BARS, pair, interval_ns)]

    def listings(self) -> list[Listing]:
        """Every series in the store; reads all of it."""
        manifest = self.manifest()
        return [self._listing(manifest, *each) for each in manifest.series()]

    def put(self, table: BarTable, *, pair: str, interval_ns: int, synthetic: bool, duplicates: str) -> Added:
        """Add ascending rows; rows that the store has count once.

        Of rows that differ the store's is kept (`first`), or the new one (`last`), or `DataError` is raised.
        """
        manifest = self.manifest()
        known = replaced = 0
        parts: dict[str, tuple[Entry, bytes]] = {}
        for month, first, last in months(table.starts):
            name = part_name(BARS, pair, interval_ns, month)
            stored = self._stored(manifest.parts.get(name), name, synthetic)
            rows = BarTable(table.rows[first:last], table.price_decimals, table.volume_decimals)
            both = merged([stored, rows], keep_last=duplicates == "last")
            if both.conflicts and duplicates == "error":
                raise _conflict(name, int(rows.rows[both.conflicts[0][0] - len(stored), START]))
            known, replaced = known + both.repeated, replaced + both.replaced
            header, data = part_of(both.table, pair=pair, interval_ns=interval_ns, synthetic=synthetic)
            if len(stored) == 0 or header.sha256 != manifest.parts[name].sha256:
                parts[name] = (entry_of(header), data)
        self.replace_parts(parts)
        return Added(len(table) - known - replaced, known, replaced)

    def replace_parts(self, parts: dict[str, tuple[Entry, bytes]]) -> None:
        """Write parts so that an interruption leaves each of them old or new."""
        if not parts:
            return
        manifest = self.manifest()
        ready = [(self._disk.prepare(self.root / name, data), self.root / name) for name, (_, data) in parts.items()]
        entries = {name: entry for name, (entry, _) in parts.items()}
        self._write(msgspec.structs.replace(manifest, pending=entries))
        for partial, path in ready:
            self._disk.commit(partial, path)
        self._write(msgspec.structs.replace(manifest, parts={**manifest.parts, **entries}, pending={}))

    def confirm(self, key: str, source: Source) -> None:
        """Note that a source was imported to its end."""
        manifest = self.manifest()
        self._write(msgspec.structs.replace(manifest, sources={**manifest.sources, key: source}))

    def _write(self, manifest: Manifest) -> None:
        self._disk.write(self.root / MANIFEST, manifest_bytes(manifest))

    def _arrived(self, name: str, entry: Entry) -> bool:
        path = self.root / name
        return path.exists() and header_sha256(path) == entry.sha256

    def _stored(self, entry: Entry | None, name: str, synthetic: bool) -> BarTable:
        if entry is None:
            return empty_table()
        if entry.synthetic != synthetic:
            have, come = ("synthetic", "real") if entry.synthetic else ("real", "synthetic")
            raise DataError(
                f"{self.root / name}: expected {have} bars as the store holds them, was {come}; use another store"
            )
        return StoredPiece(self.root / name, entry).table()

    def _listing(self, manifest: Manifest, pair: str, interval_ns: int) -> Listing:
        entries = [entry for _, entry in manifest.of(BARS, pair, interval_ns)]
        sha256, starts = content(Window(pair, interval_ns), self.pieces(pair, interval_ns))
        return Listing(
            pair=pair,
            interval_ns=interval_ns,
            rows=sum(entry.rows for entry in entries),
            start_ns=entries[0].start_ns,
            end_ns=entries[-1].end_ns,
            sha256=sha256,
            synthetic=any(entry.synthetic for entry in entries),
            absent=absence(starts, interval_ns),
        )


def entry_of(header: PartHeader) -> Entry:
    """What the manifest keeps of a part."""
    return Entry(
        kind=BARS,
        pair=header.pair,
        interval_ns=header.interval_ns,
        rows=header.rows,
        start_ns=header.start_ns,
        end_ns=header.end_ns,
        sha256=header.sha256,
        synthetic=header.synthetic,
    )


def _conflict(name: str, start_ns: int) -> DataError:
    return DataError(
        f"{name}: expected the bar of {iso(start_ns)} as the store has it, was one with other values; "
        "set history.duplicates to first (keep the store's) or last (replace it)"
    )
