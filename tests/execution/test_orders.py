"""The table of an order's life, walked over every pair of state and news."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import IllegalTransition
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import CLOSED, Fill, OrderType, Role, Side, Status
from gal_friday.domain.venue import Submit
from gal_friday.execution.orders import NEXT, On, Order, advance

D = Decimal
RULES = Instrument("XRP/USD", 5, 8, D("0.00001"), D(10), D("0.5"), D("0.40"), D("0.25"))


def order(lots=1000):
    return Order(Submit("o", "s", Role.ENTRY, "XRP/USD", Side.BUY, OrderType.MARKET, lots), RULES)


@pytest.mark.parametrize("on", On)
@pytest.mark.parametrize("status", Status)
def test_every_pair_is_decided(status, on):
    if (status, on) in NEXT:
        assert status not in CLOSED
        assert advance(status, on) is NEXT[status, on]
    else:
        with pytest.raises(IllegalTransition, match=f"{status} cannot meet {on}"):
            advance(status, on)


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_nothing_follows_an_end(status):
    assert not [pair for pair in NEXT if pair[0] is status]


@pytest.mark.parametrize("status", sorted(set(Status) - CLOSED))
def test_every_open_state_can_be_filled_cancelled_and_lost_sight_of(status):
    for on in (On.ACK, On.FILL, On.LAST_FILL, On.CANCEL_SENT, On.CANCELED, On.EXPIRED, On.NO_ANSWER):
        assert (status, on) in NEXT


@pytest.mark.parametrize("status", sorted(Status))
def test_every_state_can_be_reached(status):
    reached = {Status.PENDING_NEW}
    while more := {after for (before, _), after in NEXT.items() if before in reached} - reached:
        reached |= more
    assert status in reached


def test_the_news_alone_decide_where_it_ends():
    ends = {On.LAST_FILL: Status.FILLED, On.CANCELED: Status.CANCELED, On.EXPIRED: Status.EXPIRED}
    ends |= {On.REJECTED: Status.REJECTED, On.FAILED: Status.ERROR}
    for (_, on), after in NEXT.items():
        assert (after in CLOSED) == (on in ends)
        assert after is ends.get(on, after)


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 10**6), st.integers(0, 1000)), min_size=1, max_size=12))
def test_fills_add_up_and_never_exceed_the_order(fills):
    made = order()
    with exact():
        for lots, ticks, fee in fills:
            before = (made.filled, made.cost, made.status)
            if lots > made.left:
                with pytest.raises(IllegalTransition):
                    made.fill(lots, ticks, D(fee))
                assert (made.filled, made.cost, made.status) == before
                continue
            made.fill(lots, ticks, D(fee))
            assert made.status is (Status.FILLED if made.filled == 1000 else Status.PARTIALLY_FILLED)
            report = made.report(5)
            assert report.filled == RULES.quantity(made.filled)
            assert abs(report.average_price * made.filled - RULES.price(made.cost)) <= D(made.filled) / 10**12
            if not made.is_open:
                break


def test_the_average_of_a_single_fill_is_its_price():
    made = order()
    with exact():
        made.fill(1000, 50_001, D(0))
        told = Fill("f", RULES.quantity(1000), RULES.price(50_001), D(0), "taker")
        assert made.report(0, fill=told).average_price == made.report(0).average_price == D("0.50001")
