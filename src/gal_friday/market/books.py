"""Order-book states beside the bars: one Parquet file a month, ten levels a side, exact integers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from gal_friday.domain.bars import BarSeries, BookSeries, Int64
from gal_friday.domain.errors import DataError
from gal_friday.market.manifest import BOOKS, Entry, months, part_name
from gal_friday.market.parts import decoded, encoded, foreign, header_text
from gal_friday.market.store import Store
from gal_friday.market.table import rescaled

_SIDES = ("bid_ticks", "bid_lots", "ask_ticks", "ask_lots")
_FORMAT = "gal-friday books 1"


class BookHeader(msgspec.Struct, frozen=True):
    """What a part of books holds; a tick is 10^-price_decimals, a lot 10^-volume_decimals."""

    pair: str
    interval_ns: int
    price_decimals: int
    volume_decimals: int
    levels: int
    rows: int
    sha256: str
    synthetic: bool
    format: str = _FORMAT


def put_books(store: Store, series: BarSeries, books: BookSeries) -> None:
    """Keep the states of a series in the store; a month that is there already is replaced."""
    if len(books) != len(series):
        raise DataError(f"{series.pair}: expected a book state for each of {len(series)} bars, was {len(books)}")
    parts: dict[str, tuple[Entry, bytes]] = {}
    for month, first, last in months(series.start_ns):
        starts = series.start_ns[first:last]
        header, data = _part(series, starts, books.rows(first, last))
        entry = Entry(
            kind=BOOKS,
            pair=series.pair,
            interval_ns=series.interval_ns,
            rows=len(starts),
            start_ns=int(starts[0]),
            end_ns=int(starts[-1]) + series.interval_ns,
            sha256=header.sha256,
            synthetic=series.synthetic,
        )
        parts[part_name(BOOKS, series.pair, series.interval_ns, month)] = entry, data
    store.replace_parts(parts)


def stored_books(store: Store, series: Mapping[str, BarSeries]) -> dict[str, BookSeries]:
    """The book states of each series, one a bar, for the pairs whose books the store has."""
    manifest = store.manifest()
    found = {}
    for pair, bars in series.items():
        entries = manifest.of(BOOKS, pair, bars.interval_ns)
        if entries and len(bars):
            found[pair] = _aligned(store, bars, entries)
    return found


def read_books(path: Path) -> tuple[BookHeader, Int64, dict[str, Int64]]:
    """Header, bar starts and sides of a part, its content hash checked; raises `DataError`."""
    try:
        header = msgspec.json.decode(header_text(path), type=BookHeader)
    except msgspec.MsgspecError as error:
        raise foreign(path, str(error)) from error
    frame = decoded(path, ["start_ns", *_SIDES])
    starts = frame["start_ns"].to_numpy()
    sides = {name: frame[name].to_numpy() for name in _SIDES}
    if header.format != _FORMAT or any(side.shape != (header.rows, header.levels) for side in sides.values()):
        raise foreign(path, f"{header.format} with other columns than it says")
    actual = _sha256(header, starts, sides)
    if actual != header.sha256:
        raise DataError(
            f"{path}: expected books with sha256 {header.sha256[:16]}, was {actual[:16]}: the file was changed or "
            "damaged; remove it and import its source again"
        )
    return header, starts, sides


def books_at_scale(books: BookSeries, price_decimals: int, volume_decimals: int) -> BookSeries:
    """The same states in ticks and lots of at least these decimals; raises `DataError` on overflow."""
    more_price = max(0, price_decimals - books.price_decimals)
    more_volume = max(0, volume_decimals - books.volume_decimals)
    return BookSeries(
        books.pair,
        books.price_decimals + more_price,
        books.volume_decimals + more_volume,
        bid_ticks=rescaled(books.bid_ticks, more_price),
        bid_lots=rescaled(books.bid_lots, more_volume),
        ask_ticks=rescaled(books.ask_ticks, more_price),
        ask_lots=rescaled(books.ask_lots, more_volume),
    )


def _aligned(store: Store, bars: BarSeries, entries: list[tuple[str, Entry]]) -> BookSeries:
    sides: dict[str, Int64] = {}
    price = volume = 0
    first, last = int(bars.start_ns[0]), int(bars.start_ns[-1])
    wanted = [(name, entry) for name, entry in entries if entry.end_ns > first and entry.start_ns <= last]
    for name, entry in wanted:
        header, starts, part = read_books(store.root / name)
        if header.sha256 != entry.sha256:
            raise DataError(f"{store.root / name}: expected books as the manifest has them; import the source again")
        if not sides:
            sides = {side: np.zeros((len(bars), header.levels), dtype=np.int64) for side in _SIDES}
            price, volume = header.price_decimals, header.volume_decimals
        if (header.price_decimals, header.volume_decimals) != (price, volume):
            raise DataError(f"{store.root / name}: expected books of one scale, was another; import the source again")
        at = np.searchsorted(bars.start_ns, starts)
        here = at < len(bars)
        here[here] = bars.start_ns[at[here]] == starts[here]
        for side in _SIDES:
            sides[side][at[here]] = part[side][here]
    if not sides:
        sides = {side: np.zeros((len(bars), 10), dtype=np.int64) for side in _SIDES}
    return BookSeries(bars.pair, price, volume, **sides)


def _part(series: BarSeries, starts: Int64, books: BookSeries) -> tuple[BookHeader, bytes]:
    sides = {name: getattr(books, name) for name in _SIDES}
    header = BookHeader(
        pair=series.pair,
        interval_ns=series.interval_ns,
        price_decimals=books.price_decimals,
        volume_decimals=books.volume_decimals,
        levels=books.bid_ticks.shape[1],
        rows=len(starts),
        sha256="",
        synthetic=series.synthetic,
    )
    header = msgspec.structs.replace(header, sha256=_sha256(header, starts, sides))
    frame = pl.DataFrame({"start_ns": starts, **sides})
    return header, encoded(frame, msgspec.json.encode(header).decode())


def _sha256(header: BookHeader, starts: Int64, sides: Mapping[str, Int64]) -> str:
    told = f"{_FORMAT}\n{header.pair}\n{header.interval_ns}\n{header.price_decimals}\n{header.volume_decimals}\n"
    sha = hashlib.sha256(told.encode())
    for column in (starts, *(sides[name] for name in _SIDES)):
        sha.update(np.ascontiguousarray(column, dtype="<i8").data)
    return sha.hexdigest()
