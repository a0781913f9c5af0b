"""Exact arithmetic: counts survive their texts, roundings are those of rational numbers, and lost digits raise."""

from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    localcontext,
)
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import Fault, OffGrid
from gal_friday.domain.numbers import (
    exact,
    percent_of,
    plain,
    power_of_ten,
    ratio,
    require_exact,
    rounded,
    rounded_down,
    share,
    units,
    units_decimal,
    units_text,
)

counts = st.integers(-(10**18), 10**18)
places = st.integers(0, 18)
amounts = st.builds(units_decimal, counts, places)
positive = st.builds(units_decimal, st.integers(1, 10**18), places)


def half_even(value: Fraction, decimals: int) -> Fraction:
    return Fraction(round(value * 10**decimals), 10**decimals)


@given(counts, places)
def test_a_count_survives_its_text(count, decimals):
    text = units_text(count, decimals)
    assert units(text, decimals) == count
    assert Decimal(text) == units_decimal(count, decimals)
    assert len(text.partition(".")[2]) == decimals


@given(counts, places, st.integers(0, 10))
def test_zeros_at_the_end_change_no_count(count, decimals, zeros):
    text = units_text(count, decimals)
    longer = text + ("" if decimals else ".") + "0" * zeros
    assert units(longer, decimals) == count
    assert units(Decimal(longer), decimals) == count


@given(counts, places, st.integers(1, 9))
def test_a_digit_below_the_grid_is_refused(count, decimals, digit):
    finer = units_decimal(count * 10 + (digit if count >= 0 else -digit), decimals + 1)
    with pytest.raises(OffGrid, match="price"):
        units(finer, decimals, what="price")


def test_counts_read_exponents_as_the_wire_writes_them():
    assert units("1E-8", 8) == 1
    assert units("2.5e3", 0) == 2500
    assert units_text(-5, 3) == "-0.005"
    assert units_text(0, 2) == "0.00"


@given(amounts)
def test_plain_texts_have_no_exponent_and_lose_nothing(amount):
    for value in (amount, amount.scaleb(-12), amount.normalize()):
        text = plain(value)
        assert set(text) <= set("-.0123456789")
        assert Decimal(text) == value


def test_plain_keeps_zeros_at_the_end():
    assert plain(Decimal("1.500")) == "1.500"
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("0E-9")) == "0.000000000"


@given(amounts, st.integers(0, 12))
def test_rounding_is_half_even_of_the_rational_number(amount, decimals):
    with exact():
        assert Fraction(rounded(amount, decimals)) == half_even(Fraction(amount), decimals)


@given(amounts, st.integers(0, 12))
def test_rounding_down_goes_towards_zero_to_the_grid(amount, decimals):
    with exact():
        down = rounded_down(amount, decimals)
    left = Fraction(amount) - Fraction(down)
    assert abs(left) < Fraction(1, 10**decimals)
    assert left * Fraction(amount) >= 0
    assert units(down, decimals) == int(Fraction(amount) * 10**decimals)


@given(amounts, positive, st.integers(0, 18), st.booleans())
def test_a_ratio_is_the_rational_number_rounded_once(top, bottom, decimals, negative):
    bottom = -bottom if negative else bottom
    with exact():
        assert Fraction(ratio(top, bottom, decimals)) == half_even(Fraction(top) / Fraction(bottom), decimals)


@given(amounts, amounts)
def test_percent_of_has_eight_decimals_and_no_zero_division(part, whole):
    with exact():
        got = percent_of(part, whole)
    assert Fraction(got) == (half_even(100 * Fraction(part) / Fraction(whole), 8) if whole else 0)


@given(amounts)
def test_a_share_is_a_hundredth(percent):
    with exact():
        assert share(percent) * 100 == percent


def test_money_arithmetic_raises_what_usually_goes_unnoticed():
    with exact():
        with pytest.raises(Inexact):
            Decimal(1) / 3
        with pytest.raises(Inexact):
            Decimal(10) ** 40 + Decimal(10) ** -40
        with pytest.raises(FloatOperation):
            Decimal(float("0.1"))
        with pytest.raises(FloatOperation):
            _ = Decimal(1) < 0.5
        with pytest.raises(DivisionByZero):
            Decimal(1) / 0
        with pytest.raises(InvalidOperation):
            Decimal("NaN") < 1  # noqa: B015
        assert Decimal("0.1") + Decimal("0.2") == Decimal("0.3")


def test_rounding_works_within_exact_and_leaves_the_context_as_it_was():
    with exact() as context:
        assert rounded(Decimal("2.5"), 0) == 2
        assert rounded(Decimal("3.5"), 0) == 4
        assert ratio(Decimal(1), Decimal(3), 4) == Decimal("0.3333")
        assert rounded_down(Decimal("-1.99"), 0) == -1
        assert not context.flags[Inexact]
        require_exact()


def test_a_ratio_does_not_depend_on_the_context_around_it():
    coarse = Context(prec=3, rounding=ROUND_HALF_EVEN)
    with localcontext(coarse):
        assert ratio(Decimal(2), Decimal(3), 10) == Decimal("0.6666666667")
        assert rounded(Decimal("123456.789"), 2) == Decimal("123456.79")


def test_outside_exact_the_engine_refuses_to_step():
    with pytest.raises(Fault, match="exact"):
        require_exact()


def test_powers_of_ten_are_exact():
    assert power_of_ten(0) == 1
    assert plain(power_of_ten(8)) == "0.00000001"
