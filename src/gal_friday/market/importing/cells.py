"""A block of lines as exact numbers, with what could not be read set apart by row, column and text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import numpy as np

from gal_friday.domain.bars import Bools, Int64
from gal_friday.domain.time import to_ns
from gal_friday.market.importing.layout import Layout
from gal_friday.market.importing.numerals import Numeral, numeral
from gal_friday.market.importing.scan import ABSENT, ODD, READ, scan

# Up to which size a whole number counts as seconds, milliseconds, microseconds since the epoch.
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))


class Flaw(msgspec.Struct, frozen=True):
    """A cell that is no usable number: the row in its block, the column's name, the text as it stands."""

    row: int
    column: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Cells:
    """`values[row, slot]` times 10^-`decimals[row, slot]`; slot 0 is the time in UTC ns. `lines` count from 1."""

    values: Int64
    decimals: Int64
    lines: Int64
    flaws: tuple[Flaw, ...]
    blank: int

    def kept(self, rows: Bools) -> Cells:
        """The marked rows, without the flaws."""
        return Cells(self.values[rows], self.decimals[rows], self.lines[rows], (), 0)


def read_cells(block: bytes, layout: Layout, first_line: int) -> Cells:
    """Read whole lines; a line with too many or too few columns is one flaw."""
    data = np.frombuffer(block, dtype=np.uint8)
    most = block.count(b"\n") + 1
    width = len(layout.names)
    read = tuple(np.zeros((most, width), dtype=np.int64) for _ in range(3))
    places = np.zeros((most, 4), dtype=np.int64)
    slots = np.array(layout.slots, dtype=np.int64)
    rows, blank = scan(data, ord(layout.separator), slots, layout.moments, first_line, read, places)
    values, decimals, states = (array[:rows] for array in read)
    spans, lines, fields = places[:rows, :2], places[:rows, 2], places[:rows, 3]
    flaws: list[Flaw] = []
    for row in np.flatnonzero(fields != len(slots)).tolist():
        flaws.append(Flaw(row, "", "columns", _line(block, spans[row])))
        states[row] = READ
    states[:, [slot for slot in range(width) if slot not in layout.slots]] = READ
    for row, slot in np.argwhere((states == ODD) | (states == ABSENT)).tolist():
        text = _cell(_line(block, spans[row]), layout, slot)
        exact = _moment(text) if layout.moments and slot == 0 else numeral(text)
        values[row, slot], decimals[row, slot] = exact.value, exact.decimals
        if exact.anomaly:
            flaws.append(Flaw(row, layout.names[slot], exact.anomaly, text))
    if not layout.moments:
        values[:, 0] = nanoseconds(values[:, 0], decimals[:, 0])
    return Cells(values, decimals, lines, tuple(flaws), blank)


def nanoseconds(values: Int64, decimals: Int64) -> Int64:
    """Times in s, ms, us or ns, told apart by size, as UTC ns; digits below a nanosecond are cut."""
    scale = 10**decimals
    whole, part = values // scale, values % scale
    factor = np.ones_like(whole)
    for limit, unit in reversed(_UNITS):
        factor[whole < limit] = unit
    fine = decimals > 9
    part[fine] //= 10 ** (decimals[fine] - 9)
    ns: Int64 = whole * factor + part * factor // 10 ** np.minimum(decimals, 9)
    return ns


def _line(block: bytes, span: Int64) -> str:
    return block[span[0] : span[1]].decode("utf-8", errors="backslashreplace")


def _cell(line: str, layout: Layout, slot: int) -> str:
    return line.split(layout.separator)[layout.column(slot)].strip().strip('"').strip()


def _moment(text: str) -> Numeral:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Numeral(anomaly="malformed" if text else "non_finite")
    return Numeral(to_ns(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
