"""A plain trade in one stride: entered at the next opening, ended by its stop or its target, nothing between.

Most trades are plain. For these the desk and the venue always say the same things in the same order, so
the fast driver looks ahead for the end, and says them without replaying the bars between. Anything that is
not plain (a limit entry, a fill in parts, an exit wished for, a limit near, a book, a second pair) is left
to the desk and the venue, from the start.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

import msgspec

from gal_friday.backtest.scan import MARGIN, bracket_exit
from gal_friday.backtest.signals import Signals
from gal_friday.backtest.world import World
from gal_friday.domain.bars import Float64
from gal_friday.domain.ids import order_id
from gal_friday.domain.numbers import rounded, share
from gal_friday.domain.orders import Approval, OrderType, Role, Side
from gal_friday.portfolio.account import Account
from gal_friday.simulation.matching import BarFacts, Matching
from gal_friday.strategy.decisions import Decisions

FAR = 2**62
STOP_AT_OPEN, TARGET_AT_OPEN, STOP_IN_RANGE, TARGET_IN_RANGE = 1, 2, 3, 4


class Leg(msgspec.Struct, frozen=True):
    """One order of the trade and its fill. Prices in ticks, money in quote, times UTC ns.

    `told_ns` is when the order is heard to be accepted, `arrival_ns` when it is at the venue, `fill_ns` when it
    is filled there, `heard_ns` when that is heard.
    """

    role: Role
    order_type: OrderType
    side: Side
    client_id: str
    bar_ns: int
    phase: str
    met: int
    ticks: int
    notional: Decimal
    commission: Decimal
    liquidity: str
    told_ns: int
    arrival_ns: int
    fill_ns: int
    heard_ns: int


class Trade(msgspec.Struct, frozen=True):
    """A plain trade from its entry to its end, and the stop that guarded it."""

    approval: Approval
    lots: int
    entry_row: int
    end_row: int
    best_row: int
    stop_id: str
    stop_arrival_ns: int
    entry: Leg
    exit: Leg


class Stride:
    """Looks ahead along one pair's bars; changes nothing."""

    def __init__(
        self,
        world: World,
        account: Account,
        matching: Matching,
        decisions: Decisions,
        signals: Signals,
        guard: list[int],
        floors: Float64,
    ) -> None:
        (self._pair,) = world.pairs
        self._world = world
        self._series = world.series[self._pair]
        self._rules = world.instruments[self._pair]
        self._account = account
        self._matching = matching
        self._market = matching.market(self._pair)
        self._decisions = decisions
        self._signals = signals
        self._guard = guard
        self._floors = floors
        self._shares: list[float] = floors.tolist()
        s = self._series
        self._columns = (s.open, s.high, s.low, s.close, s.volume)
        self._known_after = world.interval_ns + world.grace_ns
        self._taker, self._maker = share(self._rules.taker_fee_pct), share(self._rules.maker_fee_pct)
        self._at_market = world.config.section("execution").target_exit == "market"
        self._touch_fills = world.config.section("simulation").limit_fill == "touch"

    @staticmethod
    def serves(world: World, decisions: Decisions) -> bool:
        """Whether trades in this world can be plain at all."""
        return len(world.pairs) == 1 and not world.books and not decisions.time_limited(world.pairs[0])

    def look(self, approval: Approval, row: int, now_ns: int) -> Trade | None:
        """How the entry approved on `row` would go, if it is plain; None leaves it to the desk and the venue."""
        series, rules, entry_row = self._series, self._rules, row + 1
        if approval.order_type is not OrderType.MARKET or approval.sl is None or entry_row >= len(series):
            return None
        lots, stop = rules.lots(approval.quantity), rules.ticks(approval.sl)
        sign = 1 if approval.side is Side.BUY else -1
        target = FAR * sign if approval.tp is None else rules.ticks(approval.tp)
        bar = self._world.facts(self._pair, entry_row)
        if lots > self._matching.budget(bar.volume) or not sign * stop < sign * bar.open < sign * target:
            return None
        entry = self._enter(approval, bar, lots, now_ns)
        stop_id = order_id(approval.signal_id, Role.STOP, 1)
        stop_arrival = self._matching.arrival_ns(stop_id, entry.heard_ns)
        if entry.arrival_ns >= bar.end_ns or stop_arrival >= bar.end_ns:
            return None
        money = self._money(entry, lots, sign)
        if money is None:
            return None
        end_row, how, best = bracket_exit(
            self._columns, series.filled, entry_row, (sign, stop, target), money, self._peaks(), self._floors
        )
        if not how or self._interrupted(entry_row, end_row, approval.side):
            return None
        end = self._world.facts(self._pair, end_row)
        if how in (STOP_AT_OPEN, STOP_IN_RANGE):
            leave: Leg | None = self._stopped(
                entry, end, lots, stop, how, stop_id, stop_arrival, self._known(entry, end_row)
            )
        elif how == TARGET_AT_OPEN or self._at_market or self._filled_at(end, target, sign):
            leave = self._reached(approval, entry, end, lots, target, how, self._known(entry, end_row))
        else:
            return None
        # In the bar of the entry the exit is left what the entry did not take.
        taken = lots if end_row > entry_row else 2 * lots
        if leave is None or taken > self._matching.budget(end.volume):
            return None
        return Trade(approval, lots, entry_row, end_row, best, stop_id, stop_arrival, entry, leave)

    # --- the parts of a trade

    def _enter(self, approval: Approval, bar: BarFacts, lots: int, now_ns: int) -> Leg:
        identity = order_id(approval.signal_id, Role.ENTRY, 0)
        arrival = self._matching.arrival_ns(identity, now_ns)
        ticks, filled = self._taken(approval.side, lots, bar.open, bar), max(bar.start_ns, arrival)
        notional = self._rules.notional(ticks, lots)
        return Leg(
            Role.ENTRY,
            OrderType.MARKET,
            approval.side,
            identity,
            bar.start_ns,
            "open",
            bar.open,
            ticks,
            notional,
            rounded(notional * self._taker, self._rules.fee_decimals),
            "taker",
            now_ns,
            arrival,
            filled,
            max(now_ns, filled),
        )

    def _stopped(
        self, entry: Leg, bar: BarFacts, lots: int, stop: int, how: int, identity: str, arrival: int, known_ns: int
    ) -> Leg:
        side = entry.side.opposite
        phase, met, filled = ("open", bar.open, bar.start_ns) if how == STOP_AT_OPEN else ("range", stop, bar.end_ns)
        filled, ticks = max(filled, arrival), self._taken(side, lots, met, bar)
        notional = self._rules.notional(ticks, lots)
        return Leg(
            Role.STOP,
            OrderType.STOP_LOSS,
            side,
            identity,
            bar.start_ns,
            phase,
            met,
            ticks,
            notional,
            rounded(notional * self._taker, self._rules.fee_decimals),
            "taker",
            entry.heard_ns,
            arrival,
            filled,
            max(known_ns, filled),
        )

    def _reached(
        self, approval: Approval, entry: Leg, bar: BarFacts, lots: int, target: int, how: int, known_ns: int
    ) -> Leg | None:
        side, at_open = entry.side.opposite, how == TARGET_AT_OPEN
        identity = order_id(approval.signal_id, Role.TARGET, 2)
        phase, met, moment = ("open", bar.open, bar.start_ns) if at_open else ("range", target, bar.end_ns)
        told = max(known_ns, moment)
        arrival = self._matching.arrival_ns(identity, told)
        if arrival >= (bar.end_ns if at_open else 2 * bar.end_ns - bar.start_ns):
            return None
        maker = not (at_open or self._at_market)
        ticks = met if maker else self._taken(side, lots, met, bar)
        if not self._at_market:
            ticks = min(ticks, target) if side is Side.BUY else max(ticks, target)
        notional = self._rules.notional(ticks, lots)
        return Leg(
            Role.TARGET,
            OrderType.MARKET if self._at_market else OrderType.LIMIT,
            side,
            identity,
            bar.start_ns,
            phase,
            met,
            ticks,
            notional,
            rounded(notional * (self._maker if maker else self._taker), self._rules.fee_decimals),
            "maker" if maker else "taker",
            told,
            arrival,
            max(moment, arrival),
            max(told, moment, arrival),
        )

    def _taken(self, side: Side, lots: int, met: int, bar: BarFacts) -> int:
        return self._matching.taken(self._market, side, lots, met, bar.previous_range, bar.volume)

    def _known(self, entry: Leg, row: int) -> int:
        # When the bar before this one was known: what happens in this one is not heard of earlier.
        return max(entry.heard_ns, int(self._series.start_ns[row - 1]) + self._known_after)

    def _filled_at(self, bar: BarFacts, target: int, sign: int) -> bool:
        return self._touch_fills or (bar.high if sign > 0 else bar.low) != target

    # --- what could come between

    def _interrupted(self, entry_row: int, end_row: int, held: Side) -> bool:
        # A guard that trips, or a strategy that wishes to close, before the end.
        at = bisect_right(self._guard, entry_row - 1)
        if at < len(self._guard) and self._guard[at] < end_row:
            return True
        return self._signals.exit_between(entry_row, end_row, self._decisions, held)

    def _peaks(self) -> tuple[float, float, float]:
        drawdowns = self._account.drawdowns
        return float(drawdowns.day_peak), float(drawdowns.week_peak), float(drawdowns.peak)

    def _money(self, entry: Leg, lots: int, sign: int) -> tuple[float, float] | None:
        """Cash after the entry and worth of one tick; None if paying for it could cross a drawdown limit."""
        equity = float(self._account.cash) - float(entry.commission)
        for peak, floor in zip(self._peaks(), self._shares, strict=True):
            if equity <= peak * floor + abs(peak) * MARGIN:
                return None
        return equity - sign * float(entry.notional), sign * float(self._rules.notional(1, lots))
