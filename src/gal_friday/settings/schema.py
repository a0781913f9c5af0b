"""The root of the configuration: one section per room, and the relations between sections."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import model_validator

from gal_friday.settings.section import Section, key
from gal_friday.settings.sections.backtest import BacktestSettings
from gal_friday.settings.sections.events import BusSettings
from gal_friday.settings.sections.execution import ExecutionSettings
from gal_friday.settings.sections.features import FeatureSettings
from gal_friday.settings.sections.history import HistorySettings
from gal_friday.settings.sections.instruments import InstrumentSettings
from gal_friday.settings.sections.kraken import KrakenSettings
from gal_friday.settings.sections.logging import LoggingSettings
from gal_friday.settings.sections.market import MarketSettings
from gal_friday.settings.sections.monitoring import MonitoringSettings
from gal_friday.settings.sections.portfolio import PortfolioSettings
from gal_friday.settings.sections.risk import RiskSettings
from gal_friday.settings.sections.simulation import SimulationSettings
from gal_friday.settings.sections.strategy import StrategySettings
from gal_friday.settings.sections.trading import PAIR, TradingSettings


class Settings(Section):
    """Everything that may be configured, validated as a whole."""

    mode: Literal["backtest", "paper", "live"] = key(
        "backtest", "backtest: history; paper: live data, simulated fills; live: real orders", decides=False
    )
    trading: TradingSettings = key(TradingSettings, "What is traded")
    market: MarketSettings = key(MarketSettings, "Bars, gaps and staleness")
    history: HistorySettings = key(HistorySettings, "Market-data files and store")
    features: FeatureSettings = key(FeatureSettings, "The feature set")
    strategy: StrategySettings = key(StrategySettings, "Strategies in service")
    risk: RiskSettings = key(RiskSettings, "Limits on loss, holdings and orders")
    portfolio: PortfolioSettings = key(PortfolioSettings, "Valuation")
    execution: ExecutionSettings = key(ExecutionSettings, "Order life and protection")
    simulation: SimulationSettings = key(SimulationSettings, "Simulated fills")
    backtest: BacktestSettings = key(BacktestSettings, "Backtest runs")
    monitoring: MonitoringSettings = key(MonitoringSettings, "Guards that halt trading")
    instruments: InstrumentSettings = key(InstrumentSettings, "Rules of the pairs")
    events: BusSettings = key(BusSettings, "The event bus")
    logging: LoggingSettings = key(LoggingSettings, "Logs")
    kraken: KrakenSettings = key(KrakenSettings, "The exchange")

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        complaints = [*_shorting(self), *_strategy_pairs(self), *_quotes(self), *_instrument_names(self)]
        if complaints:
            raise ValueError("; ".join(complaints))
        return self


def _shorting(settings: Settings) -> list[str]:
    if settings.risk.allow_short and settings.mode != "backtest":
        return [f"risk.allow_short needs margin and exists in a backtest only; mode is {settings.mode}"]
    return []


def _strategy_pairs(settings: Settings) -> list[str]:
    known = settings.trading.pairs
    return [
        f"strategy.strategies: {spec.id} names {pair}, which is not in trading.pairs ({', '.join(known)})"
        for spec in settings.strategy.strategies
        for pair in spec.pairs or ()
        if pair not in known
    ]


def _quotes(settings: Settings) -> list[str]:
    quote = settings.portfolio.quote_asset
    other = [pair for pair in settings.trading.pairs if pair.partition("/")[2] != quote]
    if not other:
        return []
    return [f"trading.pairs: {', '.join(other)} must be quoted in portfolio.quote_asset ({quote})"]


def _instrument_names(settings: Settings) -> list[str]:
    wrong = [pair for pair in settings.instruments.pairs if not re.fullmatch(PAIR, pair)]
    return [f"instruments.pairs: expected BASE/QUOTE such as XRP/USD, was {pair!r}" for pair in wrong]
