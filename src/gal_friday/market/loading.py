"""History as the drivers take it: series of every pair from files or from a store, with what was found in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gal_friday.domain.bars import BarSeries, BookSeries
from gal_friday.domain.errors import DataError
from gal_friday.domain.ports import Clock, SystemClock
from gal_friday.domain.time import interval_ns as parse_interval
from gal_friday.domain.time import interval_text, iso
from gal_friday.market.books import stored_books
from gal_friday.market.gaps import Span, limit_bars, span, typed
from gal_friday.market.importing.findings import FileReport
from gal_friday.market.importing.reading import OnProgress, Reading, TableReader, with_pair
from gal_friday.market.importing.targets import is_store, tables_of, targets
from gal_friday.market.series import Held, Piece, Window, assemble
from gal_friday.market.spelling import canonical
from gal_friday.market.store import Store
from gal_friday.market.table import START, BarTable, Merged, merged
from gal_friday.settings.sections.history import HistorySettings
from gal_friday.settings.sections.market import MarketSettings

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which bars: pairs in any spelling, starts in [start_ns, end_ns), and the interval.

    Without pairs all that the data has; without an interval the only one it has, or `market.interval` of several.
    """

    pairs: Sequence[str] | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    interval_ns: int | None = None

    def names(self) -> set[str] | None:
        """The pairs in our spelling."""
        return {canonical(pair) for pair in self.pairs} if self.pairs else None

    def stretch(self) -> str:
        """The dates as messages tell them."""
        since = f"from {iso(self.start_ns)} " if self.start_ns is not None else ""
        until = f"until {iso(self.end_ns)}" if self.end_ns is not None else ""
        return f"{since}{until}".strip() or "in the data"


@dataclass(slots=True)
class History:
    """`series` by pair; a report for each file read; how many rows of several files agreed or were replaced."""

    series: dict[str, BarSeries] = field(default_factory=dict)
    reports: list[FileReport] = field(default_factory=list)
    repeated: int = 0
    replaced: int = 0


@dataclass(slots=True)
class _Found:
    pieces: dict[_Key, list[Piece]] = field(default_factory=dict)
    tables: dict[_Key, list[BarTable]] = field(default_factory=dict)
    synthetic: dict[_Key, bool] = field(default_factory=dict)
    history: History = field(default_factory=History)


def load_series(
    paths: Path | str | Iterable[Path | str],
    pairs: Sequence[str] | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
    interval_ns: int | None = None,
    *,
    settings: HistorySettings,
    market: MarketSettings,
    on_progress: OnProgress | None = None,
) -> dict[str, BarSeries]:
    """The series of `load_history`, by pair in order of name."""
    selection = Selection(pairs, start_ns, end_ns, interval_ns)
    return load_history(paths, selection, settings=settings, market=market, on_progress=on_progress).series


