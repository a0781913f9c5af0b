"""Time as integer nanoseconds UTC inside, ISO 8601 with `Z` at the edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from gal_friday.domain.errors import Malformed

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
# 1970-01-01 was a Thursday: ISO weeks start on the Monday three days before.
_MONDAY_OFFSET = 3 * DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=512)
def _day_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%dT")


@lru_cache(maxsize=16_384)
def _time_text(ns: int) -> str:
    second, rest = divmod(ns, SECOND)
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{rest:09d}Z"


def iso(ns: int) -> str:
    """`2024-07-01T00:00:00.000000000Z` for nanoseconds since the epoch, UTC."""
    # Bars and what follows them come at the same times every day: both halves are mostly known.
    return _day_text(ns // DAY) + _time_text(ns % DAY)


_ISO_LENGTH = len("2024-07-01T00:00:00.000000000Z")


def from_iso(text: str) -> int:
    """Nanoseconds since the epoch for an ISO 8601 text with a zone; raises `Malformed`."""
    if len(text) != _ISO_LENGTH or text[10] != "T" or text[29] != "Z":
        return _parsed(text)
    try:
        return _day_ns(text[:11]) + _time_ns(text[11:])
    except Malformed:
        return _parsed(text)


@lru_cache(maxsize=512)
def _day_ns(text: str) -> int:
    return _parsed(f"{text}00:00:00Z")


@lru_cache(maxsize=16_384)
def _time_ns(text: str) -> int:
    return _parsed(f"1970-01-01T{text}")


def _parsed(text: str) -> int:
    body, zone = (text[:-1], "+00:00") if text.endswith(("Z", "z")) else (text, "")
    head, dot, fraction = body.partition(".")
    digits = fraction
    if dot and not zone:
        cut = next((i for i, c in enumerate(fraction) if c in "+-"), len(fraction))
        digits, zone = fraction[:cut], fraction[cut:]
    try:
        moment = datetime.fromisoformat(head + zone)
        if moment.tzinfo is None or "," in head or (dot and not (digits.isdecimal() and len(digits) <= 9)):
            raise ValueError("no zone, or a fraction that is not a point and 1 to 9 digits")
    except ValueError as error:
        raise Malformed(f"expected an ISO 8601 time with a zone, such as 2024-07-01T00:00:00Z; was {text!r}") from error
    return to_ns(moment) + (int(digits.ljust(9, "0")) if dot else 0)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch of an aware datetime (a naive one is read as UTC)."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000


def to_datetime(ns: int) -> datetime:
    """The aware UTC datetime, to the microsecond, of nanoseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=ns // 1_000)


def day_index(ns: int) -> int:
    """Number of the UTC day since the epoch."""
    return ns // DAY


def week_index(ns: int) -> int:
    """Number of the ISO week (Monday to Sunday, UTC), counted from the week of the epoch."""
    return (ns + _MONDAY_OFFSET) // WEEK


def next_day(ns: int) -> int:
    """The first instant of the UTC day after `ns`."""
    return (ns // DAY + 1) * DAY


_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def interval_text(interval_ns: int) -> str:
    """`1m`, `5m`, `1h`, `1d`: the bar interval as payloads and file names write it."""
    for unit in ("d", "h", "m", "s"):
        if interval_ns % _UNITS[unit] == 0:
            return f"{interval_ns // _UNITS[unit]}{unit}"
    raise Malformed(f"expected an interval of whole seconds, was {interval_ns} ns")


def interval_ns(text: str) -> int:
    """Nanoseconds of `1m`, `5m`, `1h`, `1d`; raises `Malformed`."""
    if len(text) >= 2 and text[:-1].isdigit() and text[-1] in _UNITS and int(text[:-1]) > 0:
        return int(text[:-1]) * _UNITS[text[-1]]
    raise Malformed(f"expected an interval such as 1m, 5m or 1h, was {text!r}")
