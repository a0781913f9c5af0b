"""The event driver: every bar through the real modules on the real bus, with a simulated clock. The reference."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import msgspec

from gal_friday.app import Application, Surroundings
from gal_friday.backtest.collector import paused
from gal_friday.backtest.recorder import DECISIONS, Recorder
from gal_friday.backtest.replay import Replay
from gal_friday.backtest.result import Run
from gal_friday.backtest.tape import bar_payloads, timeline
from gal_friday.backtest.world import World
from gal_friday.domain.bars import Int64
from gal_friday.domain.ids import SeededIds
from gal_friday.domain.numbers import exact, plain, units_text
from gal_friday.domain.orders import EXCHANGE
from gal_friday.domain.orders_wire import approval_from_payload, rejection_from_payload
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import iso, next_day
from gal_friday.domain.venue import Update
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.envelope import once
from gal_friday.events.stepping import step
from gal_friday.operations.halt import HaltSwitch
from gal_friday.simulation.matching import Matching
from gal_friday.simulation.venue import SimulatedVenue

SOURCE = "BacktestingEngine"


class EventDriver:
    """One run over one world; the application it drives is the one that trades live."""

    def __init__(self, world: World, capital: Decimal, recorder: Recorder) -> None:
        config = world.config
        backtest = config.section("backtest")
        self._world = world
        self._capital = capital
        self._recorder = recorder
        self._after_halt = backtest.after_halt
        self._halted_ns: int | None = None
        self._clock = SimulatedClock(int(world.starts[0]))
        self._halt = HaltSwitch(None)
        self._matching = Matching(
            config.section("simulation"),
            world.instruments,
            seed=backtest.seed,
            balances={world.quote_asset: capital},
        )
        self.bus = EnhancedEventBus(
            clock=self._clock, ids=SeededIds(backtest.seed), settings=config.section("events"), halt=self._halt
        )
        self.app = Application(
            config,
            self.bus,
            Surroundings(
                self._clock,
                SimulatedVenue(self._matching, self._clock),
                self._halt,
                world.instruments,
                ignore_halts=self._after_halt == "ignore",
                only_needed_features=True,
                books=len(world.books) == len(world.series),
            ),
        )
        self._replay = Replay(
            world,
            self._matching,
            self.app.execution.desk,
            self._clock,
            recorder,
            on_update=self._on_update,
            on_print=self._on_print,
        )
        known_after = world.interval_ns + world.grace_ns
        self._tapes = {pair: bar_payloads(series, known_after) for pair, series in world.series.items()}

    def run(self) -> Run:
        """Publish every bar, and let each come to rest before the next."""
        world, bus = self._world, self.bus
        with exact(), paused(), ExitStack() as cleanup:
            # Also of a run that fails: the writer must not outlive it.
            cleanup.callback(lambda: step(self.app.logger.stop()))
            for kind in DECISIONS:
                bus.subscribe(kind, self._record, observer=True)
            bus.subscribe(types.SYSTEM_STATE_CHANGE, self._on_state, observer=True)
            step(self.app.start())
            for rules in world.instruments.values():
                self._publish(types.INSTRUMENT, rules.payload())
            bus.settle()
            step(self._all_bars())
            account = self.app.portfolio.account
            account.revalue(self._clock.now_ns())
            run = self._recorder.run(
                world,
                "event",
                self._capital,
                final_equity=account.equity(),
                ledger_sha256=account.ledger.sha256(),
            )
            step(self.app.stop())
        return run

    async def _all_bars(self) -> None:
        # One coroutine for the whole run: nothing below it waits, or `step` finds the fault.
        bus, replay, tapes, books = self.bus, self._replay, self._tapes, self._world.books
        updates, resumes = self._matching.updates, self._after_halt == "next_day"
        for at, present in enumerate(timeline(self._world)):
            replay.happen(at, present)
            halted_ns = self._halted_ns
            if halted_ns is not None and resumes and self._clock.now_ns() >= next_day(halted_ns):
                self._halted_ns = None
                await self.app.monitoring.trigger_resume()
                await self.bus.drain()
            for pair, row in present:
                payload, restart = next(tapes[pair])
                if restart and row:
                    self._outage(pair, row)
                if pair in books:
                    self._publish(types.MARKET_DATA_L2, self._book(pair, row, payload["timestamp_seen"]))
                await bus.publish(types.MARKET_DATA_OHLCV, payload, source=SOURCE)
                await bus.drain()
                if updates:
                    replay.drain()

    # --- what the driver says

    def _publish(self, event_type: str, payload: dict[str, Any]) -> None:
        step(self.bus.publish(event_type, payload, source=SOURCE))

    def _outage(self, pair: str, row: int) -> None:
        starts = self._world.series[pair].start_ns
        since, until = int(starts[row - 1]) + self._world.interval_ns, int(starts[row])
        for kind in ("OUTAGE", "FRESH"):
            payload = {"trading_pair": pair, "kind": kind, "since": iso(since), "until": iso(until)}
            self._publish(types.MARKET_STATUS, payload)
        self.bus.settle()

    def _book(self, pair: str, row: int, now: str) -> dict[str, Any]:
        # As the history counts them: features see sizes finer than a lot, orders do not.
        books = self._world.books[pair]
        price_decimals, volume_decimals = books.price_decimals, books.volume_decimals

        def side(ticks: Int64, lots: Int64) -> list[list[str]]:
            levels = zip(ticks.tolist(), lots.tolist(), strict=True)
            return [[units_text(at, price_decimals), units_text(size, volume_decimals)] for at, size in levels if size]

        return {
            "trading_pair": pair,
            "exchange": EXCHANGE,
            "timestamp_seen": now,
            "bids": side(books.bid_ticks[row], books.bid_lots[row]),
            "asks": side(books.ask_ticks[row], books.ask_lots[row]),
            "is_snapshot": True,
        }

    def _on_update(self, update: Update) -> None:
        step(self.app.execution._handle_exchange_update(msgspec.structs.asdict(update)))
        self.bus.settle()

    def _on_print(self, pair: str, ticks: int) -> None:
        now = iso(self._clock.now_ns())
        self._publish(
            types.MARKET_DATA_TRADE,
            {
                "trading_pair": pair,
                "exchange": EXCHANGE,
                "timestamp_exchange": now,
                "timestamp_seen": now,
                "price": plain(self._world.instruments[pair].price(ticks)),
                "volume": "0",
                "side": "BUY",
                "trade_id": f"watch-{ticks}",
            },
        )
        self.bus.settle()

    # --- what the driver hears

    async def _record(self, event: dict[str, Any]) -> None:
        kind, payload = event["event_type"], event["payload"]
        if kind == types.TRADE_SIGNAL_PROPOSED:
            self._recorder.proposed(payload["signal_id"], payload["strategy_id"])
        elif kind == types.TRADE_SIGNAL_APPROVED:
            self._recorder.approved(once(event, approval_from_payload))
        elif kind == types.TRADE_SIGNAL_REJECTED:
            self._recorder.rejected(rejection_from_payload(payload))
        self._recorder.record(kind, self._clock.now_ns(), payload)

    async def _on_state(self, event: dict[str, Any]) -> None:
        if event["payload"]["new_state"] == "HALTED":
            self._halted_ns = now_ns = self._clock.now_ns()
            self._recorder.halts.append((now_ns, event["payload"]["reason"]))
