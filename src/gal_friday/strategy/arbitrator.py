"""StrategyArbitrator: feature rows and predictions in, proposed signals out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gal_friday.domain.instrument import Instrument, restated
from gal_friday.domain.orders_wire import report_from_payload
from gal_friday.domain.ports import Clock, SystemClock
from gal_friday.domain.time import from_iso
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.events.envelope import once
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.strategy.decisions import Decisions
from gal_friday.strategy.rules import PREDICTION

# One bar's start stands in several events of several pairs.
_instant = lru_cache(maxsize=256)(from_iso)


class StrategyArbitrator:
    """Turns payloads into calls of the deciding core and its proposals into events.

    `instruments` are the rules of the pairs until an INSTRUMENT event states them anew; without it
    the configured ones of the pairs in service.
    """

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus,
        *,
        instruments: Mapping[str, Instrument] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._bus = event_bus
        self._clock = clock or SystemClock()
        if instruments is None:
            configured = config.section("instruments")
            instruments = {pair: configured.instrument(pair) for pair in config.get_trading_pairs()}
        self._instruments = dict(instruments)
        self._decisions = Decisions(config.section("strategy"), instruments, config.config_hash)
        self._bars: dict[str, dict[str, Any]] = {}  # each pair's latest bar; read when a strategy wishes something
        self._subscriptions: list[str] = []

    async def start(self) -> None:
        """Listen for everything that strategies decide on, and for what became of their signals."""
        for event_type, handler in (
            (types.MARKET_DATA_OHLCV, self._on_bar),
            (types.FEATURES_CALCULATED, self._on_features),
            (types.PREDICTION_GENERATED, self.handle_prediction_event),
            (types.TRADE_SIGNAL_REJECTED, self._on_rejected),
            (types.EXECUTION_REPORT, self._on_report),
            (types.INSTRUMENT, self._on_instrument),
            (types.MARKET_STATUS, self._on_market_status),
        ):
            self._subscriptions.append(self._bus.subscribe(event_type, handler))

    async def stop(self) -> None:
        """Stop listening."""
        while self._subscriptions:
            self._bus.unsubscribe(self._subscriptions.pop())

    def needed_features(self, pairs: Sequence[str]) -> tuple[str, ...]:
        """The features that the strategies of these pairs read, each once."""
        return tuple(dict.fromkeys(name for pair in pairs for name in self._decisions.needed_features(pair)))

    async def handle_prediction_event(self, event: dict[str, Any]) -> None:
        """Let the strategies judge a prediction and publish what they propose."""
        proposed = self._evaluate_strategy(event["payload"])
        if proposed is not None:
            await self._publish_trade_signal_proposed(proposed)

    def _evaluate_strategy(self, prediction_data: dict[str, Any]) -> dict[str, Any] | None:
        # Rule strategies come by the same way: their data is a FEATURES_CALCULATED payload.
        data, decisions = prediction_data, self._decisions
        pair = data["trading_pair"]
        predicted = "prediction_value" in data
        stated = data["timestamp_prediction_for" if predicted else "timestamp_features_for"]
        if predicted:
            values = {**(data.get("associated_features") or {}), PREDICTION: data["prediction_value"]}
            proposal = decisions.on_prediction(pair, self._bar_ns(pair, stated), self._clock.now_ns(), values, data)
        else:
            values = data["features"]
            wishes = decisions.take_row(pair, values)
            proposal = decisions.propose(pair, wishes, self._bar_ns(pair, stated), values) if wishes else None
        return None if proposal is None else proposal.payload()

    def _bar_ns(self, pair: str, otherwise: str) -> int:
        # Proposals stand on the latest bar: its close is told now, its start is where they count from.
        bar = self._bars.get(pair)
        if bar is None:
            return _instant(otherwise)
        self._decisions.set_last_close(pair, Decimal(bar["close"]))
        return _instant(bar["timestamp_bar_start"])

    async def _publish_trade_signal_proposed(self, signal_payload: dict[str, Any]) -> None:
        await self._bus.publish(types.TRADE_SIGNAL_PROPOSED, signal_payload)

    async def _on_features(self, event: dict[str, Any]) -> None:
        proposed = self._evaluate_strategy(event["payload"])
        if proposed is not None:
            await self._publish_trade_signal_proposed(proposed)

    async def _on_bar(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if not payload["is_final"]:
            return
        pair = payload["trading_pair"]
        self._bars[pair] = payload
        due = self._decisions.time_exit_ns(pair)
        if due is None or self._clock.now_ns() < due:
            return
        start, close = _instant(payload["timestamp_bar_start"]), Decimal(payload["close"])
        proposal = self._decisions.on_bar(pair, start, self._clock.now_ns(), close)
        if proposal is not None:
            await self._publish_trade_signal_proposed(proposal.payload())

    async def _on_rejected(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        self._decisions.on_rejected(payload["signal_id"], payload["trading_pair"])

    async def _on_report(self, event: dict[str, Any]) -> None:
        self._decisions.on_report(once(event, report_from_payload))

    async def _on_instrument(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        pair = payload["trading_pair"]
        self._instruments[pair] = stated = restated(payload, self._instruments.get(pair))
        self._decisions.set_instrument(stated)

    async def _on_market_status(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if payload["kind"] != "OUTAGE":
            return
        pair = payload.get("trading_pair")
        for interrupted in [pair] if pair else list(self._instruments):
            self._decisions.on_outage(interrupted)
