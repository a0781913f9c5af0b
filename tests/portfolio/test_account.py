"""The account: reports become postings once, reservations shrink with fills, and figures tell both."""

from decimal import Decimal

import pytest

from gal_friday.domain.errors import Fault
from gal_friday.domain.figures import figures_of
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Fill, OrderType, Report, Role, Side, Status
from gal_friday.domain.time import DAY, HOUR
from gal_friday.portfolio.account import Account

PAIR = "XRP/USD"
D = Decimal


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


@pytest.fixture
def account():
    return Account("USD", D(100_000), 0)


def report(
    status, filled, fill=None, *, ordered="1000", side=Side.BUY, role=Role.ENTRY, order="o1", signal="s1", **more
):
    done = None if fill is None else Fill(f"{order}-{filled}", D(fill), D(more.pop("price", "0.5")), D("0.25"), "taker")
    return Report(
        signal_id=signal,
        role=role,
        client_order_id=order,
        exchange_order_id="X",
        pair=PAIR,
        status=status,
        order_type=OrderType.MARKET,
        side=side,
        ordered=D(ordered),
        filled=D(filled),
        average_price=None,
        fill=done,
        limit=None,
        stop=None,
        commission=D(0),
        commission_asset=more.pop("commission_asset", "USD"),
        venue_ns=0,
        **more,
    )


def test_a_fill_is_booked_once_however_often_it_is_told(account):
    first = report(Status.PARTIALLY_FILLED, "400", "400")
    assert account.on_report(first, 1)
    assert not account.on_report(first, 2)
    assert account.on_report(report(Status.FILLED, "1000", "600"), 3)
    assert not account.on_report(first, 4)
    assert account.cash == D("99499.5")
    assert account.ledger.transactions == 3


def test_a_fill_that_was_never_told_is_a_fault(account):
    account.on_report(report(Status.PARTIALLY_FILLED, "400", "400"), 1)
    with pytest.raises(Fault, match="never told; reconcile"):
        account.on_report(report(Status.FILLED, "1000", "100"), 2)
    assert account.cash == D("99799.75")


def test_a_pair_quoted_in_another_asset_is_a_fault(account):
    with pytest.raises(Fault, match="quoted in EUR"):
        account.position("XRP/EUR")


def test_a_signal_reserves_once(account):
    account.reserve("s1", PAIR, D(100), D(99))
    with pytest.raises(Fault, match="reserved already"):
        account.reserve("s1", PAIR, D(100), D(99))


def test_a_reservation_shrinks_with_fills_and_ends_with_the_order(account):
    account.reserve("s1", PAIR, D("502"), D("500"))
    assert (account.available(), account.exposure()) == (D(99_498), D(500))
    account.on_report(report(Status.NEW, "0"), 1)
    assert (account.available(), account.exposure()) == (D(99_498), D(500))
    account.on_report(report(Status.PARTIALLY_FILLED, "400", "400"), 2)
    assert account.exposure() == 200 + 300
    assert account.available() == account.equity() - 200 - D("301.2")
    account.on_report(report(Status.CANCELED, "400"), 3)
    assert account.exposure() == 200
    assert account.available() == account.equity() - 200


def test_a_second_order_carries_the_same_reservation_on(account):
    account.reserve("s1", PAIR, D("502"), D("500"))
    account.on_report(report(Status.NEW, "0"), 1)
    account.on_report(report(Status.PENDING_NEW, "0", order="o2"), 2)
    account.on_report(report(Status.EXPIRED, "0"), 2)
    assert account.exposure() == 500
    account.on_report(report(Status.FILLED, "1000", "1000", order="o2"), 3)
    assert account.exposure() == 500
    assert account.available() == account.equity() - 500


def test_releasing_what_is_not_reserved_changes_nothing(account):
    before = account.state()
    account.release("nobody")
    assert account.state() is before


def test_exits_touch_no_reservation(account):
    account.on_report(report(Status.FILLED, "1000", "1000"), 1)
    account.reserve("s2", PAIR, D(100), D(100))
    account.on_report(report(Status.FILLED, "1000", "1000", side=Side.SELL, role=Role.STOP, order="o2", signal="s2"), 2)
    assert account.exposure() == 100


def test_losses_in_a_row_count_closed_trades_net_of_fees(account):
    for n, (price, losses) in enumerate([("0.4", 1), ("0.5", 2), ("0.5003", 3), ("0.6", 0), ("0.1", 1)]):
        account.on_report(report(Status.FILLED, "1000", "1000", order=f"in{n}"), n)
        out = report(Status.FILLED, "1000", "1000", side=Side.SELL, role=Role.EXIT, order=f"out{n}", price=price)
        account.on_report(out, n)
        assert account.losses == losses
    account.resumed()
    assert account.losses == 0


def test_a_mark_matters_for_a_position_or_on_a_new_day(account):
    assert not account.mark(PAIR, D("0.5"), HOUR)
    assert account.mark(PAIR, D("0.5"), DAY)
    account.on_report(report(Status.FILLED, "1000", "1000"), 1)
    assert account.mark(PAIR, D("0.6"), HOUR)
    account.revalue(HOUR)
    assert account.equity() == D(100_000) - 500 - D("0.25") + 600


def test_a_short_needs_as_much_again_as_its_proceeds(account):
    account.on_report(report(Status.FILLED, "1000", "1000", side=Side.SELL), 1)
    assert account.cash == D("100499.75")
    assert account.equity() == D("99999.75")
    assert account.available() == D("99499.75")


def test_the_state_says_what_the_figures_are(account):
    account.reserve("s9", PAIR, D(70), D(70))
    account.on_report(report(Status.FILLED, "1000", "1000", signal="s1"), 1)
    account.mark(PAIR, D("0.4"), 2)
    account.revalue(2)
    assert figures_of(account.state()) == account.figures()
    assert account.state()["positions"][PAIR] == {
        "base_asset": "XRP",
        "quote_asset": "USD",
        "quantity": "1000",
        "average_entry_price": "0.500000000000",
        "current_market_value": "400.0",
        "unrealized_pnl": "-100.0",
    }
    assert account.state()["total_drawdown_pct"] == "0.10025000"


def test_a_fee_in_another_asset_is_a_fault_before_anything_is_booked(account):
    with pytest.raises(Fault, match="fee in XRP"):
        account.on_report(report(Status.FILLED, "1000", "1000", commission_asset="XRP"), 1)
    assert (account.cash, account.ledger.transactions) == (100_000, 1)
    assert account.on_report(report(Status.FILLED, "1000", "1000"), 1)


def test_an_older_report_told_again_reserves_nothing_anew(account):
    account.reserve("s1", PAIR, D("502"), D("500"))
    older = report(Status.PARTIALLY_FILLED, "400", "400")
    account.on_report(older, 1)
    account.on_report(report(Status.PARTIALLY_FILLED, "700", "300"), 2)
    before = account.exposure()
    account.on_report(older, 3)
    assert account.exposure() == before
