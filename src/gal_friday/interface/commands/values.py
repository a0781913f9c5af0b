"""Reads the texts of options: times, pairs, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from gal_friday.domain.errors import Malformed
from gal_friday.domain.time import interval_ns, iso

# The widest stretch whose nanoseconds fit 64 bits.
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2262, 1, 1, tzinfo=UTC)


def moment(text: str | None, flag: str, default: datetime) -> datetime:
    """A UTC time of `2024-07-01` or `2024-07-01T12:00:00Z`; `default` for None."""
    if text is None:
        return default
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refused(flag, "a date such as 2024-07-01 or 2024-07-01T12:00:00Z", text) from error
    aware = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if not FIRST <= aware <= LAST:
        raise _refused(flag, f"a time from {FIRST.year} to {LAST.year}", text)
    return aware


def interval(text: str | None, flag: str = "--interval") -> int | None:
    """Nanoseconds of `1m`, `5m`, `1h`; None for None."""
    if text is None:
        return None
    try:
        return interval_ns(text)
    except Malformed as error:
        raise _refused(flag, "an interval such as 1m, 5m or 1h", text) from error


def pair_names(texts: Sequence[str] | None) -> list[str] | None:
    """Pairs in our spelling, of options that hold one or several with commas; None when none is named.

    Raises `DataError` for text that names no pair.
    """
    from gal_friday.market.spelling import canonical

    names = [name.strip() for text in texts or () for name in text.split(",") if name.strip()]
    return list(dict.fromkeys(map(canonical, names))) or None


def short(ns: int) -> str:
    """A UTC time to the second."""
    return f"{iso(ns)[:19]}Z"


def _refused(flag: str, expected: str, was: str) -> typer.BadParameter:
    return typer.BadParameter(f"expected {expected}, was {was!r}", param_hint=f"'{flag}'")
