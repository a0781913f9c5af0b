"""Proof that a feature at a bar knows nothing of later bars: compare it with what it is when they are gone or wrong.

Three comparisons, all to the bit. *step*: on every bar, the series as a whole against a stepper that is handed one
bar at a time and so cannot see further. *cut*: the series ended at a bar. *garbage*: everything after a bar replaced
by noise. The last two also serve computations that take whole columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gal_friday.domain.bars import BarSeries, BookSeries, Bools, Float64, Int64, nearest
from gal_friday.features.book import book_rows
from gal_friday.features.series import FeatureSet, FeatureStepper, blocks

READY = "(ready)"


@dataclass(frozen=True, slots=True)
class Difference:
    """A feature whose value at a bar depends on what came later. `feature` is `(ready)` where only readiness differs.

    `check` is step, cut or garbage; `bar_ns` the bar's start (UTC); `after_row` the last row that was left as it is.
    """

    check: str
    feature: str
    row: int
    bar_ns: int
    after_row: int
    full: float
    other: float


@dataclass(frozen=True, slots=True)
class Table:
    """Features of a whole series: values [bars, features], and which rows count."""

    values: Float64
    ready: Bools


Compute = Callable[[BarSeries, BookSeries | None], Table]


def computed(feature_set: FeatureSet) -> Compute:
    """The set's own computation over a series, as the checks take it."""

    def compute(series: BarSeries, books: BookSeries | None) -> Table:
        made = list(blocks(feature_set, series, books))
        if not made:
            return Table(np.empty((0, len(feature_set.names))), np.empty(0, dtype=np.bool_))
        return Table(np.concatenate([b.values for b in made]), np.concatenate([b.ready for b in made]))

    return compute


def differences(
    feature_set: FeatureSet,
    series: BarSeries,
    books: BookSeries | None = None,
    *,
    cuts: Iterable[int] | None = None,
    seed: int = 0,
) -> list[Difference]:
    """Every look-ahead found in a set: step by step on all bars, and at the rows in `cuts` (None: 16 spread evenly)."""
    compute = computed(feature_set)
    rows = spread(len(series)) if cuts is None else list(cuts)
    full = compute(series, books)
    return [
        *step_differences(feature_set, series, books, full),
        *cut_differences(compute, feature_set.names, series, books, rows, full=full),
        *garbage_differences(compute, feature_set.names, series, books, rows, seed=seed, full=full),
    ]


