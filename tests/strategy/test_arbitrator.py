"""The module on the real bus: payloads in, proposals out, and what became of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Report, Role, Side, Status
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import MINUTE, iso
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.strategy.arbitrator import StrategyArbitrator

PAIR = "XRP/USD"
UP = {"ema_12": 2.0, "ema_26": 1.0, "rsi_14": 50.0}
DOWN = {"ema_12": 1.0, "ema_26": 2.0, "rsi_14": 50.0}


class World:
    """One arbitrator on a bus, and what it proposed."""

    def __init__(self, *strategies: dict[str, Any]) -> None:
        chosen = list(strategies) or [{"id": "ema_cross", "max_hold_minutes": 3}]
        config = ConfigurationManager("", environ={}, overrides={"strategy.strategies": chosen})
        self.clock = SimulatedClock()
        self.bus = EnhancedEventBus(clock=self.clock)
        self.module = StrategyArbitrator(config, self.bus, clock=self.clock)
        self.proposed: list[dict[str, Any]] = []
        self.bus.subscribe(types.TRADE_SIGNAL_PROPOSED, self.keep, observer=True)
        step(self.module.start())

    async def keep(self, event: dict[str, Any]) -> None:
        assert event["source_module"] == "StrategyArbitrator"
        self.proposed.append(event["payload"])

    def say(self, event_type: str, payload: dict[str, Any]) -> None:
        with exact():
            step(self.bus.publish(event_type, payload, source="test"))
            self.bus.settle()

    def bar(self, minute: int, close: str = "0.50000", *, final: bool = True) -> None:
        self.clock.advance((minute + 1) * MINUTE)
        start = iso(minute * MINUTE)
        self.say(
            types.MARKET_DATA_OHLCV,
            {"trading_pair": PAIR, "timestamp_bar_start": start, "close": close, "is_final": final},
        )

    def features(self, values: dict[str, float], minute: int = 0) -> None:
        payload = {"trading_pair": PAIR, "features": values, "timestamp_features_for": iso(minute * MINUTE)}
        self.say(types.FEATURES_CALCULATED, payload)

    def cross(self) -> dict[str, Any]:
        self.bar(0)
        self.features(DOWN)
        self.bar(1, "0.51000")
        self.features(UP, 1)
        return self.proposed[-1]

    def report(self, signal: str, status: Status, filled: str, role: Role = Role.ENTRY) -> None:
        report = Report(
            signal, role, role.value, None, PAIR, status, OrderType.MARKET, Side.BUY, Decimal(10), Decimal(filled),
            None, None, None, None, Decimal(0), "USD", self.clock.now_ns(),
        )  # fmt: skip
        self.say(types.EXECUTION_REPORT, report.payload())


def test_a_cross_becomes_a_proposal_of_that_bar() -> None:
    world = World()
    proposal = world.cross()
    assert len(world.proposed) == 1
    assert (proposal["purpose"], proposal["side"], proposal["timestamp_bar"]) == ("ENTRY", "BUY", iso(MINUTE))
    assert (proposal["proposed_sl_price"], proposal["proposed_tp_price"]) == ("0.50490", "0.52020")


def test_a_bar_in_the_making_is_not_a_close() -> None:
    world = World()
    world.bar(0)
    world.features(DOWN)
    world.bar(1, "0.90000", final=False)
    world.features(UP, 1)
    assert world.proposed[0]["proposed_sl_price"] == "0.49500"


def test_refused_then_free_again_with_another_id() -> None:
    world = World()
    first = world.cross()
    world.features(DOWN)
    world.features(UP)
    assert len(world.proposed) == 1
    world.say(types.TRADE_SIGNAL_REJECTED, {"signal_id": first["signal_id"], "trading_pair": PAIR})
    world.features(DOWN)
    world.features(UP)
    assert len(world.proposed) == 2
    assert world.proposed[1]["signal_id"] != first["signal_id"]


def test_a_filled_entry_is_given_up_in_time() -> None:
    world = World()
    world.report(world.cross()["signal_id"], Status.FILLED, "10")
    for minute in range(2, 8):
        world.bar(minute)
    assert [(p["purpose"], p["timestamp_bar"]) for p in world.proposed[1:]] == [("EXIT", iso(4 * MINUTE))]


def test_an_outage_forgets_the_row_before() -> None:
    world = World()
    world.bar(0)
    world.features(DOWN)
    world.say(types.MARKET_STATUS, {"trading_pair": PAIR, "kind": "STALE", "since": iso(0)})
    world.say(types.MARKET_STATUS, {"trading_pair": PAIR, "kind": "OUTAGE", "since": iso(0)})
    world.features(UP)
    assert world.proposed == []
    world.features(DOWN)
    world.say(types.MARKET_STATUS, {"kind": "OUTAGE", "since": iso(0)})
    world.features(UP)
    assert world.proposed == []


def test_the_venues_grid_replaces_the_configured_one() -> None:
    world = World()
    rules = Instrument(PAIR, 3, 2, Decimal("0.001"), Decimal(1), Decimal(1), Decimal("0.4"), Decimal("0.25"))
    world.say(types.INSTRUMENT, rules.payload())
    assert world.cross()["proposed_sl_price"] == "0.504"


def test_predictions_are_judged_with_the_features_beside_them() -> None:
    gate = {"feature": "rsi_14", "op": "<", "value": 60.0}
    world = World({"id": "p", "use": "threshold", "confirmations": [gate]})
    world.bar(0)

    def predict(value: float, rsi: float) -> None:
        payload = {
            "trading_pair": PAIR,
            "prediction_value": value,
            "associated_features": {"rsi_14": rsi},
            "timestamp_prediction_for": iso(0),
        }
        world.say(types.PREDICTION_GENERATED, payload)

    predict(0.5, 50.0)
    predict(0.7, 65.0)
    predict(0.5, 50.0)
    assert world.proposed == []
    predict(0.7, 55.0)
    assert world.proposed[0]["triggering_prediction"]["prediction_value"] == 0.7


def test_stopped_it_is_deaf() -> None:
    world = World()
    assert world.module.needed_features((PAIR, "DOGE/USD")) == ("ema_12", "ema_26", "rsi_14")
    step(world.module.stop())
    world.bar(0)
    world.features(DOWN)
    world.features(UP)
    assert world.proposed == []
