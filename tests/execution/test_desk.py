"""One position's life at the desk: covered as it grows, swapped at the target, closed once, never left bare."""

from decimal import Decimal

import pytest

from gal_friday.domain.errors import Fault, IllegalTransition
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Approval, OrderType, Purpose, Role, Side, Status
from gal_friday.domain.venue import Amend, Answer, Cancel, Submit, Update
from gal_friday.execution.desk import NOTHING, Desk
from gal_friday.settings.sections.execution import ExecutionSettings
from gal_friday.settings.sections.simulation import SimulationSettings, SlippageSettings
from tests.execution.street import GRIDS, Street, instrument

D = Decimal
PAIR = "XRP/USD"
BIG = 10**7


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


def street(execution=None, **simulation):
    simulation = {"max_volume_share_pct": D(10), "slippage": SlippageSettings(fixed_bp=D(0)), **simulation}
    return Street(SimulationSettings(**simulation), ExecutionSettings(**(execution or {})))


def flat(volume=BIG, *, gap=0, up=0, down=0, close=0):
    return {PAIR: (gap, up, down, close, volume)}


def life(one, *, role=None):
    """What the venue told: kind, role, lots and price."""
    told = [(u.kind, one.sent[u.client_id].order.role, u.lots, u.ticks) for u in one.news]
    return [line for line in told if role in (None, line[1])]


@pytest.mark.parametrize("side", Side)
def test_the_stop_grows_with_the_position(side):
    one = street()
    one.enter(PAIR, side, 250, stop=50)
    for held in (100, 200, 250):
        one.bar(flat(1_000))
        one.at_rest()
        (resting,) = one.matching.market(PAIR).orders.values() if held == 250 else [
            r for r in one.matching.market(PAIR).orders.values() if r.order.role is Role.STOP
        ]  # fmt: skip
        assert (resting.order.role, resting.left) == (Role.STOP, held)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("how", ["limit", "market"])
def test_at_the_target_the_stop_is_taken_back_before_the_exit_is_placed(side, how):
    one = street({"target_exit": how})
    one.enter(PAIR, side, 100, stop=50, target=20)
    one.bar(flat())
    move = {"up": 30} if side is Side.BUY else {"down": 30}
    one.bar(flat(**move))
    price = 10_020 if side is Side.BUY else 9_980
    assert life(one)[-2:] == [("canceled", Role.STOP, 0, 0), ("fill", Role.TARGET, 100, price)]
    assert not one.desk.brackets


def test_when_both_are_touched_the_stop_comes_first():
    one = street()
    one.enter(PAIR, Side.BUY, 100, stop=20, target=20)
    one.bar(flat())
    one.bar(flat(up=30, down=30))
    assert life(one)[-1] == ("fill", Role.STOP, 100, 9_980)


@pytest.mark.parametrize("side", Side)
def test_a_limit_entry_that_the_bar_runs_over_is_stopped_in_the_same_bar(side):
    # On its way to the far end the price passed the entry first and the stop after.
    one = street({"entry_timeout_s": 300.0})
    one.enter(PAIR, side, 100, stop=10, limit=-10)
    one.bar(flat(down=30) if side is Side.BUY else flat(up=30))
    sign = 1 if side is Side.BUY else -1
    assert life(one) == [
        ("fill", Role.ENTRY, 100, 10_000 - sign * 10),
        ("fill", Role.STOP, 100, 10_000 - sign * 20),
    ]


def test_a_limit_entry_filled_within_a_bar_takes_no_profit_in_it():
    one = street({"entry_timeout_s": 300.0})
    one.enter(PAIR, Side.BUY, 100, stop=50, target=15, limit=-10)
    one.bar(flat(up=30, down=12))
    assert life(one) == [("fill", Role.ENTRY, 100, 9_990)]
    one.bar(flat(gap=30))
    assert life(one)[-1][:2] == ("fill", Role.TARGET)


def test_a_target_exit_that_runs_out_of_time_goes_to_market():
    one = street()
    one.enter(PAIR, Side.BUY, 100, stop=50, target=20)
    one.bar(flat())
    one.bar(flat(up=20))  # touched, and not crossed
    assert one.desk.brackets[PAIR].exit_role is Role.TARGET
    one.at_rest()
    one.bar(flat(gap=-5))
    one.bar(flat())
    assert [line[:2] for line in life(one)[-2:]] == [("expired", Role.TARGET), ("fill", Role.EXIT)]
    assert not one.desk.brackets


