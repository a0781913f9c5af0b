"""Every check of the gate: alone it refuses with its own code, limit and value; together the first one speaks."""

from decimal import Decimal
from itertools import combinations

import pytest

from gal_friday.domain.figures import Figures
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Proposal, Purpose, Rejection, Report, Role, Side, Status
from gal_friday.domain.time import MINUTE
from gal_friday.risk.checks import CHECKS
from gal_friday.risk.gate import Gate, Granted
from gal_friday.settings.sections.risk import RiskSettings

D = Decimal
PAIR, OTHER = "XRP/USD", "DOGE/USD"
NOW = 1_700_000_000_000_000_000
WIDE = {"max_order_value": D(1_000_000), "max_position_pct": D(100), "max_exposure_pct": D(100), "on_cap": "reject"}


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


def instrument(pair=PAIR, **changes):
    rules = {
        "pair": pair,
        "price_decimals": 5,
        "lot_decimals": 8,
        "tick_size": D("0.00001"),
        "ordermin": D(10),
        "costmin": D("0.5"),
        "taker_fee_pct": D("0.40"),
        "maker_fee_pct": D("0.25"),
    }
    return Instrument(**{**rules, **changes})


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


def proposal(**changes):
    entry = {
        "signal_id": "s",
        "purpose": Purpose.ENTRY,
        "pair": PAIR,
        "side": Side.BUY,
        "order_type": OrderType.MARKET,
        "limit": None,
        "sl": D("0.495"),
        "tp": D("0.51"),
        "strategy_id": "ema_cross",
        "bar_ns": NOW,
        "prediction": None,
    }
    return Proposal(**{**entry, **changes})


def entry_report(signal, status, *, ordered="20000", filled="0", order="o"):
    return Report(
        signal, Role.ENTRY, order, "X", OTHER, status, OrderType.MARKET, Side.BUY, D(ordered), D(filled), None, None,
        None, None, D(0), "USD", NOW,
    )  # fmt: skip


class Case:
    """One judgement: what the gate remembers, the limits, the figures and the wish."""

    def __init__(self):
        self.gate = Gate(RiskSettings(**WIDE), {PAIR: instrument(), OTHER: instrument(OTHER)})
        self.gate.last = {PAIR: D("0.5"), OTHER: D("0.1")}
        self.settings = dict(WIDE)
        self.rules, self.figures, self.wish = {}, {}, {}
        self.late = []

    def approve_another(self, at):
        other = proposal(signal_id=f"other-{at}", pair=OTHER, sl=D("0.09"), tp=None, bar_ns=at)
        assert isinstance(self.gate.judge(other, figures(), at), Granted)
        return other

    def judge(self):
        for change in self.late:
            change()
        self.gate.settings = RiskSettings(**self.settings)
        self.gate.on_instrument({**instrument().payload(), **self.rules})
        return self.gate.judge(proposal(**self.wish), figures(**self.figures), NOW)


def halt(c):
    c.late.append(lambda: setattr(c.gate, "halted", "operator: lunch"))


def stale(c):
    c.late.append(lambda: c.gate.stale.add(PAIR))


def venue(c):
    c.rules["status"] = "cancel_only"


def paused(c):
    c.late.append(lambda: c.gate.paused.add(PAIR))


def clock(c):
    c.late.append(lambda: setattr(c.gate, "clock_offset_ms", -501))


def model(c):
    c.wish["prediction"] = {"model_id": "lstm:3"}
    c.late.append(lambda: c.gate.expired_models.add("lstm:3"))


def double(c):
    def refuse_one_first():
        halted, c.gate.halted = c.gate.halted, "for a moment"
        assert isinstance(c.gate.judge(proposal(**c.wish), figures(), NOW), Rejection)
        c.gate.halted = halted

    c.late.append(refuse_one_first)


def total(c):
    c.figures["total_pct"] = D("15.00000000")


def day(c):
    c.figures["day_pct"] = D("2.00000000")


def week(c):
    c.figures["week_pct"] = D("5.25000000")


def losses(c):
    c.figures["losses"] = 5


def fat_finger(c):
    c.wish.update(order_type=OrderType.LIMIT, limit=D("0.526"))


def stop(c):
    c.wish["sl"] = D("0.527")


