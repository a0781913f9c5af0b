"""Order-book states as the numbers that kernels read: BOOK_LEVELS bid prices, bid sizes, ask prices, ask sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gal_friday.domain.bars import BookSeries, Int64, nearest
from gal_friday.features.kernel import BOOK_INPUTS, BOOK_LEVELS, Array


def book_row(bids: Sequence[Sequence[str]], asks: Sequence[Sequence[str]]) -> Array:
    """One state from [price, size] decimal texts, best first; levels beyond BOOK_LEVELS are left out."""
    row = np.zeros((4, BOOK_LEVELS))
    for side, levels in ((0, bids[:BOOK_LEVELS]), (2, asks[:BOOK_LEVELS])):
        row[side, : len(levels)] = [float(level[0]) for level in levels]
        row[side + 1, : len(levels)] = [float(level[1]) for level in levels]
    return row.reshape(BOOK_INPUTS)


def book_rows(books: BookSeries, first: int, last: int) -> Array:
    """The states of the bars in [first, last), one row each."""
    cut = books.rows(first, last)
    rows = np.zeros((last - first, 4, BOOK_LEVELS))
    for at, prices, sizes in ((0, cut.bid_ticks, cut.bid_lots), (2, cut.ask_ticks, cut.ask_lots)):
        ticks, lots = _without_empty(prices, sizes)
        used = min(BOOK_LEVELS, ticks.shape[1])
        rows[:, at, :used] = _floats(ticks[:, :used], books.price_decimals)
        rows[:, at + 1, :used] = _floats(lots[:, :used], books.volume_decimals)
    return rows.reshape(last - first, BOOK_INPUTS)


def _without_empty(ticks: Int64, lots: Int64) -> tuple[Int64, Int64]:
    # A level without size is none: those behind it move up, and nothing is left where they end.
    empty = lots == 0
    if (empty[:, :-1] & ~empty[:, 1:]).any():
        order = np.argsort(empty, axis=1, kind="stable")
        ticks, lots = (np.take_along_axis(column, order, axis=1) for column in (ticks, lots))
        empty = lots == 0
    return np.where(empty, 0, ticks), lots


def _floats(column: Int64, decimals: int) -> Array:
    flat = nearest(np.ascontiguousarray(column).ravel(), decimals)
    return flat.reshape(column.shape)
