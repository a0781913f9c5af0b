"""What an event costs on the bus: publishing it, finding its handlers, and carrying it to them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.peers.task import timed
from gal_friday.domain.numbers import exact
from gal_friday.domain.ports import SimulatedClock
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step

EVENTS = 200_000
CHAIN = (
    types.MARKET_DATA_OHLCV,
    types.FEATURES_CALCULATED,
    types.TRADE_SIGNAL_PROPOSED,
    types.TRADE_SIGNAL_APPROVED,
    types.EXECUTION_REPORT,
)


async def _ignore(event: dict[str, Any]) -> None:
    return None


def _fan_out(handlers: int) -> Callable[[], None]:
    bus = EnhancedEventBus(clock=SimulatedClock())
    for _ in range(handlers):
        bus.subscribe(types.MARKET_DATA_OHLCV, _ignore)
    payload = {"trading_pair": "BTC/USD"}

    def work() -> None:
        for _ in range(EVENTS):
            step(bus.publish(types.MARKET_DATA_OHLCV, payload, source="benchmark"))
            bus.settle()

    return work


def _along_the_chain() -> Callable[[], None]:
    bus = EnhancedEventBus(clock=SimulatedClock())

    def passing_on(following: str) -> Callable[[dict[str, Any]], Any]:
        async def handle(event: dict[str, Any]) -> None:
            await bus.publish(following, event["payload"])

        return handle

    for kind, following in pairwise(CHAIN):
        bus.subscribe(kind, passing_on(following))
    bus.subscribe(CHAIN[-1], _ignore)
    payload = {"trading_pair": "BTC/USD", "signal_id": "s"}

    def work() -> None:
        for _ in range(EVENTS // len(CHAIN)):
            step(bus.publish(CHAIN[0], payload, source="benchmark"))
            bus.settle()

    return work


def run(repeats: int) -> None:
    """Print events a second for one handler, for six, and for a chain of consequences."""
    cases = {
        "published, no handler": _fan_out(0),
        "one handler": _fan_out(1),
        "six handlers": _fan_out(6),
        f"chain of {len(CHAIN)}": _along_the_chain(),
    }
    for name, work in cases.items():
        with exact():
            seconds = median(timed(work)[0] for _ in range(repeats))
        print(f"{name:24} {EVENTS / seconds:12,.0f} events/s {seconds / EVENTS * 1e6:8.2f} us", flush=True)
