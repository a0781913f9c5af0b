"""The curve's chosen rows carry the values that a plain walk over every bar gives."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from gal_friday.backtest.equity import curve_of
from gal_friday.domain.errors import Fault
from gal_friday.domain.orders import Side
from gal_friday.domain.time import DAY, HOUR, MINUTE

D = Decimal


def plain_walk(run):
    """(bar end, equity) at the start and at every bar's end, by the definition, bar by bar in Decimal."""
    ends = sorted({int(s) + series.interval_ns for series in run.series.values() for s in series.start_ns})
    close_at = {
        pair: {int(s) + series.interval_ns: int(c) for s, c in zip(series.start_ns, series.close, strict=True)}
        for pair, series in run.series.items()
    }
    points = [(min(int(series.start_ns[0]) for series in run.series.values()), run.initial_capital)]
    cash, lots, last, fills = run.initial_capital, {}, {}, list(run.fills)
    for end in ends:
        while fills and fills[0].bar_ns + MINUTE <= end:
            fill = fills.pop(0)
            sign = 1 if fill.side is Side.BUY else -1
            cash -= sign * run.instruments[fill.pair].notional(fill.ticks, fill.lots) + fill.commission
            lots[fill.pair] = lots.get(fill.pair, 0) + sign * fill.lots
        for pair, closes in close_at.items():
            last[pair] = closes.get(end, last.get(pair))
        value = sum((run.instruments[pair].notional(last[pair], held) for pair, held in lots.items() if held), D(0))
        points.append((end, cash + value))
    return points


def falls(points):
    """Every drawdown: (depth share, duration, peak, trough, recovery or None), peak = last bar at the maximum."""
    found, peak, trough = [], points[0], None
    for point in points[1:]:
        if point[1] >= peak[1]:
            if trough:
                found.append((1 - trough[1] / peak[1], point[0] - peak[0], peak, trough, point))
            peak, trough = point, None
        elif trough is None or point[1] < trough[1]:
            trough = point
    if trough:
        found.append((1 - trough[1] / peak[1], points[-1][0] - peak[0], peak, trough, None))
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("holes", [0, 2])
def test_rows_agree_with_a_plain_walk(samples, seed, holes):
    run = samples.make_run(1_500 + 37 * seed, 12, seed=seed, holes=holes, end=seed % 2 - 1)
    curve, points = curve_of(run), plain_walk(run)
    worth = dict(points)
    marks = [row for row in curve.rows if row.kind != "fill"]
    assert all(row.equity == worth[row.bar_end_ns] == row.cash + row.position_value for row in marks)
    assert curve.final_equity == run.final_equity == points[-1][1]
    grace = run.bar_grace_ns
    deepest = max(falls(points), key=lambda fall: fall[0])
    longest = max(falls(points), key=lambda fall: fall[1])
    for fall, found, name in ((deepest, curve.deepest, "max"), (longest, curve.longest, "longest")):
        _, _, peak, trough, recovery = fall
        start = peak[0] + (grace if peak is not points[0] else 0)
        assert (found.peak_ns, found.trough_ns) == (start, trough[0] + grace)
        assert found.recovery_ns == (None if recovery is None else recovery[0] + grace)
        assert found.value == peak[1] - trough[1]
        tagged = {row.kind: row.bar_end_ns for row in curve.rows if name in row.episode.split("+")}
        assert tagged == {
            "peak": peak[0],
            "trough": trough[0],
            **({} if recovery is None else {"recovery": recovery[0]}),
        }


