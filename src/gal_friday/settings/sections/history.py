"""Keys of the market history: where it lies, and what is done with each kind of bad row."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gal_friday.settings.section import Section, key

ErrorOrDrop = Literal["error", "drop"]


class HistorySettings(Section):
    """`error` stops at the first such row and names it; every other choice is counted and reported."""

    store: Path = key(Path("~/.local/share/gal-friday/history"), "Folder of the Parquet store", decides=False)
    duplicates: Literal["error", "first", "last"] = key(
        "error", "Rows of one time that differ; rows that agree in every column count once"
    )
    disorder: Literal["error", "sort"] = key("sort", "Rows that are earlier than the row before them")
    off_grid: ErrorOrDrop = key("error", "Bars that do not start on a multiple of the interval")
    mixed_interval: Literal["error", "keep"] = key("error", "A stretch of a file with another spacing than the rest")
    malformed: ErrorOrDrop = key("error", "Lines with a wrong number of columns, text for a number, or not UTF-8")
    truncated: ErrorOrDrop = key("error", "A last line or a compressed file that breaks off")
    non_finite: ErrorOrDrop = key("error", "Empty, NaN or infinite numbers")
    negative: ErrorOrDrop = key("error", "Prices, volumes or trade counts below zero")
    zero_price: ErrorOrDrop = key("error", "Prices of zero")
    too_large: ErrorOrDrop = key("error", "Numbers beyond what 64 bits hold at the file's decimals")
    too_fine: Literal["error", "drop", "round"] = key(
        "error", "Numbers with more than 12 decimals; round: half to even, to 12"
    )
    high_below_low: ErrorOrDrop = key("error", "Bars whose high is below their low")
    outside_range: Literal["error", "drop", "widen"] = key(
        "error", "Bars whose open or close lies outside low to high; widen: move high or low to cover it"
    )
    future: ErrorOrDrop = key("error", "Rows that are later than now, or before 2009")
    spike: Literal["report", "error", "drop"] = key("report", "Closes that differ by spike_factor from the one before")
    spike_factor: int = key(10, "Ratio of two closes in a row that is a spike", unit="times", ge=2, le=1_000_000)
    foreign_member: Literal["skip", "error"] = key("skip", "Members of a zip archive that are no tables")
