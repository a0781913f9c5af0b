"""An instrument's grid: exact both ways, refusing what is off it, and stated again without loss."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import OffGrid
from gal_friday.domain.instrument import Instrument, restated
from gal_friday.domain.numbers import exact, power_of_ten, units_decimal, units_text

DECIMALS = st.integers(0, 10)


@st.composite
def instruments(draw):
    price, lot = draw(DECIMALS), draw(DECIMALS)
    return Instrument(
        "XRP/USD",
        price,
        lot,
        tick_size=power_of_ten(price) * draw(st.sampled_from([1, 1, 5, 10, 25])),
        ordermin=units_decimal(draw(st.integers(0, 1000)), lot),
        costmin=Decimal("0.5"),
        taker_fee_pct=units_decimal(draw(st.integers(0, 200)), 2),
        maker_fee_pct=units_decimal(draw(st.integers(0, 200)), 2),
        fee_decimals=draw(st.integers(0, 8)),
    )


counts = st.integers(0, 10**15)


@given(instruments(), counts, counts)
def test_ticks_and_lots_survive_prices_and_sizes(rules, ticks, lots):
    with exact():
        assert rules.ticks(rules.price(ticks)) == ticks
        assert rules.ticks(units_text(ticks, rules.price_decimals)) == ticks
        assert rules.lots(rules.quantity(lots)) == lots
        assert rules.lots(units_text(lots, rules.lot_decimals)) == lots
        assert rules.quantity(1) == rules.lot_step
        assert rules.price(rules.grid) == rules.tick_size


@given(instruments(), counts)
def test_more_decimals_than_the_grid_are_refused(rules, count):
    with pytest.raises(OffGrid, match="XRP/USD: price"):
        rules.ticks(units_decimal(count * 10 + 5, rules.price_decimals + 1))
    with pytest.raises(OffGrid, match="XRP/USD: quantity"):
        rules.lots(units_decimal(count * 10 + 5, rules.lot_decimals + 1))


@given(instruments(), counts, counts)
def test_notional_is_price_times_size(rules, ticks, lots):
    with exact():
        assert rules.notional(ticks, lots) == rules.price(ticks) * rules.quantity(lots)


@given(instruments(), counts, st.integers(0, 10**9), st.booleans())
def test_the_fee_is_its_percentage_rounded_half_even(rules, ticks, lots, maker):
    with exact():
        notional = rules.notional(ticks, lots)
        percent = rules.maker_fee_pct if maker else rules.taker_fee_pct
        wanted = round(Fraction(notional) * Fraction(percent) / 100 * 10**rules.fee_decimals)
        assert Fraction(rules.fee(notional, maker=maker)) == Fraction(wanted, 10**rules.fee_decimals)


@given(instruments())
def test_rules_survive_their_payload(rules):
    with exact():
        again = restated(rules.payload(), rules)
    assert again == rules


@given(instruments(), st.integers(0, 14))
def test_finer_ticks_are_the_same_prices(rules, decimals):
    finer = rules.finer(decimals)
    assert finer.price_decimals == max(decimals, rules.price_decimals)
    with exact():
        assert finer.ticks(rules.price(12_345)) == 12_345 * 10 ** (finer.price_decimals - rules.price_decimals)
        assert finer.price(finer.grid) == rules.tick_size


def test_rules_of_an_unknown_pair_take_their_scale_from_the_steps():
    payload = {
        "trading_pair": "BTC/USD",
        "tick_size": "0.10",
        "lot_step": "0.00000001",
        "ordermin": "0.0001",
        "costmin": "0.5",
        "taker_fee_pct": "0.40",
        "maker_fee_pct": "0.25",
        "status": "online",
    }
    rules = restated(payload, None)
    assert (rules.price_decimals, rules.lot_decimals, rules.grid) == (1, 8, 1)
    assert (rules.base, rules.quote) == ("BTC", "USD")


def test_a_new_statement_changes_fees_and_status_but_not_the_scale():
    rules = Instrument("A/USD", 5, 8, Decimal("0.01"), Decimal(1), Decimal(1), Decimal("0.4"), Decimal("0.25"))
    payload = {**rules.payload(), "taker_fee_pct": "0.1", "status": "cancel_only"}
    again = restated(payload, rules)
    assert (again.price_decimals, again.taker_fee_pct, again.status) == (5, Decimal("0.1"), "cancel_only")