def spread(rows: int, count: int = 16) -> list[int]:
    """Up to `count` row numbers spread evenly over a series, the last included."""
    return sorted({rows * (at + 1) // count - 1 for at in range(count)} - {-1})


def step_differences(
    feature_set: FeatureSet, series: BarSeries, books: BookSeries | None = None, full: Table | None = None
) -> list[Difference]:
    """Where the whole series and one bar at a time disagree, over all bars: the series cut at every bar in one pass."""
    table = computed(feature_set)(series, books) if full is None else full
    found: list[Difference] = []
    for row, values in enumerate(_one_by_one(feature_set, series, books)):
        ready = values is not None
        given = values if values is not None else np.full(len(feature_set.names), np.nan)
        if ready != table.ready[row] or given.tobytes() != table.values[row].tobytes():
            other = Table(given.reshape(1, -1), np.array([ready]))
            found += _compared("step", feature_set.names, series, row, row, table, other)
    return found


def cut_differences(
    compute: Compute,
    names: Sequence[str],
    series: BarSeries,
    books: BookSeries | None,
    cuts: Iterable[int],
    *,
    full: Table | None = None,
) -> list[Difference]:
    """Where rows up to each cut change when the series ends there."""
    whole = compute(series, books) if full is None else full
    found: list[Difference] = []
    for cut in cuts:
        other = compute(*cut_after(series, books, cut))
        found += _compared("cut", names, series, 0, cut, whole, other)
    return found


def garbage_differences(
    compute: Compute,
    names: Sequence[str],
    series: BarSeries,
    books: BookSeries | None,
    cuts: Iterable[int],
    *,
    seed: int = 0,
    full: Table | None = None,
) -> list[Difference]:
    """Where rows up to each cut change when everything after it is noise."""
    whole = compute(series, books) if full is None else full
    found: list[Difference] = []
    for cut in cuts:
        other = compute(*garbage_after(series, books, cut, seed=seed))
        found += _compared("garbage", names, series, 0, cut, whole, other)
    return found


def cut_after(series: BarSeries, books: BookSeries | None, row: int) -> tuple[BarSeries, BookSeries | None]:
    """The series, and its books, with `row` as the last row."""
    end_ns = int(series.start_ns[row]) + 1
    return series.between(None, end_ns), None if books is None else books.rows(0, row + 1)


def garbage_after(
    series: BarSeries, books: BookSeries | None, row: int, *, seed: int = 0
) -> tuple[BarSeries, BookSeries | None]:
    """The series, and its books, with every value after `row` replaced by valid but wrong ones drawn from the seed.

    Times stay; restarts and filled flags are noise as well.
    """
    random = np.random.default_rng([seed, row])
    rest = len(series) - row - 1
    top = 2 * max(int(series.high.max(initial=1)), 2)
    drawn = np.sort(random.integers(1, top, size=(rest, 4)), axis=1)
    inner = random.permuted(drawn[:, 1:3], axis=1)
    volume = random.integers(0, 2 * max(int(series.volume.max(initial=1)), 1) + 1, size=rest)

    def joined(column: Int64, tail: Int64) -> Int64:
        return np.concatenate([column[: row + 1], tail])

    changed = replace(
        series,
        open=joined(series.open, inner[:, 0]),
        high=joined(series.high, drawn[:, 3]),
        low=joined(series.low, drawn[:, 0]),
        close=joined(series.close, inner[:, 1]),
        volume=joined(series.volume, volume),
        trades=joined(series.trades, random.integers(0, 1_000, size=rest)),
        filled=np.concatenate([series.filled[: row + 1], random.random(rest) < 0.1]),
        restart=np.concatenate([series.restart[: row + 1], random.random(rest) < 0.01]),
    )
    return changed, None if books is None else _garbage_books(books, row, top, random)


def _garbage_books(books: BookSeries, row: int, top: int, random: np.random.Generator) -> BookSeries:
    shape = (len(books) - row - 1, books.bid_ticks.shape[1])
    middle = random.integers(1, top, size=(shape[0], 1))
    away = np.cumsum(random.integers(1, 10, size=shape), axis=1)

    def joined(column: Int64, tail: Int64) -> Int64:
        return np.concatenate([column[: row + 1], tail])

    return replace(
        books,
        bid_ticks=joined(books.bid_ticks, np.maximum(middle - away, 1)),
        bid_lots=joined(books.bid_lots, random.integers(0, 10**9, size=shape)),
        ask_ticks=joined(books.ask_ticks, middle + away),
        ask_lots=joined(books.ask_lots, random.integers(0, 10**9, size=shape)),
    )


def _one_by_one(feature_set: FeatureSet, series: BarSeries, books: BookSeries | None) -> Iterator[Float64 | None]:
    stepper = FeatureStepper(feature_set)
    with_books = books is not None and feature_set.needs_book
    chunk = 4_096
    for first in range(0, len(series), chunk):
        cut = slice(first, first + chunk)
        last = min(first + chunk, len(series))
        prices = [series.price(c[cut]).tolist() for c in (series.open, series.high, series.low, series.close)]
        volumes = nearest(series.volume[cut], series.volume_decimals).tolist()
        states = list(book_rows(books, first, last)) if books is not None and with_books else [None] * (last - first)
        rows = zip(*prices, volumes, series.start_ns[cut].tolist(), states, strict=True)
        for restart, row in zip(series.restart[cut].tolist(), rows, strict=True):
            if restart:
                stepper.reset()
            yield stepper.step(*row)


def _compared(
    check: str, names: Sequence[str], series: BarSeries, first: int, last: int, full: Table, other: Table
) -> list[Difference]:
    # Bits, not values: NaN equals itself here, and 0.0 differs from -0.0.
    kept = slice(first, last + 1)
    count = last + 1 - first
    values, ready = full.values[kept], full.ready[kept]
    bits = _bits(values) != _bits(other.values[:count])
    unready = (ready != other.ready[:count]) & ~bits.any(axis=1)

    def found(row: int, feature: str, whole: float, changed: float) -> Difference:
        at = first + row
        return Difference(check, feature, at, int(series.start_ns[at]), last, float(whole), float(changed))

    return [
        *(found(row, names[at], values[row, at], other.values[row, at]) for row, at in np.argwhere(bits).tolist()),
        *(found(row, READY, ready[row], other.ready[row]) for row in np.flatnonzero(unready).tolist()),
    ]


def _bits(values: Float64) -> Int64:
    return np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
