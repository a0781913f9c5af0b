"""The fast driver: the same cores as the modules, called directly, on the steps where anything can happen.

The order of calls is the order in which the bus would carry the events: reports first in, first out, and
what a report causes upstream of itself (a loss limit, a halt) before the next report.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import numpy as np

from gal_friday.backtest.collector import paused
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.replay import Replay
from gal_friday.backtest.result import Run
from gal_friday.backtest.signals import Signals, find
from gal_friday.backtest.skipping import Skipping
from gal_friday.backtest.stride import Leg, Stride, Trade
from gal_friday.backtest.telling import Telling
from gal_friday.backtest.world import World
from gal_friday.domain.bars import Bools
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Proposal, Purpose, Rejection, Report, Role, Side
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import DAY, next_day
from gal_friday.domain.venue import Answer, Command, Submit, Update
from gal_friday.events import types
from gal_friday.execution.desk import Desk, Outcome
from gal_friday.features.series import FeatureSet
from gal_friday.operations.failures import OrderFailures
from gal_friday.operations.volatility import volatility_mask, volatility_reason
from gal_friday.portfolio.account import Account
from gal_friday.risk.gate import Gate
from gal_friday.risk.limits import crossed
from gal_friday.simulation.matching import Matching
from gal_friday.strategy.decisions import Decisions


class FastDriver:
    """One run over one world."""

    def __init__(self, world: World, capital: Decimal, recorder: Recorder) -> None:
        config = world.config
        self._world = world
        self._capital = capital
        self._recorder = recorder
        backtest, monitoring = config.section("backtest"), config.section("monitoring")
        self._after_halt = backtest.after_halt
        self._liquidate = monitoring.halt_action == "LIQUIDATE_POSITIONS"
        self._clock = SimulatedClock(int(world.starts[0]))
        self._account = Account(world.quote_asset, capital, self._clock.now_ns())
        self._gate = Gate(config.section("risk"), world.instruments)
        self._desk = Desk(config.section("execution"), world.instruments)
        self._failures = OrderFailures(config.section("execution").max_order_failures)
        self._decisions = Decisions(config.section("strategy"), world.instruments, config.config_hash)
        self._matching = Matching(
            config.section("simulation"),
            world.instruments,
            seed=backtest.seed,
            balances={world.quote_asset: capital},
        )
        self._replay = Replay(
            world,
            self._matching,
            self._desk,
            self._clock,
            recorder,
            on_update=self._on_update,
            on_print=self._on_print,
        )
        self._reports: deque[Report] = deque()
        self._checked = -1
        self._stride: Stride | None = None
        self._telling = Telling(next(iter(world.instruments.values())))
        self._landing: int | None = None
        self._halted_ns = 0
        self._guards: dict[str, Bools] = {}
        self._signals: dict[str, Signals] = {}

    # --- the run

    def prepare(self) -> None:
        """Compute features and guards for the whole series."""
        world = self._world
        # One set serves all pairs, as in the feature engine: a row counts when everything in it is known.
        needed = dict.fromkeys(name for pair in world.series for name in self._decisions.needed_features(pair))
        features = FeatureSet.from_settings(world.config.section("features"), tuple(needed))
        for pair, series in world.series.items():
            self._signals[pair] = find(pair, series, world.books.get(pair), features, self._decisions)
            self._guards[pair] = volatility_mask(series, world.config.section("monitoring"))

    def run(self) -> Run:
        """Visit every step that matters, in order."""
        with exact(), paused():
            self.prepare()
            world = self._world
            skipping = Skipping(
                world,
                self._signals,
                self._guards,
                self._account,
                self._gate,
                self._desk,
                self._matching,
                self._decisions,
            )
            halts = self._after_halt != "ignore"
            if halts and Stride.serves(world, self._decisions):
                self._stride = self._striding(skipping)
            step, steps = 0, len(world.starts)
            while step < steps:
                self._landing = None
                self._visit(step)
                landing = self._landing
                step = skipping.next(step, self._resume_ns(), halts=halts) if landing is None else landing
            self._account.revalue(self._clock.now_ns())
            return self._recorder.run(
                world,
                "fast",
                self._capital,
                final_equity=self._account.equity(),
                ledger_sha256=self._account.ledger.sha256(),
            )

    def _striding(self, skipping: Skipping) -> Stride:
        (signals,) = self._signals.values()
        return Stride(
            self._world, self._account, self._matching, self._decisions, signals, skipping.guard, skipping.floors
        )

    def _resume_ns(self) -> int | None:
        if self._gate.halted is None or self._after_halt != "next_day":
            return None
        return next_day(self._halted_ns)

    def _visit(self, step: int) -> None:
        world = self._world
        start = int(world.starts[step])
        present = [(pair, int(rows[step])) for pair, rows in world.rows.items() if rows[step] >= 0]
        self._replay.happen(step, present)
        resume = self._resume_ns()
        if resume is not None and self._clock.now_ns() >= resume:
            self._gate.halted = None
            self._account.resumed()
            self._checked = -1
        for pair, row in present:
            self._bar(pair, row, start)

    # --- the bar happens

    def _on_update(self, update: Update) -> None:
        self._carry_out(self._desk.on_update(update))
        self._settle()

    def _on_print(self, pair: str, ticks: int) -> None:
        self._carry_out(self._desk.on_print(pair, ticks, self._clock.now_ns()))
        self._settle()

    # --- the bar is known

    def _bar(self, pair: str, row: int, start: int) -> None:
        account, gate = self._account, self._gate
        close = self._world.instruments[pair].price(int(self._world.series[pair].close[row]))
        if account.mark(pair, close, self._clock.now_ns()):
            account.revalue(self._clock.now_ns())
        gate.last[pair] = close
        reason = self._crossed()
        tripped = bool(self._guards[pair][row])
        proposal = self._decisions.on_bar(pair, start, self._clock.now_ns(), close)
        if reason is not None:
            self._halt(reason)
        if tripped:
            self._halt(volatility_reason(pair))
        self._settle()
        if proposal is not None:
            self._propose(proposal, row)
        row_features = self._signals[pair].at(row)
        if row_features is not None:
            values, before = row_features
            self._decisions.set_before(pair, before)
            wished = self._decisions.on_features(pair, start, self._clock.now_ns(), values)
            if wished is not None:
                self._propose(wished, row)
        self._replay.drain()

    def _propose(self, proposal: Proposal, row: int) -> None:
        recorder = self._recorder
        recorder.proposed(proposal.signal_id, proposal.strategy_id)
        recorder.record(types.TRADE_SIGNAL_PROPOSED, self._clock.now_ns(), proposal.payload())
        outcome = self._gate.judge(proposal, self._account.figures(), self._clock.now_ns())
        if isinstance(outcome, Rejection):
            self._decisions.on_rejected(outcome.signal_id, outcome.pair)
            recorder.rejected(outcome)
            recorder.record(types.TRADE_SIGNAL_REJECTED, self._clock.now_ns(), outcome.payload())
            return
        approval = outcome.approval
        if approval.purpose is Purpose.ENTRY:
            if self._stride is not None:
                trade = self._stride.look(approval, row, self._clock.now_ns())
                if trade is not None:
                    recorder.record(types.TRADE_SIGNAL_APPROVED, self._clock.now_ns(), approval.payload())
                    self._take(trade, self._telling)
                    return
            self._account.reserve(approval.signal_id, approval.pair, outcome.cash, outcome.exposure)
        recorder.approved(approval)
        done = self._desk.on_approved(approval, self._clock.now_ns())
        recorder.record(types.TRADE_SIGNAL_APPROVED, self._clock.now_ns(), approval.payload())
        self._carry_out(done)
        self._settle()

    # --- a plain trade

    def _take(self, trade: Trade, telling: Telling) -> None:
        accepted, leave = self._matching.accepted, trade.exit
        ids = accepted(), accepted(), None if leave.role is Role.STOP else accepted()
        self._recorder.tell(types.EXECUTION_REPORT, telling.lines(trade, *ids))
        self._book(trade, trade.entry)
        if trade.end_row > trade.entry_row:
            self._follow(trade)
        self._book(trade, leave)
        self._gate.ended(trade.approval.signal_id)
        self._failures.accepted()
        self._decisions.lived_through(trade.approval.pair)
        self._landing = trade.end_row
        reason = self._crossed()
        if reason is not None:
            self._halt(reason)

    def _book(self, trade: Trade, leg: Leg) -> None:
        approval, rules = trade.approval, self._world.instruments[trade.approval.pair]
        self._recorder.leg(trade, leg, rules.notional(abs(leg.ticks - leg.met), trade.lots))
        self._clock.advance(leg.heard_ns)
        signed = approval.quantity if leg.side is Side.BUY else -approval.quantity
        price = rules.price(leg.ticks)
        self._account.fill(f"{leg.client_id}-1", approval.pair, signed, price, leg.commission, leg.heard_ns)

    def _follow(self, trade: Trade) -> None:
        # Equity between entry and end, day by day: where each begins, its best close, and where it stands last.
        account, world, pair = self._account, self._world, trade.approval.pair
        starts, known_after = world.series[pair].start_ns, world.interval_ns + world.grace_ns
        close, position = world.series[pair].close, account.exposed[pair]
        row, end = trade.entry_row, trade.end_row
        best = trade.best_row
        while row < end:
            self._mark(pair, row)
            until = end
            if int(starts[end - 1]) + known_after >= (account.drawdowns.day + 1) * DAY:
                until = int(starts.searchsorted((account.drawdowns.day + 1) * DAY - known_after))
                best = row + int(np.argmax(close[row:until] if position.quantity > 0 else -close[row:until]))
            elif best < row:
                best = row + int(np.argmax(close[row:end] if position.quantity > 0 else -close[row:end]))
            price = world.instruments[pair].price(int(close[best]))
            account.drawdowns.raise_peaks(account.cash + position.quantity * price)
            self._mark(pair, until - 1)
            row = until

    def _mark(self, pair: str, row: int) -> None:
        series = self._world.series[pair]
        known = int(series.start_ns[row]) + self._world.interval_ns + self._world.grace_ns
        if self._account.mark(pair, self._world.instruments[pair].price(int(series.close[row])), known):
            self._account.revalue(known)

    # --- consequences

    def _carry_out(self, outcome: Outcome) -> None:
        self._reports.extend(outcome.reports)
        commands = deque(outcome.commands)
        while commands:
            command = commands.popleft()
            told = self._desk.on_answer(command, self._execute(command))
            self._reports.extend(told.reports)
            commands.extend(told.commands)

    def _execute(self, command: Command) -> Answer:
        if isinstance(command, Submit) and command.role is Role.ENTRY and self._gate.halted is not None:
            return Answer(False, self._clock.now_ns(), error="halted before the order left")
        return self._matching.execute(command, self._clock.now_ns())

    def _settle(self) -> None:
        reports = self._reports
        while reports:
            report = reports.popleft()
            filled = self._account.on_report(report, self._clock.now_ns())
            self._gate.on_report(report)
            failure = self._failures.on_report(report)
            self._decisions.on_report(report)
            self._recorder.record(types.EXECUTION_REPORT, self._clock.now_ns(), report.payload())
            if failure is not None:
                self._halt(failure)
            if filled:
                reason = self._crossed()
                if reason is not None:
                    self._halt(reason)

    def _crossed(self) -> str | None:
        account = self._account
        if self._gate.halted is not None or account.version == self._checked:
            return None
        self._checked = account.version
        limits, drawdowns = self._gate.settings, account.drawdowns
        if account.losses < limits.max_consecutive_losses and not drawdowns.may_cross(
            limits.daily_drawdown_pct, limits.weekly_drawdown_pct, limits.total_drawdown_pct
        ):
            return None
        return crossed(drawdowns.total_pct, drawdowns.day_pct, drawdowns.week_pct, account.losses, limits)

    def _halt(self, reason: str) -> None:
        if self._gate.halted is not None or self._after_halt == "ignore":
            return
        self._gate.halted = reason
        self._halted_ns = self._clock.now_ns()
        self._recorder.halts.append((self._clock.now_ns(), reason))
        self._carry_out(self._desk.on_halt(self._clock.now_ns(), liquidate=self._liquidate))
