"""Writes the files of a report into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gal_friday.backtest.findings import Findings
from gal_friday.backtest.report.document import document_text
from gal_friday.backtest.report.page import page_html
from gal_friday.backtest.report.stress import StressRow
from gal_friday.backtest.report.tables import equity_csv, trades_csv


def write(
    found: Findings, out_dir: Path, *, cost_stress: Sequence[StressRow] | None = None, page: bool = True
) -> dict[str, Path]:
    """Write trades.csv, equity.csv, report.json and, unless `page` is off, report.html; gives their paths by name.

    Only the page shows `cost_stress`: its rows belong to other runs.
    """
    texts = {
        "trades.csv": trades_csv(found.trades),
        "equity.csv": equity_csv(found.curve),
        "report.json": document_text(found),
    }
    if page:
        texts["report.html"] = page_html(found, cost_stress or ())
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = {name: out_dir / name for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8", newline="\n")
    return paths
