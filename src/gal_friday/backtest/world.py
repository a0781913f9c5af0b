"""The replayed world: series, books and rules of all pairs on one timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gal_friday.domain.bars import BarSeries, BookSeries, Int64
from gal_friday.domain.errors import DataError
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.time import MILLISECOND, interval_text
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.simulation.matching import BarFacts


@dataclass(frozen=True, slots=True)
class World:
    """Pairs in name order. `starts` is the union of bar starts; `rows[pair][k]` is the pair's row at step k, or -1."""

    config: ConfigurationManager
    series: dict[str, BarSeries]
    books: dict[str, BookSeries]
    instruments: dict[str, Instrument]
    interval_ns: int
    grace_ns: int
    starts: Int64
    rows: dict[str, Int64]
    quote_asset: str

    @property
    def pairs(self) -> tuple[str, ...]:
        """The pairs, in name order."""
        return tuple(self.series)

    def facts(self, pair: str, row: int) -> BarFacts:
        """What the venue needs of a bar; a bar in which nobody traded has no volume."""
        series = self.series[pair]
        start = series.start_ns.item(row)
        volume = 0 if series.filled.item(row) else series.volume.item(row)
        lots = self.instruments[pair].lot_decimals - series.volume_decimals
        previous = series.high.item(row - 1) - series.low.item(row - 1) if row else 0
        return BarFacts(
            start,
            start + self.interval_ns,
            series.open.item(row),
            series.high.item(row),
            series.low.item(row),
            volume * 10**lots if lots >= 0 else volume // 10**-lots,
            previous,
        )

    def book(self, pair: str, row: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
        """Bids and asks known at the row's end, best first, as (ticks, lots)."""
        books = self.books.get(pair)
        if books is None:
            return None
        scale = 10 ** (self.instruments[pair].price_decimals - books.price_decimals)
        lots = self.instruments[pair].lot_decimals - books.volume_decimals

        def side(ticks: Int64, sizes: Int64) -> list[tuple[int, int]]:
            levels = zip(ticks.tolist(), sizes.tolist(), strict=True)
            counted = ((t * scale, n * 10**lots if lots >= 0 else n // 10**-lots) for t, n in levels)
            return [level for level in counted if level[1]]

        return side(books.bid_ticks[row], books.bid_lots[row]), side(books.ask_ticks[row], books.ask_lots[row])


def build(
    config: ConfigurationManager, series: Mapping[str, BarSeries], books: Mapping[str, BookSeries] | None = None
) -> World:
    """Align the series; raises `DataError` for no data, mixed intervals, or pairs quoted in different assets."""
    ordered = {pair: series[pair] for pair in sorted(series) if len(series[pair])}
    if not ordered:
        raise DataError("no bars to replay: check the paths, --pairs, --start and --end")
    intervals = {one.interval_ns for one in ordered.values()}
    if len(intervals) > 1:
        raise DataError(
            f"one bar interval per backtest; was {', '.join(map(interval_text, sorted(intervals)))}: run them apart"
        )
    quotes = {pair.partition("/")[2] for pair in ordered}
    if len(quotes) > 1:
        raise DataError(
            f"one account counts in one asset; the pairs are quoted in {', '.join(sorted(quotes))}: run them apart"
        )
    # What is replayed decides: these pairs, at this interval, counted in their quote asset.
    interval, quote = intervals.pop(), quotes.pop()
    config = config.with_overrides(
        {
            "trading.pairs": list(ordered),
            "market.interval": interval_text(interval),
            "portfolio.quote_asset": quote,
            # A history has one book per bar, known together with the bar: books do not change between bars.
            "features.trigger": "bar",
        }
    )
    rules, fee_multiple = config.section("instruments"), config.section("simulation").fee_multiple
    instruments = {}
    known = dict(books or {})
    for pair, one in ordered.items():
        decimals = max(one.price_decimals, known[pair].price_decimals if pair in known else 0)
        instruments[pair] = rules.instrument(pair).finer(decimals).with_fees_times(fee_multiple)
        ordered[pair] = _scaled(one, instruments[pair].price_decimals)
    columns = [one.start_ns for one in ordered.values()]
    starts = columns[0] if len(columns) == 1 else np.unique(np.concatenate(columns))
    market = config.section("market")
    return World(
        config,
        ordered,
        {pair: known[pair] for pair in ordered if pair in known},
        instruments,
        interval,
        market.bar_grace_ms * MILLISECOND,
        starts,
        {pair: _rows(one.start_ns, starts) for pair, one in ordered.items()},
        quote,
    )


def _rows(own: Int64, starts: Int64) -> Int64:
    if len(own) == len(starts):
        return np.arange(len(starts), dtype=np.int64)
    rows = np.full(len(starts), -1, dtype=np.int64)
    rows[np.searchsorted(starts, own)] = np.arange(len(own), dtype=np.int64)
    return rows


def _scaled(series: BarSeries, price_decimals: int) -> BarSeries:
    # The venue's ticks may be finer than the file's: count in the venue's.
    if series.price_decimals == price_decimals:
        return series
    factor = 10 ** (price_decimals - series.price_decimals)
    return BarSeries(
        series.pair,
        series.interval_ns,
        price_decimals,
        series.volume_decimals,
        series.start_ns,
        series.open * factor,
        series.high * factor,
        series.low * factor,
        series.close * factor,
        series.volume,
        series.trades,
        series.filled,
        series.restart,
        series.sha256,
        series.synthetic,
        series.gaps,
        series.source_rows,
    )
