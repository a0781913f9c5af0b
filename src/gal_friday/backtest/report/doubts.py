"""Reasons not to believe a result yet: what a sceptic would ask first, answered before the figures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from gal_friday.backtest.findings import Findings
from gal_friday.backtest.report.document import assumed
from gal_friday.backtest.report.halts import sentences
from gal_friday.backtest.report.numerals import number, percent

FEW_TRADES = 30
SHORT_DAYS = 90


def doubts(found: Findings) -> list[str]:
    """Plain sentences, the gravest first; none for a run that gives no cause."""
    return [*_data(found), *_sample(found), *_simulation(found)]


def _data(found: Findings) -> Iterator[str]:
    made_up = sorted(pair for pair, series in found.run.series.items() if series.synthetic)
    if made_up:
        yield f"{', '.join(made_up)}: the bars were generated. They say nothing about any real market."
    missing = sum(gap.bars for series in found.run.series.values() for gap in series.gaps if gap.kind != "no_trades")
    if missing:
        yield f"{number(missing, 0)} bars are missing from the data (outages and holes); nothing was traded there."
    if pairs := assumed(found):
        yield f"{', '.join(pairs)}: fees, grid and minimums are configured defaults, not the venue's."


def _sample(found: Findings) -> Iterator[str]:
    figures = found.metrics
    trades, days = figures["trade_count"], figures["days"]
    if isinstance(trades, int) and trades < FEW_TRADES:
        yield f"{_counted(trades, 'closed trade')}: too few to tell skill from luck; {FEW_TRADES} is a bare minimum."
    if isinstance(days, int) and days < SHORT_DAYS:
        yield f"{_counted(days, 'day')}: one mood of the market; yearly figures from so short a time are guesses."
    sharpe, error = figures["sharpe"], figures["sharpe_standard_error"]
    if isinstance(sharpe, float) and isinstance(error, float) and abs(sharpe) < 2 * error:
        yield f"A Sharpe ratio of {number(sharpe)} ± {number(error)} cannot be told from zero."


def _simulation(found: Findings) -> Iterator[str]:
    figures = found.metrics
    if figures["ambiguous_trades"]:
        yield (
            f"Stop and target lay within one bar, counted as stopped: {figures['ambiguous_trades']}; "
            f"with every target first the return is {percent(figures['optimistic_total_return_pct'], sign=True)}."
        )
    gross, fees = figures["gross_pnl"], figures["fees_paid"]
    if isinstance(gross, Decimal) and isinstance(fees, Decimal) and fees > abs(gross):
        yield (
            f"Fees weigh more than the trades: closed trades made {number(gross, sign=True)} before fees "
            f"and {number(figures['net_pnl'], sign=True)} after."
        )
    if figures["open_trades"]:
        yield f"Still open at the end and valued at the last close: {figures['open_trades']}."
    yield from sentences(found.run)


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
