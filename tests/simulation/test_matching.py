"""The matching engine, order by order: where, when and at what price a bar fills."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import Fault
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Role, Side
from gal_friday.domain.ports import SimulatedClock
from gal_friday.domain.time import MINUTE, SECOND
from gal_friday.domain.venue import Amend, Cancel, Submit
from gal_friday.events.stepping import step
from gal_friday.settings.sections.simulation import SimulationSettings, SlippageSettings
from gal_friday.simulation.matching import BarFacts, Matching
from gal_friday.simulation.venue import SimulatedVenue

D = Decimal
PAIR = "XRP/USD"
SENT = 1_500_000_000  # 1.5 s into the bar that follows the one decided on


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


def rules(pair=PAIR, *, tick="0.01"):
    return Instrument(pair, 2, 0, D(tick), D(1), D(1), D("0.40"), D("0.25"))


def venue(*, tick="0.01", share=None, slippage="0", instruments=None, **more):
    settings = SimulationSettings(
        max_volume_share_pct=None if share is None else D(share),
        slippage=more.pop("slip", SlippageSettings(fixed_bp=D(slippage))),
        latency_ms=more.pop("latency_ms", 0),
        **more,
    )
    return Matching(settings, instruments or {PAIR: rules(tick=tick)}, balances={"USD": D(100_000)})


def submit(side=Side.BUY, kind=OrderType.MARKET, lots=100, *, name="o", role=Role.ENTRY, **prices):
    return Submit(name, "s", role, PAIR, side, kind, lots, **prices)


def bar(open_=1000, high=1010, low=990, *, start=0, volume=10_000, previous=20):
    return BarFacts(start, start + MINUTE, open_, high, low, volume, previous)


def play(matching, facts, pair=PAIR):
    """Let the bar happen; what was told, as (kind, phase, ticks, lots)."""
    matching.begin(pair, facts)
    while matching.match_open(pair):
        pass
    matching.range(pair)
    while matching.match_range(pair):
        pass
    matching.end(pair)
    told = [(u.kind, u.phase, u.ticks, u.lots) for u in matching.updates]
    matching.updates.clear()
    return told


# --- market orders


def test_a_market_order_fills_at_the_next_open_and_pays_the_slippage():
    matching = venue(slippage="10")
    matching.execute(submit(), SENT)
    matching.execute(submit(Side.SELL, name="p"), SENT)
    assert play(matching, bar()) == [("fill", "open", 1001, 100), ("fill", "open", 999, 100)]
    assert matching.open_orders() == []


@given(
    st.sampled_from([Side.BUY, Side.SELL]),
    st.sampled_from(["fixed", "volatility", "volume"]),
    st.integers(0, 500),
    st.integers(1, 10**6),
    st.integers(1, 5_000),
    st.sampled_from(["0.01", "0.05", "0.25"]),
)
def test_slippage_is_always_against_us_and_on_the_grid(side, kind, strength, price, lots, tick):
    chosen = SlippageSettings(kind=kind, fixed_bp=D(strength), range_pct=D(strength), impact_bp=D(strength))
    with exact():
        matching = venue(tick=tick, slip=chosen)
        matching.execute(submit(side, lots=lots), SENT)
        matching.execute(submit(side, OrderType.STOP_LOSS, lots, name="stop", role=Role.STOP, stop=price), SENT)
        matching.begin(PAIR, bar(price, price, price))
        while matching.match_open(PAIR):
            pass
        grid = rules(tick=tick).grid
        assert len(matching.updates) == 2
        for update in matching.updates:
            assert update.ticks % grid == 0
            # Even a price that slips to nothing stays one that can be paid.
            assert update.ticks >= price if side is Side.BUY else update.ticks <= max(price, 1)
            assert update.slippage == abs(update.ticks - price) * lots * D("0.01")


def test_liquidity_is_shared_and_what_is_left_waits():
    matching = venue(share="10")
    matching.execute(submit(lots=800, name="a"), SENT)
    matching.execute(submit(lots=800, name="b"), SENT)
    assert play(matching, bar()) == [("fill", "open", 1000, 800), ("fill", "open", 1000, 200)]
    assert play(matching, bar(1003, start=MINUTE)) == [("fill", "open", 1003, 600)]


@pytest.mark.parametrize("share", [None, "10"])
def test_a_bar_in_which_nobody_traded_fills_nothing(share):
    matching = venue(share=share)
    matching.execute(submit(), SENT)
    matching.execute(submit(kind=OrderType.LIMIT, limit=2000, name="l"), SENT)
    matching.execute(submit(Side.SELL, OrderType.STOP_LOSS, stop=2000, name="s", role=Role.STOP), SENT)
    assert play(matching, bar(volume=0)) == []
    assert len(matching.open_orders()) == 3


def test_what_has_not_arrived_does_not_trade():
    matching = venue(latency_ms=60_000)
    matching.execute(submit(), SENT)
    assert play(matching, bar()) == []
    matching.begin(PAIR, bar(start=MINUTE))
    assert matching.match_open(PAIR)
    assert matching.updates[0].venue_ns == SENT + MINUTE


def test_latency_varies_by_order_within_its_bound_and_not_between_runs():
    def arrivals(seed):
        matching = Matching(SimulationSettings(latency_ms=10, latency_jitter_ms=5), {PAIR: rules()}, seed=seed)
        return [matching.execute(submit(name=str(n)), 0).venue_ns for n in range(50)]

    one = arrivals(1)
    assert one == arrivals(1) != arrivals(2)
    assert 10_000_000 <= min(one) < max(one) <= 15_000_000


def test_what_is_sent_after_the_opening_does_not_take_it():
    matching = venue()
    matching.begin(PAIR, bar())
    matching.execute(submit(), 0)
    matching.execute(submit(kind=OrderType.LIMIT, limit=1005, name="l"), 0)
    assert not matching.match_open(PAIR)
    matching.end(PAIR)
    matching.begin(PAIR, bar(start=MINUTE))
    assert matching.match_open(PAIR)


# --- limit orders


def test_a_marketable_limit_takes_the_open_and_never_more_than_its_limit():
    matching = venue(slippage="100")
    matching.execute(submit(kind=OrderType.LIMIT, limit=1005), SENT)
    matching.execute(submit(Side.SELL, OrderType.LIMIT, limit=995, name="p"), SENT)
    assert play(matching, bar()) == [("fill", "open", 1005, 100), ("fill", "open", 995, 100)]


@pytest.mark.parametrize(
    ("how", "low", "fills"), [("cross", 995, False), ("cross", 994, True), ("touch", 995, True), ("touch", 996, False)]
)
@pytest.mark.parametrize("side", Side)
def test_a_resting_limit_fills_on_touch_or_cross_at_its_price(how, low, fills, side):
    matching = venue(limit_fill=how, slippage="100")
    limit, facts = (995, bar(low=low)) if side is Side.BUY else (1005, bar(high=2000 - low))
    matching.execute(submit(side, OrderType.LIMIT, limit=limit), SENT)
    told = play(matching, facts)
    assert told == ([("fill", "range", limit, 100)] if fills else [])


def test_makers_and_takers_pay_their_fees():
    matching = venue()
    matching.execute(submit(kind=OrderType.LIMIT, limit=995), SENT)
    matching.execute(submit(name="m"), SENT)
    play(matching, bar())
    assert matching.balances["XRP"] == 200
    taker, maker = D(1000) * D("0.004"), D(995) * D("0.0025")
    assert matching.balances["USD"] == 100_000 - 1995 - taker - maker


@pytest.mark.parametrize(("expires", "told"), [(MINUTE - 1, "expired"), (MINUTE, "fill"), (MINUTE + 1, "fill")])
def test_an_order_that_ends_within_a_bar_is_not_filled_by_its_range(expires, told):
    matching = venue()
    matching.execute(submit(kind=OrderType.LIMIT, limit=995, expires_ns=expires), SENT)
    (kind, *_) = play(matching, bar())[0]
    assert kind == told


def test_an_order_whose_time_was_over_before_the_bar_does_not_take_its_open():
    matching = venue()
    matching.execute(submit(kind=OrderType.LIMIT, limit=1005, expires_ns=SENT + 15 * SECOND), SENT)
    told = play(matching, bar(start=10 * MINUTE))
    assert [kind for kind, *_ in told] == ["expired"]


def test_an_order_that_arrives_after_its_time_does_not_trade():
    matching = venue(latency_ms=20_000)
    matching.execute(submit(kind=OrderType.LIMIT, limit=1005, expires_ns=SENT + 15 * SECOND), SENT)
    told = play(matching, bar())
    assert [kind for kind, *_ in told] == ["expired"]


# --- stops


@pytest.mark.parametrize(
    ("side", "stop", "facts", "told"),
    [
        (Side.SELL, 995, bar(), ("fill", "range", 995, 100)),
        (Side.SELL, 990, bar(), ("fill", "range", 990, 100)),
        (Side.SELL, 989, bar(), None),
        (Side.BUY, 1005, bar(), ("fill", "range", 1005, 100)),
        (Side.BUY, 1011, bar(), None),
        (Side.SELL, 1000, bar(), ("fill", "open", 1000, 100)),
        (Side.SELL, 995, bar(980, 985, 970), ("fill", "open", 980, 100)),
        (Side.BUY, 1005, bar(1020, 1030, 1015), ("fill", "open", 1020, 100)),
    ],
)
def test_a_stop_fills_at_its_price_or_at_the_open_that_gaps_over_it(side, stop, facts, told):
    matching = venue()
    matching.execute(submit(side, OrderType.STOP_LOSS, stop=stop, role=Role.STOP), SENT)
    assert matching.working(PAIR) is False
    assert play(matching, facts) == ([] if told is None else [told])


def test_a_triggered_stop_trades_on_at_the_next_open():
    matching = venue(share="1")
    matching.execute(submit(Side.SELL, OrderType.STOP_LOSS, 150, stop=995, role=Role.STOP), SENT)
    assert play(matching, bar()) == [("fill", "range", 995, 100)]
    assert matching.working(PAIR)
    assert play(matching, bar(1008, start=MINUTE)) == [("fill", "open", 1008, 50)]


def test_within_a_bar_the_worst_comes_first():
    matching = venue(share="1")
    matching.execute(submit(Side.SELL, OrderType.LIMIT, limit=1005, role=Role.TARGET, name="t"), SENT)
    matching.execute(submit(Side.SELL, OrderType.STOP_LOSS, stop=995, role=Role.STOP, name="s"), SENT)
    assert play(matching, bar()) == [("fill", "range", 995, 100)]
    assert matching.open_orders() == ["t"]


# --- watched levels


def test_a_watched_level_prints_where_the_bar_reaches_it():
    matching = venue()
    matching.begin(PAIR, bar())
    assert matching.touch(PAIR, 1005) == 1000
    matching.release_touch(PAIR)
    matching.range(PAIR)
    assert matching.touch(PAIR, 1010) == 1010
    assert matching.touch(PAIR, 1011) is None
    assert matching.touch(PAIR, 989) is None
    matching.end(PAIR)
    matching.begin(PAIR, bar(volume=0))
    assert matching.touch(PAIR, 1000) is None


@pytest.mark.parametrize(
    ("kind", "how", "told"),
    [
        (OrderType.MARKET, "cross", [1005]),
        (OrderType.LIMIT, "touch", [1005]),
        (OrderType.LIMIT, "cross", [1005]),
    ],
)
def test_an_exit_placed_at_the_print_fills_at_it(kind, how, told):
    matching = venue(limit_fill=how)
    matching.begin(PAIR, bar())
    matching.range(PAIR)
    assert matching.touch(PAIR, 1005) == 1005
    limit = 1005 if kind is OrderType.LIMIT else None
    matching.execute(submit(Side.SELL, kind, role=Role.TARGET, limit=limit), MINUTE)
    assert matching.match_touch(PAIR)
    assert [u.ticks for u in matching.updates] == told
    assert not matching.match_touch(PAIR)


def test_a_limit_exit_at_the_very_high_needs_a_cross():
    matching = venue(limit_fill="cross")
    matching.begin(PAIR, bar())
    matching.range(PAIR)
    matching.touch(PAIR, 1010)
    matching.execute(submit(Side.SELL, OrderType.LIMIT, role=Role.TARGET, limit=1010), MINUTE)
    assert not matching.match_touch(PAIR)


def test_entries_never_fill_at_a_print():
    matching = venue()
    matching.begin(PAIR, bar())
    matching.range(PAIR)
    matching.touch(PAIR, 1005)
    matching.execute(submit(name="e"), MINUTE)
    assert not matching.match_touch(PAIR)


# --- books


def test_a_market_order_walks_the_book_once_over():
    matching = venue()
    matching.set_book(PAIR, [(999, 50), (998, 1000)], [(1001, 60), (1002, 60)])
    matching.execute(submit(lots=100, name="a"), SENT)
    matching.execute(submit(Side.SELL, lots=100, name="b"), SENT)
    matching.execute(submit(lots=30, name="c"), SENT)
    assert play(matching, bar()) == [
        ("fill", "open", 1001, 60),
        ("fill", "open", 1002, 40),
        ("fill", "open", 999, 50),
        ("fill", "open", 998, 50),
        ("fill", "open", 1002, 20),
    ]
    assert matching.open_orders() == ["c"]


def test_a_book_that_was_taken_empty_offers_nothing():
    matching = venue()
    matching.set_book(PAIR, [], [(1001, 60)])
    matching.execute(submit(Side.SELL), SENT)
    assert play(matching, bar()) == []


# --- commands


def test_commands_that_make_no_sense_are_refused():
    matching = venue(share="1")
    assert matching.execute(submit(lots=0), SENT).error == "EOrder:Invalid order quantity"
    assert matching.execute(submit(lots=150), SENT).accepted
    assert matching.execute(submit(lots=150), SENT).error == "EOrder:Duplicate client order id"
    assert matching.execute(Cancel("x", PAIR), SENT).error == "EOrder:Unknown order"
    assert matching.execute(Amend("x", PAIR, 5), SENT).error == "EOrder:Unknown order"
    play(matching, bar())
    assert not matching.execute(Amend("o", PAIR, 100), SENT).accepted
    assert matching.execute(Amend("o", PAIR, 120), SENT).accepted
    assert play(matching, bar(start=MINUTE)) == [("fill", "open", 1000, 20)]
    with pytest.raises(Fault, match="no instrument for BTC/USD"):
        matching.market("BTC/USD")


def test_a_cancelled_order_is_told_and_gone():
    matching = venue()
    matching.execute(submit(), SENT)
    assert matching.execute(Cancel("o", PAIR), SENT).accepted
    assert [(u.kind, u.client_id) for u in matching.updates] == [("canceled", "o")]
    matching.updates.clear()
    assert play(matching, bar()) == []


def test_the_venue_port_tells_balances_and_orders():
    matching = venue()
    port = SimulatedVenue(matching, SimulatedClock(SENT))
    answer = step(port.execute(submit()))
    assert (answer.accepted, answer.exchange_id, answer.venue_ns) == (True, "SIM-00000001", SENT)
    assert step(port.account()) == {
        "balances": {"USD": {"total": "100000", "available": "100000"}},
        "open_orders": [{"client_order_id": "o"}],
        "as_of": "1970-01-01T00:00:01.500000000Z",
    }
    assert step(port.query("SIM-00000001")) is None
