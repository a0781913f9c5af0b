"""report.html: one file that asks nobody for anything, readable on a phone, on paper and without a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from gal_friday.backtest.findings import Findings
from gal_friday.backtest.report import numerals, words
from gal_friday.backtest.report.candles import candle_data
from gal_friday.backtest.report.charts import NARROW, WIDE, dwarfed, equity_chart, histogram
from gal_friday.backtest.report.document import assumed, data_entry
from gal_friday.backtest.report.doubts import doubts
from gal_friday.backtest.report.halts import by_reason
from gal_friday.backtest.report.months import months
from gal_friday.backtest.report.notable import notable
from gal_friday.backtest.report.stress import StressRow
from gal_friday.backtest.trades import Trade
from gal_friday.domain.numbers import ZERO

_CARDS = (
    "total_return_pct",
    "annualised_return_pct",
    "benchmark_return_pct",
    "max_drawdown_pct",
    "sharpe",
    "profit_factor",
    "win_rate_pct",
    "trade_count",
    "average_trade",
    "exposure_time_pct",
    "fees_paid",
    "slippage_paid",
)
GAPS_SHOWN = 30


def page_html(found: Findings, stress: Sequence[StressRow]) -> str:
    """The whole page; every name in it is escaped, and a policy in it forbids any request."""
    return _templates().get_template("page.html").render(**_view(found, stress)) + "\n"


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gal_friday.backtest.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": numerals.number,
        "percent": numerals.percent,
        "price": numerals.price,
        "factor": numerals.factor,
        "duration": numerals.duration,
        "minute": numerals.minute,
        "tone": numerals.tone,
    }
    return environment


def _source(name: str) -> Markup:
    return Markup((files("gal_friday.backtest.report") / "templates" / name).read_text(encoding="utf-8"))


def _view(found: Findings, stress: Sequence[StressRow]) -> dict[str, Any]:
    run, figures = found.run, found.metrics
    chosen = notable(found.trades)
    returns = [float(trade.return_pct) for trade in found.trades if trade.return_pct is not None]
    days = [cell.percent for cell in months(found.curve).daily if cell.percent is not None]
    return {
        "css": _source("page.css"),
        "script": _source("candles.js"),
        "run": run,
        "figures": figures,
        "pairs": sorted(run.series),
        "first_ns": found.curve.rows[0].seen_ns,
        "last_ns": found.curve.rows[-1].bar_end_ns,
        "synthetic": sorted(pair for pair, series in run.series.items() if series.synthetic),
        "doubts": doubts(found),
        "cards": [_figure(name, found) for name in _CARDS],
        "equity_charts": [Markup(equity_chart(found.curve, size)) for size in (WIDE, NARROW)],
        "alone_charts": [Markup(equity_chart(found.curve, size, alone=True)) for size in (WIDE, NARROW)]
        if dwarfed(found.curve)
        else [],
        "months": months(found.curve),
        "trade_chart": _histogram(returns, "Return of a trade after fees"),
        "day_chart": _histogram([day for day in days if day], "Return of a day"),
        "idle_days": sum(not day for day in days),
        "candles": Markup(candle_data(found, chosen)),
        "trades": _listed(found, chosen),
        "trade_total": len(found.trades),
        "costs": _costs(found),
        "stress": stress,
        "rejections": _shares(run.rejections),
        "halt_reasons": by_reason(run),
        "assumed": assumed(found),
        "data": [data_entry(run.series[pair]) for pair in sorted(run.series)],
        "gaps": list(_gaps(found))[:GAPS_SHOWN],
        "gaps_total": sum(1 for _ in _gaps(found)),
        "groups": {title: [_figure(name, found) for name in group] for title, group in words.GROUPS.items()},
    }


def _listed(found: Findings, chosen: list[Trade]) -> list[tuple[int, Trade]]:
    # Each with its place among the trades of its pair, by which the candle chart knows it.
    places: dict[int, int] = {}
    seen: dict[str, int] = {}
    for trade in found.trades:
        places[id(trade)] = seen.get(trade.pair, 0)
        seen[trade.pair] = places[id(trade)] + 1
    return [(places[id(t)], t) for t in sorted(chosen, key=lambda t: (t.entry_ns, t.pair))]


def _figure(name: str, found: Findings) -> dict[str, str]:
    word, value = words.WORDS[name], found.metrics[name]
    currency = f"\N{NO-BREAK SPACE}{found.run.quote_asset}" if word.unit.endswith("money") and value is not None else ""
    return {
        "name": name,
        "label": word.label,
        "value": words.shown(name, value) + currency,
        "tone": numerals.tone(value) if word.unit.startswith("±") else "",
        "meaning": word.meaning,
    }


def _histogram(values: list[float], title: str) -> Markup:
    return Markup(histogram(values, title=title, unit="%"))


def _costs(found: Findings) -> list[dict[str, Any]]:
    taker = sum((fill.commission for fill in found.run.fills if fill.liquidity == "taker"), ZERO)
    maker = sum((fill.commission for fill in found.run.fills if fill.liquidity != "taker"), ZERO)
    rows = [
        ("Fees, taking liquidity", taker),
        ("Fees, making liquidity", maker),
        ("Slippage", found.metrics["slippage_paid"]),
    ]
    most = max((float(amount or 0) for _, amount in rows), default=0.0)
    return [
        {"label": name, "amount": amount, "share": round(float(amount or 0) / most * 100, 1) if most else 0}
        for name, amount in rows
    ]


def _shares(counts: dict[str, int]) -> list[dict[str, Any]]:
    most = max(counts.values(), default=0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"label": code, "count": count, "share": round(count / most * 100, 1)} for code, count in ordered]


def _gaps(found: Findings) -> Iterator[Any]:
    gaps = (gap for series in found.run.series.values() for gap in series.gaps if gap.kind != "no_trades")
    return iter(sorted(gaps, key=lambda gap: (-gap.bars, gap.start_ns, gap.pair)))
