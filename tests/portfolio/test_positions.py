"""A position against a book kept in rational numbers: nothing is lost between realised, unrealised and fees."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.numbers import exact, units_decimal
from gal_friday.portfolio.positions import Position

sizes = st.integers(-(10**9), 10**9).filter(bool).map(lambda lots: units_decimal(lots, 8))
prices = st.integers(1, 10**7).map(lambda ticks: units_decimal(ticks, 5))
fees = st.integers(0, 10**6).map(lambda points: units_decimal(points, 5))
fills = st.lists(st.tuples(sizes, prices, fees), min_size=1, max_size=30)


class Book:
    """The same by average cost, without any rounding."""

    def __init__(self):
        self.quantity = self.average = self.realized = Fraction(0)

    def fill(self, quantity, price):
        if self.quantity * quantity >= 0:
            total = self.quantity * self.average + quantity * price
            self.quantity += quantity
            self.average = total / self.quantity
            return
        closing = min(abs(quantity), abs(self.quantity))
        direction = 1 if self.quantity > 0 else -1
        self.realized += direction * closing * (price - self.average)
        self.quantity += quantity
        if self.quantity == 0:
            self.average = Fraction(0)
        elif self.quantity * direction < 0:
            self.average = price


@given(fills, prices)
def test_realised_and_unrealised_are_those_of_the_rational_book(stream, mark):
    position, book = Position("XRP", "USD"), Book()
    realized = Decimal(0)
    with exact():
        for n, (quantity, price, fee) in enumerate(stream, 1):
            gained, _ = position.fill(quantity, price, fee)
            realized += gained
            book.fill(Fraction(quantity), Fraction(price))
            allowed = Fraction(n, 10**12)
            assert Fraction(position.quantity) == book.quantity
            assert abs(Fraction(realized) - book.realized) <= allowed
            assert abs(Fraction(position.cost) - book.quantity * book.average) <= allowed
        position.mark = mark
        unrealized = book.quantity * (Fraction(mark) - book.average)
        assert abs(Fraction(position.unrealized) - unrealized) <= allowed


@given(fills, prices)
def test_realised_plus_unrealised_minus_fees_is_the_change_of_equity(stream, mark):
    position = Position("XRP", "USD")
    cash = realized = paid = Decimal(0)
    with exact():
        for quantity, price, fee in stream:
            gained, _ = position.fill(quantity, price, fee)
            cash -= quantity * price + fee
            realized += gained
            paid += fee
            position.mark = mark
            assert cash + position.value == realized + position.unrealized - paid


@given(fills)
def test_the_net_results_of_closed_trades_add_up(stream):
    position = Position("XRP", "USD")
    cash = nets = Decimal(0)
    with exact():
        for quantity, price, fee in stream:
            _, net = position.fill(quantity, price, fee)
            cash -= quantity * price + fee
            if net is not None:
                nets += net
            if not position.quantity:
                assert nets == cash
                assert (position.cost, position.average_entry, position.unrealized) == (0, 0, 0)


@given(fills)
def test_a_short_is_a_long_in_the_mirror(stream):
    one, other = Position("XRP", "USD"), Position("XRP", "USD")
    with exact():
        for quantity, price, fee in stream:
            gained, net = one.fill(quantity, price, fee)
            mirrored, mirrored_net = other.fill(-quantity, price, fee)
            assert mirrored == -gained
            assert (net is None) == (mirrored_net is None)
            assert other.quantity == -one.quantity
            assert other.average_entry == one.average_entry


def test_a_fill_through_zero_closes_one_trade_and_opens_the_next():
    position = Position("XRP", "USD")
    with exact():
        assert position.fill(Decimal(10), Decimal(2), Decimal("0.1")) == (0, None)
        gained, net = position.fill(Decimal(-15), Decimal(3), Decimal("0.2"))
        assert (gained, net) == (10, Decimal("9.7"))
        assert (position.quantity, position.average_entry) == (-5, 3)
        assert position.fill(Decimal(5), Decimal(1), Decimal(0)) == (10, 10)
