"""Rules of the pairs where no exchange can be asked for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from gal_friday.domain.instrument import Instrument
from gal_friday.settings.section import Section, key

Positive = Annotated[Decimal, Field(gt=0)]
Fee = Annotated[Decimal, Field(ge=0, le=10)]


class PairRules(Section):
    """Grid, minimums and fees of one pair, as Kraken's AssetPairs names them."""

    price_decimals: int = key(5, "Decimals of a price", ge=0, le=10)
    lot_decimals: int = key(8, "Decimals of a size", ge=0, le=10)
    tick_size: Positive | None = key(None, "Price grid; null means one unit of the last decimal", unit="quote")
    ordermin: Positive = key(Decimal("0.00000001"), "Smallest size of an order", unit="base")
    costmin: Annotated[Decimal, Field(ge=0)] = key(Decimal("0.5"), "Smallest notional of an order", unit="quote")
    taker_fee_pct: Fee = key(Decimal("0.40"), "Fee of a fill that takes liquidity", unit="% of notional")
    maker_fee_pct: Fee = key(Decimal("0.25"), "Fee of a fill that made liquidity", unit="% of notional")
    fee_decimals: int = key(5, "Decimals to which a fee is rounded", ge=0, le=10)


def _known() -> dict[str, PairRules]:
    return {
        "XRP/USD": PairRules(price_decimals=5, ordermin=Decimal("1.65")),
        "DOGE/USD": PairRules(price_decimals=7, ordermin=Decimal("50")),
        "BTC/USD": PairRules(price_decimals=1, ordermin=Decimal("0.00005")),
        "ETH/USD": PairRules(price_decimals=2, ordermin=Decimal("0.001")),
    }


class InstrumentSettings(Section):
    """Pair rules used in a backtest, and live until the exchange has answered."""

    defaults: PairRules = key(PairRules, "Rules of a pair that is not listed; the report names such pairs")
    pairs: dict[str, PairRules] = key(_known, "Rules by pair, such as XRP/USD")

    def instrument(self, pair: str) -> Instrument:
        """The pair's rules; `assumed` is set where they are the configured defaults."""
        rules = self.pairs.get(pair, self.defaults)
        return Instrument(
            pair=pair,
            price_decimals=rules.price_decimals,
            lot_decimals=rules.lot_decimals,
            tick_size=rules.tick_size or Decimal(1).scaleb(-rules.price_decimals),
            ordermin=rules.ordermin,
            costmin=rules.costmin,
            taker_fee_pct=rules.taker_fee_pct,
            maker_fee_pct=rules.maker_fee_pct,
            fee_decimals=rules.fee_decimals,
            assumed=pair not in self.pairs,
        )
