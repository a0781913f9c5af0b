"""One table, from bytes to ascending rows of bars: detection, parsing and checks in one stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from gal_friday.domain.bars import Int64
from gal_friday.domain.errors import DataError, Malformed
from gal_friday.domain.time import DAY, MINUTE, interval_ns
from gal_friday.market.importing.cells import Cells, read_cells
from gal_friday.market.importing.checks import Numbered, in_range, positive, readable, scaled, whole
from gal_friday.market.importing.findings import FileReport, Judge
from gal_friday.market.importing.layout import Layout, recognise
from gal_friday.market.importing.order import OrderCheck, spacing
from gal_friday.market.importing.sources import Block, Member, blocks
from gal_friday.market.importing.trades import TradeSummer
from gal_friday.market.parts import read_header, read_part
from gal_friday.market.spelling import canonical, pair_of_file
from gal_friday.market.table import BarTable
from gal_friday.settings.sections.history import HistorySettings

_BOM = b"\xef\xbb\xbf"
_MINUTES = {1, 5, 15, 30, 60, 240, 720, 1440}


class Progress(msgspec.Struct, frozen=True):
    """How far a file is read: rows so far, bytes of the file on disk, and its size."""

    source: str
    rows: int
    bytes_done: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader is told: `now_ns` bounds times; pair and interval are found in the file when None.

    Trades are summed into bars of `trade_interval_ns`, else `interval_ns`, else one minute.
    """

    settings: HistorySettings
    now_ns: int
    pair: str | None = None
    interval_ns: int | None = None
    on_progress: OnProgress | None = None
    trade_interval_ns: int | None = None


class TableReader:
    """Reads one member; `report` is complete once `tables()` is exhausted."""

    def __init__(self, member: Member, reading: Reading) -> None:
        self._member = member
        self._reading = reading
        self.report = FileReport(member.label)
        self._judge = Judge(self.report, reading.settings)
        self._size = member.path.stat().st_size

    def tables(self) -> Iterator[BarTable]:
        """Rows of bars, block by block, ascending within a block; raises `DataError` at the first refusal."""
        source = self._parquet() if self._member.kind == "parquet" else self._text()
        for table in source:
            if not len(table):
                continue
            self.report.bars += len(table)
            first, last = int(table.starts.min()), int(table.starts.max())
            report = self.report
            report.first_ns = first if report.first_ns is None else min(report.first_ns, first)
            report.last_ns = last if report.last_ns is None else max(report.last_ns, last)
            yield table
        self._finish()

    def pair(self) -> str | None:
        """The pair as far as it is known before the rows are read."""
        if self._member.kind == "parquet":
            return read_header(self._member.path).pair
        told = self._reading.pair or pair_of_file(self._member.name)
        return canonical(told) if told else None

    def _parquet(self) -> Iterator[BarTable]:
        header, table = read_part(self._member.path)
        wanted = self._reading.pair
        if wanted is not None and canonical(wanted) != header.pair:
            raise DataError(f"{self.report.source}: expected bars of {wanted}, was {header.pair}; name another file")
        self.report.form, self.report.pair = "gal-friday parquet", header.pair
        self.report.interval_ns, self.report.synthetic = header.interval_ns, header.synthetic
        self.report.rows = self.report.kept = len(table)
        yield table
        self._tell(self._size)

    def _text(self) -> Iterator[BarTable]:
        layout: Layout | None = None
        line = 1
        rows: _Rows | None = None
        for block in blocks(self._member):
            data, count = block.data, block.data.count(b"\n")
            if layout is None:
                data = self._without_bom(data)
                head = data[:65_536].decode("utf-8", errors="replace").splitlines()[:20]
                layout = recognise(head, self.report.source)
                data = _without_header(data) if layout.header else data
                self._identify(layout)
                rows = _Rows(layout, self._judge, self._reading, self._member.name)
            assert rows is not None
            data = self._decodable(data, line)
            if b"\r" in data:
                self.report.note("lines end with CR LF")
            if block.last:
                data = self._whole_lines(block, data, layout, line)
            yield from rows.block(self._cells(data, layout, line))
            line += count
            self._tell(block.position)
        assert rows is not None
        yield from rows.rest()

    def _cells(self, data: bytes, layout: Layout, line: int) -> Cells:
        cells = read_cells(data, layout, line)
        self.report.rows += len(cells.lines)
        if cells.blank > (layout.header and line == 1):
            self.report.note("has blank lines")
        return cells

    def _without_bom(self, data: bytes) -> bytes:
        if not data.startswith(_BOM):
            return data
        self.report.note("begins with a byte-order mark")
        return data[len(_BOM) :]

    def _identify(self, layout: Layout) -> None:
        pair = self.pair()
        if pair is None:
            raise DataError(
                f"{self.report.source}: expected a file name that begins with a pair, such as XRPUSD_5.csv, was "
                f"{self._member.name!r}; give it as PAIR=PATH"
            )
        self.report.form, self.report.pair = layout.form, pair

    def _decodable(self, data: bytes, line: int) -> bytes:
        if data.isascii():
            return data
        lines = data.split(b"\n")
        bad = [k for k, text in enumerate(lines) if not _is_utf8(text)]
        if bad:
            shown = repr(lines[bad[0]][:60])
            self._judge.found("encoding", line=line + bad[0], column="", value=shown, count=len(bad))
            self.report.rows += len(bad)
            for k in bad:
                lines[k] = b""
        return b"\n".join(lines)

    def _whole_lines(self, block: Block, data: bytes, layout: Layout, line: int) -> bytes:
        head, _, tail = data.rpartition(b"\n")
        short = tail.count(layout.separator.encode()) + 1 < len(layout.slots) and bool(tail.strip())
        if block.broken is not None:
            at = line + data.count(b"\n")
            lost = 1 if tail.strip() else 0
            self._judge.found("truncated", line=at, column="", value=f"cut off ({block.broken})", count=lost)
            self.report.rows += lost
            return head + b"\n"
        if short:
            at = line + data.count(b"\n")
            self._judge.found("truncated", line=at, column="", value=repr(tail[:80].decode(errors="replace")))
            self.report.rows += 1
            return head + b"\n"
        if tail.strip():
            self.report.note("the last line has no line end")
        return data

    def _tell(self, position: int) -> None:
        if self._reading.on_progress is not None:
            done = min(position, self._size)
            self._reading.on_progress(Progress(self.report.source, self.report.rows, done, self._size))

    def _finish(self) -> None:
        report = self.report
        report.kept = report.rows - sum(report.dropped.values())
        if not report.bars:
            raise DataError(
                f"{report.source}: expected rows of market data, was {report.rows} rows of which none could be kept"
                f"{f' ({report.dropped})' if report.dropped else ''}; get the file again"
            )


