"""The report on the console."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gal_friday.backtest.findings import Findings
from gal_friday.backtest.report.doubts import doubts
from gal_friday.backtest.report.numerals import number, tone
from gal_friday.backtest.report.words import WORDS, shown
from gal_friday.domain.time import interval_text, iso

_SHOWN = (
    ("total_return_pct", "trade_count"),
    ("annualised_return_pct", "win_rate_pct"),
    ("benchmark_return_pct", "profit_factor"),
    ("max_drawdown_pct", "average_trade"),
    ("max_drawdown_duration_s", "holding_time_mean_s"),
    ("sharpe", "exposure_time_pct"),
    ("sortino", "fees_paid"),
    ("calmar", "slippage_paid"),
)
_STYLES = {"good": "green", "bad": "red", "": ""}


def summary(found: Findings) -> RenderableType:
    """Key figures of a run for a terminal; a banner first where any data is synthetic."""
    parts: list[RenderableType] = []
    if any(series.synthetic for series in found.run.series.values()):
        parts.append(Panel(Text("SYNTHETIC DATA: generated bars, no real market", style="bold"), style="yellow"))
    parts += [_headline(found), _figures(found)]
    if found.run.rejections:
        refused = ", ".join(f"{code} {count:,}" for code, count in sorted(found.run.rejections.items()))
        parts.append(Text(f"Refused signals: {refused}"))
    parts += [Text(f"! {doubt}", style="yellow") for doubt in doubts(found)]
    return Group(*parts)


def _headline(found: Findings) -> Text:
    run = found.run
    data = "; ".join(
        f"{pair} {interval_text(series.interval_ns)}, {len(series):,} bars from {iso(int(series.start_ns[0]))[:10]}"
        for pair, series in sorted(run.series.items())
        if len(series)
    )
    text = Text(f"{data}\n{number(run.initial_capital)} {run.quote_asset} became ")
    text.append(f"{number(run.final_equity)} {run.quote_asset}", style=_STYLES[tone(found.metrics["net_profit"])])
    return text


def _figures(found: Findings) -> Table:
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    for _ in range(2):
        table.add_column()
        table.add_column(justify="right")
    for pair in _SHOWN:
        cells: list[RenderableType] = []
        for name in pair:
            word = WORDS[name]
            style = _STYLES[tone(found.metrics[name])] if word.unit.startswith("±") else ""
            currency = f" {found.run.quote_asset}" if word.unit.endswith("money") else ""
            cells += [escape(word.label), Text(shown(name, found.metrics[name]) + currency, style=style)]
        table.add_row(*cells)
    return table
