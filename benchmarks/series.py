"""The generated bars as the series that our drivers read, held in memory."""

from __future__ import annotations

import hashlib

import numpy as np

from benchmarks.peers.task import TICK_DECIMALS, bars_path
from gal_friday.domain.bars import BarSeries
from gal_friday.domain.time import MINUTE, SECOND

PAIRS = ("BTC/USD", "ETH/USD")
VOLUME_DECIMALS = 8


def series(rows: int, pair: int = 0) -> BarSeries:
    """The first `rows` bars of a pair."""
    second, opens, high, low, close, volume = (np.array(c) for c in np.load(bars_path(pair), mmap_mode="r")[:, :rows])
    restart = np.zeros(rows, dtype=np.bool_)
    restart[0] = True
    digest = hashlib.sha256()
    for column in (second, opens, high, low, close, volume):
        digest.update(column)
    return BarSeries(
        pair=PAIRS[pair],
        interval_ns=MINUTE,
        price_decimals=TICK_DECIMALS,
        volume_decimals=VOLUME_DECIMALS,
        start_ns=second * SECOND,
        open=opens,
        high=high,
        low=low,
        close=close,
        volume=volume,
        trades=np.ones(rows, dtype=np.int64),
        filled=np.zeros(rows, dtype=np.bool_),
        restart=restart,
        sha256=digest.hexdigest(),
        synthetic=True,
        source_rows=rows,
    )
