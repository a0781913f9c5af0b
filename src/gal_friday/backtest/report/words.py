"""What each figure is called and means, in a trader's plain words; docs/metrics.md has the formulas."""

from __future__ import annotations

from typing import NamedTuple

from gal_friday.backtest.metrics import Value
from gal_friday.backtest.report import numerals


class Word(NamedTuple):
    """Label, unit (`money`, `%`, `±%`, `±money`, `x`, `n`, `s`, `time`) and one plain sentence."""

    label: str
    unit: str
    meaning: str


GROUPS: dict[str, dict[str, Word]] = {
    "Result": {
        "total_return_pct": Word("Total return", "±%", "What the capital gained or lost, all costs paid."),
        "net_profit": Word("Net profit", "±money", "The same in money; open positions at their last price."),
        "annualised_return_pct": Word("Annualised return", "±%", "The yearly rate that this pace would compound to."),
        "benchmark_return_pct": Word("Buy-and-hold", "±%", "Buying every pair in equal parts at the start instead."),
        "benchmark_final_equity": Word("Buy-and-hold, final", "money", "What that would have ended with."),
        "benchmark_max_drawdown_pct": Word("Buy-and-hold drawdown", "%", "Its deepest fall, at hourly closes."),
        "excess_return_pct": Word("Against buy-and-hold", "±%", "Total return less that of buy-and-hold."),
        "ambiguous_trades": Word("Ambiguous trades", "n", "Stop and target lay in one bar; counted as stopped."),
        "optimistic_difference": Word("Optimistic bound", "±money", "What they would add had the target come first."),
        "optimistic_total_return_pct": Word("Return, optimistic", "±%", "Total return with that added."),
    },
    "Risk": {
        "max_drawdown_pct": Word("Maximum drawdown", "%", "The deepest fall from a peak of equity, bar by bar."),
        "max_drawdown_value": Word("Maximum drawdown, money", "money", "The same fall in money."),
        "max_drawdown_duration_s": Word("… lasted", "s", "From that peak until it was reached again, or the end."),
        "max_drawdown_peak": Word("… peak", "time", "When it began."),
        "max_drawdown_trough": Word("… trough", "time", "When it was deepest."),
        "max_drawdown_recovery": Word("… recovery", "time", "When the peak was reached again; a dash means never."),
        "longest_drawdown_duration_s": Word("Longest drawdown", "s", "The longest time below an earlier peak."),
        "longest_drawdown_pct": Word("… depth", "%", "How deep that one went."),
        "longest_drawdown_value": Word("… depth, money", "money", "The same in money."),
        "longest_drawdown_peak": Word("… peak", "time", "When it began."),
        "longest_drawdown_trough": Word("… trough", "time", "When it was deepest."),
        "longest_drawdown_recovery": Word("… recovery", "time", "When it ended; a dash means never."),
        "volatility_pct": Word("Volatility", "%", "How much daily returns vary, scaled to a year."),
        "sharpe": Word("Sharpe ratio", "x", "Return per unit of variation, yearly; above 1 is good, above 3 suspect."),
        "sharpe_standard_error": Word("Sharpe, error", "x", "Uncertainty of that ratio; true value within twice this."),
        "sortino": Word("Sortino ratio", "x", "Like Sharpe, but only losing days count as risk."),
        "calmar": Word("Calmar ratio", "x", "Annualised return divided by maximum drawdown."),
        "days": Word("Days", "n", "UTC days that daily returns are taken from."),
        "best_day_pct": Word("Best day", "±%", "The largest gain of a UTC day."),
        "worst_day_pct": Word("Worst day", "±%", "The largest loss of a UTC day."),
        "positive_days_pct": Word("Days in profit", "%", "Share of days that ended higher than they began."),
    },
    "Trades": {
        "trade_count": Word("Trades", "n", "Positions opened and closed again."),
        "open_trades": Word("Still open", "n", "Positions held when the data ended."),
        "winning_trades": Word("Winners", "n", "Trades with a profit after fees."),
        "losing_trades": Word("Losers", "n", "Trades with a loss after fees."),
        "win_rate_pct": Word("Win rate", "%", "Share of trades with a profit after fees."),
        "profit_factor": Word("Profit factor", "x", "Money won per unit of money lost; below 1 loses."),
        "payoff_ratio": Word("Payoff ratio", "x", "Average win divided by average loss."),
        "average_trade": Word("Average trade", "±money", "Net profit of a trade, on average."),
        "average_trade_pct": Word("Average trade", "±%", "The same in percent of the money put in."),
        "average_win": Word("Average win", "±money", "Over the winners."),
        "average_loss": Word("Average loss", "±money", "Over the losers."),
        "best_trade": Word("Best trade", "±money", "The largest net profit."),
        "worst_trade": Word("Worst trade", "±money", "The largest net loss."),
        "consecutive_losses_max": Word("Losses in a row", "n", "The longest run of losing trades."),
        "holding_time_mean_s": Word("Holding time, mean", "s", "From the first fill to the last."),
        "holding_time_median_s": Word("Holding time, median", "s", "Half of the trades were shorter."),
        "holding_time_max_s": Word("Holding time, longest", "s", "The longest trade."),
        "exposure_time_pct": Word("Time in the market", "%", "Share of the time with any position open."),
    },
    "Costs": {
        "gross_pnl": Word("Profit before fees", "±money", "Of closed trades, slippage already paid."),
        "net_pnl": Word("Profit after fees", "±money", "Of closed trades."),
        "fees_paid": Word("Fees", "money", "Commissions of all fills."),
        "slippage_paid": Word("Slippage", "money", "Paid beyond the price met; part of the prices already."),
        "turnover": Word("Turnover", "money", "Value of all that was bought and sold."),
        "turnover_multiple": Word("Turnover / capital", "x", "How often the capital was turned over."),
        "cost_pct_of_turnover": Word("Costs / turnover", "%", "Fees and slippage per unit traded."),
        "cost_pct_of_capital": Word("Costs / capital", "%", "Fees and slippage in percent of the opening capital."),
    },
}

WORDS: dict[str, Word] = {name: word for group in GROUPS.values() for name, word in group.items()}


def shown(name: str, value: Value) -> str:
    """A figure's value as the reader sees it, without the currency."""
    unit = WORDS[name].unit
    if value is None:
        return numerals.NONE
    if unit == "time":
        return str(value)[:16].replace("T", " ")
    if unit == "s":
        return numerals.duration(value)
    if unit.endswith("%"):
        return numerals.percent(value, sign=unit.startswith("±"))
    return numerals.number(value, 0 if unit == "n" else 2, sign=unit.startswith("±"))
