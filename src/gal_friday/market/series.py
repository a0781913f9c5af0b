"""From rows as they were traded to a series on the full grid: silences filled, content hashed, scale fixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gal_friday.domain.bars import BarSeries, Bools, Int64
from gal_friday.market.gaps import silences, untyped
from gal_friday.market.table import (
    CLOSE,
    HIGH,
    LOW,
    OPEN,
    PRICES,
    START,
    TRADES,
    VOLUME,
    BarTable,
    ContentHash,
    rescaled,
)


class Piece(Protocol):
    """A stretch of a pair's rows, read when asked for; pieces of a pair follow one another in time."""

    def table(self) -> BarTable:
        """The rows, ascending."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A piece that lies in memory."""

    rows: BarTable

    def table(self) -> BarTable:
        """The rows, ascending."""
        return self.rows


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of which pair: bars that start in [start_ns, end_ns)."""

    pair: str
    interval_ns: int
    start_ns: int | None = None
    end_ns: int | None = None


_NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Survey:
    starts: Int64
    source_rows: int
    price_decimals: int
    volume_decimals: int


def assemble(window: Window, pieces: list[Piece], *, limit: int, synthetic: bool) -> BarSeries | None:
    """The series of a window, at most `limit` flat bars in each silence; None when nobody traded in it.

    The series has the fewest decimals that hold its values; its gaps are not typed yet. The hash is that of the
    rows that were traded: a flat bar of volume 0 at the last close counts as none, whether a file has it or not.
    The list is emptied on the way, so that rows are freed as soon as they have their place.
    """
    survey = _survey(window, pieces)
    if not len(survey.starts):
        return None
    before, missing = silences(survey.starts, window.interval_ns)
    added = np.minimum(missing, limit)
    places = np.ones(len(survey.starts), dtype=np.int64)
    places[0] = 0
    places[before + 1] += added
    np.cumsum(places, out=places)
    gaps = untyped(window.pair, survey.starts, window.interval_ns)
    survey = replace(survey, starts=_NO_ROWS)
    columns, sha256 = _placed(window, pieces, survey, places)
    filled = _fill(columns, places[before], added, window.interval_ns)
    restart = np.zeros(len(filled), dtype=np.bool_)
    restart[0] = True
    restart[places[before[missing > limit] + 1]] = True
    return BarSeries(
        pair=window.pair,
        interval_ns=window.interval_ns,
        price_decimals=survey.price_decimals,
        volume_decimals=survey.volume_decimals,
        start_ns=columns[START],
        open=columns[OPEN],
        high=columns[HIGH],
        low=columns[LOW],
        close=columns[CLOSE],
        volume=columns[VOLUME],
        trades=columns[TRADES],
        filled=filled,
        restart=restart,
        sha256=sha256,
        synthetic=synthetic,
        gaps=gaps,
        source_rows=survey.source_rows,
    )


def content(window: Window, pieces: Sequence[Piece]) -> tuple[str, Int64]:
    """The content hash of a window, as its series has it, and the starts of its traded bars."""
    survey = _survey(window, pieces)
    sha = ContentHash(window.pair, window.interval_ns, survey.price_decimals, survey.volume_decimals)
    for table, _ in _traded_tables(window, pieces):
        sha.update(table.at(survey.price_decimals, survey.volume_decimals).rows)
    return sha.hexdigest(), survey.starts


def at_scale(series: BarSeries, price_decimals: int, volume_decimals: int) -> BarSeries:
    """The same series in ticks and lots of at least these decimals; raises `DataError` on overflow."""
    more_price = max(0, price_decimals - series.price_decimals)
    more_volume = max(0, volume_decimals - series.volume_decimals)
    if not (more_price or more_volume):
        return series
    return replace(
        series,
        price_decimals=series.price_decimals + more_price,
        volume_decimals=series.volume_decimals + more_volume,
        open=rescaled(series.open, more_price),
        high=rescaled(series.high, more_price),
        low=rescaled(series.low, more_price),
        close=rescaled(series.close, more_price),
        volume=rescaled(series.volume, more_volume),
    )


def traded_table(series: BarSeries) -> BarTable:
    """The rows of a series without its flat bars: what the store keeps of it."""
    names = ("start_ns", "open", "high", "low", "close", "volume", "trades")
    rows = np.stack([getattr(series, name)[~series.filled] for name in names], axis=1)
    return BarTable(rows, series.price_decimals, series.volume_decimals)


def _survey(window: Window, pieces: Sequence[Piece]) -> _Survey:
    starts: list[Int64] = [_NO_ROWS]
    rows = price = volume = 0
    for table, source_rows in _traded_tables(window, pieces):
        rows += source_rows
        least = table.minimal()
        price, volume = max(price, least.price_decimals), max(volume, least.volume_decimals)
        starts.append(table.starts.copy())
    return _Survey(np.concatenate(starts), rows, price, volume)


def _traded_tables(window: Window, pieces: Iterable[Piece]) -> Iterator[tuple[BarTable, int]]:
    last: tuple[int, int] | None = None
    for piece in pieces:
        table = piece.table().between(window.start_ns, window.end_ns)
        if not len(table):
            continue
        quiet = _quiet(table, last)
        last = int(table.rows[-1, CLOSE]), table.price_decimals
        rows = table.rows[~quiet] if quiet.any() else table.rows
        yield BarTable(rows, table.price_decimals, table.volume_decimals), len(table)


def _quiet(table: BarTable, last: tuple[int, int] | None) -> Bools:
    rows = table.rows
    flat = (rows[:, OPEN] == rows[:, CLOSE]) & (rows[:, HIGH] == rows[:, LOW]) & (rows[:, OPEN] == rows[:, HIGH])
    quiet: Bools = flat & (rows[:, VOLUME] == 0) & (rows[:, TRADES] == 0)
    quiet[1:] &= rows[1:, CLOSE] == rows[:-1, CLOSE]
    if last is not None and quiet[0]:
        close, decimals = last
        quiet[0] = close * 10**table.price_decimals == int(rows[0, CLOSE]) * 10**decimals
    return quiet


def _drained(pieces: list[Piece]) -> Iterator[Piece]:
    pieces.reverse()
    while pieces:
        yield pieces.pop()


def _placed(window: Window, pieces: list[Piece], survey: _Survey, places: Int64) -> tuple[tuple[Int64, ...], str]:
    size = int(places[-1]) + 1
    columns = tuple(np.empty(size, dtype=np.int64) for _ in range(TRADES + 1))
    sha = ContentHash(window.pair, window.interval_ns, survey.price_decimals, survey.volume_decimals)
    at = 0
    for table, _ in _traded_tables(window, _drained(pieces)):
        rows = table.at(survey.price_decimals, survey.volume_decimals).rows
        sha.update(rows)
        here = places[at : at + len(rows)]
        for slot, column in enumerate(columns):
            column[here] = rows[:, slot]
        at += len(rows)
    return columns, sha.hexdigest()


def _fill(columns: tuple[Int64, ...], before: Int64, added: Int64, interval_ns: int) -> Bools:
    filled = np.zeros(len(columns[START]), dtype=np.bool_)
    if not added.sum():
        return filled
    source = np.repeat(before, added)
    nth = np.arange(1, len(source) + 1) - np.repeat(np.cumsum(added) - added, added)
    here = source + nth
    filled[here] = True
    columns[START][here] = columns[START][source] + nth * interval_ns
    for slot in range(PRICES.start, PRICES.stop):
        columns[slot][here] = columns[CLOSE][source]
    columns[VOLUME][here] = 0
    columns[TRADES][here] = 0
    return filled
