"""Which step must be visited next: what every part of the system waits for, put into compiled scans."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

import numpy as np

from gal_friday.backtest.scan import joint_walk, touch, walk
from gal_friday.backtest.signals import Signals
from gal_friday.backtest.world import World
from gal_friday.domain.bars import Bools, Float64, Int64
from gal_friday.domain.numbers import share
from gal_friday.domain.orders import Side
from gal_friday.domain.time import DAY
from gal_friday.execution.desk import Desk
from gal_friday.portfolio.account import Account
from gal_friday.risk.gate import Gate
from gal_friday.simulation.matching import Matching
from gal_friday.strategy.decisions import Decisions

FAR = 2**62
_NEVER = np.full(3, -np.inf)


class Skipping:
    """Finds the next step to visit, and brings the account to the moment before it."""

    def __init__(
        self,
        world: World,
        signals: dict[str, Signals],
        guard: dict[str, Bools],
        account: Account,
        gate: Gate,
        desk: Desk,
        matching: Matching,
        decisions: Decisions,
    ) -> None:
        self._world = world
        self._signals = signals
        self._account = account
        self._gate = gate
        self._desk = desk
        self._matching = matching
        self._decisions = decisions
        self._guard = _union(world, guard)
        self._pairs = world.pairs
        self._peaks = np.empty(3)
        # A pair with a bar at every step needs no table: its rows are the steps.
        self._steps = {
            p: None if len(s) == len(world.starts) else np.searchsorted(world.starts, s.start_ns)
            for p, s in world.series.items()
        }
        self._midnight = (-1, 0)
        self._known_after = world.interval_ns + world.grace_ns
        settings = gate.settings
        limits = (settings.daily_drawdown_pct, settings.weekly_drawdown_pct, settings.total_drawdown_pct)
        self._floors = np.array([1.0 - float(share(limit)) for limit in limits])

    @property
    def floors(self) -> Float64:
        """Day, week and total: the share of the peak at which a drawdown limit is crossed."""
        return self._floors

    @property
    def guard(self) -> list[int]:
        """The steps at which a guard trips."""
        return self._guard

    def next(self, step: int, resume_ns: int | None, *, halts: bool) -> int:
        """The first step after `step` that must be visited; the number of steps when there is none."""
        bound = len(self._world.starts)
        if step + 1 >= bound:
            return bound
        for pair in self._pairs:
            if self._matching.working(pair):
                return step + 1
        if resume_ns is not None:
            bound = min(bound, self._first_known(resume_ns))
        halted = self._gate.halted is not None
        if halts and not halted:
            at = bisect_right(self._guard, step)
            if at < len(self._guard):
                bound = min(bound, self._guard[at])
        for pair in self._pairs:
            bound = min(bound, self._pair_next(pair, step, bound))
        if self._account.exposed:
            bound = min(bound, max(self._next_midnight(), step + 1))
            bound = self._follow_equity(step + 1, bound, self._floors if halts and not halted else _NEVER)
        return max(bound, step + 1)

    def _first_known(self, ns: int) -> int:
        return int(self._world.starts.searchsorted(ns - self._known_after))

    def _next_midnight(self) -> int:
        day = self._account.drawdowns.day + 1
        if self._midnight[0] != day:
            self._midnight = (day, self._first_known(day * DAY))
        return self._midnight[1]

    def _row_from(self, pair: str, step: int) -> int:
        steps = self._steps[pair]
        return step if steps is None else int(steps.searchsorted(step))

    def _step_of(self, pair: str, row: int) -> int:
        steps = self._steps[pair]
        return row if steps is None else int(steps[row])

    def _pair_next(self, pair: str, step: int, bound: int) -> int:
        first, last = self._row_from(pair, step + 1), self._row_from(pair, bound)
        if first >= last:
            return bound
        row = last
        due = self._decisions.time_exit_ns(pair)
        if due is not None:
            row = min(row, max(self._row_from(pair, self._first_known(due)), first))
        bracket = self._desk.brackets.get(pair)
        if bracket is not None and bracket.held:
            stop, target = bracket.stop_ticks, bracket.target_ticks
            if stop is None:
                return step + 1
            if bracket.side is Side.BUY:
                upper, lower = FAR if target is None else target, stop
            else:
                upper, lower = stop, -FAR if target is None else target
            series = self._world.series[pair]
            row = touch(series.high, series.low, first, row, upper, lower)
        row = self._signals[pair].next_row(first, row, self._decisions)
        return self._step_of(pair, row) if row < last else bound

    # --- equity over the skipped steps

    def _follow_equity(self, first: int, last: int, floors: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
        """Move the account over the steps in [first, last) that cross no limit; the first that could, else `last`."""
        drawdowns, peaks = self._account.drawdowns, self._peaks
        peaks[0], peaks[1], peaks[2] = drawdowns.day_peak, drawdowns.week_peak, drawdowns.peak
        exposed = sorted(self._account.exposed)
        if len(exposed) == 1:
            return self._follow_one(exposed[0], first, last, peaks, floors)
        return self._follow_many(exposed, first, last, peaks, floors)

    def _follow_one(
        self,
        pair: str,
        first: int,
        last: int,
        peaks: np.ndarray[tuple[int], np.dtype[np.float64]],
        floors: np.ndarray[tuple[int], np.dtype[np.float64]],
    ) -> int:
        position = self._account.exposed[pair]
        close = self._world.series[pair].close
        rows = self._row_from(pair, first), self._row_from(pair, last)
        worth = float(position.quantity * self._world.instruments[pair].price(1))
        sign = 1 if position.quantity > 0 else -1
        trip, best = walk(close, *rows, sign, float(self._account.cash), worth, peaks, floors)
        if trip > rows[0]:
            self._account.drawdowns.raise_peaks(self._account.cash + position.quantity * self._price(pair, best))
            self._settle([pair], [trip - 1], self._step_of(pair, trip - 1))
        return self._step_of(pair, trip) if trip < rows[1] else last

    def _follow_many(
        self,
        exposed: list[str],
        first: int,
        last: int,
        peaks: np.ndarray[tuple[int], np.dtype[np.float64]],
        floors: np.ndarray[tuple[int], np.dtype[np.float64]],
    ) -> int:
        account = self._account
        rows = [self._latest_rows(pair, first, last) for pair in exposed]
        marks = [self._world.series[p].close[r].astype(np.float64) for p, r in zip(exposed, rows, strict=True)]
        quantities = [account.exposed[pair].quantity for pair in exposed]
        worths = [float(q * self._world.instruments[p].price(1)) for p, q in zip(exposed, quantities, strict=True)]
        # Before its first bar here a position stands at the mark the account knows, a fill's price perhaps.
        for at, pair in enumerate(exposed):
            known = float(self._world.instruments[pair].ticks(account.exposed[pair].mark))
            marks[at] = np.where(np.cumsum(rows[at] != rows[at][0]) == 0, known, marks[at])
        trip, near = joint_walk(marks, float(account.cash), worths, peaks, floors)
        for step, upto in near:
            equity = account.cash
            for at, pair in enumerate(exposed):
                index = step + 1 if at <= upto else step
                fresh = rows[at][index] != rows[at][0]
                mark = self._price(pair, int(rows[at][index])) if fresh else account.exposed[pair].mark
                equity += quantities[at] * mark
            self._account.drawdowns.raise_peaks(equity)
        if trip:
            moved = [(p, int(r[trip])) for p, r in zip(exposed, rows, strict=True) if r[trip] != r[0]]
            self._settle([p for p, _ in moved], [r for _, r in moved], first + trip - 1)
        return first + trip

    def _latest_rows(self, pair: str, first: int, last: int) -> Int64:
        # The pair's latest row at each step from first - 1 on: a step without its bar keeps the one before.
        rows = self._world.rows[pair][first - 1 : last].copy()
        rows[0] = self._row_from(pair, first) - 1
        return np.maximum.accumulate(rows)

    def _price(self, pair: str, row: int) -> Decimal:
        return self._world.instruments[pair].price(int(self._world.series[pair].close[row]))

    def _settle(self, pairs: list[str], rows: list[int], step: int) -> None:
        for pair, row in zip(pairs, rows, strict=True):
            self._account.exposed[pair].mark = self._account.marks[pair] = self._price(pair, row)
        self._account.revalue(int(self._world.starts[step]) + self._known_after)


def _union(world: World, masks: dict[str, Bools]) -> list[int]:
    steps = [world.starts.searchsorted(world.series[pair].start_ns[mask]) for pair, mask in masks.items()]
    found: list[int] = np.unique(np.concatenate(steps)).tolist() if steps else []
    return found