@pytest.mark.parametrize("holes", [0, 3])
def test_each_full_hour_with_a_bar_has_its_last_bar(samples, holes):
    run = samples.make_run(1_000, 8, holes=holes)
    hours = {row.bar_end_ns for row in curve_of(run).rows if row.kind == "hour"}
    ends = [end for end, _ in plain_walk(run)[1:]]
    last = {-(-end // HOUR): end for end in ends}
    full = {end for hour, end in last.items() if hour * HOUR <= ends[-1]}
    assert hours == full


def test_rows_are_in_time_order_with_one_row_per_fill(samples):
    run = samples.make_run(2_000, 30)
    rows = curve_of(run).rows
    assert [row.seen_ns for row in rows] == sorted(row.seen_ns for row in rows)
    assert sum(row.kind == "fill" for row in rows) == len(run.fills)
    assert (rows[0].kind, rows[-1].kind) == ("start", "end")


def test_a_fill_row_stands_right_after_the_fill(samples):
    bars = [(100_000, 100_000, 100_000, 100_000)] * 3
    run = samples.small(bars, [samples.one_fill(1, Side.BUY, 110_000, commission="0.5")])
    (row,) = [row for row in curve_of(run).rows if row.kind == "fill"]
    assert (row.cash, row.position_value, row.equity) == (D("99998.4"), D("1.1"), D("99999.5"))
    assert row.seen_ns == run.fills[0].venue_ns
    early = replace(run, fills=(samples.one_fill(1, Side.BUY, 110_000, commission="0.5", at_s=0),))
    (row,) = [row for row in curve_of(early).rows if row.kind == "fill"]
    # At the venue's very instant of opening the account has not seen the bar before.
    assert row.seen_ns == early.fills[0].venue_ns + run.bar_grace_ns


def test_pairs_whose_bars_differ_are_valued_at_their_last_close(samples):
    both = samples.make_run(600, 6, seed=4)
    xrp = both.series["XRP/USD"]
    late = xrp.between(int(xrp.start_ns[100]), int(xrp.start_ns[500]))
    fills = tuple(
        fill
        for fill in both.fills
        if fill.pair == "DOGE/USD" or int(late.start_ns[0]) <= fill.bar_ns <= int(late.start_ns[-1])
    )
    run = replace(both, series={"DOGE/USD": both.series["DOGE/USD"], "XRP/USD": late}, fills=fills)
    worth = dict(plain_walk(run))
    curve = curve_of(run)
    assert all(row.equity == worth[row.bar_end_ns] for row in curve.rows if row.kind != "fill")
    assert len(fills) > 4


def test_a_day_without_bars_keeps_its_equity(samples):
    bars = [(100_000, 100_000, 100_000, 100_000), (100_000, 120_000, 100_000, 120_000)]
    run = samples.small(bars, [samples.one_fill(0, Side.BUY, 100_000, commission="0")])
    series = run.series["XRP/USD"]
    series.start_ns[1] += 3 * DAY
    days = curve_of(run).daily
    assert [equity for _, equity in days] == [D(100_000)] * 3 + [D("100000.2")]
    assert [end - days[0][0] for end, _ in days] == [0, DAY, 2 * DAY, 3 * DAY]


def test_a_curve_that_never_falls_has_no_drawdown(samples):
    run = samples.small([(100_000, 100_000, 100_000, 100_000)] * 3, [])
    curve = curve_of(run)
    assert (curve.deepest, curve.longest) == (None, None)
    assert {row.kind for row in curve.rows} == {"start", "end"}


def test_of_equal_drawdowns_the_first_is_named(samples):
    level = [100_000, 110_000, 99_000, 110_000, 99_000, 110_000, 110_000]
    bars = [(price, price, price, price) for price in level]
    run = samples.small(bars, [samples.one_fill(0, Side.BUY, 100_000, commission="0")])
    curve = curve_of(run)
    assert curve.deepest == curve.longest
    assert curve.deepest.peak_ns - samples.START == 2 * MINUTE + run.bar_grace_ns
    tags = [(row.kind, row.episode) for row in curve.rows if row.episode]
    assert tags == [("peak", "max+longest"), ("trough", "max+longest"), ("recovery", "max+longest")]


def test_a_run_without_bars_is_a_fault(samples):
    run = samples.small([(1, 1, 1, 1)], [])
    empty = run.series["XRP/USD"].between(0, 1)
    with pytest.raises(Fault, match="at least one bar"):
        curve_of(replace(run, series={"XRP/USD": empty}))
