"""Silences in a series: how many bars are missing, which are filled, and what kind of gap each is.

The first `market.outage_after_minutes` minutes of any silence become flat bars. Whether a silence will last
longer is not known while it lasts, so the bars before it is called an outage exist in history as they do live.
A silence of up to that length is `no_trades`. A longer one is an `outage` when at least one other pair was loaded
from before its start to after its end, and every such pair has a longer silence that overlaps it; else it is
`missing`. A pair loaded alone has nothing to be compared with, so its long silences are `missing`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from gal_friday.domain.bars import Gap, Int64
from gal_friday.domain.time import MINUTE

NO_TRADES, OUTAGE, MISSING = "no_trades", "outage", "missing"


class Span(msgspec.Struct, frozen=True):
    """What a pair covers, [start_ns, end_ns), and its silences longer than the limit, in order of time."""

    start_ns: int
    end_ns: int
    long: tuple[tuple[int, int], ...]


class Absence(msgspec.Struct, frozen=True):
    """How much of a stretch has no bars at all: bars, in how many runs, and the longest run."""

    bars: int
    runs: int
    longest: int
    longest_from_ns: int | None


def limit_bars(outage_after_minutes: int, interval_ns: int) -> int:
    """How many bars of a silence are filled."""
    return outage_after_minutes * MINUTE // interval_ns


def silences(starts: Int64, interval_ns: int) -> tuple[Int64, Int64]:
    """(row before, bars missing after it) of every silence in ascending starts."""
    missing = np.diff(starts) // interval_ns - 1
    rows = np.flatnonzero(missing > 0)
    return rows, missing[rows]


def absence(starts: Int64, interval_ns: int) -> Absence:
    """What is missing between the first and the last of ascending starts."""
    rows, missing = silences(starts, interval_ns)
    if not len(rows):
        return Absence(0, 0, 0, None)
    worst = int(np.argmax(missing))
    first = int(starts[rows[worst]]) + interval_ns
    return Absence(int(missing.sum()), len(rows), int(missing[worst]), first)


def untyped(pair: str, starts: Int64, interval_ns: int) -> tuple[Gap, ...]:
    """Every silence as a gap of kind `no_trades`, in order of time."""
    rows, missing = silences(starts, interval_ns)
    first = (starts[rows] + interval_ns).tolist()
    last = starts[rows + 1].tolist() if len(rows) else []
    return tuple(Gap(pair, NO_TRADES, *each) for each in zip(first, last, missing.tolist(), strict=True))


def span(gaps: tuple[Gap, ...], start_ns: int, end_ns: int, limit: int) -> Span:
    """What other pairs need to know of a pair to type their gaps."""
    return Span(start_ns, end_ns, tuple((gap.start_ns, gap.end_ns) for gap in gaps if gap.bars > limit))


def typed(pair: str, gaps: tuple[Gap, ...], spans: Mapping[str, Span], limit: int) -> tuple[Gap, ...]:
    """The gaps of `pair` with their kinds, judged by what the other pairs lack."""
    others = [other for name, other in spans.items() if name != pair]
    return tuple(msgspec.structs.replace(gap, kind=_kind(gap, others)) if gap.bars > limit else gap for gap in gaps)


def _kind(gap: Gap, others: list[Span]) -> str:
    around = [other for other in others if other.start_ns <= gap.start_ns and other.end_ns >= gap.end_ns]
    return OUTAGE if around and all(_overlaps(gap, other) for other in around) else MISSING


def _overlaps(gap: Gap, other: Span) -> bool:
    return any(start < gap.end_ns and end > gap.start_ns for start, end in other.long)
