"""report.json: what was run on which data, and what came of it; the same run gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from gal_friday.backtest.findings import Findings
from gal_friday.domain.bars import BarSeries, Gap
from gal_friday.domain.numbers import plain
from gal_friday.domain.time import interval_text, iso


def document(found: Findings) -> dict[str, Any]:
    """The report as plain JSON values: exact numbers as decimal strings, statistics as numbers, undefined as null."""
    run = found.run
    return {
        "config_hash": run.config_hash,
        "data": [data_entry(run.series[pair]) for pair in sorted(run.series)],
        "decisions": dict(run.decisions),
        "decisions_sha256": run.decisions_sha256,
        "driver": run.driver,
        "final_equity": plain(run.final_equity),
        "halts": [{"at": iso(ns), "reason": reason} for ns, reason in run.halts],
        "initial_capital": plain(run.initial_capital),
        "instruments_assumed": assumed(found),
        "ledger_sha256": run.ledger_sha256,
        "metrics": {name: plain(v) if isinstance(v, Decimal) else v for name, v in found.metrics.items()},
        "model": run.model,
        "quote_asset": run.quote_asset,
        "rejections": dict(run.rejections),
        "seed": run.seed,
    }


def document_text(found: Findings) -> str:
    """The canonical text: sorted keys, two spaces of indent, one newline at the end."""
    return json.dumps(document(found), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def data_entry(series: BarSeries) -> dict[str, Any]:
    """One pair's data: bars used, first start, last end, content hash and what was missing."""
    rows = len(series)
    return {
        "pair": series.pair,
        "interval": interval_text(series.interval_ns),
        "rows": rows,
        "start": iso(int(series.start_ns[0])) if rows else None,
        "end": iso(int(series.start_ns[-1]) + series.interval_ns) if rows else None,
        "sha256": series.sha256,
        "gaps": gap_counts(series.gaps),
        "synthetic": series.synthetic,
    }


def gap_counts(gaps: Iterable[Gap]) -> dict[str, dict[str, int]]:
    """By kind: how many gaps, how many bars they lack in all, and how many the longest lacks."""
    counts: dict[str, dict[str, int]] = {}
    for gap in gaps:
        kind = counts.setdefault(gap.kind, {"count": 0, "bars": 0, "longest": 0})
        kind["count"] += 1
        kind["bars"] += gap.bars
        kind["longest"] = max(kind["longest"], gap.bars)
    return counts


def assumed(found: Findings) -> list[str]:
    """The pairs that were traded by configured defaults, for want of rules of their own."""
    return sorted(pair for pair, rules in found.run.instruments.items() if rules.assumed and pair in found.run.series)
