"""The engine on the real bus: the same features as over the series, once per final bar, and none across a break."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from gal_friday.domain.errors import SettingsError
from gal_friday.domain.numbers import exact, units_text
from gal_friday.domain.time import MILLISECOND, from_iso, iso, to_datetime
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.features.engine import FeatureEngine
from gal_friday.features.lookahead import computed
from gal_friday.features.series import FeatureSet
from gal_friday.settings.manager import ConfigurationManager

BARS_ONLY = [{"kind": "ema", "parameters": {"period": 3}}, {"kind": "rsi", "parameters": {"period": 4}}]
WITH_BOOK = [*BARS_ONLY, {"kind": "spread"}]


class Desk:
    """A bus with an engine on it, and what the engine published."""

    def __init__(self, definitions: Any = BARS_ONLY, *, trigger: str = "bar", **ports: Any) -> None:
        overrides = {"features.definitions": definitions, "features.trigger": trigger, "features.min_interval_ms": 500}
        self.config = ConfigurationManager("", environ={}, overrides=overrides)
        self.bus = EnhancedEventBus()
        self.engine = FeatureEngine(self.config, self.bus, **ports)
        self.published: list[dict[str, Any]] = []
        self.bus.subscribe(types.FEATURES_CALCULATED, self._keep, observer=True)
        asyncio.run(self.engine.start())

    async def _keep(self, event: dict[str, Any]) -> None:
        self.published.append(event["payload"])

    def send(self, event_type: str, payload: dict[str, Any]) -> None:
        asyncio.run(self.bus.publish(event_type, payload, source="Test"))
        with exact():
            self.bus.settle()

    def bar(self, series: Any, row: int, pair: str = "XRP/USD", **changes: Any) -> None:
        bar = series.bar(row)
        prices = {name: units_text(getattr(bar, name), 5) for name in ("open", "high", "low", "close")}
        payload = {
            "trading_pair": pair, "exchange": "kraken", "interval": "1m", "timestamp_bar_start": iso(bar.start_ns),
            "timestamp_seen": iso(bar.start_ns + 61_500 * MILLISECOND), "volume": units_text(bar.volume, 8),
            "is_final": True, "filled": bar.filled, **prices,
        }  # fmt: skip
        self.send(types.MARKET_DATA_OHLCV, payload | changes)

    def book(self, seen_ns: int, ask: str = "0.50020", pair: str = "XRP/USD") -> None:
        sides = {"bids": [["0.50000", "100"]], "asks": [[ask, "200"]]}
        head = {"trading_pair": pair, "exchange": "kraken", "timestamp_seen": iso(seen_ns), "is_snapshot": True}
        self.send(types.MARKET_DATA_L2, head | sides)

    def status(self, kind: str, pair: str | None = "XRP/USD") -> None:
        self.send(types.MARKET_STATUS, {"trading_pair": pair, "kind": kind, "since": iso(0)})


def test_what_is_published_is_what_the_series_gives(walk: Any) -> None:
    series, desk = walk(60, seed=1, flat=0.2, restarts=(30,)), Desk()
    for row in range(60):
        if series.restart[row]:
            desk.status("OUTAGE")
        desk.bar(series, row)
    table = computed(FeatureSet.from_settings(desk.config.section("features")))(series, None)
    rows = np.flatnonzero(table.ready).tolist()
    assert [p["timestamp_features_for"] for p in desk.published] == [
        iso(int(series.start_ns[r]) + 60 * 10**9) for r in rows
    ]
    assert [list(p["features"].values()) for p in desk.published] == table.values[rows].tolist()
    first = desk.published[0]
    assert set(first) == {"trading_pair", "exchange", "timestamp_features_for", "features", "feature_set_id"}
    assert list(first["features"]) == ["ema_3", "rsi_4"]
    assert first["feature_set_id"] == desk.engine.feature_set.id
    assert all(type(value) is float for value in first["features"].values())


@pytest.mark.parametrize("kind", ["OUTAGE", "GAP"])
@pytest.mark.parametrize("pair", ["XRP/USD", None])
def test_a_break_starts_warm_up_anew(walk: Any, kind: str, pair: str | None) -> None:
    series, desk = walk(20), Desk()
    for row in range(10):
        desk.bar(series, row)
    desk.status(kind, pair)
    for row in range(10, 20):
        desk.bar(series, row)
    assert len(desk.published) == 2 * (10 - 4)


def test_other_news_changes_nothing(walk: Any) -> None:
    series, desk = walk(10), Desk()
    for row in range(10):
        desk.status("STALE")
        desk.status("OUTAGE", "DOGE/USD")
        desk.bar(series, row, is_final=False)
        desk.bar(series, row, interval="5m")
        desk.bar(series, row)
        desk.bar(series, row, close="9.9")  # a repetition counts no second time
        desk.bar(series, 0)
    assert len(desk.published) == 6
    assert desk.engine.feature_set.warmup == 5


def test_a_missing_bar_starts_warm_up_anew(walk: Any) -> None:
    series, desk, told = walk(30), Desk(), Desk()
    for row in [*range(10), *range(11, 20)]:
        if row == 11:
            told.status("OUTAGE")
        desk.bar(series, row)
        told.bar(series, row)
    assert len(desk.published) == 6 + 5
    assert desk.published == told.published


def test_pairs_do_not_mix(walk: Any) -> None:
    one, two, both = walk(20, seed=1), walk(20, seed=2), Desk()
    alone = Desk()
    for row in range(20):
        both.bar(one, row)
        both.bar(two, row, pair="DOGE/USD")
        alone.bar(two, row, pair="DOGE/USD")
    assert [p for p in both.published if p["trading_pair"] == "DOGE/USD"] == alone.published


def test_times_of_any_zone_are_understood(walk: Any) -> None:
    series, desk = walk(12), Desk()
    for row in range(12):
        start = to_datetime(int(series.start_ns[row]))
        desk.bar(series, row, timestamp_bar_start=start.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    assert len(desk.published) == 8


def test_named_features_are_published_alone_but_warm_as_the_set(walk: Any) -> None:
    series, desk = walk(12), Desk(names=["ema_3"])
    for row in range(12):
        desk.bar(series, row)
    assert [list(p["features"]) for p in desk.published] == [["ema_3"]] * 8


def test_calculated_features_are_those_of_the_latest_bar(walk: Any) -> None:
    series, desk = walk(12), Desk()
    assert desk.engine._calculate_features("XRP/USD", datetime.now(UTC)) == {}
    for row in range(12):
        desk.bar(series, row)
    end = from_iso(desk.published[-1]["timestamp_features_for"])
    for _ in range(2):
        assert desk.engine._calculate_features("XRP/USD", to_datetime(end)) == desk.published[-1]["features"]
    assert desk.engine._calculate_features("XRP/USD", to_datetime(end).replace(tzinfo=None)) != {}
    assert desk.engine._calculate_features("XRP/USD", to_datetime(end - 10**9)) == {}


def test_book_features_take_the_latest_book(walk: Any) -> None:
    series, desk = walk(12), Desk(WITH_BOOK)
    for row in range(12):
        if row >= 7:
            desk.book(int(series.start_ns[row]), ask=f"0.5{row:04d}")
        desk.bar(series, row)
    assert [round(p["features"]["spread_abs"] * 1e5) for p in desk.published] == [7, 8, 9, 10, 11]


def test_book_changes_publish_at_most_as_often_as_configured(walk: Any) -> None:
    series, desk = walk(8), Desk(WITH_BOOK, trigger="book")
    desk.book(int(series.start_ns[0]))
    for row in range(8):
        desk.bar(series, row)
    bars = len(desk.published)
    seen = int(series.start_ns[7]) + 62 * 10**9
    for after_ms in (0, 100, 499, 500, 900, 1_000):
        desk.book(seen + after_ms * MILLISECOND, ask="0.50030")
    between = desk.published[bars:]
    expected = [iso(seen + ms * MILLISECOND) for ms in (0, 500, 1_000)]
    assert [p["timestamp_features_for"] for p in between] == expected
    assert {p["features"]["ema_3"] for p in between} == {desk.published[bars - 1]["features"]["ema_3"]}
    assert {round(p["features"]["spread_abs"], 6) for p in between} == {0.0003}


def test_a_source_without_books_is_refused() -> None:
    with pytest.raises(SettingsError, match="spread_abs, spread_bp need the order book, and the source of market data"):
        Desk(WITH_BOOK, books=False)
    Desk(WITH_BOOK, books=False, names=["ema_3"])


def test_a_stopped_engine_is_silent(walk: Any) -> None:
    series, desk = walk(12), Desk()
    for row in range(12):
        if row == 8:
            asyncio.run(desk.engine.stop())
        desk.bar(series, row)
    assert len(desk.published) == 4
