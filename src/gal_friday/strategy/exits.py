"""Where stop, target and limit prices lie on the venue's grid, and when a position is given up.

Stop and target are rounded away from the reference price (a long position's stop down and its target
up, a short one's the other way), a limit away from the market; none goes below one step of the grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import lru_cache

from gal_friday.domain.errors import Fault
from gal_friday.domain.orders import Side
from gal_friday.domain.time import MINUTE
from gal_friday.settings.sections.strategy import StopSettings, TargetSettings

# Wide enough for every product of a price and two configured factors: only the step to the grid rounds.
_WIDE = Context(prec=80, traps=[InvalidOperation, DivisionByZero, Overflow])


def on_grid(price: Decimal, tick_size: Decimal, *, up: bool) -> Decimal:
    """`price` on the grid, at or above it (`up`) or at or below it; at least one step."""
    if _power_of_ten(tick_size) and price >= tick_size:
        return price.quantize(tick_size, ROUND_CEILING if up else ROUND_FLOOR, _WIDE)
    steps = int(_WIDE.divide_int(price, tick_size))
    if up and _WIDE.multiply(Decimal(steps), tick_size) < price:
        steps += 1
    return _WIDE.multiply(Decimal(max(steps, 1)), tick_size)


@lru_cache(maxsize=256)
def _power_of_ten(tick_size: Decimal) -> bool:
    return tick_size.as_tuple().digits == (1,)


def limit_price(close: Decimal, side: Side, offset_bp: Decimal, tick_size: Decimal) -> Decimal:
    """A limit `offset_bp` basis points on the patient side of the last price."""
    distance = _WIDE.scaleb(_WIDE.multiply(close, offset_bp), -4)
    buying = side is Side.BUY
    return on_grid(_moved(close, distance, up=not buying), tick_size, up=not buying)


def stop_price(
    reference: Decimal, side: Side, settings: StopSettings, features: Mapping[str, float], tick_size: Decimal
) -> Decimal:
    """The stop-loss of an entry; equal to an on-grid reference when the ATR is zero, which risk refuses."""
    short = side is Side.SELL
    if settings.kind == "percent":
        return on_grid(_WIDE.multiply(reference, _factor(settings.pct, short)), tick_size, up=short)
    distance = _atr(features, settings.atr_feature, settings.atr_multiple)
    return on_grid(_moved(reference, distance, up=short), tick_size, up=short)


def target_price(
    reference: Decimal,
    side: Side,
    settings: TargetSettings,
    features: Mapping[str, float],
    tick_size: Decimal,
    *,
    stop: Decimal,
) -> Decimal:
    """The take-profit of an entry; kind reward_risk measures from the stop as it lies on the grid."""
    long = side is Side.BUY
    if settings.kind == "percent":
        return on_grid(_WIDE.multiply(reference, _factor(settings.pct, long)), tick_size, up=long)
    if settings.kind == "atr":
        distance = _atr(features, settings.atr_feature, settings.atr_multiple)
    else:
        distance = _WIDE.multiply(_WIDE.abs(_WIDE.subtract(reference, stop)), settings.reward_risk)
    return on_grid(_moved(reference, distance, up=long), tick_size, up=long)


def hold_ends_ns(entered_ns: int, max_hold_minutes: int) -> int:
    """The engine time from which a position has been held long enough."""
    return entered_ns + max_hold_minutes * MINUTE


def reverses(held: Side, prediction: float, exit_below: float) -> bool:
    """Whether the prediction speaks against the position: below `exit_below`, or above 1 minus it for a short."""
    return prediction < exit_below if held is Side.BUY else prediction > 1.0 - exit_below


@lru_cache(maxsize=256)
def _factor(pct: Decimal, up: bool) -> Decimal:
    part = _WIDE.scaleb(pct, -2)
    return _WIDE.add(Decimal(1), part) if up else _WIDE.subtract(Decimal(1), part)


def _atr(features: Mapping[str, float], name: str, multiple: Decimal) -> Decimal:
    if name not in features:
        raise Fault(f"expected the feature {name} for a stop or target of kind atr; have {', '.join(features)}")
    # repr gives the shortest digits that mean this double, the same on every machine.
    return _WIDE.multiply(Decimal(repr(float(features[name]))), multiple)


def _moved(price: Decimal, distance: Decimal, *, up: bool) -> Decimal:
    return _WIDE.add(price, distance) if up else _WIDE.subtract(price, distance)
