"""A configured feature set, its live state for one pair, and the same features over a whole series.

The stepper and the block loop call one compiled step, so their values agree to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gal_friday.domain.bars import BarSeries, BookSeries, Bools, Float64, Int64, nearest
from gal_friday.domain.errors import SettingsError
from gal_friday.features.book import book_rows
from gal_friday.features.catalogue import Definition, Entry, define_all, entries, set_id
from gal_friday.features.composition import BOUNDS, Composition, compiling, compose
from gal_friday.features.kernel import BOOK_INPUTS, INPUTS, Array
from gal_friday.features.memory import BOOK_AT, COUNT, INPUTS_AT, NEEDED
from gal_friday.settings.sections.features import FeatureSettings

_NO_BOOK = np.zeros((0, 0))


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSet:
    """Features computed together. A subset computes less but keeps the id and the warm-up of the configured set."""

    names: tuple[str, ...]
    warmup: int
    id: str
    definitions: tuple[Definition, ...]
    configured: tuple[Definition, ...]

    @classmethod
    def from_settings(cls, settings: FeatureSettings, subset: Sequence[str] | None = None) -> FeatureSet:
        """The configured set, or the named features of it in the order named; raises `SettingsError`."""
        definitions = define_all(settings.definitions)
        names = tuple(name for definition in definitions for name in definition.names)
        warmup = max(definition.warmup for definition in definitions)
        whole = cls(names, warmup, set_id(definitions), definitions, definitions)
        return whole if subset is None else whole.subset(subset)

    def subset(self, names: Sequence[str]) -> FeatureSet:
        """These features of the configured set, in this order; raises `SettingsError` for a name it does not have."""
        by_name = {name: definition for definition in self.configured for name in definition.names}
        for name in names:
            if name not in by_name:
                raise SettingsError(
                    f"features.definitions: no feature is named {name!r}; configured are {', '.join(by_name)}"
                )
        wanted = dict.fromkeys(names)
        needed = tuple(d for d in self.configured if any(name in wanted for name in d.names))
        return FeatureSet(tuple(wanted), self.warmup, self.id, needed, self.configured)

    @property
    def needs_book(self) -> bool:
        """Whether a feature of this set reads the order book."""
        return any(definition.kind.needs_book for definition in self.definitions)

    def entries(self) -> list[Entry]:
        """The catalogue's rows of these features."""
        return [entry for entry in entries(self.definitions) if entry.name in self.names]

    def require_books(self, present: bool, source: str) -> None:
        """Raise `SettingsError` when this set reads the order book and `source` has none."""
        if self.needs_book and not present:
            needing = [entry.name for entry in self.entries() if entry.needs_book]
            raise SettingsError(
                f"features.definitions: {', '.join(needing)} need the order book, and {source} has none; "
                "use a history with books or leave these features out"
            )


@dataclass(frozen=True, slots=True)
class FeatureBlock:
    """Features of the bars from row `first` on: values [bars, features]; rows that are not ready hold NaN."""

    first: int
    values: Float64
    ready: Bools


class _Machine:
    """A composed set's functions, its memory and its layout."""

    __slots__ = ("functions", "layout", "memory")

    def __init__(self, feature_set: FeatureSet) -> None:
        groups: dict[str, list[Definition]] = {}
        for definition in sorted(feature_set.definitions, key=lambda d: (d.kind.needs_book, d.kind.name)):
            groups.setdefault(definition.kind.name, []).append(definition)
        rows = [definition for group in groups.values() for definition in group]
        self.functions: Composition = compose(tuple(group[0].kind for group in groups.values()))
        inputs_end = INPUTS_AT + INPUTS + (BOOK_INPUTS if feature_set.needs_book else 0)
        outputs_at = inputs_end + sum(len(definition.values) for definition in rows)
        state_at = outputs_at + sum(len(definition.names) for definition in rows)
        self.memory: Array = np.zeros(state_at + sum(definition.state for definition in rows))
        self.memory[NEEDED] = feature_set.warmup
        bounds = np.cumsum([0, *(len(group) for group in groups.values())]).tolist()
        table, places = _table(rows, inputs_end, outputs_at, state_at, self.memory)
        selected_at = BOUNDS + len(bounds) + len(table)
        head = [inputs_end, state_at, len(feature_set.names), selected_at]
        selected = [places[name] for name in feature_set.names]
        self.layout: Int64 = np.array([*head, *bounds, *table, *selected], dtype=np.int64)