@pytest.mark.parametrize(("what", "ends"), [("cancel", ["expired"]), ("market", ["expired", "fill"])])
def test_a_limit_entry_that_runs_out_of_time(what, ends):
    one = street({"on_entry_timeout": what})
    one.enter(PAIR, Side.BUY, 100, stop=50, limit=-20)
    one.bar(flat())
    one.bar(flat())
    assert [line[0] for line in life(one)] == ends
    assert [r.status for r in one.told][-2:] == (
        [Status.NEW, Status.EXPIRED] if what == "cancel" else [Status.FILLED, Status.NEW]
    )
    # The second order is told before the first one's end, so that nobody takes the entry for over.
    if what == "market":
        order = [(r.status, r.client_order_id) for r in one.told if r.role is Role.ENTRY]
        assert [status for status, _ in order[:3]] == [Status.NEW, Status.PENDING_NEW, Status.EXPIRED]
        assert order[0][1] == order[2][1] != order[1][1]


@pytest.mark.parametrize("liquidate", [True, False])
def test_a_halt_takes_entries_back_and_closes_only_where_asked(liquidate):
    one = street()
    one.enter(PAIR, Side.BUY, 250, stop=50)
    one.bar(flat(1_000))
    one.halt(liquidate=liquidate)
    one.at_rest()
    one.bar(flat())
    assert one.fills[PAIR] == (0 if liquidate else 100)
    assert ("canceled", Role.ENTRY, 0, 0) in life(one)
    one.at_rest()


def test_a_halt_before_the_first_fill_leaves_nothing():
    one = street()
    one.enter(PAIR, Side.BUY, 250, stop=50)
    one.halt(liquidate=True)
    assert not one.desk.brackets
    one.bar(flat())
    assert life(one) == [("canceled", Role.ENTRY, 0, 0)]


def test_a_second_wish_to_leave_changes_nothing():
    one = street()
    one.enter(PAIR, Side.BUY, 100, stop=50)
    one.bar(flat())
    one.leave(PAIR)
    one.leave(PAIR)
    one.halt(liquidate=True)
    one.bar(flat())
    assert [line[:2] for line in life(one)[-2:]] == [("canceled", Role.STOP), ("fill", Role.EXIT)]


# --- a venue that does not do as it is asked


def approval(purpose=Purpose.ENTRY, lots=100, signal="s"):
    rules = instrument(PAIR)
    return Approval(
        signal, purpose, PAIR, Side.BUY, OrderType.MARKET, rules.quantity(lots), None, rules.price(9_900), None, {}
    )


@pytest.fixture
def desk():
    return Desk(ExecutionSettings(), {pair: instrument(pair) for pair in GRIDS})


def accepted(desk, command):
    return desk.on_answer(command, Answer(True, 1, exchange_id="X"))


def filled(command, lots, number=1):
    return Update("fill", command.client_id, PAIR, 2, f"f{number}", lots, 10_000, D("0.4"), "taker")


def test_a_second_entry_for_a_pair_is_a_fault(desk):
    desk.on_approved(approval(), 0)
    with pytest.raises(Fault, match="while s is open"):
        desk.on_approved(approval(signal="t"), 0)


def test_an_exit_of_nothing_is_nothing(desk):
    assert desk.on_approved(approval(Purpose.EXIT), 0) is NOTHING
    assert desk.on_print(PAIR, 1, 0) is NOTHING
    assert desk.on_update(Update("canceled", "stranger", PAIR, 0)) is NOTHING


