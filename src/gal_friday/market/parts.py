"""One Parquet file of bars: exact integer columns, and in its header what they mean and their content hash."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from gal_friday.domain.errors import DataError
from gal_friday.market.table import COLUMNS, BarTable, content_sha256

_KEY = "gal_friday"
_FORMAT = 1


class PartHeader(msgspec.Struct, frozen=True):
    """What a part holds; decimals are the fewest that hold its values, `sha256` is that of its content."""

    pair: str
    interval_ns: int
    price_decimals: int
    volume_decimals: int
    rows: int
    start_ns: int
    end_ns: int
    sha256: str
    synthetic: bool
    format: int = _FORMAT


class _Claim(msgspec.Struct, frozen=True):
    sha256: str


def part_of(table: BarTable, *, pair: str, interval_ns: int, synthetic: bool) -> tuple[PartHeader, bytes]:
    """Header and file content of ascending rows."""
    least = table.minimal()
    header = PartHeader(
        pair=pair,
        interval_ns=interval_ns,
        price_decimals=least.price_decimals,
        volume_decimals=least.volume_decimals,
        rows=len(least),
        start_ns=int(least.starts[0]),
        end_ns=int(least.starts[-1]) + interval_ns,
        sha256=content_sha256(least, pair, interval_ns),
        synthetic=synthetic,
    )
    frame = pl.DataFrame({name: least.rows[:, k] for k, name in enumerate(COLUMNS)})
    return header, encoded(frame, msgspec.json.encode(header).decode())


def read_header(path: Path) -> PartHeader:
    """The header of a part; raises `DataError` for a damaged or foreign file."""
    text = header_text(path)
    try:
        header = msgspec.json.decode(text, type=PartHeader)
    except msgspec.MsgspecError as error:
        raise foreign(path, str(error)) from error
    if header.format != _FORMAT:
        raise foreign(path, f"bars of format {header.format}")
    return header


def read_part(path: Path) -> tuple[PartHeader, BarTable]:
    """Header and rows of a part, its content hash checked; raises `DataError`."""
    header = read_header(path)
    frame = decoded(path, list(COLUMNS))
    rows = np.empty((len(frame), len(COLUMNS)), dtype=np.int64)
    for k, name in enumerate(COLUMNS):
        if frame[name].dtype != pl.Int64 or frame[name].null_count():
            raise foreign(path, f"column {name} of {frame[name].dtype}")
        rows[:, k] = frame[name].to_numpy()
    table = BarTable(rows, header.price_decimals, header.volume_decimals)
    actual = content_sha256(table, header.pair, header.interval_ns) if len(rows) else "no rows"
    if actual != header.sha256:
        raise DataError(
            f"{path}: expected content with sha256 {header.sha256[:16]}, was {actual[:16]}: "
            "the file was changed or damaged; remove it and import its source again"
        )
    return header, table


def header_sha256(path: Path) -> str:
    """The content hash that a part of any kind claims; raises `DataError`."""
    try:
        return msgspec.json.decode(header_text(path), type=_Claim).sha256
    except msgspec.MsgspecError as error:
        raise foreign(path, str(error)) from error


def encoded(frame: pl.DataFrame, header: str) -> bytes:
    """A frame as the bytes of a Parquet file with our header."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", metadata={_KEY: header})
    return buffer.getvalue()


def header_text(path: Path) -> str:
    """Our header in a Parquet file; raises `DataError` when it is damaged or not ours."""
    metadata: dict[str, Any] = _reading(path, pl.read_parquet_metadata)
    if _KEY not in metadata:
        raise foreign(path, "Parquet without our header")
    return str(metadata[_KEY])


def decoded(path: Path, columns: list[str]) -> pl.DataFrame:
    """The named columns of a Parquet file; raises `DataError`."""
    frame: pl.DataFrame = _reading(path, lambda p: pl.read_parquet(p, columns=columns, memory_map=False))
    return frame


def foreign(path: Path, what: str) -> DataError:
    """The error for a Parquet file that this system did not write."""
    return DataError(f"{path}: expected Parquet written by this system, was {what}; import the original file")


def _reading(path: Path, read: Any) -> Any:
    try:
        return read(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{path}: expected a whole Parquet file, was a torn or damaged one ({first[:120]}); "
            "remove it and import its source again"
        ) from error
