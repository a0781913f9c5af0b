"""A plain trade in one stride: entered at the next opening, ended by its stop or its target, nothing between.

Most trades are plain. For these the desk and the venue always say the same things in the same order, so
the fast driver looks ahead for the end, and says them without replaying the bars between. Anything that is
not plain (a limit entry, a fill in parts, an exit wished for, a limit near, midnight between, a book, a
second pair) is left to the desk and the venue, from the start.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

import msgspec
import numpy as np

from gal_friday.backtest.scan import MARGIN, bracket_exit, walk
from gal_friday.backtest.signals import Signals
from gal_friday.backtest.world import World
from gal_friday.domain.bars import Float64
from gal_friday.domain.ids import order_id
from gal_friday.domain.numbers import ZERO
from gal_friday.domain.orders import Approval, Fill, OrderType, Report, Role, Side, Status
from gal_friday.domain.time import day_index
from gal_friday.portfolio.account import Account
from gal_friday.simulation.matching import BarFacts, Matching
from gal_friday.strategy.decisions import Decisions

FAR = 2**62
STOP_AT_OPEN, TARGET_AT_OPEN, STOP_IN_RANGE, TARGET_IN_RANGE = 1, 2, 3, 4


class Leg(msgspec.Struct, frozen=True):
    """One order of the trade and its fill. Prices in ticks, times UTC ns.

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
    commission: Decimal
    maker: bool
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
        self._peaks = np.empty(3)
        self._known_after = world.interval_ns + world.grace_ns
        self._at_market = world.config.section("execution").target_exit == "market"
        self._touch_fills = world.config.section("simulation").limit_fill == "touch"

    @staticmethod
    def serves(world: World, decisions: Decisions) -> bool:
        """Whether trades in this world can be plain at all."""
        return len(world.pairs) == 1 and not world.books and not decisions.time_limited(world.pairs[0])

    def look(self, approval: Approval, row: int, now_ns: int) -> Trade | None:
        """How the entry approved on `row` would go, if it is plain; None leaves it to the desk and the venue."""
        series, entry_row = self._series, row + 1
        if approval.order_type is not OrderType.MARKET or approval.sl is None or entry_row >= len(series):
            return None
        lots, stop = self._rules.lots(approval.quantity), self._rules.ticks(approval.sl)
        sign = 1 if approval.side is Side.BUY else -1
        target = FAR * sign if approval.tp is None else self._rules.ticks(approval.tp)
        bar = self._world.facts(self._pair, entry_row)
        entry = self._enter(approval, bar, lots, now_ns)
        if entry is None or not sign * stop < sign * bar.open < sign * target:
            return None
        end_row, how = bracket_exit(
            series.open,
            series.high,
            series.low,
            series.volume,
            series.filled,
            entry_row,
            len(series),
            sign,
            stop,
            target,
        )
        if not how or self._interrupted(entry_row, end_row, approval.side):
            return None
        stop_id = order_id(approval.signal_id, Role.STOP, 1)
        stop_arrival = self._matching.arrival_ns(stop_id, entry.heard_ns)
        end = self._world.facts(self._pair, end_row)
        heard = entry.heard_ns
        if end_row > entry_row:
            heard = max(heard, int(series.start_ns[end_row - 1]) + self._known_after)
        if how in (STOP_AT_OPEN, STOP_IN_RANGE):
            leave = self._stopped(entry, end, lots, stop, how, stop_id, stop_arrival, heard)
        else:
            leave = self._reached(approval, entry, end, lots, target, how, heard)
        if leave is None or stop_arrival >= bar.end_ns or lots > self._matching.budget(end.volume):
            return None
        if day_index(leave.heard_ns) != self._account.drawdowns.day:
            return None
        best = self._unharmed(entry, lots, sign, entry_row, end_row)
        if best is None:
            return None
        return Trade(approval, lots, entry_row, end_row, best, stop_id, stop_arrival, entry, leave)

    # --- the parts of a trade

    def _enter(self, approval: Approval, bar: BarFacts, lots: int, now_ns: int) -> Leg | None:
        identity = order_id(approval.signal_id, Role.ENTRY, 0)
        arrival = self._matching.arrival_ns(identity, now_ns)
        if arrival >= bar.end_ns or lots > self._matching.budget(bar.volume):
            return None
        filled = max(bar.start_ns, arrival)
        return self._leg(
            Role.ENTRY,
            OrderType.MARKET,
            approval.side,
            identity,
            bar,
            "open",
            bar.open,
            None,
            lots,
            now_ns,
            arrival,
            filled,
            max(now_ns, bar.start_ns, filled),
        )

    def _stopped(
        self, entry: Leg, bar: BarFacts, lots: int, stop: int, how: int, identity: str, arrival: int, heard: int
    ) -> Leg:
        side = entry.side.opposite
        if how == STOP_AT_OPEN:
            filled, phase, met = max(bar.start_ns, arrival), "open", bar.open
            heard = max(heard, bar.start_ns, filled)
        else:
            filled, phase, met = max(bar.end_ns, arrival), "range", stop
            heard = max(heard, filled)
        return self._leg(
            Role.STOP,
            OrderType.STOP_LOSS,
            side,
            identity,
            bar,
            phase,
            met,
            None,
            lots,
            entry.heard_ns,
            arrival,
            filled,
            heard,
        )

    def _reached(
        self, approval: Approval, entry: Leg, bar: BarFacts, lots: int, target: int, how: int, heard: int
    ) -> Leg | None:
        side, at_open = entry.side.opposite, how == TARGET_AT_OPEN
        identity = order_id(approval.signal_id, Role.TARGET, 2)
        told = max(heard, bar.start_ns if at_open else bar.end_ns)
        arrival = self._matching.arrival_ns(identity, told)
        filled = max(bar.start_ns if at_open else bar.end_ns, arrival)
        phase, met, limit = ("open", bar.open, target) if at_open else ("range", target, None)
        if self._at_market:
            order_type, limit = OrderType.MARKET, None
        else:
            order_type = OrderType.LIMIT
            extreme = bar.high if side is Side.SELL else bar.low
            if not at_open and extreme == target and not self._touch_fills:
                return None
        maker = order_type is OrderType.LIMIT and not at_open
        return self._leg(
            Role.TARGET,
            order_type,
            side,
            identity,
            bar,
            phase,
            met,
            limit,
            lots,
            told,
            arrival,
            filled,
            max(told, filled),
            maker=maker,
        )

    def _leg(
        self,
        role: Role,
        order_type: OrderType,
        side: Side,
        identity: str,
        bar: BarFacts,
        phase: str,
        met: int,
        limit: int | None,
        lots: int,
        told_ns: int,
        arrival_ns: int,
        fill_ns: int,
        heard_ns: int,
        *,
        maker: bool = False,
    ) -> Leg:
        ticks = met
        if not maker:
            ticks = self._matching.taken(self._market, side, lots, met, bar.previous_range, bar.volume)
            if limit is not None:
                ticks = min(ticks, limit) if side is Side.BUY else max(ticks, limit)
        commission = self._rules.fee(self._rules.notional(ticks, lots), maker=maker)
        return Leg(
            role,
            order_type,
            side,
            identity,
            bar.start_ns,
            phase,
            met,
            ticks,
            commission,
            maker,
            told_ns,
            arrival_ns,
            fill_ns,
            heard_ns,
        )

    # --- what could come between

    def _interrupted(self, entry_row: int, end_row: int, held: Side) -> bool:
        # A guard that trips, or a strategy that wishes to close, before the end.
        at = bisect_right(self._guard, entry_row - 1)
        if at < len(self._guard) and self._guard[at] < end_row:
            return True
        return self._signals.exit_between(entry_row, end_row, self._decisions, held)

    def _unharmed(self, entry: Leg, lots: int, sign: int, entry_row: int, end_row: int) -> int | None:
        """The row of the best close before the end, -1 if there is none; None if a drawdown limit could be crossed."""
        account, peaks, floors = self._account, self._peaks, self._floors
        drawdowns = account.drawdowns
        peaks[0], peaks[1], peaks[2] = drawdowns.day_peak, drawdowns.week_peak, drawdowns.peak
        paid = float(entry.commission)
        cash = float(account.cash) - sign * float(self._rules.notional(entry.ticks, lots)) - paid
        equity = float(account.cash) - paid
        for peak, floor in zip(peaks.tolist(), floors.tolist(), strict=True):
            if equity <= peak * floor + abs(peak) * MARGIN:
                return None
        worth = sign * float(self._rules.notional(1, lots))
        trip, best = walk(self._series.close, entry_row, end_row, sign, cash, worth, peaks, floors)
        return None if trip < end_row else best

    # --- what is said of it

    def opened(self, trade: Trade, exchange_id: str) -> tuple[Report, Report]:
        """The entry's acceptance and its fill."""
        return self._accepted(trade, trade.entry, exchange_id), self._filled(trade, trade.entry, exchange_id)

    def guarded(self, trade: Trade, exchange_id: str) -> Report:
        """The stop's acceptance."""
        return self._stop(trade, Status.NEW, trade.stop_arrival_ns, exchange_id)

    def taken_back(self, trade: Trade, exchange_id: str) -> Report:
        """The stop's cancellation, before the target's exit is placed."""
        return self._stop(trade, Status.CANCELED, trade.exit.told_ns, exchange_id)

    def closed(self, trade: Trade, exchange_id: str) -> tuple[Report, Report]:
        """The exit's acceptance and its fill; a stop was accepted long before."""
        return self._accepted(trade, trade.exit, exchange_id), self._filled(trade, trade.exit, exchange_id)

    def _accepted(self, trade: Trade, leg: Leg, exchange_id: str) -> Report:
        return self._report(trade, leg, exchange_id, Status.NEW, leg.arrival_ns, None)

    def _filled(self, trade: Trade, leg: Leg, exchange_id: str) -> Report:
        quantity = trade.approval.quantity
        fill = Fill(
            f"{leg.client_id}-1",
            quantity,
            self._rules.price(leg.ticks),
            leg.commission,
            "maker" if leg.maker else "taker",
        )
        return self._report(trade, leg, exchange_id, Status.FILLED, leg.fill_ns, fill)

    def _report(
        self, trade: Trade, leg: Leg, exchange_id: str, status: Status, venue_ns: int, fill: Fill | None
    ) -> Report:
        approval = trade.approval
        quantity = approval.quantity
        return Report(
            approval.signal_id,
            leg.role,
            leg.client_id,
            exchange_id,
            approval.pair,
            status,
            leg.order_type,
            leg.side,
            quantity,
            ZERO if fill is None else quantity,
            None if fill is None else fill.price,
            fill,
            approval.tp if leg.order_type is OrderType.LIMIT else None,
            approval.sl if leg.role is Role.STOP else None,
            ZERO if fill is None else leg.commission,
            self._rules.quote,
            venue_ns,
        )

    def _stop(self, trade: Trade, status: Status, venue_ns: int, exchange_id: str) -> Report:
        approval = trade.approval
        return Report(
            approval.signal_id,
            Role.STOP,
            trade.stop_id,
            exchange_id,
            approval.pair,
            status,
            OrderType.STOP_LOSS,
            approval.side.opposite,
            approval.quantity,
            ZERO,
            None,
            None,
            None,
            approval.sl,
            ZERO,
            self._rules.quote,
            venue_ns,
        )
