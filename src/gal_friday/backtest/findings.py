"""All that a report says of a run, derived once: trades, curve and figures."""

from __future__ import annotations

from dataclasses import dataclass

from gal_friday.backtest.equity import Curve, curve_of
from gal_friday.backtest.metrics import Metrics, metrics_of
from gal_friday.backtest.result import Run
from gal_friday.backtest.trades import Trade, trades_of
from gal_friday.domain.errors import Fault


@dataclass(frozen=True, slots=True)
class Findings:
    """A run with everything derived from it."""

    run: Run
    trades: tuple[Trade, ...]
    curve: Curve
    metrics: Metrics


def findings(run: Run) -> Findings:
    """Derive trades, curve and figures; raises `Fault` where the fills do not explain the ledger's equity."""
    trades, curve = trades_of(run), curve_of(run)
    if curve.final_equity != run.final_equity:
        raise Fault(f"the ledger ends at {run.final_equity} {run.quote_asset}, the fills at {curve.final_equity}")
    return Findings(run, trades, curve, metrics_of(trades, curve))
