"""Whatever happens to an account, cash, positions and fees add up to the last decimal, and two ways agree."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from gal_friday.domain.figures import figures_of
from gal_friday.domain.numbers import exact, percent_of, units_decimal
from gal_friday.domain.orders import Fill, OrderType, Report, Role, Side, Status
from gal_friday.domain.time import DAY, HOUR, to_datetime
from gal_friday.portfolio.account import Account
from gal_friday.portfolio.ledger import FEES, TRADING

CAPITAL = Decimal("100000.00")
PAIRS = ("DOGE/USD", "XRP/USD")
lots = st.integers(1, 10**13)  # of 10^-8
ticks = st.integers(1, 10**7)  # of 10^-5


class Sent:
    """An order that a random market executes."""

    def __init__(self, identity, signal, pair, side, role, size):
        self.identity, self.signal, self.pair, self.side, self.role, self.size = (
            identity,
            signal,
            pair,
            side,
            role,
            size,
        )
        self.filled = 0
        self.told = []

    def report(self, status, fill=None):
        made = Report(
            self.signal,
            self.role,
            self.identity,
            "X",
            self.pair,
            status,
            OrderType.MARKET,
            self.side,
            units_decimal(self.size, 8),
            units_decimal(self.filled, 8),
            None,
            fill,
            None,
            None,
            Decimal(0),
            "USD",
            0,
        )
        self.told.append(made)
        return made


class AccountMachine(RuleBasedStateMachine):
    """Random orders, fills, repeats, reservations, marks and days, against a book in rational numbers."""

    orders = Bundle("orders")
    ended = Bundle("ended")
    reserved = Bundle("reserved")

    def __init__(self):
        super().__init__()
        self.context = exact()
        self.context.__enter__()
        self.now = 1_735_500_000_000_000_000
        self.account = Account("USD", CAPITAL, self.now)
        self.count = 0
        self.quantity = dict.fromkeys(PAIRS, Fraction(0))
        self.marks = {}
        self.cash, self.fees, self.realized = Fraction(CAPITAL), Fraction(0), Fraction(0)
        self.holds = {}
        self.peaks = [(self.now, Fraction(CAPITAL))]

    def teardown(self):
        self.context.__exit__(None, None, None)

    # --- what may happen

    @rule(target=orders, pair=st.sampled_from(PAIRS), side=st.sampled_from(Side), size=lots, closes=st.booleans())
    def send(self, pair, side, size, closes):
        self.count += 1
        role = Role.EXIT if closes else Role.ENTRY
        order = Sent(f"o{self.count}", f"s{self.count}", pair, side, role, size)
        assert not self.account.on_report(order.report(Status.NEW), self.now)
        return order

    @rule(target=orders, pair=st.sampled_from(PAIRS), side=st.sampled_from(Side), size=lots, price=ticks)
    def approve(self, pair, side, size, price):
        self.count += 1
        order = Sent(f"o{self.count}", f"s{self.count}", pair, side, Role.ENTRY, size)
        notional = units_decimal(size * price, 13)
        cash = notional * Decimal("1.004")
        self.account.reserve(order.signal, pair, cash, notional)
        self.holds[order.signal] = [order, cash, notional]
        if size % 2:
            self.account.on_report(order.report(Status.PENDING_NEW), self.now)
        return order

    @rule(
        target=ended,
        source=st.none(),
        order=consumes(orders),
        parts=st.lists(st.tuples(st.integers(1, 99), ticks, st.integers(0, 10**7)), max_size=3),
        end=st.sampled_from([Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED, Status.ERROR]),
    )
    def execute(self, source, order, parts, end):
        for percent, price, fee in parts:
            size = (order.size - order.filled) * percent // 100
            if size:
                self.fill(order, size, price, fee, Status.PARTIALLY_FILLED)
        if end is Status.FILLED and order.filled < order.size:
            self.fill(order, order.size - order.filled, 50_000, 1, Status.FILLED)
        else:
            assert not self.account.on_report(order.report(end), self.now)
        self.holds.pop(order.signal, None)
        return order

    @rule(target=orders, order=consumes(orders), percent=st.integers(1, 99), price=ticks, fee=st.integers(0, 10**7))
    def fill_a_part(self, order, percent, price, fee):
        size = (order.size - order.filled) * percent // 100
        if size:
            self.fill(order, size, price, fee, Status.PARTIALLY_FILLED)
        return order

    @rule(order=st.one_of(orders, ended), data=st.data())
    def tell_a_fill_again(self, order, data):
        fills = [told for told in order.told if told.fill is not None]
        if fills and order.signal not in self.account._reservations:
            assert not self.account.on_report(data.draw(st.sampled_from(fills)), self.now)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data):
        signal = data.draw(st.sampled_from(sorted(self.holds)))
        self.account.release(signal)
        self.account.release(signal)
        del self.holds[signal]

    @rule(pair=st.sampled_from(PAIRS), price=ticks)
    def mark(self, pair, price):
        self.marks[pair] = Fraction(price, 10**5)
        if self.account.mark(pair, units_decimal(price, 5), self.now):
            self.revalue()

    @rule(hours=st.integers(0, 24 * 9))
    def wait(self, hours):
        self.now += hours * HOUR
        self.revalue()

    @rule()
    def resume(self):
        self.account.resumed()
        assert self.account.losses == 0

    # --- the book in rational numbers

    def fill(self, order, size, price, fee, status):
        order.filled += size
        commission = units_decimal(fee, 5)
        report = order.report(
            status,
            Fill(
                f"{order.identity}-{order.filled}", units_decimal(size, 8), units_decimal(price, 5), commission, "taker"
            ),
        )
        signed = Fraction(size, 10**8) * (1 if order.side is Side.BUY else -1)
        self.quantity[order.pair] += signed
        self.cash -= signed * Fraction(price, 10**5) + Fraction(commission)
        self.fees += Fraction(commission)
        self.marks[order.pair] = Fraction(price, 10**5)
        assert self.account.on_report(report, self.now)
        self.peaks.append((self.now, self.equity()))
        if status is Status.FILLED:
            self.holds.pop(order.signal, None)

    def equity(self):
        return self.cash + sum(self.quantity[pair] * self.marks.get(pair, 0) for pair in PAIRS)

    def revalue(self):
        self.account.revalue(self.now)
        self.peaks.append((self.now, self.equity()))

    # --- what always holds

    @invariant()
    def cash_positions_and_fees_conserve(self):
        account, ledger = self.account, self.account.ledger
        assert all(ledger.total(asset) == 0 for asset in ledger.assets())
        assert ledger.held("USD") == account.cash
        assert account.cash + ledger.balance(TRADING, "USD") + account.fees == CAPITAL
        assert ledger.balance(FEES, "USD") == account.fees
        assert (Fraction(account.cash), Fraction(account.fees)) == (self.cash, self.fees)
        for pair in PAIRS:
            held = ledger.held(pair.partition("/")[0])
            assert Fraction(held) == self.quantity[pair]
            assert held == account.position(pair).quantity
            assert (pair in account.exposed) == bool(held)

    @invariant()
    def equity_is_the_same_computed_two_ways(self):
        account = self.account
        assert Fraction(account.equity()) == self.equity()
        unrealized = sum((p.unrealized for p in account.exposed.values()), Decimal(0))
        assert account.realized + unrealized - account.fees == account.equity() - CAPITAL

    @invariant()
    def reservations_are_what_open_entries_may_still_take(self):
        account = self.account
        gross = sum((abs(p.value) for p in account.exposed.values()), Decimal(0))
        cash = exposure = Fraction(0)
        for order, money, notional in self.holds.values():
            left = Fraction(order.size - order.filled, order.size)
            cash += Fraction(money) * left
            exposure += Fraction(notional) * left
        allowed = Fraction(len(self.holds), 10**8)
        assert abs(Fraction(account.exposure() - gross) - exposure) <= allowed
        assert abs(Fraction(account.drawdowns.equity - gross - account.available()) - cash) <= allowed
        if not self.holds:
            assert account.exposure() == gross

    @invariant()
    def drawdowns_are_those_of_the_history(self):
        now, equity = self.peaks[-1]
        today = [i for i, (at, _) in enumerate(self.peaks) if at // DAY == now // DAY]
        week = to_datetime(now).isocalendar()[:2]
        this_week = [i for i, (at, _) in enumerate(self.peaks) if to_datetime(at).isocalendar()[:2] == week]
        for got, first in (
            (self.account.drawdowns.day_pct, today[0]),
            (self.account.drawdowns.week_pct, this_week[0]),
            (self.account.drawdowns.total_pct, 0),
        ):
            peak = max(value for _, value in self.peaks[max(first - 1, 0) :])
            below = (peak - equity) / peak * 100 if peak > equity else Fraction(0)
            assert Fraction(got) == Fraction(round(below * 10**8), 10**8)

    @invariant()
    def the_payload_says_what_the_figures_are(self):
        account = self.account
        figures = account.figures()
        assert figures_of(account.state()) == figures
        assert figures.exposure_pct == percent_of(account.exposure(), account.equity())
        assert account.state() is account.state()


TestConservation = AccountMachine.TestCase


@pytest.mark.acceptance
class TestConservationAtLength(AccountMachine.TestCase):
    settings = settings.get_profile("acceptance")
