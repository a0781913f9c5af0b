"""What a backtest leaves behind: report.json, trades.csv, equity.csv, report.html and a summary for the console."""

from gal_friday.backtest.findings import Findings, findings
from gal_friday.backtest.report.console import summary
from gal_friday.backtest.report.files import write
from gal_friday.backtest.report.stress import StressRow, stress_row

__all__ = ["Findings", "StressRow", "findings", "stress_row", "summary", "write"]
