"""The gate's sizing, its caps, its exits, and what it counts while orders are on their way."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.figures import Figures
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact, units_decimal
from gal_friday.domain.orders import Fill, OrderType, Proposal, Purpose, Rejection, Report, Role, Side, Status
from gal_friday.portfolio.account import Account
from gal_friday.risk.gate import Gate, Granted
from gal_friday.risk.sizing import caps, position_size, shrink
from gal_friday.settings.sections.risk import RiskSettings

D = Decimal
PAIRS = ("DOGE/USD", "XRP/USD")


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


def rules(pair="XRP/USD", *, ordermin="10", lot_decimals=8):
    return Instrument(pair, 5, lot_decimals, D("0.00001"), D(ordermin), D("0.5"), D("0.40"), D("0.25"))


def figures(**changes):
    calm = {
        "equity": D(100_000),
        "available": D(100_000),
        "exposure_pct": D(0),
        "day_pct": D(0),
        "week_pct": D(0),
        "total_pct": D(0),
        "losses": 0,
        "quantities": {},
        "values": {},
    }
    return Figures(**{**calm, **changes})


def entry(n, pair="XRP/USD", *, sl="0.495", side=Side.BUY):
    return Proposal(f"s{n}", Purpose.ENTRY, pair, side, OrderType.MARKET, None, D(sl), None, "ema_cross", n)


def way_out(pair="XRP/USD", side=Side.SELL):
    return Proposal("out", Purpose.EXIT, pair, side, OrderType.MARKET, None, None, None, "ema_cross", 0)


def gate(**settings):
    made = Gate(RiskSettings(**settings), {pair: rules(pair) for pair in PAIRS})
    made.last = dict.fromkeys(PAIRS, D("0.5"))
    return made


def report(signal, status, ordered, filled, *, order="o", pair="XRP/USD", fill=None, price="0.5"):
    told = None if fill is None else Fill(f"{order}-{filled}", fill, D(price), D(0), "taker")
    return Report(
        signal, Role.ENTRY, order, "X", pair, status, OrderType.MARKET, Side.BUY, ordered, filled, None, told,
        None, None, D(0), "USD", 0,
    )  # fmt: skip


# --- sizes


def test_the_size_loses_the_configured_share_of_equity_at_the_stop():
    assert position_size(D(100_000), D("0.5"), D("0.01")) == 50_000
    assert position_size(D(100_000), D("0.5"), D(0)) == 0
    assert position_size(D(-1), D("0.5"), D(1)) == 0


@given(st.integers(1, 10**12), st.integers(1, 10_000), st.integers(1, 10**6))
def test_sizes_are_those_of_rational_numbers(equity, risk_bp, distance):
    with exact():
        got = position_size(units_decimal(equity, 2), units_decimal(risk_bp, 2), units_decimal(distance, 5))
    wanted = Fraction(equity, 100) * Fraction(risk_bp, 10_000) / Fraction(distance, 10**5)
    assert abs(Fraction(got) - wanted) <= Fraction(1, 2 * 10**18)


@given(
    st.integers(0, 10**12),
    st.integers(1, 10**7),
    st.integers(0, 8),
    st.integers(0, 10**7),
    st.integers(0, 2_000),
    st.integers(0, 10**8),
    st.integers(0, 10**8),
)
def test_a_shrunk_size_is_the_largest_within_every_cap(wanted, price, decimals, value, exposed, holding, available):
    settings = RiskSettings(max_order_value=D(value), max_position_pct=D(10), max_exposure_pct=D(25))
    instrument = rules(lot_decimals=decimals)
    with exact():
        numbers = figures(available=units_decimal(available, 3), exposure_pct=units_decimal(exposed, 2))
        in_position, fee = units_decimal(holding, 4), D("0.004")
        at = units_decimal(price, 5)
        limits = caps(settings, numbers, in_position, fee)
        size = shrink(units_decimal(wanted, 4), at, limits, instrument)
        rooms = {
            "MAX_ORDER_VALUE": settings.max_order_value,
            "MAX_POSITION_PCT": D(10_000) - in_position,
            "MAX_EXPOSURE_PCT": D(1000) * (25 - numbers.exposure_pct),
        }
        assert {cap.code for cap in limits} == {*rooms, "INSUFFICIENT_FUNDS"}
        assert instrument.lots(size.quantity) >= 0
        assert size.quantity <= units_decimal(wanted, 4)
        larger = size.quantity + instrument.lot_step
        if size.quantity:
            assert all(size.quantity * at <= room for room in rooms.values())
            assert size.quantity * at * (1 + fee) <= numbers.available
        if size.cut_by is None:
            assert larger > units_decimal(wanted, 4)
        elif size.cut_by == "INSUFFICIENT_FUNDS":
            assert larger * at * (1 + fee) > numbers.available - D("0.000000000001")
        else:
            assert larger * at > rooms[size.cut_by]


# --- caps


@pytest.mark.parametrize(
    ("changes", "numbers", "notional"),
    [
        ({}, {}, 10_000),
        ({"max_order_value": D(4000)}, {}, 4_000),
        ({"max_position_pct": D(3)}, {}, 3_000),
        ({}, {"values": {"XRP/USD": D(8_000)}}, 2_000),
        ({}, {"values": {"XRP/USD": D(-8_000)}}, 2_000),
        ({}, {"values": {"DOGE/USD": D(8_000)}}, 10_000),
        ({}, {"exposure_pct": D("22.5")}, 2_500),
        ({}, {"available": D(1_004)}, 1_000),
        ({"risk_per_trade_pct": D("0.01")}, {}, 1_000),
    ],
)
def test_the_narrowest_cap_sets_the_size(changes, numbers, notional):
    granted = gate(**changes).judge(entry(1), figures(**numbers), 0)
    assert isinstance(granted, Granted)
    assert granted.approval.quantity * D("0.5") == notional
    assert (granted.exposure, granted.cash) == (notional, notional * D("1.004"))


@pytest.mark.parametrize(
    ("changes", "numbers", "code"),
    [
        ({"max_order_value": D(4)}, {}, "MAX_ORDER_VALUE"),
        ({"max_position_pct": D("0.001")}, {}, "MAX_POSITION_PCT"),
        ({}, {"values": {"XRP/USD": D(9_999)}}, "MAX_POSITION_PCT"),
        ({}, {"values": {"XRP/USD": D(12_000)}}, "MAX_POSITION_PCT"),
        ({}, {"exposure_pct": D("24.999")}, "MAX_EXPOSURE_PCT"),
        ({}, {"exposure_pct": D(30)}, "MAX_EXPOSURE_PCT"),
        ({}, {"available": D(3)}, "INSUFFICIENT_FUNDS"),
        ({}, {"available": D(-3)}, "INSUFFICIENT_FUNDS"),
    ],
)
def test_a_size_cut_below_the_minimum_is_refused_in_the_caps_name(changes, numbers, code):
    refused = gate(**changes).judge(entry(1), figures(**numbers), 0)
    assert isinstance(refused, Rejection)
    assert refused.reason == code


def test_a_size_that_is_small_by_itself_is_below_the_minimum():
    refused = gate(risk_per_trade_pct=D("0.00001")).judge(entry(1), figures(), 0)
    assert refused.reason == "BELOW_MINIMUM_ORDER"


@pytest.mark.parametrize(
    ("changes", "numbers", "code"),
    [
        ({}, {}, "MAX_ORDER_VALUE"),
        ({"max_order_value": D(10**6)}, {}, "MAX_POSITION_PCT"),
        ({"max_order_value": D(10**6), "max_position_pct": D(25)}, {}, "MAX_POSITION_PCT"),
        (
            {"max_order_value": D(10**6), "max_position_pct": D(90), "max_exposure_pct": D(90)},
            {"exposure_pct": D(50)},
            "MAX_EXPOSURE_PCT",
        ),
    ],
)
def test_asked_to_refuse_no_cap_shrinks(changes, numbers, code):
    refused = gate(on_cap="reject", **changes).judge(entry(1), figures(**numbers), 0)
    assert isinstance(refused, Rejection)
    assert refused.reason == code
    assert D(refused.actual) > D(refused.limit)


# --- exits


@pytest.mark.parametrize("held", ["0.00000001", "3", "-250000"])
def test_an_exit_is_never_refused_for_drawdown_size_or_halt(held):
    shut = gate(max_order_value=D(1), max_open_orders=1, max_orders_per_minute=1)
    shut.halted, shut.clock_offset_ms = "halted", 10**6
    shut.stale, shut.paused = set(PAIRS), set(PAIRS)
    shut.last.clear()
    worst = figures(
        equity=D(1),
        available=D(-(10**6)),
        exposure_pct=D(900),
        day_pct=D(99),
        week_pct=D(99),
        total_pct=D(99),
        losses=99,
        quantities={"XRP/USD": D(held)},
        values={"XRP/USD": D(held)},
    )
    for _ in range(3):
        granted = shut.judge(way_out(), worst, 0)
        assert isinstance(granted, Granted)
        assert granted.approval.quantity == abs(D(held))
        assert (granted.cash, granted.exposure) == (0, 0)


def test_an_exit_of_nothing_is_refused():
    assert gate().judge(way_out(), figures(), 0).reason == "NO_POSITION"


# --- accepted and in flight


def test_what_is_accepted_counts_with_what_is_held():
    judge = gate(max_order_value=D(8_000))
    first = judge.judge(entry(1), figures(), 0)
    second = judge.judge(entry(2), figures(exposure_pct=D(8)), 0)
    assert (first.exposure, second.exposure) == (8_000, 2_000)
    assert judge.judge(entry(3), figures(exposure_pct=D(10)), 0).reason == "MAX_POSITION_PCT"
    judge.on_report(report("s1", Status.PARTIALLY_FILLED, D(16_000), D(4_000)))
    held = figures(exposure_pct=D(10), values={"XRP/USD": D(2_000)})
    assert judge.judge(entry(4), held, 0).reason == "MAX_POSITION_PCT"
    judge.on_report(report("s1", Status.CANCELED, D(16_000), D(4_000)))
    freed = judge.judge(entry(5), figures(exposure_pct=D(4), values={"XRP/USD": D(2_000)}), 0)
    assert freed.exposure == 6_000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(PAIRS),
            st.sampled_from(["0.4", "0.49", "0.495", "0.4999"]),
            st.integers(0, 100),
            st.sampled_from([None, Status.CANCELED, Status.FILLED]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 25),
)
def test_no_sequence_of_approvals_and_fills_passes_the_limits(steps, position_pct):
    with exact():
        judge = gate(max_position_pct=D(position_pct), max_orders_per_minute=1_000, max_open_orders=1_000)
        account = Account("USD", D(100_000), 0)
        flying = dict.fromkeys(PAIRS, D(0))
        for n, (pair, sl, percent, end) in enumerate(steps):
            outcome = judge.judge(entry(n, pair, sl=sl), account.figures(), n)
            if isinstance(outcome, Rejection):
                continue
            approval = outcome.approval
            account.reserve(approval.signal_id, pair, outcome.cash, outcome.exposure)
            equity = account.equity()
            values = account.figures().values
            flying[pair] += outcome.exposure
            # Percentages have eight decimals, and what is left of a reservation is rounded to as many.
            assert account.exposure() * 100 <= equity * (25 + D("0.00000001"))
            assert abs(account.exposure() - sum(values.values(), D(0)) - sum(flying.values(), D(0))) < D("0.000001")
            assert (values.get(pair, D(0)) + flying[pair]) * 100 <= equity * position_pct
            assert account.available() >= 0

            def tell(status, filled, fill=None, approval=approval, n=n, pair=pair):
                told = report(
                    approval.signal_id, status, approval.quantity, filled, order=f"o{n}", pair=pair, fill=fill
                )
                account.on_report(told, n)
                judge.on_report(told)

            tell(Status.NEW, D(0))
            if part := int(approval.quantity * 10**8) * percent // 101:
                filled = units_decimal(part, 8)
                tell(Status.PARTIALLY_FILLED, filled, filled)
                flying[pair] -= filled * D("0.5")
            else:
                filled = D(0)
            if end is Status.FILLED:
                tell(end, approval.quantity, approval.quantity - filled)
            elif end is not None:
                tell(end, filled)
            if end is not None:
                flying[pair] -= (approval.quantity - filled) * D("0.5")
