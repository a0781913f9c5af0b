"""Whether a store is whole: every part is there, is ours, lies where it belongs, and holds what the manifest says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from gal_friday.domain.bars import Int64
from gal_friday.domain.errors import DataError
from gal_friday.market.books import read_books
from gal_friday.market.files import PARTIAL
from gal_friday.market.manifest import BARS, MANIFEST, Entry, month_of, part_name, read_manifest
from gal_friday.market.parts import header_sha256, read_part
from gal_friday.market.store import Store
from gal_friday.market.table import CLOSE, HIGH, LOW, OPEN, VOLUME, BarTable

_OURS = {MANIFEST, ".lock"}


class StoreFault(msgspec.Struct, frozen=True):
    """One thing wrong with a store: the file inside it, the kind, and what was expected, was, and helps.

    Kinds: `manifest`, `missing_file`, `torn_file`, `hash_mismatch`, `manifest_differs`, `wrong_month`,
    `wrong_place`, `off_grid`, `disorder`, `broken_bar`, `crossed_book`, `foreign_file`, `leftover`, `interrupted`.
    """

    file: str
    kind: str
    text: str


OnFile = Callable[[int, int], None]


def verify(root: Path | str, *, on_file: OnFile | None = None) -> list[StoreFault]:
    """Every fault of a store, none for a whole one; `on_file` gets (parts done, parts in all)."""
    store = Store(root)
    try:
        pending = read_manifest(store.root).pending
        manifest = store.manifest()
    except DataError as error:
        return [StoreFault(MANIFEST, "manifest", str(error))]
    faults = [
        StoreFault(name, "interrupted", "expected a finished write, was one cut short; import again to finish it")
        for name in sorted(pending)
    ]
    for done, (name, entry) in enumerate(sorted(manifest.parts.items()), start=1):
        if fault := _part_fault(store.root / name, name, entry):
            faults.append(fault)
        if on_file is not None:
            on_file(done, len(manifest.parts))
    known = set(manifest.parts) | set(pending)
    return faults + [fault for path in sorted(store.root.rglob("*")) if (fault := _stray(path, store.root, known))]


def _part_fault(path: Path, name: str, entry: Entry) -> StoreFault | None:
    if not path.exists():
        return StoreFault(name, "missing_file", "expected a part, was missing; import its source again")
    try:
        claimed = header_sha256(path)
    except DataError as error:
        return StoreFault(name, "torn_file", str(error))
    try:
        starts, found = _bars_fault(path, entry) if entry.kind == BARS else _books_fault(path, entry)
    except DataError as error:
        return StoreFault(name, "hash_mismatch" if "sha256" in str(error) else "torn_file", str(error))
    if claimed != entry.sha256:
        text = f"expected content {entry.sha256[:16]}, was {claimed[:16]}; remove the file and import its source again"
        return StoreFault(name, "manifest_differs", text)
    if found is None:
        found = _place_fault(name, entry, starts)
    return None if found is None else StoreFault(name, *found)


def _bars_fault(path: Path, entry: Entry) -> tuple[Int64, tuple[str, str] | None]:
    header, table = read_part(path)
    if (header.pair, header.interval_ns) != (entry.pair, entry.interval_ns):
        text = f"expected {entry.pair}, was {header.pair}; remove the file and import its source again"
        return table.starts, ("wrong_place", text)
    return table.starts, _rows_fault(table)


def _books_fault(path: Path, entry: Entry) -> tuple[Int64, tuple[str, str] | None]:
    header, starts, sides = read_books(path)
    if (header.pair, header.interval_ns) != (entry.pair, entry.interval_ns):
        text = f"expected {entry.pair}, was {header.pair}; remove the file and import its source again"
        return starts, ("wrong_place", text)
    bid, ask = sides["bid_ticks"][:, 0], sides["ask_ticks"][:, 0]
    crossed = (bid >= ask) & (sides["bid_lots"][:, 0] > 0) & (sides["ask_lots"][:, 0] > 0)
    if crossed.any():
        return starts, ("crossed_book", f"expected bid below ask, was not in {int(crossed.sum())} states")
    return starts, None


def _rows_fault(table: BarTable) -> tuple[str, str] | None:
    rows = table.rows
    high, low = rows[:, HIGH], rows[:, LOW]
    inside = (rows[:, OPEN] <= high) & (rows[:, CLOSE] <= high) & (rows[:, OPEN] >= low) & (rows[:, CLOSE] >= low)
    broken = ~inside | (low <= 0) | (rows[:, VOLUME] < 0)
    if broken.any():
        at = int(np.argmax(broken))
        return "broken_bar", f"expected 0 < low <= open, close <= high, was not in row {at + 1}; import again"
    return None


def _place_fault(name: str, entry: Entry, starts: Int64) -> tuple[str, str] | None:
    if (np.diff(starts) <= 0).any():
        return "disorder", "expected ascending times, each once, was not; import its source again"
    if (starts % min(entry.interval_ns, 86_400_000_000_000)).any():
        return "off_grid", "expected starts on the interval's grid, was not; import its source again"
    spans = {month_of(int(starts[0])), month_of(int(starts[-1]))}
    wanted = {part_name(entry.kind, entry.pair, entry.interval_ns, month) for month in spans}
    if wanted != {name}:
        return "wrong_month", f"expected rows of this month, was {' to '.join(sorted(spans))}; import its source again"
    return None


def _stray(path: Path, root: Path, known: set[str]) -> StoreFault | None:
    name = path.relative_to(root).as_posix()
    if path.is_dir() or name in known or name in _OURS:
        return None
    if name.endswith(PARTIAL):
        return StoreFault(name, "leftover", "expected finished files, was one of a write cut short; it may be removed")
    return StoreFault(name, "foreign_file", "expected files of this store only, was another; move it out")
