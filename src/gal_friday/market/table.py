"""Rows of bars as exact integers, before silences are filled: what files and the store hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gal_friday.domain.bars import Bools, Int64
from gal_friday.domain.errors import DataError

START, OPEN, HIGH, LOW, CLOSE, VOLUME, TRADES = range(7)
WIDTH = 7
PRICES = slice(OPEN, CLOSE + 1)
COLUMNS = ("start_ns", "open", "high", "low", "close", "volume", "trades")
INT64_MAX = 2**63 - 1
_FORMAT = "gal-friday bars 1"


@dataclass(frozen=True, slots=True)
class BarTable:
    """`rows[n, 7]` of int64: start (UTC ns), open, high, low, close (ticks), volume (lots), trades.

    A tick is 10^-price_decimals, a lot 10^-volume_decimals; trades is 0 where the source does not count them.
    """

    rows: Int64
    price_decimals: int
    volume_decimals: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def starts(self) -> Int64:
        """Bar starts, UTC ns."""
        return self.rows[:, START]

    def between(self, start_ns: int | None, end_ns: int | None) -> BarTable:
        """The rows that start in [start_ns, end_ns); the rows must be ascending."""
        first = 0 if start_ns is None else int(np.searchsorted(self.starts, start_ns))
        last = len(self) if end_ns is None else int(np.searchsorted(self.starts, end_ns))
        return BarTable(self.rows[first:last], self.price_decimals, self.volume_decimals)

    def at(self, price_decimals: int, volume_decimals: int) -> BarTable:
        """The same values counted in finer units; raises `DataError` where 64 bits do not hold them."""
        if (price_decimals, volume_decimals) == (self.price_decimals, self.volume_decimals):
            return self
        rows = self.rows.copy()
        rows[:, PRICES] = rescaled(rows[:, PRICES], price_decimals - self.price_decimals)
        rows[:, VOLUME] = rescaled(rows[:, VOLUME], volume_decimals - self.volume_decimals)
        return BarTable(rows, price_decimals, volume_decimals)

    def minimal(self) -> BarTable:
        """The same values with the fewest decimals that hold them all exactly."""
        price = self.price_decimals - spare_zeros(self.rows[:, PRICES], self.price_decimals)
        volume = self.volume_decimals - spare_zeros(self.rows[:, VOLUME], self.volume_decimals)
        return self.at(price, volume)


def empty_table() -> BarTable:
    """A table without rows."""
    return BarTable(np.empty((0, WIDTH), dtype=np.int64), 0, 0)


def rescaled(column: Int64, places: int) -> Int64:
    """Integers times 10^places; a negative `places` must divide every value. Raises `DataError` on overflow."""
    if places == 0 or column.size == 0:
        return column
    factor = 10 ** abs(places)
    if places < 0:
        divided: Int64 = column // factor
        return divided
    largest = max(int(column.max()), -int(column.min()))
    if largest * factor > INT64_MAX:
        raise DataError(
            f"expected values that fit 64 bits with {places} more decimals, was {largest}: "
            "the data mixes very large and very fine numbers; import the fine part apart"
        )
    finer: Int64 = column * factor
    return finer


def spare_zeros(column: Int64, decimals: int) -> int:
    """How many of `decimals` are zero in every value."""
    for spare in range(decimals):
        if np.any(column % 10 ** (spare + 1)):
            return spare
    return decimals


def finest(tables: Sequence[BarTable]) -> tuple[int, int]:
    """Price and volume decimals that hold every table."""
    return (
        max((table.price_decimals for table in tables), default=0),
        max((table.volume_decimals for table in tables), default=0),
    )


def joined(tables: Sequence[BarTable]) -> BarTable:
    """The rows of the tables one after the other, at a common scale."""
    if not tables:
        return empty_table()
    scale = finest(tables)
    return BarTable(np.concatenate([table.at(*scale).rows for table in tables]), *scale)


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows joined by time: `repeated` rows agreed with another, `replaced` rows differed and gave way.

    `conflicts` are the row numbers (in the order joined) that differ from an earlier row of their time.
    """

    table: BarTable
    repeated: int
    replaced: int
    conflicts: tuple[tuple[int, int], ...] = ()


def merged(tables: Sequence[BarTable], *, keep_last: bool) -> Merged:
    """One ascending table with one row per time; of rows that differ the first or the last given is kept.

    Rows agree when prices and volume are equal and trades are equal or unknown (0) on one side.
    """
    table = joined(tables)
    if len(table) < 2 or np.all(np.diff(table.starts) > 0):
        return Merged(table, 0, 0)
    order = np.argsort(table.starts, kind="stable")
    rows = table.rows[order]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = rows[1:, START] != rows[:-1, START]
    group = np.cumsum(first) - 1
    heads = np.flatnonzero(first)
    differs = ~_agree(rows, rows[heads][group])
    ends = np.append(heads[1:], len(rows)) - 1
    kept = rows[ends if keep_last else heads].copy()
    agreed = np.ones(len(heads), dtype=np.bool_)
    agreed[group[differs]] = False
    most = np.maximum.reduceat(rows[:, TRADES], heads)
    kept[agreed, TRADES] = most[agreed]
    conflicts = tuple((int(order[i]), int(order[heads[group[i]]])) for i in np.flatnonzero(differs)[:16].tolist())
    lost = len(rows) - len(heads)
    replaced = min(int(differs.sum()), lost)
    return Merged(BarTable(kept, table.price_decimals, table.volume_decimals), lost - replaced, replaced, conflicts)


def _agree(rows: Int64, others: Int64) -> Bools:
    same = np.all(rows[:, OPEN:TRADES] == others[:, OPEN:TRADES], axis=1)
    mine, theirs = rows[:, TRADES], others[:, TRADES]
    agreed: Bools = same & ((mine == theirs) | (mine == 0) | (theirs == 0))
    return agreed


class ContentHash:
    """SHA-256 over pair, interval, decimals and rows: the same content, the same hash, however it is cut."""

    def __init__(self, pair: str, interval_ns: int, price_decimals: int, volume_decimals: int) -> None:
        head = f"{_FORMAT}\n{pair}\n{interval_ns}\n{price_decimals}\n{volume_decimals}\n"
        self._sha = hashlib.sha256(head.encode())

    def update(self, rows: Int64) -> None:
        """Add rows, in ascending order of time over all calls."""
        self._sha.update(np.ascontiguousarray(rows, dtype="<i8").data)

    def hexdigest(self) -> str:
        """The hash so far."""
        return self._sha.hexdigest()


def content_sha256(table: BarTable, pair: str, interval_ns: int) -> str:
    """The content hash of a table in its fewest decimals."""
    least = table.minimal()
    content = ContentHash(pair, interval_ns, least.price_decimals, least.volume_decimals)
    content.update(least.rows)
    return content.hexdigest()
