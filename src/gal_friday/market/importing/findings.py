"""What was wrong with a file, by kind: refused with row, column, value and remedy, or counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from gal_friday.domain.errors import DataError
from gal_friday.settings.sections.history import HistorySettings

# Kind of anomaly -> (key of the settings, what was expected).
KINDS: dict[str, tuple[str, str]] = {
    "duplicates": ("duplicates", "one row for each time"),
    "disorder": ("disorder", "a time after the one of the row before"),
    "off_grid": ("off_grid", "a start on the grid of the interval"),
    "mixed_interval": ("mixed_interval", "one spacing in the whole file"),
    "columns": ("malformed", "as many columns as the first line has"),
    "malformed": ("malformed", "a number"),
    "encoding": ("malformed", "UTF-8 text"),
    "truncated": ("truncated", "a file that ends with a whole line"),
    "non_finite": ("non_finite", "a finite number"),
    "negative": ("negative", "a number that is not negative"),
    "zero_price": ("zero_price", "a price above zero"),
    "too_large": ("too_large", "a number that 64 bits hold at the file's decimals"),
    "too_fine": ("too_fine", "at most 12 decimals"),
    "high_below_low": ("high_below_low", "a high that is not below the low"),
    "outside_range": ("outside_range", "open and close between low and high"),
    "future": ("future", "a time between 2009 and now"),
    "spike": ("spike", "a close near the one before"),
}
# Choices that leave the row in; every other choice than `error` takes it out.
_REPAIRS = {"sort", "keep", "round", "widen", "report"}


@dataclass(slots=True)
class FileReport:
    """What one file (or one member of an archive) held; `rows` = `kept` + the sum of `dropped`, always.

    `rows` are lines of data read, `bars` the bars made of them. `dropped` and `repaired` count rows by kind,
    `examples` tell the first of each. `first_ns` and `last_ns` are bar starts, UTC.
    """

    source: str
    form: str = ""
    pair: str = ""
    interval_ns: int = 0
    synthetic: bool = False
    rows: int = 0
    kept: int = 0
    bars: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add a remark once."""
        if text not in self.notes:
            self.notes.append(text)


class Judge:
    """Applies the settings to each anomaly: raises, or counts it in the report."""

    def __init__(self, report: FileReport, settings: HistorySettings) -> None:
        self.report = report
        self.settings = settings

    def choice(self, kind: str) -> str:
        """What the settings say of this kind."""
        return str(getattr(self.settings, KINDS[kind][0]))

    def drops(self, kind: str) -> bool:
        """Whether rows of this kind are taken out."""
        return self.choice(kind) not in _REPAIRS

    def found(self, kind: str, *, line: int | None, column: str, value: str, count: int = 1) -> None:
        """Count `count` rows of a kind, of which this is the first; raises `DataError` where the settings say so."""
        place = f"line {line}" if line is not None else "at its end"
        where = f"{place}, column {column}" if column else place
        if self.choice(kind) == "error":
            raise DataError(self._refusal(kind, where, value))
        counts = self.report.dropped if self.drops(kind) else self.report.repaired
        counts[kind] = counts.get(kind, 0) + count
        self.report.examples.setdefault(kind, f"{where}: {value}")

    def _refusal(self, kind: str, where: str, value: str) -> str:
        key, expected = KINDS[kind]
        allowed = HistorySettings.model_fields[key].annotation
        others = [choice for choice in getattr(allowed, "__args__", ()) if choice != "error"]
        return (
            f"{self.report.source} {where}: expected {expected}, was {value[:120]}; correct the file, "
            f"or set history.{key} to {' or '.join(others)}"
        )