def test_a_refused_entry_is_told_and_forgotten(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    outcome = desk.on_answer(entry, Answer(False, 5, error="EOrder:Insufficient funds"))
    (report,) = outcome.reports
    assert (report.status, report.error, outcome.commands) == (Status.REJECTED, "EOrder:Insufficient funds", ())
    assert not desk.brackets
    assert not desk.orders


def test_the_fill_may_overtake_the_answer(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    outcome = desk.on_update(filled(entry, 40))
    assert outcome.reports[0].status is Status.PARTIALLY_FILLED
    (stop,) = outcome.commands
    assert (stop.role, stop.lots) == (Role.STOP, 40)
    late = accepted(desk, entry)
    assert late.reports[0].status is Status.PARTIALLY_FILLED


@pytest.mark.parametrize("kind", ["canceled", "expired", "rejected"])
def test_a_stop_that_the_venue_takes_away_closes_the_position(desk, kind):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (stop,) = desk.on_update(filled(entry, 100)).commands
    accepted(desk, stop)
    (exit_,) = desk.on_update(Update(kind, stop.client_id, PAIR, 3)).commands
    assert isinstance(exit_, Submit)
    assert (exit_.role, exit_.order_type, exit_.lots) == (Role.EXIT, OrderType.MARKET, 100)


def test_a_refused_stop_closes_the_position(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (stop,) = desk.on_update(filled(entry, 100)).commands
    (exit_,) = desk.on_answer(stop, Answer(False, 3, error="EOrder:Rejected")).commands
    assert (exit_.role, exit_.lots) == (Role.EXIT, 100)


def test_an_unanswered_order_is_unknown_and_not_sent_again(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    outcome = desk.on_unanswered(entry, 9, "no answer in 2 s")
    assert (outcome.reports[0].status, outcome.reports[0].error) == (Status.UNKNOWN, "no answer in 2 s")
    assert outcome.commands == ()
    (stop,) = desk.on_update(filled(entry, 100)).commands
    assert stop.role is Role.STOP


def test_a_refused_cancel_makes_the_order_unknown(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (cancel,) = desk.on_halt(1, liquidate=False).commands
    assert isinstance(cancel, Cancel)
    outcome = desk.on_answer(cancel, Answer(False, 2, error="EOrder:Unknown order"))
    assert [r.status for r in outcome.reports] == [Status.UNKNOWN]
    (stop,) = desk.on_update(filled(entry, 100)).commands
    assert (stop.role, stop.lots) == (Role.STOP, 100)


def test_the_cancel_and_the_fill_may_cross(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (cancel,) = desk.on_halt(1, liquidate=False).commands
    outcome = desk.on_update(filled(entry, 30))
    assert outcome.reports[0].status is Status.PENDING_CANCEL
    assert [c.role for c in outcome.commands] == [Role.STOP]
    accepted(desk, outcome.commands[0])
    assert desk.on_answer(cancel, Answer(True, 3)) is NOTHING
    desk.on_update(Update("canceled", entry.client_id, PAIR, 3))
    assert desk.brackets[PAIR].held == 30


def test_a_growing_position_amends_its_stop(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (stop,) = desk.on_update(filled(entry, 30)).commands
    accepted(desk, stop)
    (amend,) = desk.on_update(filled(entry, 20, 2)).commands
    assert amend == Amend(stop.client_id, PAIR, 50)
    assert accepted(desk, amend).reports[0].ordered == instrument(PAIR).quantity(50)


def test_a_stop_that_trades_takes_the_rest_of_the_entry_back(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (stop,) = desk.on_update(filled(entry, 60)).commands
    accepted(desk, stop)
    (cancel,) = desk.on_update(filled(stop, 20)).commands
    assert cancel == Cancel(entry.client_id, PAIR)
    desk.on_update(Update("canceled", entry.client_id, PAIR, 3))
    assert desk.on_update(filled(stop, 40, 2)).commands == ()
    assert not desk.brackets
    assert not desk.orders


def test_a_fill_that_crosses_the_cancel_keeps_the_trading_stop_at_the_positions_size(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    (stop,) = desk.on_update(filled(entry, 60)).commands
    accepted(desk, stop)
    desk.on_update(filled(stop, 20))
    (amend,) = desk.on_update(filled(entry, 10, 2)).commands
    assert amend == Amend(stop.client_id, PAIR, 20 + 50)


def test_more_than_was_ordered_cannot_be_filled(desk):
    (entry,) = desk.on_approved(approval(), 0).commands
    accepted(desk, entry)
    with pytest.raises(IllegalTransition, match="101 lots filled, 100 were left"):
        desk.on_update(filled(entry, 101))


def test_ids_follow_the_signal_and_repeat_on_a_rerun():
    def ids():
        one = street({"target_exit": "market"})
        one.enter(PAIR, Side.BUY, 100, stop=50, target=20)
        one.bar(flat())
        one.bar(flat(up=30))
        return list(one.sent)

    assert ids() == ids()
    assert len(set(ids())) == 3
