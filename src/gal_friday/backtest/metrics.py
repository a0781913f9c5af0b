"""Every figure of a report, from its trades and its equity curve alone; docs/metrics.md defines each."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median_high, median_low

from gal_friday.backtest import returns as stat
from gal_friday.backtest.equity import Curve, Drawdown
from gal_friday.backtest.trades import Trade
from gal_friday.domain.numbers import HUNDRED, ZERO, exact, percent_of, ratio
from gal_friday.domain.time import SECOND, iso

Value = Decimal | float | int | str | None
Metrics = dict[str, Value]

MONEY_PLACES = 8
RATIO_PLACES = 8


def metrics_of(trades: Sequence[Trade], curve: Curve) -> Metrics:
    """All figures by name. What is exact is a Decimal, statistics are floats, what has no meaning is None."""
    with exact():
        return {
            **_performance(trades, curve),
            **_risk(curve),
            **_daily(curve),
            **_trading(trades),
            **_time(trades, curve),
            **_costs(trades, curve),
            **_benchmark(curve),
        }


def _performance(trades: Sequence[Trade], curve: Curve) -> Metrics:
    start, end = curve.rows[0].equity, curve.final_equity
    annual = stat.annualised_return(start, end, curve.rows[-1].seen_ns - curve.rows[0].seen_ns)
    hope = sum((trade.optimistic_difference for trade in trades), ZERO)
    return {
        "total_return_pct": percent_of(end - start, start),
        "net_profit": end - start,
        "annualised_return_pct": _percent(annual),
        "ambiguous_trades": sum(trade.ambiguous for trade in trades),
        "optimistic_difference": hope,
        "optimistic_total_return_pct": percent_of(end + hope - start, start),
    }


def _risk(curve: Curve) -> Metrics:
    annual = stat.annualised_return(
        curve.rows[0].equity, curve.final_equity, curve.rows[-1].seen_ns - curve.rows[0].seen_ns
    )
    deepest = curve.deepest
    calmar = None if annual is None or deepest is None or not deepest.pct else annual * 100 / float(deepest.pct)
    return {
        "calmar": _number(calmar),
        **_fall("max_drawdown", deepest),
        **_fall("longest_drawdown", curve.longest),
    }


def _fall(name: str, fall: Drawdown | None) -> Metrics:
    return {
        f"{name}_pct": ZERO if fall is None else fall.pct,
        f"{name}_value": ZERO if fall is None else fall.value,
        f"{name}_duration_s": ZERO if fall is None else _seconds(fall.duration_ns),
        f"{name}_peak": None if fall is None else iso(fall.peak_ns),
        f"{name}_trough": None if fall is None else iso(fall.trough_ns),
        f"{name}_recovery": None if fall is None or fall.recovery_ns is None else iso(fall.recovery_ns),
    }


def _daily(curve: Curve) -> Metrics:
    days = stat.daily_returns(curve.rows[0].equity, [equity for _, equity in curve.daily])
    known = days or []
    return {
        "days": len(curve.daily),
        "sharpe": _number(stat.sharpe(known)),
        "sharpe_standard_error": _number(stat.sharpe_error(known)),
        "sortino": _number(stat.sortino(known)),
        "volatility_pct": _percent(stat.volatility(known)),
        "best_day_pct": _percent(max(known, default=None)),
        "worst_day_pct": _percent(min(known, default=None)),
        "positive_days_pct": _percent(stat.mean([float(r > 0) for r in known])),
    }


def _trading(trades: Sequence[Trade]) -> Metrics:
    closed = [trade for trade in trades if trade.net_pnl is not None]
    nets = [trade.net_pnl for trade in closed if trade.net_pnl is not None]
    wins, losses = [net for net in nets if net > 0], [net for net in nets if net < 0]
    won, lost = sum(wins, ZERO), -sum(losses, ZERO)
    mean_win, mean_loss = _mean(wins), _mean(losses)
    return {
        "trade_count": len(closed),
        "open_trades": len(trades) - len(closed),
        "winning_trades": len(wins),
        "losing_trades": len(losses),
        "win_rate_pct": percent_of(Decimal(len(wins)), Decimal(len(nets))) if nets else None,
        "profit_factor": ratio(won, lost, RATIO_PLACES) if lost else None,
        "payoff_ratio": ratio(mean_win, -mean_loss, RATIO_PLACES) if mean_win is not None and mean_loss else None,
        "average_trade": _mean(nets),
        "average_trade_pct": _mean([trade.return_pct for trade in closed if trade.return_pct is not None]),
        "average_win": mean_win,
        "average_loss": mean_loss,
        "best_trade": max(nets, default=None),
        "worst_trade": min(nets, default=None),
        "consecutive_losses_max": _losing_streak(closed),
    }


def _losing_streak(closed: list[Trade]) -> int | None:
    longest = streak = 0
    for trade in sorted(closed, key=lambda trade: trade.exit_ns or 0):
        streak = streak + 1 if trade.net_pnl is not None and trade.net_pnl < 0 else 0
        longest = max(longest, streak)
    return longest if closed else None


def _time(trades: Sequence[Trade], curve: Curve) -> Metrics:
    spans = sorted(trade.exit_ns - trade.entry_ns for trade in trades if trade.exit_ns is not None)
    first, last = curve.rows[0].seen_ns, curve.rows[-1].seen_ns
    held = _covered([(trade.entry_ns, last if trade.exit_ns is None else trade.exit_ns) for trade in trades])
    count = len(spans)
    return {
        "holding_time_mean_s": _seconds(sum(spans), count) if spans else None,
        "holding_time_median_s": _seconds(median_low(spans) + median_high(spans), 2) if spans else None,
        "holding_time_max_s": _seconds(spans[-1]) if spans else None,
        "exposure_time_pct": percent_of(Decimal(held), Decimal(last - first)),
    }


def _covered(spans: list[tuple[int, int]]) -> int:
    total, until = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def _costs(trades: Sequence[Trade], curve: Curve) -> Metrics:
    fees = sum((trade.fees for trade in trades), ZERO)
    slippage = sum((trade.slippage for trade in trades), ZERO)
    turnover = sum((trade.entry_value + trade.exit_value for trade in trades), ZERO)
    closed = [trade for trade in trades if trade.gross_pnl is not None]
    gross = sum((trade.gross_pnl for trade in closed if trade.gross_pnl is not None), ZERO)
    return {
        "gross_pnl": gross if closed else None,
        "net_pnl": gross - sum((trade.fees for trade in closed), ZERO) if closed else None,
        "fees_paid": fees,
        "slippage_paid": slippage,
        "turnover": turnover,
        "turnover_multiple": ratio(turnover, curve.rows[0].equity, RATIO_PLACES),
        "cost_pct_of_turnover": percent_of(fees + slippage, turnover) if turnover else None,
        "cost_pct_of_capital": percent_of(fees + slippage, curve.rows[0].equity),
    }


def _benchmark(curve: Curve) -> Metrics:
    start, end = curve.rows[0].equity, curve.final_equity
    worth = [row.benchmark for row in curve.marks if row.benchmark is not None]
    bought = percent_of(worth[-1] - start, start)
    top, deepest = worth[0], ZERO
    for value in worth:
        top = max(top, value)
        deepest = max(deepest, percent_of(top - value, top))
    return {
        "benchmark_final_equity": worth[-1],
        "benchmark_return_pct": bought,
        "benchmark_max_drawdown_pct": deepest,
        "excess_return_pct": percent_of(end - start, start) - bought,
    }


def _mean(amounts: Sequence[Decimal]) -> Decimal | None:
    return ratio(sum(amounts, ZERO), Decimal(len(amounts)), MONEY_PLACES) if amounts else None


def _seconds(ns: int, count: int = 1) -> Decimal:
    return ratio(Decimal(ns), Decimal(count * SECOND), 3)


def _number(value: float | None) -> float | None:
    # Eight decimals: more would differ between processors and tell nobody anything.
    return None if value is None else round(value, 8) + 0.0


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else _number(fraction * float(HUNDRED))
