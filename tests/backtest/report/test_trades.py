"""Fills become trades from flat to flat, with exact money and only the prices they surely lived through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.backtest.findings import findings
from gal_friday.backtest.trades import trades_of
from gal_friday.domain.errors import Fault
from gal_friday.domain.orders import Role, Side

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
# open, high, low, close in ticks of 0.00001
BARS = [
    (100_000, 101_000, 99_000, 100_000),
    (100_000, 104_000, 98_000, 102_000),
    (102_000, 110_000, 97_000, 103_000),
    (103_000, 103_000, 90_000, 95_000),
    (95_000, 96_000, 94_000, 95_000),
]


def test_a_long_trade(samples):
    fill = samples.one_fill
    run = samples.small(
        BARS, [fill(1, BUY, 100_000, 2 * 10**8), fill(3, SELL, 103_000, 2 * 10**8, role=Role.EXIT, at_s=3)]
    )
    (trade,) = trades_of(run)
    assert (trade.side, trade.exit_reason, trade.bars_held, trade.fills) == ("LONG", "EXIT", 2, 2)
    assert (trade.quantity, trade.entry_price, trade.exit_price) == (D(2), D(1), D("1.03"))
    assert (trade.entry_value, trade.exit_value) == (D(2), D("2.06"))
    assert (trade.gross_pnl, trade.net_pnl, trade.fees) == (D("0.06"), D("0.04"), D("0.02"))
    assert trade.return_pct == 2
    assert trade.exit_ns - trade.entry_ns == 121 * 10**9
    # Bars 1 and 2 whole, of bar 3 only the open at which it was sold.
    assert (trade.mae, trade.mfe) == (D("-0.06"), D("0.20"))
    assert (trade.mae_pct, trade.mfe_pct) == (D(-3), D(10))


def test_a_short_trade_mirrors_a_long_one(samples):
    fill = samples.one_fill
    run = samples.small(BARS, [fill(1, SELL, 100_000), fill(3, BUY, 103_000, role=Role.STOP)])
    (trade,) = trades_of(run)
    assert (trade.side, trade.gross_pnl, trade.net_pnl) == ("SHORT", D("-0.03"), D("-0.05"))
    assert (trade.mae, trade.mfe) == (D("-0.10"), D("0.03"))


@pytest.mark.parametrize(
    ("entry", "leaving", "worst", "best"),
    [
        # A bar entered within its range: only its close came surely after.
        (("range", 1), ("open", 3), "-0.03", "0.10"),
        # A bar left within its range: only its open came surely before.
        (("open", 1), ("range", 2), "-0.02", "0.04"),
        # Entered at the open and left within the same bar.
        (("open", 2), ("range", 2), "0", "0.02"),
        (("range", 2), ("range", 2), "0", "0"),
    ],
)
def test_excursions_count_what_the_phase_allows(samples, entry, leaving, worst, best):
    fill = samples.one_fill
    fills = [
        fill(entry[1], BUY, 100_000, phase=entry[0]),
        fill(leaving[1], SELL, 100_000, phase=leaving[0], role=Role.EXIT, at_s=30),
    ]
    (trade,) = trades_of(samples.small(BARS, fills))
    assert (trade.mae, trade.mfe) == (D(worst), D(best))


def test_partial_fills_average_and_realised_parts_count(samples):
    fill = samples.one_fill
    fills = [
        fill(0, BUY, 100_000, 10**8),
        fill(1, BUY, 102_000, 3 * 10**8),
        fill(2, SELL, 103_000, 10**8, role=Role.TARGET),
        fill(4, SELL, 95_000, 3 * 10**8, role=Role.STOP),
    ]
    (trade,) = trades_of(samples.small(BARS, fills))
    assert trade.entry_price == D("1.015")
    assert trade.exit_price == D("0.97")
    assert trade.gross_pnl == D("1.03") + 3 * D("0.95") - D("1.00") - 3 * D("1.02")
    # One unit was sold at 1.03; at the low of bar 3 the other three are worth 0.90 each.
    assert trade.mae == D("1.03") + 3 * D("0.90") - D("4.06")
    assert trade.exit_reason == "STOP"  # three of the four units left by it


def test_an_open_trade_has_no_exit(samples):
    (trade,) = trades_of(samples.small(BARS, [samples.one_fill(1, BUY, 100_000)]))
    assert trade.is_open
    assert (trade.exit_price, trade.net_pnl, trade.return_pct, trade.exit_reason) == (None, None, None, None)
    assert (trade.mae, trade.mfe, trade.bars_held) == (D("-0.10"), D("0.10"), 3)


def test_a_fill_that_turns_the_position_around_is_shared_out(samples):
    fill = samples.one_fill
    fills = [
        fill(0, BUY, 100_000, 10**8, commission="0.01", signal="a"),
        fill(1, SELL, 102_000, 3 * 10**8, commission="0.10", signal="b"),
    ]
    first, second = trades_of(samples.small(BARS, fills))
    assert (first.exit_reason, first.side, second.side, second.trade_id) == ("REVERSAL", "LONG", "SHORT", "b")
    assert first.fees + second.fees == D("0.11")
    assert (first.quantity, second.quantity) == (1, 2)


STOPPED = {"role": Role.STOP, "phase": "range", "at_s": 30}


@pytest.mark.parametrize(
    ("side", "target", "ambiguous"),
    [(BUY, "1.09", True), (BUY, "1.10", True), (BUY, "1.11", False), (SELL, "0.97", True), (SELL, "0.96", False)],
)
def test_a_stop_in_a_bar_that_touched_the_target_is_ambiguous(samples, side, target, ambiguous):
    stop = "0.98" if side is BUY else "1.05"
    price = 98_000 if side is BUY else 105_000
    levels = {"stop": stop, "target": target}
    fills = [
        samples.one_fill(1, side, 100_000, **levels),
        samples.one_fill(2, side.opposite, price, commission="0.0098", **STOPPED, **levels),
    ]
    (trade,) = trades_of(samples.small(BARS, fills))
    assert trade.ambiguous is ambiguous
    if not ambiguous:
        assert trade.optimistic_difference == 0
        return
    gained = D(target) - D(stop) if side is BUY else D(stop) - D(target)
    fee = (D("0.0098") * D(target) / D(stop)).quantize(D("0.00001"))
    assert trade.optimistic_difference == gained - (fee - D("0.0098"))


def test_a_stop_met_at_the_open_is_never_ambiguous(samples):
    levels = {"stop": "1.03", "target": "1.09"}
    fills = [
        samples.one_fill(1, BUY, 104_000, **levels),
        samples.one_fill(2, SELL, 102_000, role=Role.STOP, phase="open", **levels),
    ]
    assert not trades_of(samples.small(BARS, fills))[0].ambiguous


def test_a_fill_outside_the_bars_is_a_fault(samples):
    run = samples.small(BARS, [])
    stray = samples.one_fill(9, BUY, 100_000)
    with pytest.raises(Fault, match="no such bar"):
        trades_of(replace(run, fills=(stray,)))


def test_a_ledger_that_the_fills_do_not_explain_is_a_fault(samples):
    run = samples.small(BARS, [samples.one_fill(1, BUY, 100_000)])
    assert findings(run).curve.final_equity == run.final_equity
    with pytest.raises(Fault, match="the ledger ends at"):
        findings(replace(run, final_equity=run.final_equity + D("0.00001")))


def test_prices_of_bars_may_be_coarser_than_those_of_fills(samples):
    run = samples.small(
        BARS, [samples.one_fill(1, BUY, 1_000_000), samples.one_fill(3, SELL, 1_030_000, role=Role.EXIT)]
    )
    finer = {"XRP/USD": samples.instrument("XRP/USD", 6)}
    (trade,) = trades_of(replace(run, instruments=finer))
    assert (trade.entry_price, trade.gross_pnl) == (1, D("0.03"))
    assert (trade.mae, trade.mfe) == (D("-0.03"), D("0.10"))


FILLS = st.lists(
    st.tuples(
        st.integers(0, 59),
        st.sampled_from(["DOGE/USD", "XRP/USD"]),
        st.sampled_from([BUY, SELL]),
        st.integers(1, 10**10),
        st.integers(-500, 500),
        st.sampled_from(["open", "range"]),
        st.integers(0, 10**6),
    ),
    max_size=25,
)


@given(FILLS)
def test_money_is_neither_made_nor_lost(samples, drawn):
    series = {pair: samples.walk(pair, 60, 3) for pair in ("DOGE/USD", "XRP/USD")}
    rules = {"DOGE/USD": samples.instrument("DOGE/USD", 7), "XRP/USD": samples.instrument("XRP/USD", 5)}
    fills = []
    for row, pair, side, lots, off, phase, fee in sorted(drawn, key=lambda item: (item[0], item[1])):
        ticks = max(1, int(series[pair].open[row]) + off)
        fills.append(
            samples.one_fill(
                row,
                side,
                ticks,
                lots,
                pair=pair,
                phase=phase,
                commission=str(D(fee).scaleb(-5)),
                signal=f"s{len(fills)}",
            )
        )
    run = samples.run_of(series, rules, fills)
    found = findings(run)  # raises where curve and ledger differ
    closed = sum((trade.net_pnl for trade in found.trades if not trade.is_open), D(0))
    still = D(0)
    for trade in found.trades:
        if trade.is_open:
            sign = 1 if trade.side == "LONG" else -1
            last = rules[trade.pair].price(int(series[trade.pair].close[-1]))
            held = sum(
                (rules[f.pair].quantity(f.lots) * (1 if f.side is BUY else -1) for f in fills if f.pair == trade.pair),
                D(0),
            )
            still += held * last - sign * (trade.entry_value - trade.exit_value) - trade.fees
        assert trade.mae <= 0 <= trade.mfe
        if trade.gross_pnl is not None:
            assert trade.mae <= trade.gross_pnl <= trade.mfe
    assert run.initial_capital + closed + still == run.final_equity
    assert sum((trade.fees for trade in found.trades), D(0)) == sum((fill.commission for fill in fills), D(0))
