"""Figures agree with other libraries, can be computed again from the two tables, and are null where undefined."""

from __future__ import annotations

import csv
import io
import math
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import empyrical
import msgspec
import numpy as np
import pandas as pd
import pytest
import quantstats.stats as quantstats

from gal_friday.backtest import returns as stat
from gal_friday.backtest.benchmark import purchase
from gal_friday.backtest.findings import findings
from gal_friday.backtest.grid import grid_of
from gal_friday.backtest.report.document import document
from gal_friday.backtest.report.tables import equity_csv, trades_csv
from gal_friday.backtest.report.words import WORDS
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Side
from gal_friday.domain.time import DAY

D = Decimal
ROOT = Path(__file__).parents[3]


def series(seed: int, days: int) -> tuple[list[float], pd.Series]:
    values = np.random.default_rng(seed).normal(0.0006, 0.02, days)
    return values.tolist(), pd.Series(values, index=pd.date_range("2023-01-01", periods=days, freq="D"))


@pytest.mark.parametrize(("seed", "days"), [(1, 30), (2, 365), (3, 1_000)])
def test_return_figures_agree_with_empyrical_and_quantstats(seed, days):
    ours, theirs = series(seed, days)
    growth = float(np.prod(1 + theirs))
    annual = stat.annualised_return(D(100), D(growth * 100), days * DAY)
    close = {"rel": 1e-9}
    assert stat.sharpe(ours) == pytest.approx(empyrical.sharpe_ratio(theirs, annualization=365), **close)
    assert stat.sharpe(ours) == pytest.approx(quantstats.sharpe(theirs, periods=365), **close)
    assert stat.sortino(ours) == pytest.approx(empyrical.sortino_ratio(theirs, annualization=365), **close)
    assert stat.sortino(ours) == pytest.approx(quantstats.sortino(theirs, periods=365), **close)
    assert stat.volatility(ours) == pytest.approx(empyrical.annual_volatility(theirs, annualization=365), **close)
    assert stat.volatility(ours) == pytest.approx(quantstats.volatility(theirs, periods=365), **close)
    assert annual == pytest.approx(empyrical.cagr(theirs, annualization=365), **close)


def test_drawdown_and_calmar_agree_with_empyrical_on_daily_bars(samples):
    _, theirs = series(5, 400)
    closes = np.rint(100_000 * np.cumprod(1 + theirs.to_numpy())).astype(int).tolist()
    start = samples.START - 60 * 10**9  # so that every bar ends at midnight
    fill = samples.one_fill(0, Side.BUY, 100_000, 9 * 10**12, commission="0")
    run = samples.small([(close,) * 4 for close in [100_000, *closes]], [])
    bars = run.series["XRP/USD"]
    bars.start_ns[:] = start + np.arange(len(bars)) * DAY
    run = samples.run_of(run.series, run.instruments, [msgspec.structs.replace(fill, bar_ns=start)])
    found = findings(run)
    equity = pd.Series([float(value) for _, value in found.curve.daily])
    days = pd.concat([pd.Series([100_000.0]), equity]).pct_change().dropna()
    days.index = pd.date_range("2023-01-01", periods=len(days), freq="D")
    figures = found.metrics
    assert float(figures["max_drawdown_pct"]) / -100 == pytest.approx(empyrical.max_drawdown(days), rel=1e-7)
    assert float(figures["max_drawdown_pct"]) / -100 == pytest.approx(quantstats.max_drawdown(days), rel=1e-7)
    assert figures["sharpe"] == pytest.approx(empyrical.sharpe_ratio(days, annualization=365), rel=1e-6)
    ratio = figures["annualised_return_pct"] / float(figures["max_drawdown_pct"])
    assert figures["calmar"] == pytest.approx(ratio, rel=1e-6)


def test_trade_figures_agree_with_quantstats_on_the_same_outcomes(samples):
    found = findings(samples.make_run(6_000, 60))
    left = sorted(found.trades, key=lambda trade: trade.exit_ns)
    nets = pd.Series([float(trade.net_pnl) for trade in left])
    figures = found.metrics
    assert float(figures["profit_factor"]) == pytest.approx(quantstats.profit_factor(nets / 1e5), rel=1e-6)
    assert float(figures["win_rate_pct"]) / 100 == pytest.approx(quantstats.win_rate(nets / 1e5), rel=1e-6)
    assert float(figures["payoff_ratio"]) == pytest.approx(quantstats.payoff_ratio(nets / 1e5), rel=1e-6)
    assert figures["consecutive_losses_max"] == quantstats.consecutive_losses(nets / 1e5)


# --- the same figures once more, from the text of the two tables and nothing else


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def when(text: str) -> D:
    moment, _, fraction = text.rstrip("Z").partition(".")
    whole = int((datetime.fromisoformat(moment) - datetime(1970, 1, 1)) / timedelta(seconds=1))
    return D(whole) + D(int(fraction)).scaleb(-9)