def minimum(c):
    c.rules["ordermin"] = "1000000000"


def order_value(c):
    c.settings["max_order_value"] = D(100)


def position(c):
    c.figures["values"] = {PAIR: D(99_000)}


def exposure(c):
    c.figures["exposure_pct"] = D("98.5")


def open_orders(c):
    c.settings["max_open_orders"] = 1
    c.approve_another(NOW - 2 * MINUTE)


def rate(c):
    c.settings["max_orders_per_minute"] = 1
    made = c.approve_another(NOW - MINUTE + 1)
    c.gate.on_report(entry_report(made.signal_id, Status.NEW))
    c.gate.on_report(entry_report(made.signal_id, Status.CANCELED))


def funds(c):
    c.figures["available"] = D("1000")


# The code, what triggers it, and the limit and value that the refusal tells. In the order of the checks.
TRIGGERS = {
    "HALTED": (halt, None, "operator: lunch"),
    "STALE_MARKET_DATA": (stale, None, "stale"),
    "VENUE_NOT_ONLINE": (venue, "online", "cancel_only"),
    "PAIR_PAUSED": (paused, None, "paused"),
    "CLOCK_OFFSET": (clock, "500", "-501"),
    "MODEL_EXPIRED": (model, None, "expired"),
    "DUPLICATE_SIGNAL": (double, None, "same strategy, pair, side and bar"),
    "TOTAL_DRAWDOWN_LIMIT": (total, "15", "15.00000000"),
    "DAILY_DRAWDOWN_LIMIT": (day, "2", "2.00000000"),
    "WEEKLY_DRAWDOWN_LIMIT": (week, "5", "5.25000000"),
    "CONSECUTIVE_LOSSES_LIMIT": (losses, "5", "5"),
    "FAT_FINGER_PRICE": (fat_finger, "5", "5.20000000"),
    "INVALID_STOP_LOSS": (stop, "0.5", "0.527"),
    "BELOW_MINIMUM_ORDER": (minimum, "1000000000", "100000.00000000"),
    "MAX_ORDER_VALUE": (order_value, "100", "50000.000000000"),
    "MAX_POSITION_PCT": (position, "100", "149.00000000"),
    "MAX_EXPOSURE_PCT": (exposure, "100", "148.50000000"),
    "MAX_OPEN_ORDERS": (open_orders, "1", "1"),
    "ORDER_RATE": (rate, "1", "1"),
    "INSUFFICIENT_FUNDS": (funds, "1000", "50200.000000000000"),
}
CODES = list(TRIGGERS)


def same(told, wanted):
    try:
        return D(told) == D(wanted)
    except (ArithmeticError, TypeError):
        return told == wanted


def test_the_checks_are_those_of_the_requirements_in_their_order():
    assert list(CHECKS) == CODES


def test_without_a_trigger_the_entry_is_approved_and_tells_every_figure():
    granted = Case().judge()
    assert isinstance(granted, Granted)
    assert granted.approval.quantity == 100_000
    told = granted.approval.checks
    assert [code for code in CODES if code in told] == list(told)
    assert set(CODES) - set(told) == {code for code in CODES if TRIGGERS[code][1] is None}
    assert all(set(found) == {"limit", "actual"} for found in told.values())


@pytest.mark.parametrize("code", CODES)
def test_each_check_alone_refuses_with_its_code_limit_and_value(code):
    trigger, limit, actual = TRIGGERS[code]
    case = Case()
    trigger(case)
    refused = case.judge()
    assert isinstance(refused, Rejection)
    assert refused.reason == code
    assert same(refused.limit, limit)
    assert same(refused.actual, actual)
    assert (refused.signal_id, refused.purpose, refused.pair, refused.side) == ("s", "ENTRY", PAIR, "BUY")


