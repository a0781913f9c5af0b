"""One position intent per pair: what is proposed, when, and what moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from gal_friday.domain.errors import Fault, SettingsError
from gal_friday.domain.ids import signal_id
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Proposal, Purpose, Report, Role, Side, Status
from gal_friday.domain.time import MINUTE
from gal_friday.settings.sections.instruments import InstrumentSettings
from gal_friday.settings.sections.strategy import Confirmation, StopSettings, StrategySettings, StrategySpec
from gal_friday.strategy.decisions import Decisions
from gal_friday.strategy.intents import State
from gal_friday.strategy.rules import Strategy, Wish

PAIR = "XRP/USD"
INSTRUMENTS = {pair: InstrumentSettings().instrument(pair) for pair in (PAIR, "DOGE/USD")}
UP = {"ema_12": 2.0, "ema_26": 1.0, "rsi_14": 50.0}
DOWN = {"ema_12": 1.0, "ema_26": 2.0, "rsi_14": 50.0}


@dataclass
class Scripted:
    """A strategy that wishes what the feature `wish` tells it."""

    input: str = "features"
    features: tuple[str, ...] = ("wish",)
    asked: list[tuple[Any, Any, Any]] = field(default_factory=list)

    def decide(self, now: Mapping[str, float], before: Mapping[str, float] | None, held: Side | None) -> Wish | None:
        self.asked.append((now, before, held))
        return {1.0: Wish.LONG, 2.0: Wish.SHORT, 3.0: Wish.EXIT}.get(now["wish"])


def scripted(*specs: StrategySpec) -> Decisions:
    chosen = specs or (StrategySpec(id="a"),)
    return Decisions(StrategySettings(strategies=chosen), INSTRUMENTS, "hash", [(s, Scripted()) for s in chosen])


def report(
    proposal: Proposal,
    status: Status,
    filled: str,
    *,
    role: Role = Role.ENTRY,
    order: str = "order",
    at: int = 0,
    side: Side | None = None,
) -> Report:
    return Report(
        proposal.signal_id, role, order, None, proposal.pair, status, OrderType.MARKET, side or proposal.side,
        Decimal(10), Decimal(filled), None, None, None, None, Decimal(0), "USD", at,
    )  # fmt: skip


def wish(decisions: Decisions, value: float, bar_ns: int = 0, **more: float) -> Proposal | None:
    with exact():
        return decisions.on_features(PAIR, bar_ns, bar_ns, {"wish": value, **more})


def bar(decisions: Decisions, now_ns: int = 0, close: str = "0.50000") -> Proposal | None:
    with exact():
        return decisions.on_bar(PAIR, now_ns, now_ns, Decimal(close))


def opened(decisions: Decisions) -> Proposal:
    bar(decisions)
    proposal = wish(decisions, 1.0)
    assert proposal is not None
    decisions.on_report(report(proposal, Status.FILLED, "10"))
    assert decisions.state(PAIR) is State.OPEN
    return proposal


def test_ema_cross_proposes_a_long_on_the_cross_only() -> None:
    decisions = Decisions(StrategySettings(), INSTRUMENTS, "hash")
    with exact():
        assert decisions.on_bar(PAIR, 0, 1, Decimal("0.51234")) is None
        assert decisions.on_features(PAIR, 0, 1, UP) is None  # no row before
        assert decisions.on_features(PAIR, 1, 2, DOWN) is None
        proposal = decisions.on_features(PAIR, 2, 3, UP)
    assert proposal == Proposal(
        signal_id=signal_id("hash", "ema_cross", PAIR, 2, 0),
        purpose=Purpose.ENTRY,
        pair=PAIR,
        side=Side.BUY,
        order_type=OrderType.MARKET,
        limit=None,
        sl=Decimal("0.50721"),
        tp=Decimal("0.52259"),
        strategy_id="ema_cross",
        bar_ns=2,
    )
    assert decisions.state(PAIR) is State.PENDING


def test_a_restart_forgets_the_row_before() -> None:
    decisions = Decisions(StrategySettings(), INSTRUMENTS, "hash")
    with exact():
        decisions.on_bar(PAIR, 0, 1, Decimal("0.5"))
        decisions.on_features(PAIR, 0, 1, DOWN)
        decisions.on_outage(PAIR)
        assert decisions.on_features(PAIR, 9, 9, UP) is None


def test_nothing_is_proposed_while_an_entry_is_under_way_and_a_refusal_frees_the_pair() -> None:
    decisions = scripted()
    bar(decisions)
    first = wish(decisions, 1.0)
    assert first is not None
    assert wish(decisions, 1.0) is None
    decisions.on_rejected("another", PAIR)
    assert decisions.state(PAIR) is State.PENDING
    decisions.on_rejected(first.signal_id, PAIR)
    assert decisions.state(PAIR) is State.IDLE
    second = wish(decisions, 1.0)
    assert second is not None
    assert second.signal_id == signal_id("hash", "a", PAIR, 0, 1)


def test_pairs_do_not_disturb_one_another() -> None:
    decisions = scripted()
    opened(decisions)
    with exact():
        decisions.on_bar("DOGE/USD", 0, 0, Decimal("0.1"))
        assert decisions.on_features("DOGE/USD", 0, 0, {"wish": 1.0}) is not None


@pytest.mark.parametrize("status", [Status.CANCELED, Status.REJECTED, Status.EXPIRED, Status.ERROR])
def test_an_entry_that_ends_unfilled_frees_the_pair(status: Status) -> None:
    decisions = scripted()
    bar(decisions)
    proposal = wish(decisions, 1.0)
    assert proposal is not None
    decisions.on_report(report(proposal, Status.NEW, "0"))
    assert decisions.state(PAIR) is State.PENDING
    decisions.on_report(report(proposal, status, "0"))
    assert decisions.state(PAIR) is State.IDLE
    decisions.on_report(report(proposal, Status.NEW, "0"))  # told again, late
    assert decisions.state(PAIR) is State.IDLE


def test_a_market_order_that_follows_a_timed_out_limit_belongs_to_the_same_intent() -> None:
    spec = StrategySpec(id="a", max_hold_minutes=1)
    decisions = scripted(spec)
    bar(decisions)
    proposal = wish(decisions, 1.0)
    assert proposal is not None
    decisions.on_report(report(proposal, Status.CANCELED, "0"))
    decisions.on_report(report(proposal, Status.PENDING_NEW, "0", order="second"))
    assert decisions.state(PAIR) is State.PENDING
    decisions.on_report(report(proposal, Status.FILLED, "10", order="second", at=5))
    assert decisions.time_exit_ns(PAIR) == 5 + MINUTE


def test_a_partly_filled_entry_is_open_until_everything_is_sold_and_the_order_closed() -> None:
    decisions = scripted()
    bar(decisions)
    proposal = wish(decisions, 1.0)
    assert proposal is not None
    decisions.on_report(report(proposal, Status.PARTIALLY_FILLED, "4"))
    assert decisions.held(PAIR) is Side.BUY
    stop = report(proposal, Status.FILLED, "4", role=Role.STOP, order="stop", side=Side.SELL)
    decisions.on_report(stop)
    assert decisions.state(PAIR) is State.PENDING  # the entry still works
    decisions.on_report(stop)
    decisions.on_report(report(proposal, Status.CANCELED, "4"))
    assert decisions.state(PAIR) is State.IDLE


def test_an_old_report_told_again_does_not_shrink_the_next_position() -> None:
    decisions = scripted()
    first = opened(decisions)
    stop = report(first, Status.FILLED, "10", role=Role.STOP, order="stop", side=Side.SELL)
    decisions.on_report(stop)
    second = wish(decisions, 1.0)
    assert second is not None
    decisions.on_report(report(second, Status.FILLED, "10", order="next"))
    decisions.on_report(stop)
    decisions.on_report(report(first, Status.FILLED, "10"))
    assert decisions.state(PAIR) is State.OPEN


def test_a_held_position_is_closed_once_and_again_after_a_failed_exit() -> None:
    decisions = scripted()
    opened(decisions)
    assert wish(decisions, 2.0) is None  # no reversal in one step
    proposal = wish(decisions, 3.0)
    assert proposal is not None
    assert (proposal.purpose, proposal.side, proposal.order_type) == (Purpose.EXIT, Side.SELL, OrderType.MARKET)
    assert (proposal.sl, proposal.tp, proposal.limit) == (None, None, None)
    assert wish(decisions, 3.0) is None
    decisions.on_rejected(proposal.signal_id, PAIR)
    second = wish(decisions, 3.0)
    assert second is not None
    decisions.on_report(report(second, Status.ERROR, "0", role=Role.EXIT, order="exit"))
    third = wish(decisions, 3.0)
    assert third is not None
    decisions.on_report(report(third, Status.FILLED, "10", role=Role.EXIT, order="exit2"))
    assert decisions.state(PAIR) is State.IDLE


def test_an_exit_that_somebody_else_works_on_is_not_doubled() -> None:
    decisions = scripted()
    proposal = opened(decisions)
    decisions.on_report(report(proposal, Status.NEW, "0", role=Role.EXIT, order="liquidation"))
    assert decisions.exiting(PAIR)
    assert wish(decisions, 3.0) is None


def test_an_exit_is_not_wished_into_the_void() -> None:
    decisions = scripted()
    bar(decisions)
    assert wish(decisions, 3.0) is None


def test_the_first_configured_strategy_wins_and_the_other_is_counted() -> None:
    decisions = scripted(StrategySpec(id="b"), StrategySpec(id="a"))
    bar(decisions)
    proposal = wish(decisions, 1.0)
    assert proposal is not None
    assert proposal.strategy_id == "b"
    assert decisions.dropped == 1


def test_a_strategy_stays_with_its_pairs() -> None:
    decisions = scripted(StrategySpec(id="a", pairs=("DOGE/USD",)))
    bar(decisions)
    assert wish(decisions, 1.0) is None


@pytest.mark.parametrize(("op", "value", "goes"), [(">", 5.0, False), (">=", 5.0, True), ("<", 6.0, True)])
def test_confirmations_gate_entries_only(op: str, value: float, goes: bool) -> None:
    gate = Confirmation(feature="volume", op=op, value=value)
    decisions = scripted(StrategySpec(id="a", confirmations=(gate,)))
    bar(decisions)
    assert (wish(decisions, 1.0, volume=5.0) is not None) is goes
    if not goes:
        proposal = wish(decisions, 1.0, volume=5.1)
        assert proposal is not None
        decisions.on_report(report(proposal, Status.FILLED, "10"))
        assert wish(decisions, 3.0, volume=0.0) is not None


def test_time_exit_comes_with_the_first_bar_seen_late_enough_and_again_after_a_refusal() -> None:
    decisions = scripted(StrategySpec(id="a", max_hold_minutes=10))
    opened(decisions)
    assert decisions.time_exit_ns(PAIR) == 10 * MINUTE
    assert bar(decisions, 10 * MINUTE - 1) is None
    proposal = bar(decisions, 10 * MINUTE)
    assert proposal is not None
    assert (proposal.purpose, proposal.strategy_id) == (Purpose.EXIT, "a")
    assert decisions.time_exit_ns(PAIR) is None
    assert bar(decisions, 11 * MINUTE) is None
    decisions.on_rejected(proposal.signal_id, PAIR)
    assert bar(decisions, 12 * MINUTE) is not None


def test_a_short_entry_mirrors_its_prices() -> None:
    decisions = scripted(StrategySpec(id="a", entry_type="LIMIT", limit_offset_bp=Decimal(10)))
    bar(decisions, close="0.50001")
    proposal = wish(decisions, 2.0)
    assert proposal is not None
    assert proposal.side is Side.SELL
    assert proposal.limit == Decimal("0.50052")  # 0.50051001, up
    assert proposal.sl == Decimal("0.50553")  # 0.5055252, up
    assert proposal.tp == Decimal("0.49050")  # 0.4905096, down


def test_prediction_strategies_see_the_crossing_and_reversal_closes() -> None:
    spec = StrategySpec(id="p", use="threshold", exit_below=0.5)
    decisions = Decisions(StrategySettings(strategies=(spec,)), INSTRUMENTS, "hash")
    bar(decisions)

    def predict(value: float, bar_ns: int) -> Proposal | None:
        with exact():
            return decisions.on_prediction(PAIR, bar_ns, bar_ns, {"prediction": value}, {"prediction_value": value})

    assert predict(0.7, 0) is None
    assert predict(0.6, 1) is None
    proposal = predict(0.7, 2)
    assert proposal is not None
    assert proposal.prediction == {"prediction_value": 0.7}
    decisions.on_report(report(proposal, Status.FILLED, "10"))
    assert predict(0.55, 3) is None
    closing = predict(0.45, 4)
    assert closing is not None
    assert closing.purpose is Purpose.EXIT


def test_missing_features_are_named() -> None:
    decisions = scripted(StrategySpec(id="a", stop=StopSettings(kind="atr", atr_feature="atr_7")))
    assert decisions.needed_features(PAIR) == ("wish", "atr_7")
    with pytest.raises(SettingsError, match=r"needs the features atr_7.*has wish"):
        wish(decisions, 1.0)


def test_an_entry_before_any_bar_is_a_fault() -> None:
    with pytest.raises(Fault, match="no bar was seen"):
        wish(scripted(), 1.0)


def test_a_scripted_strategy_is_a_strategy() -> None:
    assert isinstance(Scripted(), Strategy)
