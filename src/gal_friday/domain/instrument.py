"""What a venue says of a pair: grid, minimums, fees; and exact price times size on that grid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from gal_friday.domain.numbers import POWERS, plain, power_of_ten, rounded, share, units


class Instrument(msgspec.Struct, frozen=True):
    """Rules of one spot pair. Prices are ticks of 10^-price_decimals, sizes lots of 10^-lot_decimals.

    `tick_size` is the venue's price grid and may be coarser than one tick. Fees are percent of
    notional, charged in the quote asset and rounded half-even to `fee_decimals`.
    """

    pair: str
    price_decimals: int
    lot_decimals: int
    tick_size: Decimal
    ordermin: Decimal
    costmin: Decimal
    taker_fee_pct: Decimal
    maker_fee_pct: Decimal
    fee_decimals: int = 5
    status: str = "online"
    assumed: bool = False

    @property
    def base(self) -> str:
        """The asset that is bought and sold."""
        return self.pair.partition("/")[0]

    @property
    def quote(self) -> str:
        """The asset that prices and fees are in."""
        return self.pair.partition("/")[2]

    @property
    def lot_step(self) -> Decimal:
        """The smallest step of a size."""
        return power_of_ten(self.lot_decimals)

    @property
    def grid(self) -> int:
        """The venue's price step in ticks."""
        return units(self.tick_size, self.price_decimals, what=f"{self.pair}: tick_size")

    def finer(self, price_decimals: int) -> Instrument:
        """The same rules counted in finer ticks, for data with more decimals than the venue's grid."""
        if price_decimals <= self.price_decimals:
            return self
        return msgspec.structs.replace(self, price_decimals=price_decimals)

    def with_fees_times(self, factor: Decimal) -> Instrument:
        """The same rules with every fee multiplied."""
        return msgspec.structs.replace(
            self, taker_fee_pct=self.taker_fee_pct * factor, maker_fee_pct=self.maker_fee_pct * factor
        )

    def price(self, ticks: int) -> Decimal:
        """Ticks as a price in the quote asset."""
        return Decimal(ticks) * POWERS[self.price_decimals]

    def quantity(self, lots: int) -> Decimal:
        """Lots as a size in the base asset."""
        return Decimal(lots) * POWERS[self.lot_decimals]

    def ticks(self, price: Decimal | str) -> int:
        """A price as ticks; raises `OffGrid` when it has more decimals than a tick."""
        return units(price, self.price_decimals, what=f"{self.pair}: price")

    def lots(self, quantity: Decimal | str) -> int:
        """A size as lots; raises `OffGrid` when it has more decimals than a lot."""
        return units(quantity, self.lot_decimals, what=f"{self.pair}: quantity")

    def notional(self, ticks: int, lots: int) -> Decimal:
        """Price times size in the quote asset, exactly."""
        return Decimal(ticks * lots) * POWERS[self.price_decimals + self.lot_decimals]

    def fee(self, notional: Decimal, *, maker: bool) -> Decimal:
        """The commission on a notional, in the quote asset."""
        rate = share(self.maker_fee_pct if maker else self.taker_fee_pct)
        return rounded(notional * rate, self.fee_decimals)

    def payload(self) -> dict[str, Any]:
        """The INSTRUMENT payload."""
        return {
            "trading_pair": self.pair,
            "tick_size": plain(self.tick_size),
            "lot_step": plain(self.lot_step),
            "ordermin": plain(self.ordermin),
            "costmin": plain(self.costmin),
            "taker_fee_pct": plain(self.taker_fee_pct),
            "maker_fee_pct": plain(self.maker_fee_pct),
            "status": self.status,
        }


def restated(payload: dict[str, Any], known: Instrument | None) -> Instrument:
    """The rules of an INSTRUMENT payload; the scale of ticks and lots stays that of `known` where it is fine enough."""
    tick, step = Decimal(payload["tick_size"]), Decimal(payload["lot_step"])
    return Instrument(
        pair=payload["trading_pair"],
        price_decimals=max(_decimals(tick), known.price_decimals if known else 0),
        lot_decimals=max(_decimals(step), known.lot_decimals if known else 0),
        tick_size=tick,
        ordermin=Decimal(payload["ordermin"]),
        costmin=Decimal(payload["costmin"]),
        taker_fee_pct=Decimal(payload["taker_fee_pct"]),
        maker_fee_pct=Decimal(payload["maker_fee_pct"]),
        fee_decimals=known.fee_decimals if known else 5,
        status=payload["status"],
        assumed=known.assumed if known else False,
    )


def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
