"""The strategies at work: rows in, at most one proposal out; one position intent per pair.

While an entry or an exit is under way nothing is proposed. A held position may be closed by any of the
pair's strategies. Of several wishes on one row an exit beats an entry, then the first configured
strategy wins; the others are counted as dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from gal_friday.domain.bars import Bools, Float64
from gal_friday.domain.errors import Fault, SettingsError
from gal_friday.domain.ids import signal_id
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import OrderType, Proposal, Purpose, Report, Side
from gal_friday.settings.sections.strategy import StrategySettings, StrategySpec
from gal_friday.strategy.blame import watched
from gal_friday.strategy.exits import hold_ends_ns, limit_price, reverses, stop_price, target_price
from gal_friday.strategy.intents import State
from gal_friday.strategy.packaged import PACKAGED
from gal_friday.strategy.rules import PREDICTION, Columns, Declares, Strategy, Values, Wish, load
from gal_friday.strategy.scan import Carry, scan
from gal_friday.strategy.seats import Desk, Seat

_IDLE: Final = State.IDLE  # looking a member up in its class on every row takes too long
_SIDES: Final = {Wish.LONG: Side.BUY, Wish.SHORT: Side.SELL}


class Decisions:
    """All pairs and strategies. Feature mappings handed in are kept, not copied, until the pair's next row."""

    def __init__(
        self,
        settings: StrategySettings,
        instruments: Mapping[str, Instrument],
        config_hash: str,
        strategies: Sequence[tuple[StrategySpec, Strategy]] | None = None,
    ) -> None:
        self._instruments = dict(instruments)
        self._config_hash = config_hash
        self._strategies = strategies or [(spec, _loaded(spec)) for spec in settings.strategies]
        self._desks: dict[str, Desk] = {}
        self.dropped = 0

    # --- inputs

    def on_bar(self, pair: str, bar_ns: int, now_ns: int, close: Decimal) -> Proposal | None:
        """Remember the close; the exit of a position that was held long enough, if due."""
        desk = self._desk(pair)
        desk.close = close
        due = self.time_exit_ns(pair)
        if due is None or now_ns < due:
            return None
        seat = desk.owner()
        return None if seat is None else self._exit(desk, seat, bar_ns, None)

    def on_features(self, pair: str, bar_ns: int, now_ns: int, values: Values) -> Proposal | None:
        """What the rule strategies make of one feature row; raises `SettingsError` when it lacks a feature."""
        del now_ns
        wishes = self.take_row(pair, values)
        return self.propose(pair, wishes, bar_ns, values) if wishes else None

    def take_row(self, pair: str, values: Values) -> list[tuple[Seat, Wish]]:
        """The first half of `on_features`: remember the row; what the strategies wish on it."""
        desk = self._desks.get(pair) or self._desk(pair)
        before = desk.before
        desk.before = values
        if before is None:
            self._require(desk, values)
        wishes: list[tuple[Seat, Wish]] = []
        intent = desk.intent
        if intent.state is not _IDLE and intent.blocked:
            return wishes
        held = intent.held
        for seat in desk.on_features:
            wish = seat.decide(values, before, held)
            if wish is not None:
                wishes.append((seat, wish))
        return wishes

    def propose(self, pair: str, wishes: Sequence[tuple[Seat, Wish]], bar_ns: int, values: Values) -> Proposal | None:
        """The second half: what becomes of the wishes."""
        return self._propose(self._desk(pair), wishes, bar_ns, values, None)

    def on_prediction(
        self, pair: str, bar_ns: int, now_ns: int, values: Values, prediction: dict[str, Any]
    ) -> Proposal | None:
        """What the strategies of input `prediction` make of one; `values` holds it under the name `prediction`.

        The pair's latest features stand beside it.
        """
        desk = self._desk(pair)
        before = desk.before_prediction
        desk.before_prediction = now = {**(desk.before or {}), **values}
        if before is None:
            self._require(desk, now)
        if desk.intent.blocked:
            return None
        held = desk.intent.held
        wishes = [(s, wish) for s in desk.on_prediction if (wish := s.decide(now, before, held)) is not None]
        owner = desk.owner()
        level = None if owner is None else owner.spec.exit_below
        if owner is not None and held is not None and level is not None and reverses(held, now[PREDICTION], level):
            wishes = sorted([*wishes, (owner, Wish.EXIT)], key=lambda wished: wished[0].index)
        return self._propose(desk, wishes, bar_ns, now, prediction) if wishes else None

    def on_rejected(self, signal_id: str, pair: str) -> None:
        """Risk refused a signal."""
        self._desk(pair).intent.on_rejected(signal_id)

    def on_report(self, report: Report) -> None:
        """An order of the pair moved on."""
        self._desk(report.pair).intent.on_report(report)

    def lived_through(self, pair: str) -> None:
        """What was proposed for the pair became a position, and the position has been closed."""
        self._desk(pair).intent.lived_through()

    def on_outage(self, pair: str) -> None:
        """The pair's rows have been interrupted: the next one has no row before it."""
        self.set_before(pair, None)
        self._desk(pair).before_prediction = None

    def set_instrument(self, instrument: Instrument) -> None:
        """The pair's rules, as the venue states them now."""
        self._instruments[instrument.pair] = instrument
        if instrument.pair in self._desks:
            self._desks[instrument.pair].instrument = instrument

    # --- what a driver that skips rows needs

    def state(self, pair: str) -> State:
        """Where the pair's intent is."""
        return self._desk(pair).intent.state

    def held(self, pair: str) -> Side | None:
        """The side of the open position."""
        return self._desk(pair).intent.held

    def exiting(self, pair: str) -> bool:
        """Whether an exit of the open position is proposed or working."""
        return self._desk(pair).intent.exiting

    def time_limited(self, pair: str) -> bool:
        """Whether a strategy of the pair closes positions after a time."""
        return any(seat.spec.max_hold_minutes is not None for seat in self._desk(pair).seats)

    def wishes(self, pair: str, now: Values, before: Values | None, held: Side | None) -> bool:
        """Whether `on_features` would propose something on this row, while nothing is under way; changes nothing."""
        seats = self._desk(pair).on_features
        return any(s.may(w, now, held) for s in seats if (w := s.decide(now, before, held)) is not None)

    def time_exit_ns(self, pair: str) -> int | None:
        """The engine time from which `on_bar` will propose the exit; None while it never will."""
        desk = self._desks.get(pair) or self._desk(pair)
        if not desk.timed or desk.intent.state is not State.OPEN or desk.intent.exiting:
            return None
        seat = desk.owner()
        if seat is None or seat.spec.max_hold_minutes is None:
            return None
        return hold_ends_ns(desk.intent.entered_ns, seat.spec.max_hold_minutes)

    def set_before(self, pair: str, values: Values | None) -> None:
        """The feature row before the next one, after rows were skipped."""
        self._desk(pair).before = values

    def set_last_close(self, pair: str, close: Decimal) -> None:
        """The close of the last bar, after rows were skipped."""
        desk = self._desks.get(pair) or self._desk(pair)
        desk.close = close

    def needed_features(self, pair: str) -> tuple[str, ...]:
        """The features that the pair's strategies, confirmations, stops and targets read."""
        return self._desk(pair).needs()

    def candidates(
        self, pair: str, names: Sequence[str], values: Float64, ready: Bools, restart: Bools, carry: Carry
    ) -> Bools | None:
        """The feature rows on which `on_features` could propose anything; None when every ready row must be visited.

        `values` is [n, len(names)], float64; `carry` is a fresh `Carry` at a pair's first block and is
        moved on in place, also where the answer is None.
        """
        desk = self._desk(pair)
        rules = [seat.rule for seat in desk.on_features]
        declared = [rule.candidates for rule in rules if isinstance(rule, Declares)]
        wanted = list(dict.fromkeys(name for rule in rules for name in rule.features))
        self._require(desk, names)
        if len(declared) < len(rules):
            declared = [_cannot_tell]
        return scan(declared, wanted, names, values, ready, restart, carry)

    # --- proposals

    def _propose(
        self,
        desk: Desk,
        wishes: Sequence[tuple[Seat, Wish]],
        bar_ns: int,
        values: Values,
        prediction: dict[str, Any] | None,
    ) -> Proposal | None:
        held = desk.intent.held
        possible = [(seat, wish) for seat, wish in wishes if seat.may(wish, values, held)]
        if not possible:
            return None
        self.dropped += len(possible) - 1
        seat, wish = possible[0]
        if wish is Wish.EXIT:
            return self._exit(desk, seat, bar_ns, prediction)
        return self._entry(desk, seat, _SIDES[wish], bar_ns, values, prediction)

    def _entry(
        self,
        desk: Desk,
        seat: Seat,
        side: Side,
        bar_ns: int,
        values: Values,
        prediction: dict[str, Any] | None,
    ) -> Proposal:
        close, spec, tick = desk.close, seat.spec, desk.instrument.tick_size
        if close is None:
            raise Fault(f"{desk.instrument.pair}: {spec.id} wishes an entry, but no bar was seen")
        limit = limit_price(close, side, spec.limit_offset_bp, tick) if spec.entry_type == "LIMIT" else None
        reference = close if limit is None else limit
        stop = stop_price(reference, side, spec.stop, values, tick)
        target = target_price(reference, side, spec.target, values, tick, stop=stop)
        made = self._signal(desk, seat, bar_ns)
        desk.intent.propose_entry(made, seat.index)
        return Proposal(
            signal_id=made,
            purpose=Purpose.ENTRY,
            pair=desk.instrument.pair,
            side=side,
            order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            limit=limit,
            sl=stop,
            tp=target,
            strategy_id=spec.id,
            bar_ns=bar_ns,
            prediction=prediction,
        )

    def _exit(self, desk: Desk, seat: Seat, bar_ns: int, prediction: dict[str, Any] | None) -> Proposal:
        held = desk.intent.held
        if held is None:
            raise Fault(f"{desk.instrument.pair}: {seat.spec.id} wishes an exit, but nothing is held")
        made = self._signal(desk, seat, bar_ns)
        desk.intent.propose_exit(made)
        return Proposal(
            signal_id=made,
            purpose=Purpose.EXIT,
            pair=desk.instrument.pair,
            side=held.opposite,
            order_type=OrderType.MARKET,
            limit=None,
            sl=None,
            tp=None,
            strategy_id=seat.spec.id,
            bar_ns=bar_ns,
            prediction=prediction,
        )

    def _signal(self, desk: Desk, seat: Seat, bar_ns: int) -> str:
        return signal_id(self._config_hash, seat.spec.id, desk.instrument.pair, bar_ns, seat.number(bar_ns))

    # --- desks

    def _desk(self, pair: str) -> Desk:
        desk = self._desks.get(pair)
        if desk is None:
            if pair not in self._instruments:
                raise Fault(f"{pair}: expected its instrument rules; have {', '.join(sorted(self._instruments))}")
            seats = [
                Seat(index, spec, rule)
                for index, (spec, rule) in enumerate(self._strategies)
                if spec.pairs is None or pair in spec.pairs
            ]
            desk = self._desks[pair] = Desk(self._instruments[pair], seats)
        return desk

    def _require(self, desk: Desk, names: Sequence[str] | Values) -> None:
        lacking = [name for name in desk.needs() if name not in names]
        if lacking:
            raise SettingsError(
                f"strategy.strategies: {desk.instrument.pair} needs the features {', '.join(lacking)}; "
                f"the feature set has {', '.join(names)}: add them to it, or change the strategy"
            )


def _loaded(spec: StrategySpec) -> Strategy:
    rule = load(spec, PACKAGED)
    return rule if spec.use in PACKAGED else watched(spec, rule)


def _cannot_tell(now: Columns, before: Columns) -> Bools | None:
    del now, before
    return None
