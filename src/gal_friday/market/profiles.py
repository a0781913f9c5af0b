"""What the built-in market knows of each pair: where its price begins, how it moves, how much is traded."""

from __future__ import annotations

import msgspec


class Profile(msgspec.Struct, frozen=True):
    """A pair of the built-in market.

    `price` is the first price; `volatility` the usual spread of one minute's log return; `common` the share of
    its moves that follow the whole market, -1 to 1; `trade_size` a usual trade in the base asset and `activity` the
    usual trades a minute; `spread_bp` the usual spread; `depth` the usual size of a level in trades.
    """

    price_decimals: int = 5
    volume_decimals: int = 8
    price: float = 1.0
    volatility: float = 0.0009
    common: float = 0.7
    trade_size: float = 400.0
    activity: float = 12.0
    spread_bp: float = 3.0
    depth: float = 6.0


_KNOWN = {
    "XRP/USD": Profile(price_decimals=5, price=0.52, volatility=0.0009, common=0.75, trade_size=900.0, activity=14.0),
    "DOGE/USD": Profile(
        price_decimals=7, price=0.124, volatility=0.0011, common=0.7, trade_size=4_000.0, activity=11.0
    ),
    "BTC/USD": Profile(
        price_decimals=1, price=62_000.0, volatility=0.0006, common=0.9, trade_size=0.04, activity=40.0, spread_bp=0.4
    ),
    "ETH/USD": Profile(
        price_decimals=2, price=2_600.0, volatility=0.0007, common=0.85, trade_size=0.6, activity=25.0, spread_bp=0.8
    ),
}


def profile(pair: str) -> Profile:
    """The profile of a pair in our spelling; a pair that is not known gets the defaults."""
    return _KNOWN.get(pair, Profile())
