"""How large an entry is: fixed fractional risk, cut down to the caps and to whole lots."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from gal_friday.domain.figures import Figures
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import ZERO, ratio, rounded_down, share
from gal_friday.settings.sections.risk import RiskSettings

# Sizes before rounding to the lot are quotients; this many decimals are kept.
SIZE_PLACES = 18


def position_size(equity: Decimal, risk_pct: Decimal, stop_distance: Decimal) -> Decimal:
    """Base units such that the stop, `stop_distance` quote per unit away, costs `risk_pct` percent of equity."""
    if stop_distance <= 0 or equity <= 0:
        return ZERO
    return ratio(equity * share(risk_pct), stop_distance, SIZE_PLACES)


class Cap(msgspec.Struct, frozen=True):
    """A limit on an entry's notional: what is left of it, in quote."""

    code: str
    room: Decimal


class Size(msgspec.Struct, frozen=True):
    """The final size in base, and the cap that cut it most, if one did."""

    quantity: Decimal
    cut_by: str | None


def caps(settings: RiskSettings, figures: Figures, in_position: Decimal, fee_rate: Decimal) -> tuple[Cap, ...]:
    """Room under each cap; `in_position` is what the pair's position and approved entries hold already."""
    equity = figures.equity
    exposure_room = equity * share(settings.max_exposure_pct - figures.exposure_pct)
    return (
        Cap("MAX_ORDER_VALUE", settings.max_order_value),
        Cap("MAX_POSITION_PCT", equity * share(settings.max_position_pct) - in_position),
        Cap("MAX_EXPOSURE_PCT", exposure_room),
        Cap("INSUFFICIENT_FUNDS", ratio(figures.available, 1 + fee_rate, SIZE_PLACES)),
    )


def shrink(wanted: Decimal, price: Decimal, limits: tuple[Cap, ...], instrument: Instrument) -> Size:
    """The largest whole number of lots within `wanted` and every cap at `price`."""
    notional, cut_by = wanted * price, None
    for cap in limits:
        if cap.room < notional:
            notional, cut_by = cap.room, cap.code
    if cut_by is None:
        return Size(rounded_down(wanted, instrument.lot_decimals), None)
    if notional <= 0:
        return Size(ZERO, cut_by)
    return Size(rounded_down(ratio(notional, price, SIZE_PLACES), instrument.lot_decimals), cut_by)
