"""Bars of one pair as columns of exact integers: what history hands to the drivers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from gal_friday.domain.numbers import units_text

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Largest integer up to which a float64 holds every integer exactly.
_FLOAT_EXACT = 2**53


class Bar(msgspec.Struct, frozen=True):
    """One final bar: prices in ticks, volume in lots, `start_ns` UTC; `filled` means nobody traded."""

    pair: str
    start_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int
    filled: bool


class Gap(msgspec.Struct, frozen=True):
    """A stretch without bars in [start_ns, end_ns): kind is `no_trades`, `outage` or `missing`.

    `no_trades`: shorter than the outage limit, filled with flat bars. `outage`: longer, and every
    pair of the source lacks it, or the venue is known to have been down. `missing`: longer, this pair alone.
    """

    pair: str
    kind: str
    start_ns: int
    end_ns: int
    bars: int


@dataclass(frozen=True, slots=True)
class BarSeries:
    """Columns of one pair, ascending in time, on the interval's grid, without duplicates.

    Prices are ticks of 10^-price_decimals, volumes lots of 10^-volume_decimals. `restart[i]` is true
    on the first row and on every row before which an outage lies: warm-up begins anew there.
    """

    pair: str
    interval_ns: int
    price_decimals: int
    volume_decimals: int
    start_ns: Int64
    open: Int64
    high: Int64
    low: Int64
    close: Int64
    volume: Int64
    trades: Int64
    filled: Bools
    restart: Bools
    sha256: str
    synthetic: bool
    gaps: tuple[Gap, ...] = ()
    source_rows: int = 0

    def __len__(self) -> int:
        return len(self.start_ns)

    def bar(self, row: int) -> Bar:
        """The row as a value."""
        return Bar(
            self.pair,
            int(self.start_ns[row]),
            int(self.open[row]),
            int(self.high[row]),
            int(self.low[row]),
            int(self.close[row]),
            int(self.volume[row]),
            int(self.trades[row]),
            bool(self.filled[row]),
        )

    def bars(self) -> Iterator[Bar]:
        """Every row as a value, in time order; chunked so that memory stays flat."""
        step = 16_384
        for at in range(0, len(self), step):
            cut = slice(at, at + step)
            columns = (
                self.start_ns,
                self.open,
                self.high,
                self.low,
                self.close,
                self.volume,
                self.trades,
                self.filled,
            )
            for row in zip(*(column[cut].tolist() for column in columns), strict=True):
                yield Bar(self.pair, *row)

    def price(self, column: Int64) -> Float64:
        """A price column as float64: each value is the double nearest to the decimal price."""
        return nearest(column, self.price_decimals)

    def volume_float(self) -> Float64:
        """The volume column as float64: each value is the double nearest to the decimal volume."""
        return nearest(self.volume, self.volume_decimals)

    def between(self, start_ns: int | None, end_ns: int | None) -> BarSeries:
        """The rows whose bars start in [start_ns, end_ns); the columns are views, not copies."""
        first = 0 if start_ns is None else int(np.searchsorted(self.start_ns, start_ns))
        last = len(self) if end_ns is None else int(np.searchsorted(self.start_ns, end_ns))
        columns = {
            name: getattr(self, name)[first:last]
            for name in (
                "start_ns",
                "open",
                "high",
                "low",
                "close",
                "volume",
                "trades",
                "filled",
                "restart",
            )
        }
        if last > first and not columns["restart"][0]:
            columns["restart"] = columns["restart"].copy()
            columns["restart"][0] = True
        gaps = tuple(
            gap
            for gap in self.gaps
            if (end_ns is None or gap.start_ns < end_ns) and (start_ns is None or gap.end_ns > start_ns)
        )
        return BarSeries(
            self.pair,
            self.interval_ns,
            self.price_decimals,
            self.volume_decimals,
            **columns,
            sha256=self.sha256,
            synthetic=self.synthetic,
            gaps=gaps,
            source_rows=self.source_rows,
        )


def nearest(column: Int64, decimals: int) -> Float64:
    """Scaled integers as the doubles nearest to their decimal values, the same that `float(text)` gives."""
    # A quotient of two exactly representable integers is rounded once, so it equals the parsed text.
    if len(column) == 0 or int(np.abs(column).max()) <= _FLOAT_EXACT:
        return column / 10.0**decimals
    return np.array(
        [float(units_text(value, decimals)) for value in column.tolist()],
        dtype=np.float64,
    )


@dataclass(frozen=True, slots=True)
class BookSeries:
    """Order-book states of one pair, one per bar, as known at the bar's end.

    Arrays are [bars, levels], best level first; prices in ticks, sizes in lots; size 0 means no level.
    """

    pair: str
    price_decimals: int
    volume_decimals: int
    bid_ticks: Int64
    bid_lots: Int64
    ask_ticks: Int64
    ask_lots: Int64

    def __len__(self) -> int:
        return len(self.bid_ticks)

    def rows(self, first: int, last: int) -> BookSeries:
        """The states of the bars in [first, last)."""
        cut = slice(first, last)
        return BookSeries(
            self.pair,
            self.price_decimals,
            self.volume_decimals,
            self.bid_ticks[cut],
            self.bid_lots[cut],
            self.ask_ticks[cut],
            self.ask_lots[cut],
        )
