"""How far equity lies below its highest point of the UTC day, of the ISO week, and ever."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.domain.numbers import HUNDRED, ZERO, percent_of
from gal_friday.domain.time import DAY, day_index, week_index

# Percentages are rounded to eight places; the look must not miss one that was rounded up to its limit.
_WHOLE = HUNDRED + Decimal("0.00000001")


class Drawdowns:
    """Peaks of equity. A new day or week starts from the equity that was last known before it."""

    __slots__ = ("_level", "_limits", "day", "day_peak", "equity", "peak", "week", "week_peak")

    def __init__(self, equity: Decimal, now_ns: int) -> None:
        self.equity = self.peak = self.day_peak = self.week_peak = equity
        self.day = day_index(now_ns)
        self.week = week_index(now_ns)
        # A hundred times the equity at which one of `_limits` is reached; None once a peak has moved.
        self._level: Decimal | None = None
        self._limits: tuple[Decimal, ...] = ()

    def update(self, equity: Decimal, now_ns: int) -> None:
        """Take notice of equity at `now_ns` (UTC, not before the last)."""
        day = now_ns // DAY
        if day != self.day:
            self.day, self.day_peak, self._level = day, self.equity, None
            week = week_index(now_ns)
            if week != self.week:
                self.week, self.week_peak = week, self.equity
        self.equity = equity
        if equity > self.day_peak:
            self.day_peak, self._level = equity, None
            if equity > self.week_peak:
                self.week_peak = equity
                if equity > self.peak:
                    self.peak = equity

    def raise_peaks(self, equity: Decimal) -> None:
        """Take notice of an equity that was reached since the last update, within the same UTC day."""
        self._level = None
        self.day_peak = max(self.day_peak, equity)
        self.week_peak = max(self.week_peak, equity)
        self.peak = max(self.peak, equity)

    def may_cross(self, day: Decimal, week: Decimal, total: Decimal) -> bool:
        """Whether a fall could have reached one of these percentages: a cheap look before the exact ones."""
        limits, level = (day, week, total), self._level
        if level is None or limits != self._limits:
            peaks = (self.day_peak, self.week_peak, self.peak)
            level = max(peak * (_WHOLE - limit) for peak, limit in zip(peaks, limits, strict=True))
            self._level, self._limits = level, limits
        return self.equity * HUNDRED <= level

    @property
    def day_pct(self) -> Decimal:
        """Percent below the day's peak."""
        return _below(self.equity, self.day_peak)

    @property
    def week_pct(self) -> Decimal:
        """Percent below the week's peak."""
        return _below(self.equity, self.week_peak)

    @property
    def total_pct(self) -> Decimal:
        """Percent below the highest equity ever."""
        return _below(self.equity, self.peak)


def _below(equity: Decimal, peak: Decimal) -> Decimal:
    return percent_of(peak - equity, peak) if peak > equity else ZERO
