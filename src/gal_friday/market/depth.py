"""Book states of the built-in market: ten levels a side around the close, thinner and wider when prices race."""

from __future__ import annotations

import numpy as np

from gal_friday.domain.bars import BookSeries, Float64, Int64
from gal_friday.market.profiles import Profile

LEVELS = 10
# Drawn in stretches: a year of books at once would need some hundred megabytes of floats.
_STRETCH = 32_768
_CHANNELS = 4 * LEVELS


def book_states(pair: str, close: Int64, heat: Float64, known: Profile, rng: np.random.Generator) -> BookSeries:
    """A state for each bar with bid < ask and bid <= close <= ask; sizes of 0 where a price would not be positive.

    `heat` is each bar's volatility as a multiple of the usual.
    """
    shape = (len(close), LEVELS)
    bid_ticks, bid_lots, ask_ticks, ask_lots = (np.empty(shape, dtype=np.int64) for _ in range(4))
    for at in range(0, len(close), _STRETCH):
        cut = slice(at, min(at + _STRETCH, len(close)))
        draws = rng.random((cut.stop - at, _CHANNELS)).reshape(-1, 4, LEVELS)
        below, above = _distances(close[cut], heat[cut], draws[:, :2], known)
        bid_ticks[cut], ask_ticks[cut] = close[cut, None] - below, close[cut, None] + above
        bid_lots[cut], ask_lots[cut] = (_sizes(heat[cut], draws[:, side], known) for side in (2, 3))
    nowhere = bid_ticks < 1
    bid_ticks[nowhere] = 0
    bid_lots[nowhere] = 0
    return BookSeries(pair, known.price_decimals, known.volume_decimals, bid_ticks, bid_lots, ask_ticks, ask_lots)


def _distances(close: Int64, heat: Float64, draws: Float64, known: Profile) -> tuple[Int64, Int64]:
    unit = close * (known.spread_bp * 1e-4) * np.sqrt(heat)
    gaps = -np.log1p(-draws) * (0.8 * unit[:, None, None])
    spread = unit * (0.5 + draws[:, 0, 0])
    # The last trade hit one side or the other, so the close lies at or near a best price.
    lean = draws[:, 1, 0]
    gaps[:, 0, 0], gaps[:, 1, 0] = spread * lean, spread * (1.0 - lean)
    steps = np.rint(gaps).astype(np.int64)
    steps[:, :, 1:] = np.maximum(steps[:, :, 1:], 1)
    steps[:, 1, 0] = np.maximum(steps[:, 1, 0], (steps[:, 0, 0] == 0).astype(np.int64))
    reach = np.cumsum(steps, axis=2)
    return reach[:, 0], reach[:, 1]


def _sizes(heat: Float64, draws: Float64, known: Profile) -> Int64:
    usual = known.depth * known.trade_size * np.linspace(0.6, 2.2, LEVELS)[None, :] / np.sqrt(heat)[:, None]
    lots = np.rint(usual * -np.log1p(-draws) * 10.0**known.volume_decimals)
    return np.maximum(lots, 1.0).astype(np.int64)
