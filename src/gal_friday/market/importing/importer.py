"""Files into the store: resumable, without double rows, and a file that is in already is not read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gal_friday.domain.errors import DataError
from gal_friday.domain.ports import Clock, SystemClock
from gal_friday.market.importing.findings import FileReport
from gal_friday.market.importing.reading import OnProgress, Reading, TableReader, with_pair
from gal_friday.market.importing.sources import Member, file_sha256
from gal_friday.market.importing.targets import Target, tables_of, targets
from gal_friday.market.manifest import Source
from gal_friday.market.spelling import canonical
from gal_friday.market.store import Added, Store
from gal_friday.market.table import BarTable, joined
from gal_friday.settings.sections.history import HistorySettings

# Rows that wait in memory before they go to the store: some months of one-minute bars.
_WAITING = 250_000


@dataclass(slots=True)
class Imported:
    """What an import did: a report for each table, rows `new` to the store, `known` to it already, `replaced`.

    `unchanged` tables were imported before and not read again, `passed` archive members were no tables,
    `deselected` tables were of other pairs than those asked for.
    """

    reports: list[FileReport] = field(default_factory=list)
    new: int = 0
    known: int = 0
    replaced: int = 0
    unchanged: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)

    def add(self, added: Added) -> None:
        """Count what the store did with some rows."""
        self.new += added.new
        self.known += added.known
        self.replaced += added.replaced


def import_files(
    paths: Iterable[Path | str],
    store: Store | Path | str,
    *,
    settings: HistorySettings,
    pairs: Sequence[str] | None = None,
    interval_ns: int | None = None,
    on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Imported:
    """Import files, folders and archives (`PAIR=PATH` tells a pair) into a store.

    `interval_ns` is that of the bars, and for trades the one to sum them to (one minute by default). An import cut
    short is continued by giving the same files again. Raises `DataError` and leaves what was stored before whole.
    """
    into = store if isinstance(store, Store) else Store(store)
    reading = Reading(settings, (clock or SystemClock()).now_ns(), None, interval_ns, on_progress)
    wanted = {canonical(pair) for pair in pairs} if pairs else None
    done = Imported()
    with into.writing():
        for target in targets(paths):
            _import_target(target, into, reading, wanted, done)
    return done


def _import_target(target: Target, store: Store, reading: Reading, wanted: set[str] | None, done: Imported) -> None:
    found, passed = tables_of(target, reading.settings)
    done.passed += [f"{target.path}:{name}" for name in passed]
    sha256 = file_sha256(target.path)
    for member in found:
        told = with_pair(reading, target.pair)
        key = _key(sha256, member, told)
        if key in store.manifest().sources:
            done.unchanged.append(member.label)
            continue
        reader = TableReader(member, told)
        if wanted is not None and (pair := reader.pair()) is not None and pair not in wanted:
            done.deselected.append(member.label)
            continue
        _import_table(reader, store, told.settings.duplicates, done)
        report = reader.report
        source = Source(member.label, report.pair, report.interval_ns, report.rows, report.kept)
        store.confirm(key, source)
        done.reports.append(report)


def _import_table(reader: TableReader, store: Store, duplicates: str, done: Imported) -> None:
    waiting: list[BarTable] = []
    rows = 0
    for table in reader.tables():
        waiting.append(table)
        rows += len(table)
        if rows >= _WAITING:
            _put(reader.report, waiting, store, duplicates, done)
            waiting, rows = [], 0
    if waiting:
        _put(reader.report, waiting, store, duplicates, done)


def _put(report: FileReport, waiting: list[BarTable], store: Store, duplicates: str, done: Imported) -> None:
    table = joined(waiting)
    if np.any(np.diff(table.starts) < 0):
        order = np.argsort(table.starts, kind="stable")
        table = BarTable(table.rows[order], table.price_decimals, table.volume_decimals)
    try:
        added = store.put(
            table,
            pair=report.pair,
            interval_ns=report.interval_ns,
            synthetic=report.synthetic,
            duplicates=duplicates,
        )
    except DataError as error:
        raise DataError(f"{report.source}: {error}") from error
    done.add(added)


def _key(sha256: str, member: Member, reading: Reading) -> str:
    # The same bytes under another pair or interval are another source.
    told = (sha256, member.inside or "", reading.pair or member.name, str(reading.interval_ns or ""))
    return ":".join(told)
