"""FeatureEngine: final bars and book states in, FEATURES_CALCULATED out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from gal_friday.domain.ports import Clock
from gal_friday.domain.time import MILLISECOND, from_iso, interval_ns, iso, to_datetime
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.features.book import book_row
from gal_friday.features.kernel import Array
from gal_friday.features.series import FeatureSet, FeatureStepper
from gal_friday.settings.manager import ConfigurationManager

_BREAKS = ("OUTAGE", "GAP")
_FIGURES = itemgetter("open", "high", "low", "close", "volume")
_BAR = types.MARKET_DATA_OHLCV
_NEVER = -(2**62)
_START = to_datetime(0)


class _Pair:
    """What the engine remembers of one pair: its stepper, the bar that waits, the latest book, the next bar's start."""

    __slots__ = (
        "book",
        "end",
        "exchange",
        "next_ns",
        "next_text",
        "published_ns",
        "start_ns",
        "stepper",
        "values",
        "waiting",
    )

    def __init__(self, stepper: FeatureStepper) -> None:
        self.stepper = stepper
        self.exchange = ""
        self.book: Array | None = None
        self.waiting: dict[str, Any] | None = None
        self.start_ns = _NEVER
        self.values: dict[str, float] | None = None
        self.next_ns = _NEVER
        self.next_text = ""
        self.end = _START
        self.published_ns = _NEVER

    def reset(self) -> None:
        self.stepper.reset()
        self.waiting = self.values = None


class FeatureEngine:
    """Computes the configured features, or those in `names`, of every pair whose bars arrive.

    One publication per final bar once warm, for the bar's end; with `features.trigger: book` also when the book
    changes, at most every `features.min_interval_ms`. A break in the bars starts warm-up anew. `books=False` says
    that the source has no order book: `start` then raises `SettingsError` for a set that needs one.
    """

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus,
        *,
        clock: Clock | None = None,
        names: Sequence[str] | None = None,
        books: bool | None = None,
    ) -> None:
        settings = config.section("features")
        self.feature_set = FeatureSet.from_settings(settings, names)
        self._bus = event_bus
        self._clock = clock
        self._books = books
        self._needs_book = self.feature_set.needs_book
        self._on_book = self._needs_book and settings.trigger == "book"
        self._pause_ns: int = settings.min_interval_ms * MILLISECOND
        self._interval: str = config.section("market").interval
        self._interval_ns = interval_ns(self._interval)
        self._step = timedelta(microseconds=self._interval_ns // 1_000)
        self._set_id = self.feature_set.id
        self._pairs: dict[str, _Pair] = {}
        self._subscriptions: list[str] = []

    async def start(self) -> None:
        """Compile the set, and listen for bars, breaks and, where a feature needs it, the order book."""
        if self._books is not None:
            self.feature_set.require_books(self._books, "the source of market data")
        FeatureStepper(self.feature_set)
        listened = [types.MARKET_DATA_OHLCV, types.MARKET_STATUS]
        if self._needs_book:
            listened.append(types.MARKET_DATA_L2)
        self._subscriptions += [self._bus.subscribe(kind, self.handle_market_data_event) for kind in listened]

    async def stop(self) -> None:
        """Stop listening."""
        while self._subscriptions:
            self._bus.unsubscribe(self._subscriptions.pop())

    async def handle_market_data_event(self, event: dict[str, Any]) -> None:
        """Take one bar, book state or break of a pair in, and publish what follows from it."""
        event_type, payload = event["event_type"], event["payload"]
        if event_type == _BAR:
            pair = payload["trading_pair"]
            held = self._takes_bar(pair, payload)
            if held is not None:
                features = self._calculate_features(pair, held.end)
                if features:
                    await self._publish_features(self._payload(pair, held, held.next_text, features))
        elif event_type == types.MARKET_DATA_L2:
            await self._on_book_state(payload)
        elif event_type == types.MARKET_STATUS and payload["kind"] in _BREAKS:
            self._restart(payload.get("trading_pair"))

    def _calculate_features(self, trading_pair: str, timestamp: datetime) -> dict[str, float]:
        """The features of the pair's latest bar with its latest book, by name.

        Empty while one of them is not warm or not finite, and for a `timestamp` before that bar's end (UTC).
        """
        held = self._pairs.get(trading_pair)
        if held is None or (timestamp is not held.end and _aware(timestamp) < held.end):
            return {}
        bar = held.waiting
        if bar is not None:
            held.waiting = None
            open_, high, low, close, volume = map(float, _FIGURES(bar))
            held.values = held.stepper.step_values(open_, high, low, close, volume, held.start_ns, held.book)
        return held.values or {}

    async def _publish_features(self, feature_payload: dict[str, Any]) -> None:
        """Publish FEATURES_CALCULATED."""
        await self._bus.publish(types.FEATURES_CALCULATED, feature_payload)

    def _takes_bar(self, pair: str, payload: dict[str, Any]) -> _Pair | None:
        if not payload["is_final"] or payload["interval"] != self._interval:
            return None
        held = self._pairs.get(pair) or self._admitted(pair)
        text = payload["timestamp_bar_start"]
        # Bars mostly follow one another: then the start is the last end, and no text needs to be read.
        start_ns = held.next_ns if text == held.next_text else from_iso(text)
        if start_ns < held.next_ns:
            return None  # counted already: a repetition, or older than what the features have seen
        if start_ns != held.next_ns:
            held.reset()
            held.end = to_datetime(start_ns)
        held.start_ns = start_ns
        held.next_ns = next_ns = start_ns + self._interval_ns
        held.next_text = iso(next_ns)
        held.end += self._step
        held.exchange = payload["exchange"]
        held.waiting = payload
        return held

    async def _on_book_state(self, payload: dict[str, Any]) -> None:
        pair = payload["trading_pair"]
        held = self._pairs.get(pair) or self._admitted(pair)
        held.book = book_row(payload["bids"], payload["asks"])
        if not self._on_book or held.next_ns == _NEVER:
            return
        seen = payload["timestamp_seen"]
        now_ns = self._clock.now_ns() if self._clock is not None else from_iso(seen)
        if now_ns - held.published_ns < self._pause_ns:
            return
        features = held.stepper.refresh_values(held.book)
        if features:
            held.values = features
            held.published_ns = now_ns
            await self._publish_features(self._payload(pair, held, seen, features))

    def _payload(self, pair: str, held: _Pair, moment: str, features: dict[str, float]) -> dict[str, Any]:
        return {
            "trading_pair": pair,
            "exchange": held.exchange,
            "timestamp_features_for": moment,
            "features": features,
            "feature_set_id": self._set_id,
        }

    def _admitted(self, pair: str) -> _Pair:
        held = self._pairs[pair] = _Pair(FeatureStepper(self.feature_set))
        return held

    def _restart(self, pair: str | None) -> None:
        for name, held in self._pairs.items():
            if pair is None or name == pair:
                held.reset()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