@pytest.mark.parametrize(("first", "second"), list(combinations(CODES, 2)))
def test_of_two_failing_checks_the_earlier_speaks(first, second):
    case = Case()
    TRIGGERS[second][0](case)
    TRIGGERS[first][0](case)
    refused = case.judge()
    assert isinstance(refused, Rejection)
    assert refused.reason == first


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"figures": {"total_pct": D("14.99999999")}}, True),
        ({"figures": {"day_pct": D("1.99999999")}}, True),
        ({"figures": {"losses": 4}}, True),
        ({"figures": {"exposure_pct": D(50)}}, True),
        ({"figures": {"exposure_pct": D("50.00000001")}}, False),
        ({"figures": {"values": {PAIR: D(50_000)}}}, True),
        ({"figures": {"values": {PAIR: D(-50_000)}}}, True),
        ({"figures": {"values": {PAIR: D("50000.01")}}}, False),
        ({"figures": {"available": D(50_200)}}, True),
        ({"figures": {"available": D("50199.99")}}, False),
        ({"settings": {"max_order_value": D(50_000)}}, True),
        ({"rules": {"ordermin": "100000"}}, True),
        ({"rules": {"costmin": "50000"}}, True),
        ({"rules": {"costmin": "50000.01"}}, False),
        ({"wish": {"order_type": OrderType.LIMIT, "limit": D("0.525")}}, True),
        ({"wish": {"order_type": OrderType.LIMIT, "limit": D("0.475"), "sl": D("0.47")}}, True),
        ({"wish": {"order_type": OrderType.LIMIT, "limit": D("0.47499"), "sl": D("0.47")}}, False),
    ],
)
def test_limits_are_met_exactly(change, holds):
    case = Case()
    for name, values in change.items():
        getattr(case, name).update(values)
    assert isinstance(case.judge(), Granted) is holds


@pytest.mark.parametrize("sl", [D("0.5"), D("0.50001"), D(0), D(-1), None])
def test_a_stop_on_the_wrong_side_or_at_no_distance_is_invalid(sl):
    case = Case()
    case.wish["sl"] = sl
    assert case.judge().reason == "INVALID_STOP_LOSS"


def test_a_short_needs_leave_and_a_stop_above():
    case = Case()
    case.wish.update(side=Side.SELL, sl=D("0.505"))
    assert case.judge().reason == "INVALID_STOP_LOSS"
    case = Case()
    case.settings["allow_short"] = True
    case.wish.update(side=Side.SELL, sl=D("0.505"))
    assert case.judge().approval.quantity == 100_000
    case = Case()
    case.settings["allow_short"] = True
    case.wish.update(side=Side.SELL)
    assert case.judge().reason == "INVALID_STOP_LOSS"


def test_without_a_price_nothing_is_judged_fresh():
    case = Case()
    del case.gate.last[PAIR]
    refused = case.judge()
    assert (refused.reason, refused.actual) == ("STALE_MARKET_DATA", "no price yet")


def test_the_clock_may_be_off_either_way_up_to_its_limit():
    for offset, holds in ((500, True), (-500, True), (501, False), (-501, False)):
        case = Case()
        case.gate.clock_offset_ms = offset
        assert isinstance(case.judge(), Granted) is holds


def test_only_the_same_strategy_pair_side_and_bar_is_a_double():
    case = Case()
    first = case.judge()
    assert isinstance(first, Granted)
    case.gate.settings = RiskSettings(**WIDE, allow_short=True)
    for changes in ({"strategy_id": "b"}, {"bar_ns": NOW + 1}, {"side": Side.SELL, "sl": D("0.51")}):
        other = case.gate.judge(
            proposal(signal_id=repr(changes), **changes), figures(equity=D(9**9), available=D(9**9)), NOW
        )
        assert getattr(other, "reason", None) != "DUPLICATE_SIGNAL"
    again = case.gate.judge(proposal(signal_id="again"), figures(), NOW + MINUTE)
    assert again.reason == "DUPLICATE_SIGNAL"


def test_the_order_rate_looks_back_one_minute():
    case = Case()
    case.gate.settings = RiskSettings(**{**WIDE, "max_orders_per_minute": 2})
    for n, (at, holds) in enumerate(
        [(0, True), (1, True), (2, False), (MINUTE - 1, False), (MINUTE, True), (MINUTE, False)]
    ):
        wish = proposal(signal_id=str(n), bar_ns=n, sl=D("0.1"))
        rich = figures(equity=D(10**6), available=D(10**6))
        outcome = case.gate.judge(wish, rich, NOW + at)
        assert isinstance(outcome, Granted) is holds, n
        if not holds:
            assert outcome.reason == "ORDER_RATE"