def load_history(
    paths: Path | str | Iterable[Path | str],
    selection: Selection | None = None,
    *,
    settings: HistorySettings,
    market: MarketSettings,
    on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> History:
    """Series from files, folders, archives, `PAIR=PATH` or stores, in the fewest decimals that hold their values.

    Files and stores may be mixed; rows that several have count once. Raises `DataError`.
    """
    asked = selection or Selection()
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    found = _Found()
    stores = [each for each in named if is_store(Path(each).expanduser())]
    for root in stores:
        _from_store(Store(root), asked, found)
    if files := [each for each in named if each not in stores]:
        now_ns = (clock or SystemClock()).now_ns()
        _from_files(files, asked, found, Reading(settings, now_ns, None, None, on_progress, asked.interval_ns))
    _join(found, settings.duplicates)
    _assemble_all(found, asked, market)
    return found.history


def load_books(paths: Path | str | Iterable[Path | str], series: Mapping[str, BarSeries]) -> dict[str, BookSeries]:
    """The book states of each series, one a bar, from the stores among `paths`; pairs without books are left out.

    A bar without a state has levels of size 0. Ticks and lots are those of the books, which may not be the bars'.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    found: dict[str, BookSeries] = {}
    for each in named:
        if is_store(root := Path(each).expanduser()):
            missing = {pair: bars for pair, bars in series.items() if pair not in found}
            found.update(stored_books(Store(root), missing))
    return found


def _assemble_all(found: _Found, asked: Selection, market: MarketSettings) -> None:
    chosen = _chosen(found, asked, market)
    limit = limit_bars(market.outage_after_minutes, chosen)
    series: dict[str, BarSeries] = {}
    for pair, _ in sorted(key for key in found.pieces if key[1] == chosen):
        # Taken out of the table, so that rows of files are freed once their series stands.
        pieces = found.pieces.pop((pair, chosen))
        window = Window(pair, chosen, asked.start_ns, asked.end_ns)
        one = assemble(window, pieces, limit=limit, synthetic=found.synthetic[pair, chosen])
        if one is not None:
            series[pair] = one
    if missing := sorted((asked.names() or set()) - set(series)) or ([] if series else ["any pair"]):
        raise DataError(f"expected bars of {', '.join(missing)} {asked.stretch()}, was none; widen the dates")
    found.history.series = _with_typed_gaps(series, limit)


def _from_store(store: Store, asked: Selection, found: _Found) -> None:
    wanted = asked.names()
    manifest = store.manifest()
    for pair, interval_ns in manifest.series():
        if wanted is not None and pair not in wanted:
            continue
        key = pair, interval_ns
        found.pieces.setdefault(key, []).extend(store.pieces(pair, interval_ns))
        entries = manifest.of("bars", pair, interval_ns)
        found.synthetic[key] = found.synthetic.get(key, False) or any(entry.synthetic for _, entry in entries)


def _from_files(named: list[Path | str], asked: Selection, found: _Found, reading: Reading) -> None:
    wanted = asked.names()
    for target in targets(named):
        for member in tables_of(target, reading.settings)[0]:
            reader = TableReader(member, with_pair(reading, target.pair))
            if wanted is not None and (pair := reader.pair()) is not None and pair not in wanted:
                continue
            tables = list(reader.tables())
            report = reader.report
            if wanted is not None and report.pair not in wanted:
                continue
            found.history.reports.append(report)
            key = report.pair, report.interval_ns
            found.tables.setdefault(key, []).extend(tables)
            found.synthetic[key] = found.synthetic.get(key, False) or report.synthetic


def _join(found: _Found, duplicates: str) -> None:
    for key in list(found.tables):
        tables = [piece.table() for piece in found.pieces.pop(key, [])] + found.tables.pop(key)
        if not _follow(tables):
            tables = [_merged(tables, key, found.history, duplicates)]
        found.pieces[key] = [Held(table) for table in tables]
    for key, pieces in found.pieces.items():
        # Parts of several stores may overlap; those of one store never do.
        if len(pieces) > 1 and not all(isinstance(piece, Held) for piece in pieces) and _several_stores(pieces):
            table = _merged([piece.table() for piece in pieces], key, found.history, duplicates)
            found.pieces[key] = [Held(table)]


def _several_stores(pieces: list[Piece]) -> bool:
    roots = {getattr(piece, "path", Path()).parent for piece in pieces}
    return len(roots) > 1


def _merged(tables: list[BarTable], key: _Key, history: History, duplicates: str) -> BarTable:
    done: Merged = merged(tables, keep_last=duplicates == "last")
    if done.conflicts and duplicates == "error":
        again = done.conflicts[0][0]
        for table in tables:
            if again < len(table):
                moment = iso(int(table.rows[again, START]))
                raise DataError(
                    f"{key[0]}: expected one bar of {moment}, was two with other values in the files given; "
                    "leave one file out, or set history.duplicates to first or last"
                )
            again -= len(table)
    history.repeated += done.repeated
    history.replaced += done.replaced
    return done.table


def _follow(tables: list[BarTable]) -> bool:
    last = None
    for table in tables:
        if last is not None and int(table.starts[0]) <= last:
            return False
        if len(table) > 1 and bool((table.starts[1:] <= table.starts[:-1]).any()):
            return False
        last = int(table.starts[-1])
    return True


def _chosen(found: _Found, asked: Selection, market: MarketSettings) -> int:
    wanted, told = asked.names(), asked.interval_ns
    there = sorted({interval_ns for _, interval_ns in found.pieces})
    pairs = {pair for pair, _ in found.pieces}
    if wanted is not None and (missing := sorted(wanted - pairs)):
        raise DataError(f"expected bars of {', '.join(missing)}, was none in the data given; name a file that has them")
    usual = parse_interval(market.interval)
    chosen = told if told is not None else there[0] if len(there) == 1 else usual
    if chosen not in there:
        have = ", ".join(map(interval_text, there)) or "none"
        raise DataError(
            f"expected bars of {interval_text(chosen)}, was {have} in the data given; set market.interval to that"
        )
    lacking = [f"{pair} {interval_text(i)}" for pair, i in sorted(found.pieces) if (pair, chosen) not in found.pieces]
    if lacking:
        raise DataError(
            f"expected bars of {interval_text(chosen)} for every pair, was {', '.join(lacking)}; "
            "set market.interval to what all have, or name the pairs"
        )
    return chosen


def _with_typed_gaps(series: dict[str, BarSeries], limit: int) -> dict[str, BarSeries]:
    spans: dict[str, Span] = {
        pair: span(each.gaps, int(each.start_ns[0]), int(each.start_ns[-1]) + each.interval_ns, limit)
        for pair, each in series.items()
    }
    return {pair: replace(each, gaps=typed(pair, each.gaps, spans, limit)) for pair, each in series.items()}
