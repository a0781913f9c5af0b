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
    columns = (
        (cut.bid_ticks, books.price_decimals),
        (cut.bid_lots, books.volume_decimals),
        (cut.ask_ticks, books.price_decimals),
        (cut.ask_lots, books.volume_decimals),
    )
    for at, (column, decimals) in enumerate(columns):
        used = column[:, :BOOK_LEVELS]
        rows[:, at, : used.shape[1]] = _floats(used, decimals)
    return rows.reshape(last - first, BOOK_INPUTS)


def _floats(column: Int64, decimals: int) -> Array:
    flat = nearest(np.ascontiguousarray(column).ravel(), decimals)
    return flat.reshape(column.shape)
