"""Which trades deserve a look: the largest losses and gains, the ambiguous and the latest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

from gal_friday.backtest.trades import Trade
from gal_friday.domain.numbers import ZERO

ALL_SHOWN = 150
EACH = 40


def notable(trades: Sequence[Trade]) -> list[Trade]:
    """All trades where they are few; else some of each kind, the kinds taking turns, none twice."""
    if len(trades) <= ALL_SHOWN:
        return list(trades)
    by_net = sorted(trades, key=lambda trade: ZERO if trade.net_pnl is None else trade.net_pnl)
    kinds = (
        [trade for trade in by_net if trade.net_pnl is not None and trade.net_pnl < 0][:EACH],
        [trade for trade in reversed(by_net) if trade.net_pnl is not None and trade.net_pnl > 0][:EACH],
        [trade for trade in trades if trade.ambiguous][:EACH],
        list(reversed(trades[-EACH:])),
    )
    turns = chain.from_iterable(zip_longest(*kinds))
    return list({id(trade): trade for trade in turns if trade is not None}.values())
