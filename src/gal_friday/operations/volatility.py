"""The volatility guard: halts when a pair's close has run too far within a window."""

from __future__ import annotations

import numpy as np

from gal_friday.domain.bars import BarSeries, Bools, Int64
from gal_friday.domain.time import MINUTE, interval_ns
from gal_friday.operations.kernels import AT, COUNT, RING, volatility_run, volatility_step
from gal_friday.settings.sections.monitoring import MonitoringSettings


def volatility_reason(pair: str) -> str:
    """The reason of a halt by this guard."""
    return f"EXTREME_VOLATILITY: {pair}"


def window_bars(minutes: int, bar_ns: int) -> int:
    """How many bars of length `bar_ns` the window before the current one spans; at least one."""
    return max(1, minutes * MINUTE // bar_ns)


def volatility_mask(series: BarSeries, settings: MonitoringSettings) -> Bools:
    """The rows of a series on which the guard trips; the same as asking `VolatilityGuard` bar by bar."""
    if settings.volatility_halt_pct is None:
        return np.zeros(len(series), dtype=np.bool_)
    window = window_bars(settings.volatility_window_minutes, series.interval_ns)
    trips = np.zeros(len(series), dtype=np.bool_)
    state = np.zeros(RING + window, dtype=np.int64)
    volatility_run(state, series.close, series.restart, float(settings.volatility_halt_pct), trips)
    return trips


class _Window:
    __slots__ = ("decimals", "state")

    def __init__(self, bars: int) -> None:
        self.state: Int64 = np.zeros(RING + bars, dtype=np.int64)
        self.decimals = 0

    def ticks(self, close: str) -> int:
        """The close in the finest unit seen so far: what the window holds is rescaled, and no quotient changes."""
        whole, _, fraction = close.partition(".")
        finer = len(fraction) - self.decimals
        if finer > 0:
            self.state[RING:] *= 10**finer
            self.decimals += finer
            finer = 0
        scale: int = 10**-finer
        return int(whole + fraction) * scale


class VolatilityGuard:
    """Asked once per final bar of a pair, in time order."""

    def __init__(self, settings: MonitoringSettings) -> None:
        limit = settings.volatility_halt_pct
        self._limit = None if limit is None else float(limit)
        self._minutes = settings.volatility_window_minutes
        self._windows: dict[str, _Window] = {}

    @property
    def watches(self) -> bool:
        """Whether a limit is set."""
        return self._limit is not None

    def on_bar(self, pair: str, close: str, interval: str) -> bool:
        """Whether the close (a plain decimal) lies further than the limit from a close in the window before it."""
        if self._limit is None:
            return False
        window = self._windows.get(pair)
        if window is None:
            window = self._windows[pair] = _Window(window_bars(self._minutes, interval_ns(interval)))
        return bool(volatility_step(window.state, window.ticks(close), self._limit))

    def on_outage(self, pair: str | None) -> None:
        """The bars of the pair, or of all, have been interrupted: the window begins anew."""
        for name in list(self._windows) if pair is None else [pair]:
            if name in self._windows:
                state = self._windows[name].state
                state[COUNT] = state[AT] = 0
