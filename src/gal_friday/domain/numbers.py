"""Exact money arithmetic: one context that traps lost digits and floats, and named roundings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    getcontext,
    localcontext,
)

from gal_friday.domain.errors import Fault, Malformed, OffGrid

PRECISION = 60
PCT_PLACES = 8
ZERO = Decimal(0)
HUNDRED = Decimal(100)

_EXACT = Context(
    prec=PRECISION,
    rounding=ROUND_HALF_EVEN,
    traps=[
        Inexact,
        FloatOperation,
        InvalidOperation,
        DivisionByZero,
        Overflow,
        Clamped,
    ],
)
# Wider than any amount: the digits beyond the caller's places only serve to round rightly.
_ROUNDING = Context(
    prec=72,
    rounding=ROUND_HALF_EVEN,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
_FLOOR = Context(prec=72, rounding=ROUND_DOWN, traps=[InvalidOperation, DivisionByZero, Overflow])


def exact() -> AbstractContextManager[Context]:
    """Enter the money context: arithmetic that would lose a digit, or meets a float, raises."""
    return localcontext(_EXACT)


def require_exact() -> None:
    """Raise `Fault` unless the money context is active here."""
    if not getcontext().traps[Inexact]:
        raise Fault("money arithmetic outside exact(): enter domain.numbers.exact() around the loop")


# 10 to the minus n, exactly, by n.
POWERS = tuple(Decimal(1).scaleb(-places) for places in range(PRECISION))
_TENS = tuple(Decimal(10**places) for places in range(PRECISION))
_PCT = POWERS[PCT_PLACES]


def power_of_ten(places: int) -> Decimal:
    """10 to the minus `places`, exactly."""
    return POWERS[places]


def rounded(amount: Decimal, places: int) -> Decimal:
    """`amount` to `places` decimals, half to even: the one rounding of money."""
    return amount.quantize(POWERS[places], None, _ROUNDING)


def rounded_down(amount: Decimal, places: int) -> Decimal:
    """`amount` to `places` decimals, towards zero: sizes are never rounded up."""
    return amount.quantize(POWERS[places], None, _FLOOR)


def ratio(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """`numerator / denominator` to `places` decimals, half to even."""
    return _ROUNDING.divide(numerator, denominator).quantize(POWERS[places], None, _ROUNDING)


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """`part` as percent of `whole`, to eight decimals; zero when `whole` is zero."""
    if not whole:
        return ZERO
    return _ROUNDING.divide(part * HUNDRED, whole).quantize(_PCT, None, _ROUNDING)


def share(percent: Decimal) -> Decimal:
    """The fraction that a percentage stands for: the one place where `_pct` becomes `_share`."""
    return percent.scaleb(-2)


def plain(amount: Decimal) -> str:
    """The amount as payload text: never an exponent, zeros at the end kept as they are."""
    text = str(amount)
    return text if "E" not in text else format(amount, "f")


def units(value: Decimal | str, decimals: int, *, what: str = "value") -> int:
    """`value` as a whole number of 10^-decimals; raises `OffGrid` when it does not divide."""
    try:
        # A product by a power of ten moves the point: exact, and quicker than `scaleb`.
        amount = _ROUNDING.multiply(Decimal(value) if isinstance(value, str) else value, _TENS[decimals])
        whole = int(amount)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Malformed(f"{what}: expected a finite decimal number, was {str(value)!r}") from error
    if whole != amount:
        raise OffGrid(f"{what} {value} has more than {decimals} decimals")
    return whole


def units_text(count: int, decimals: int) -> str:
    """`count` units of 10^-decimals as a decimal string with exactly `decimals` places."""
    if decimals == 0:
        return str(count)
    digits = str(count) if count >= 0 else str(-count)
    if len(digits) <= decimals:
        digits = digits.zfill(decimals + 1)
    sign = "" if count >= 0 else "-"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def units_decimal(count: int, decimals: int) -> Decimal:
    """`count` units of 10^-decimals as a Decimal, exactly."""
    return Decimal(count) * POWERS[decimals]
