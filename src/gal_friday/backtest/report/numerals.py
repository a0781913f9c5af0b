"""Numbers and times as a reader wants them: short, signed where the sign matters, a dash where there is none."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.backtest.metrics import Value
from gal_friday.domain.time import to_datetime

NONE = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def number(value: Value, places: int = 2, *, sign: bool = False) -> str:
    """A number with thousands separated, to `places` decimals."""
    if value is None or isinstance(value, str):
        return value or NONE
    text = format(value, f"{'+' if sign else ''},.{places}f")
    # What rounds to nothing has no sign.
    if text[0] in "+-" and not any(c in "123456789" for c in text):
        text = text[1:]
    return text.replace("-", MINUS)


def percent(value: Value, places: int = 2, *, sign: bool = False) -> str:
    """A percentage."""
    return NONE if value is None else f"{number(value, places, sign=sign)}\N{NO-BREAK SPACE}%"


def price(value: Decimal | None) -> str:
    """A price to six significant digits, whole units in full."""
    if value is None:
        return NONE
    whole = value.adjusted() >= 5
    return format(value, ",.0f" if whole else f",.{min(max(5 - value.adjusted(), 0), 12)}f")


def factor(value: Decimal) -> str:
    """A factor without needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(seconds: Value) -> str:
    """A span of time in its two largest units."""
    if seconds is None:
        return NONE
    left = round(float(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count}\N{NO-BREAK SPACE}{unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def minute(ns: int | None) -> str:
    """A UTC time to the minute."""
    return NONE if ns is None else to_datetime(ns).strftime("%Y-%m-%d %H:%M")


def tone(value: Value) -> str:
    """The style of an amount that is good when positive: `good`, `bad` or nothing."""
    if value is None or isinstance(value, str) or value == 0:
        return ""
    return "good" if value > 0 else "bad"
