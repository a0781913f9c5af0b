"""The ledger: every transaction sums to zero in every asset, or nothing of it is booked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import Unbalanced
from gal_friday.domain.numbers import exact, units_decimal
from gal_friday.portfolio.ledger import ASSETS, FEES, OPENING, TRADING, Ledger, opening

money = st.builds(units_decimal, st.integers(-(10**15), 10**15), st.integers(0, 12))
trades = st.tuples(st.sampled_from(["XRP", "DOGE"]), st.just("USD"), money, money, money.map(abs))


@given(money, st.lists(trades, max_size=20))
def test_every_asset_sums_to_zero_after_every_transaction(capital, fills):
    ledger, held = Ledger(), {"USD": capital}
    with exact():
        ledger.post("opening", opening("USD", capital))
        for n, (base, quote, quantity, cost, fee) in enumerate(fills):
            ledger.trade(str(n), base, quote, quantity, cost, fee)
            held[base] = held.get(base, Decimal(0)) + quantity
            held[quote] -= cost + fee
            for asset in ledger.assets():
                assert ledger.total(asset) == 0
                assert ledger.held(asset) == held.get(asset, 0)
                parts = (ledger.balance(account, asset) for account in (OPENING, TRADING, FEES))
                assert ledger.held(asset) == -sum(parts, Decimal(0))
    assert ledger.transactions == 1 + len(fills)


@given(money, money.filter(bool))
def test_what_does_not_balance_leaves_nothing_behind(capital, off):
    ledger = Ledger()
    with exact():
        ledger.post("opening", opening("USD", capital))
        before = ledger.sha256()
        with pytest.raises(Unbalanced, match="expected sums of zero"):
            ledger.post("wrong", [(ASSETS, "USD", off), (TRADING, "XRP", -off)])
        assert (ledger.held("USD"), ledger.balance(TRADING, "XRP")) == (capital, 0)
    assert (ledger.sha256(), ledger.transactions) == (before, 1)


@given(st.lists(trades, min_size=2, max_size=6, unique_by=repr))
def test_the_hash_tells_every_transaction_and_their_order(entries):
    def hashed(fills):
        ledger = Ledger()
        with exact():
            for n, fill in enumerate(fills):
                ledger.trade(str(n), *fill)
        return ledger.sha256()

    assert hashed(entries) == hashed(entries)
    assert hashed(entries) != hashed(entries[:-1])
    assert hashed(entries) != hashed(entries[::-1])


def test_a_fill_moves_base_quote_and_fee():
    ledger = Ledger()
    with exact():
        ledger.post("opening", opening("USD", Decimal(1000)))
        ledger.trade("fill", "XRP", "USD", Decimal(100), Decimal("50.5"), Decimal("0.2"))
    assert ledger.held("USD") == Decimal("949.3")
    assert ledger.held("XRP") == 100
    assert ledger.balance(FEES, "USD") == Decimal("0.2")
    assert ledger.assets() == ("USD", "XRP")