def _table(
    rows: Sequence[Definition], param_at: int, output_at: int, state_at: int, memory: Array
) -> tuple[list[int], dict[str, int]]:
    table: list[int] = []
    places: dict[str, int] = {}
    for definition in rows:
        ends = (state_at + definition.state, param_at + len(definition.values), output_at + len(definition.names))
        table += [state_at, ends[0], param_at, ends[1], output_at, ends[2]]
        memory[param_at : ends[1]] = list(definition.values.values())
        places.update({name: output_at + at for at, name in enumerate(definition.names)})
        state_at, param_at, output_at = ends
    return table, places


class FeatureStepper:
    """The live state of one pair: takes bars one by one in time order."""

    __slots__ = ("_layout", "_memory", "_names", "_needs_book", "_out", "_refresh", "_step", "feature_set")

    def __init__(self, feature_set: FeatureSet) -> None:
        machine = _Machine(feature_set)
        self.feature_set = feature_set
        self._step = machine.functions.step
        self._refresh = machine.functions.refresh
        self._memory = machine.memory
        self._layout = machine.layout
        self._names = feature_set.names
        self._needs_book = feature_set.needs_book
        self._out: Array = np.full(len(feature_set.names), np.nan)
        self._compile()

    @property
    def bars(self) -> int:
        """Bars taken since warm-up began."""
        return int(self._memory[COUNT])

    def reset(self) -> None:
        """Forget every bar: warm-up begins anew."""
        self._memory[COUNT] = 0.0
        self._memory[self._layout[1] :] = 0.0

    def place(self, book: Array | None) -> None:
        """Take a book state in, as `features.book` makes it; None is an empty book."""
        self._memory[BOOK_AT : BOOK_AT + BOOK_INPUTS] = 0.0 if book is None else book

    def step(
        self,
        open: float,
        high: float,
        low: float,
        close: float,
        volume: float,
        start_ns: int,
        book: Array | None = None,
    ) -> Array | None:
        """The features at the end of this bar, or None while one of them is not warm or not finite."""
        if self._needs_book:
            self.place(book)
        ready = self._step(self._memory, self._layout, open, high, low, close, volume, start_ns, self._out)
        return self._out.copy() if ready else None

    def step_values(
        self,
        open: float,
        high: float,
        low: float,
        close: float,
        volume: float,
        start_ns: int,
        book: Array | None = None,
    ) -> dict[str, float] | None:
        """The same as `step`, by name."""
        if self._needs_book:
            self.place(book)
        if self._step(self._memory, self._layout, open, high, low, close, volume, start_ns, self._out):
            return dict(zip(self._names, self._out.tolist()))  # noqa: B905 (equal by construction; strict costs time)
        return None

    def refresh_values(self, book: Array) -> dict[str, float] | None:
        """The features of the latest bar with those of the book computed anew from `book`."""
        self.place(book)
        if self._refresh(self._memory, self._layout, self._out):
            return dict(zip(self._names, self._out.tolist(), strict=True))
        return None

    def _compile(self) -> None:
        # The first call compiles or loads from disk: better now than when a bar waits.
        with compiling(self.feature_set.definitions):
            self._step(self._memory, self._layout, 1.0, 1.0, 1.0, 1.0, 0.0, 0, self._out)
            if self._needs_book:
                self._refresh(self._memory, self._layout, self._out)
        self.reset()


def blocks(
    feature_set: FeatureSet, series: BarSeries, books: BookSeries | None = None, rows: int = 65_536
) -> Iterator[FeatureBlock]:
    """The features of a whole series in blocks of at most `rows`; memory does not grow with the series.

    Warm-up begins anew at `series.restart`. Raises `SettingsError` when the set needs books and there are none.
    """
    feature_set.require_books(books is not None, f"the history of {series.pair}")
    machine = _Machine(feature_set)
    for first in range(0, len(series), rows):
        last = min(first + rows, len(series))
        values = np.empty((last - first, len(feature_set.names)))
        ready = np.empty(last - first, dtype=np.bool_)
        cut = slice(first, last)
        with compiling(feature_set.definitions):
            machine.functions.run(
                machine.memory,
                machine.layout,
                *(series.price(column[cut]) for column in (series.open, series.high, series.low, series.close)),
                nearest(series.volume[cut], series.volume_decimals),
                np.ascontiguousarray(series.start_ns[cut]),
                np.ascontiguousarray(series.restart[cut]),
                book_rows(books, first, last) if books is not None and feature_set.needs_book else _NO_BOOK,
                values,
                ready,
            )
        yield FeatureBlock(first, values, ready)
