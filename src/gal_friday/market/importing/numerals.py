"""Numbers that are not plain digits, read exactly: exponents, very fine ones, and words such as `nan`."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import msgspec

MOST_DECIMALS = 12
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity|null|none|na|n/a|)", re.IGNORECASE)
_WIDE = Context(prec=2_000, Emax=20_000, Emin=-20_000, rounding=ROUND_HALF_EVEN)
_LARGEST = 2**63 - 1


class Numeral(msgspec.Struct, frozen=True):
    """`value` times 10^-decimals; or the kind of anomaly that keeps the text from being one.

    With kind `too_fine` the value is the one rounded half-even to 12 decimals.
    """

    value: int = 0
    decimals: int = 0
    anomaly: str | None = None


def numeral(text: str) -> Numeral:
    """The exact value of a decimal text, an exponent allowed, or its anomaly."""
    body = text.strip()
    if _NO_NUMBER.fullmatch(body):
        return Numeral(anomaly="non_finite")
    if not _NUMBER.fullmatch(body):
        return Numeral(anomaly="malformed")
    with localcontext(_WIDE):
        return _counted(Decimal(body))


def _counted(amount: Decimal) -> Numeral:
    if not amount:
        return Numeral()
    if amount.adjusted() > 19:
        return Numeral(anomaly="too_large")
    sign, digits, exponent = amount.normalize().as_tuple()
    assert isinstance(exponent, int)
    anomaly = None
    if -exponent > MOST_DECIMALS:
        anomaly = "too_fine"
        amount = amount.quantize(Decimal(1).scaleb(-MOST_DECIMALS)).normalize()
        sign, digits, exponent = amount.as_tuple()
        assert isinstance(exponent, int)
        exponent = exponent if amount else 0
    value = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
    if value > _LARGEST:
        return Numeral(anomaly="too_large")
    return Numeral(-value if sign else value, max(-exponent, 0), anomaly)
