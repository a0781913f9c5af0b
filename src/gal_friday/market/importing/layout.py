"""What a text table holds: recognised from its first lines, or refused with the forms that are known."""

from __future__ import annotations

import re

import msgspec

from gal_friday.domain.errors import DataError
from gal_friday.market.importing.scan import SKIP

BAR_SLOTS = ("time", "open", "high", "low", "close", "volume", "trades")
TRADE_SLOTS = ("time", "price", "volume")
KNOWN_FORMS = (
    "Kraken OHLCVT (7 columns: time,open,high,low,close,volume,trades), Kraken trades (3 columns: "
    "time,price,volume), Binance klines (12 columns), a headed table of time,open,high,low,close,volume "
    "or of time,price,amount, or this system's Parquet"
)
_SEPARATORS = ",;\t|"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)|", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?")
# Header names in order of preference; a column that is called for its unit is told apart by size all the same.
_NAMES = {
    "time": (
        "open_time", "tstart", "timestamp_ms", "ts_ms", "timestamp", "unix", "unix_seconds", "unix_timestamp", "time",
        "datetime", "date", "ts_event",
    ),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "price": ("price", "p"),
    "volume": ("volume", "amount", "qty", "quantity", "size", "vol", "v"),
    "trades": ("trades", "count", "number_of_trades", "num_trades", "trade_count"),
}  # fmt: skip
_PAIR_NAMES = {"symbol", "pair", "trading_pair", "market", "ticker"}


class Layout(msgspec.Struct, frozen=True):
    """How to read a table: `slots[column]` is the place of a column in a row of bars or trades, or SKIP."""

    form: str
    separator: str
    slots: tuple[int, ...]
    header: bool
    moments: bool

    @property
    def trades(self) -> bool:
        """Whether the rows are trades and not bars."""
        return len(self.names) == len(TRADE_SLOTS)

    @property
    def names(self) -> tuple[str, ...]:
        """What the places of a row mean."""
        return TRADE_SLOTS if self.form.endswith("trades") else BAR_SLOTS

    def column(self, slot: int) -> int:
        """The column (from 0) of a place."""
        return self.slots.index(slot)


def recognise(first_lines: list[str], source: str) -> Layout:
    """The layout of a table that begins with these lines; raises `DataError` naming the known forms."""
    lines = [line for line in first_lines if line.strip()]
    if not lines:
        raise DataError(f"{source}: expected rows of market data, was an empty file; get the file again")
    separator = max(_SEPARATORS, key=lines[0].count)
    cells = _cells(lines[0], separator)
    if _is_data(cells):
        return _headerless(cells, separator, source, lines[0])
    sample = _cells(lines[1], separator) if len(lines) > 1 else []
    return _headed([cell.lower() for cell in cells], sample, separator, source)


def _headerless(cells: list[str], separator: str, source: str, line: str) -> Layout:
    forms = {
        3: ("kraken trades", (0, 1, 2)),
        6: ("ohlcv", (0, 1, 2, 3, 4, 5)),
        7: ("kraken ohlcvt", (0, 1, 2, 3, 4, 5, 6)),
        12: ("binance klines", (0, 1, 2, 3, 4, 5, SKIP, SKIP, 6, SKIP, SKIP, SKIP)),
    }
    if len(cells) not in forms:
        raise DataError(
            f"{source} line 1: expected {KNOWN_FORMS}; was a line of {len(cells)} columns without a header: "
            f"{line[:80]!r}"
        )
    form, slots = forms[len(cells)]
    return Layout(form, separator, slots, header=False, moments=_is_moment(cells[0]))


def _headed(header: list[str], sample: list[str], separator: str, source: str) -> Layout:
    if named := _PAIR_NAMES.intersection(header):
        raise DataError(
            f"{source} line 1: expected one pair in a file, was a table with the column {min(named)!r}; "
            "write a file for each pair"
        )
    found = {name: next((header.index(n) for n in names if n in header), None) for name, names in _NAMES.items()}
    wanted = TRADE_SLOTS if found["price"] is not None and found["open"] is None else BAR_SLOTS
    missing = [name for name in wanted if found[name] is None and name != "trades"]
    if missing:
        raise DataError(
            f"{source} line 1: expected {KNOWN_FORMS}; was a header without {', '.join(missing)}: "
            f"{separator.join(header)[:80]!r}"
        )
    slots = [SKIP] * len(header)
    for slot, name in enumerate(wanted):
        if (column := found[name]) is not None:
            slots[column] = slot
    form = "headed trades" if wanted is TRADE_SLOTS else "binance klines" if len(header) == 12 else "headed ohlcv"
    at = slots.index(0)
    moments = len(sample) > at and _is_moment(sample[at])
    return Layout(form, separator, tuple(slots), header=True, moments=moments)


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.strip("\r\n").split(separator)]


def _is_data(cells: list[str]) -> bool:
    return _is_moment(cells[0]) or (bool(cells[0]) and _NUMBER.fullmatch(cells[0]) is not None)


def _is_moment(cell: str) -> bool:
    return _MOMENT.fullmatch(cell) is not None
