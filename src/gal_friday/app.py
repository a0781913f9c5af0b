"""The composition root: every module is built here, with its ports, and started and stopped in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gal_friday.domain.instrument import Instrument
from gal_friday.domain.ports import Clock, Halt
from gal_friday.domain.venue import Venue
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.execution.handler import ExecutionHandler
from gal_friday.features.engine import FeatureEngine
from gal_friday.operations.logger import LoggerService
from gal_friday.operations.monitoring import MonitoringService
from gal_friday.portfolio.manager import PortfolioManager
from gal_friday.risk.manager import RiskManager
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.strategy.arbitrator import StrategyArbitrator


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs between live, paper and backtest: time, venue, halt switch, and the rules of the pairs."""

    clock: Clock
    venue: Venue
    halt: Halt
    instruments: Mapping[str, Instrument]
    ignore_halts: bool = False
    only_needed_features: bool = False
    books: bool | None = None


class Application:
    """The modules of one process on one bus.

    They subscribe downstream first, so that on one event the portfolio is marked before risk looks at
    it, and risk has looked before a strategy decides.
    """

    def __init__(self, config: ConfigurationManager, bus: EventBus, surroundings: Surroundings) -> None:
        self.config = config
        self.bus = bus
        clock, instruments = surroundings.clock, surroundings.instruments
        self.logger = LoggerService(config, bus)
        self.portfolio = PortfolioManager(config, bus, clock=clock)
        self.risk = RiskManager(config, bus, self.portfolio, instruments=instruments, clock=clock)
        self.execution = ExecutionHandler(
            config, bus, venue=surroundings.venue, halt=surroundings.halt, instruments=instruments, clock=clock
        )
        self.monitoring = MonitoringService(
            config, bus, halt=surroundings.halt, clock=clock, ignore_halts=surroundings.ignore_halts
        )
        self.strategies = StrategyArbitrator(config, bus, instruments=instruments, clock=clock)
        needed = self.strategies.needed_features(tuple(instruments)) if surroundings.only_needed_features else None
        self.features = FeatureEngine(config, bus, clock=clock, names=needed, books=surroundings.books)

    async def start(self) -> None:
        """Start everything, the downstream modules first; the configuration in force is the first event."""
        await self.logger.start()
        if self.config.changes is not None:
            await self.bus.publish(types.CONFIGURATION_CHANGED, self.config.changes, source=type(self).__name__)
        await self.portfolio.start()
        await self.risk.start()
        await self.execution.start()
        await self.monitoring.start()
        await self.strategies.start()
        await self.features.start()

    async def stop(self) -> None:
        """Stop in stages: no new entries, then what works at the venue, then the observers."""
        await self.features.stop()
        await self.strategies.stop()
        await self.execution.stop()
        await self.monitoring.stop()
        await self.risk.stop()
        await self.portfolio.stop()
        await self.logger.stop()