def again(trades: list[dict[str, str]], equity: list[dict[str, str]]) -> dict[str, object]:
    """Every figure, by docs/metrics.md, in another hand."""
    once = {row["bar_end"]: row for row in equity if row["kind"] != "fill"}
    marks = list(once.values())
    start, end = D(marks[0]["equity"]), D(marks[-1]["equity"])
    first, last = when(marks[0]["timestamp"]), when(marks[-1]["timestamp"])
    closed = [t for t in trades if t["exit_time"]]
    nets = [D(t["net_pnl"]) for t in closed]
    wins, losses = [n for n in nets if n > 0], [n for n in nets if n < 0]
    hope = sum((D(t["optimistic_difference"]) for t in trades), D(0))
    fees, slip = (sum((D(t[name]) for t in trades), D(0)) for name in ("fees", "slippage"))
    turnover = sum((D(t["entry_value"]) + D(t["exit_value"]) for t in trades), D(0))
    spans = sorted(when(t["exit_time"]) - when(t["entry_time"]) for t in closed)
    total, mean = float(end / start), lambda xs: sum(xs, D(0)) / len(xs) if xs else None
    years = float((last - first) / 86400 / 365)
    annual = total ** (1 / years) - 1 if years * 365 >= 1 else None
    closes: dict[int, D] = {}
    for row in marks[1:]:
        closes[math.ceil(when(row["bar_end"]) / 86400)] = D(row["equity"])
    line, held = [start], start
    for day in range(min(closes), max(closes) + 1):
        held = closes.get(day, held)
        line.append(held)
    r = np.array([float(b) / float(a) - 1 for a, b in pairwise(line)])
    spread = r.std(ddof=1) if len(r) > 1 else 0.0
    down = math.sqrt((np.minimum(r, 0) ** 2).mean())
    sharpe = r.mean() / spread * math.sqrt(365) if spread else None
    bench = [D(row["benchmark"]) for row in marks]
    tops = [max(bench[: i + 1]) for i in range(len(bench))]
    covered, until = D(0), D(0)
    for a, b in sorted((when(t["entry_time"]), when(t["exit_time"]) if t["exit_time"] else last) for t in trades):
        covered += max(D(0), b - max(a, until))
        until = max(until, b)
    streak = longest = 0
    for t in sorted(closed, key=lambda t: when(t["exit_time"])):
        streak = streak + 1 if D(t["net_pnl"]) < 0 else 0
        longest = max(longest, streak)
    out: dict[str, object] = {
        "total_return_pct": (end / start - 1) * 100,
        "net_profit": end - start,
        "annualised_return_pct": None if annual is None else annual * 100,
        "ambiguous_trades": sum(t["ambiguous"] == "true" for t in trades),
        "optimistic_difference": hope,
        "optimistic_total_return_pct": ((end + hope) / start - 1) * 100,
        "days": len(r),
        "sharpe": sharpe,
        "sharpe_standard_error": None if sharpe is None else math.sqrt((365 + sharpe**2 / 2) / len(r)),
        "sortino": r.mean() / down * math.sqrt(365) if down else None,
        "volatility_pct": spread * math.sqrt(365) * 100 if spread else None,
        "best_day_pct": r.max() * 100,
        "worst_day_pct": r.min() * 100,
        "positive_days_pct": (r > 0).mean() * 100,
        "trade_count": len(closed),
        "open_trades": len(trades) - len(closed),
        "winning_trades": len(wins),
        "losing_trades": len(losses),
        "win_rate_pct": D(len(wins)) / len(closed) * 100 if closed else None,
        "profit_factor": sum(wins, D(0)) / -sum(losses) if losses else None,
        "payoff_ratio": mean(wins) / -mean(losses) if wins and losses else None,
        "average_trade": mean(nets),
        "average_trade_pct": mean([D(t["return_pct"]) for t in closed]),
        "average_win": mean(wins),
        "average_loss": mean(losses),
        "best_trade": max(nets, default=None),
        "worst_trade": min(nets, default=None),
        "consecutive_losses_max": longest if closed else None,
        "holding_time_mean_s": mean(spans),
        "holding_time_median_s": (spans[(len(spans) - 1) // 2] + spans[len(spans) // 2]) / 2 if spans else None,
        "holding_time_max_s": spans[-1] if spans else None,
        "exposure_time_pct": covered / (last - first) * 100,
        "gross_pnl": sum((D(t["gross_pnl"]) for t in closed), D(0)) if closed else None,
        "net_pnl": sum(nets, D(0)) if closed else None,
        "fees_paid": fees,
        "slippage_paid": slip,
        "turnover": turnover,
        "turnover_multiple": turnover / start,
        "cost_pct_of_turnover": (fees + slip) / turnover * 100 if turnover else None,
        "cost_pct_of_capital": (fees + slip) / start * 100,
        "benchmark_final_equity": bench[-1],
        "benchmark_return_pct": (bench[-1] / start - 1) * 100,
        "benchmark_max_drawdown_pct": max((top - b) / top for top, b in zip(tops, bench, strict=True)) * 100,
        "excess_return_pct": (end - bench[-1]) / start * 100,
    }
    depth = max(D(row["drawdown_pct"]) for row in marks)
    for name, tag in (("max_drawdown", "max"), ("longest_drawdown", "longest")):
        rows = {row["kind"]: row for row in equity if tag in row["episode"].split("+")}
        peak, trough, back = (rows.get(kind) for kind in ("peak", "trough", "recovery"))
        over = when((back or marks[-1])["timestamp"]) - when(peak["timestamp"]) if peak else D(0)
        fall = D(peak["equity"]) - D(trough["equity"]) if peak else D(0)
        out |= {
            f"{name}_pct": fall / D(peak["equity"]) * 100 if peak else D(0),
            f"{name}_value": fall,
            f"{name}_duration_s": over,
            f"{name}_peak": peak and peak["timestamp"],
            f"{name}_trough": trough and trough["timestamp"],
            f"{name}_recovery": back and back["timestamp"],
        }
    assert abs(depth - D(out["max_drawdown_pct"])) < D("1e-7")
    out["calmar"] = None if annual is None or not depth else annual * 100 / float(depth)
    return out


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s.make_run(20_000, 150, seed=11),
        lambda s: s.make_run(9_000, 40, seed=12, holes=2, end=0),
        lambda s: s.make_run(3_000, 25, seed=13, pairs=("XRP/USD",), shorts=False),
        lambda s: s.make_run(2_000, 0),
        lambda s: s.make_run(900, 3, pairs=("DOGE/USD",)),
    ],
)
def test_every_figure_can_be_computed_again_from_the_tables(samples, make):
    found = findings(make(samples))
    figures = document(found)["metrics"]
    redone = again(read(trades_csv(found.trades)), read(equity_csv(found.curve)))
    assert set(figures) == set(redone)
    for name, value in figures.items():
        mine = redone[name]
        if value is None or mine is None or isinstance(mine, int) or name.endswith(("_peak", "_trough", "_recovery")):
            assert value == mine, name
        else:
            assert float(value) == pytest.approx(float(mine), rel=1e-7, abs=2e-8), name


