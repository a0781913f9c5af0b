"""How a bar happens at the simulated venue: one order of things for both drivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.world import World
from gal_friday.domain.orders import OrderType, Side
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.venue import Update
from gal_friday.execution.desk import Desk
from gal_friday.simulation.matching import Matching

# Looking a member up in its class takes ten times as long, and this is asked on every bar.
_STOP, _BUY = OrderType.STOP_LOSS, Side.BUY


class Replay:
    """Leads the matching engine through a bar and hands on what it tells, one piece of news at a time.

    `on_update` and `on_print` carry each piece to its last consequence before the next is taken.
    """

    def __init__(
        self,
        world: World,
        matching: Matching,
        desk: Desk,
        clock: SimulatedClock,
        recorder: Recorder,
        *,
        on_update: Callable[[Update], None],
        on_print: Callable[[str, int], None],
    ) -> None:
        self._world = world
        self._matching = matching
        self._desk = desk
        self._markets = {pair: matching.market(pair) for pair in world.series}
        self._clock = clock
        self._recorder = recorder
        self._on_update = on_update
        self._on_print = on_print

    def happen(self, step: int, present: Sequence[tuple[str, int]]) -> None:
        """The step's bars, from opening to end, for the pairs that have orders at the venue."""
        world, clock, matching = self._world, self._clock, self._matching
        start: int = world.starts.item(step)
        for pair, row in present:
            if self._markets[pair].orders and self._stirs(pair, row):
                break
        else:
            clock.advance(start + world.interval_ns + world.grace_ns)
            return
        # Where one pair moves, the others are played too: its news may concern them.
        trading = [(pair, row) for pair, row in present if matching.market(pair).orders]
        if step:
            # The step before was known a moment after this one opened, whether or not it was visited.
            clock.advance(int(world.starts[step - 1]) + world.interval_ns + world.grace_ns)
        clock.advance(start)
        for pair, row in trading:
            self._open(pair, row)
        clock.advance(start + world.interval_ns)
        for pair, _ in trading:
            self._range(pair)
        clock.advance(start + world.interval_ns + world.grace_ns)

    def drain(self) -> None:
        """Hand on everything the venue has to tell."""
        updates = self._matching.updates
        while updates:
            update = updates.popleft()
            self._clock.advance(update.venue_ns)
            if update.kind == "fill":
                self._recorder.fill(update, self._desk.orders[update.client_id])
            self._on_update(update)

    def _stirs(self, pair: str, row: int) -> bool:
        # Most bars reach neither the resting stop nor the watched target, and no other order waits: then
        # nothing can happen, and none of it need be played.
        series = self._world.series[pair]
        low, high = series.low.item(row), series.high.item(row)
        for resting in self._markets[pair].orders.values():
            order = resting.order
            if order.order_type is not _STOP or order.stop is None or order.expires_ns is not None or resting.triggered:
                return True
            if high >= order.stop if order.side is _BUY else low <= order.stop:
                return True
        bracket = self._desk.brackets.get(pair)
        return bracket is not None and bracket.touched(high if bracket.side is _BUY else low)

    def _open(self, pair: str, row: int) -> None:
        matching = self._matching
        book = self._world.book(pair, row - 1) if row else None
        if book is not None:
            matching.set_book(pair, *book)
        matching.begin(pair, self._world.facts(pair, row))
        while matching.match_open(pair):
            self.drain()
        self._touch(pair)

    def _range(self, pair: str) -> None:
        matching = self._matching
        matching.range(pair)
        while matching.match_range(pair):
            self.drain()
        self._touch(pair)
        matching.end(pair)

    def _touch(self, pair: str) -> None:
        bracket = self._desk.brackets.get(pair)
        if bracket is None or bracket.target_ticks is None or not bracket.held:
            return
        printed = self._matching.touch(pair, bracket.target_ticks)
        if printed is None or not bracket.touched(printed):
            return
        self._on_print(pair, printed)
        self.drain()
        while self._matching.match_touch(pair):
            self.drain()
        self._matching.release_touch(pair)