class _Rows:
    """From cells to bars: the path of a table of bars, or of trades."""

    def __init__(self, layout: Layout, judge: Judge, reading: Reading, name: str) -> None:
        self._layout = layout
        self._judge = judge
        self._reading = reading
        self._name = name
        self._waiting: list[Numbered] = []
        self._order: OrderCheck | None = None
        self._sums: TradeSummer | None = None
        if layout.trades:
            judge.report.interval_ns = reading.trade_interval_ns or reading.interval_ns or MINUTE
            self._sums = TradeSummer(judge, judge.report.interval_ns, reading.now_ns)

    def block(self, cells: Cells) -> Iterator[BarTable]:
        names, judge = self._layout.names, self._judge
        prices = (1,) if self._sums else (1, 2, 3, 4)
        cells = positive(readable(cells, names, judge), names, prices, judge)
        cells, price_decimals = scaled(cells, names, prices, judge)
        cells, volume_decimals = scaled(cells, names, (prices[-1] + 1,), judge)
        if self._sums:
            yield self._sums.block(cells, price_decimals, volume_decimals)
            return
        cells = whole(cells, names, 6, judge)
        rows = in_range(Numbered(BarTable(cells.values, price_decimals, volume_decimals), cells.lines), judge)
        if not len(rows):
            return
        if self._order is None:
            self._order = OrderCheck(judge, self._interval(rows.table.starts), self._reading.now_ns)
        yield self._order.block(rows).table

    def rest(self) -> Iterator[BarTable]:
        if self._sums and (bar := self._sums.rest()) is not None:
            yield bar
        if self._order and (row := self._order.rest()) is not None:
            yield row.table

    def _interval(self, starts: Int64) -> int:
        told = self._reading.interval_ns
        named = named_interval(self._name)
        if told is not None:
            found = told
        elif named is not None and not (starts % min(named, DAY)).any():
            # A quiet pair may lack so many bars that the most common distance is a multiple.
            found = named
        else:
            found = spacing(starts, self._judge.report.source)
        self._judge.report.interval_ns = found
        return found


def named_interval(name: str) -> int | None:
    """The interval in a file name (`XRPUSD_5.csv`: minutes, `XRPUSDT-1m-2024.csv`), ns, or None."""
    for word in re.split(r"[_\-.]", name)[1:4]:
        if word.isdigit() and int(word) in _MINUTES:
            return int(word) * MINUTE
        try:
            return interval_ns(word)
        except Malformed:
            continue
    return None


def with_pair(reading: Reading, pair: str | None) -> Reading:
    """The same orders for a file whose pair is told."""
    return reading if pair is None else replace(reading, pair=canonical(pair))


def _without_header(data: bytes) -> bytes:
    # The line is emptied, not removed, so that line numbers stay those of the file.
    lead = len(data) - len(data.lstrip())
    end = data.find(b"\n", lead)
    return data[:lead] + (data[end:] if end >= 0 else b"")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