def test_what_has_no_meaning_is_null(samples):
    idle = findings(samples.small([(100_000, 100_000, 100_000, 100_000)] * 5, [])).metrics
    undefined = {name for name, value in idle.items() if value is None}
    assert undefined >= {
        "annualised_return_pct", "sharpe", "sortino", "calmar", "win_rate_pct", "profit_factor", "average_trade",
        "holding_time_mean_s", "volatility_pct", "payoff_ratio", "gross_pnl", "max_drawdown_peak",
    }  # fmt: skip
    assert idle["trade_count"] == idle["fees_paid"] == idle["turnover"] == idle["max_drawdown_pct"] == 0
    fills = [samples.one_fill(1, Side.BUY, 100_000), samples.one_fill(2, Side.SELL, 110_000)]
    won = findings(samples.small([(100_000, 110_000, 100_000, 100_000)] * 5, fills)).metrics
    assert (won["profit_factor"], won["payoff_ratio"], won["average_loss"]) == (None, None, None)
    assert won["win_rate_pct"] == 100


@pytest.mark.parametrize("name", ["sharpe", "sortino", "volatility", "sharpe_error", "deviation", "mean"])
def test_no_figure_of_few_or_equal_returns_is_infinite(name):
    function = getattr(stat, name)
    for returns in ([], [0.01], [0.01] * 9, [0.0] * 9, [0.1 + 0.2, 0.3, 0.3]):
        value = function(returns)
        assert value is None or math.isfinite(value)
    assert stat.deviation([0.1 + 0.2, 0.3, 0.3]) is None


def test_ruin_ends_returns():
    assert stat.daily_returns(D(10), [D(-1), D(5)]) is None
    assert stat.daily_returns(D(10), [D(5), D(0)]) == [-0.5, -1.0]
    assert stat.annualised_return(D(10), D(-1), 10 * DAY) is None
    assert stat.annualised_return(D(10), D(0), 10 * DAY) == -1
    assert stat.annualised_return(D(10), D(20), DAY // 2) is None
    assert stat.annualised_return(D(10), D(10_000), DAY) is None


def test_buy_and_hold_spends_its_part_and_no_more(samples):
    run = samples.make_run(50, 0)
    for pair in run.series:
        grid = grid_of(run, pair)
        with exact():
            for budget in ("0.00000001", "1", "33333.33333333", "50000"):
                lots, left = purchase(grid, D(budget))
                paid = grid.money(lots * grid.close(0))
                assert paid + grid.instrument.fee(paid, maker=False) + left == D(budget)
                more = grid.money((lots + 3_000) * grid.close(0))
                assert left >= 0
                assert more + grid.instrument.fee(more, maker=False) > D(budget) or left < D("0.0001")


def test_every_figure_has_its_words_and_its_definition(samples):
    names = set(findings(samples.make_run(500, 3)).metrics)
    assert names == set(WORDS)
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
