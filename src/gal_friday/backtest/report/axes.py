"""Scales, ticks and axes of a chart, drawn as inline SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from gal_friday.domain.time import DAY, HOUR, SECOND, to_datetime

_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)
_SPANS = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to pixels."""

    low: float
    high: float
    from_px: float
    to_px: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        return self.from_px + (value - self.low) / (self.high - self.low) * (self.to_px - self.from_px)


def round_step(span: float, count: int) -> float:
    """The step of 1, 2, 2.5 or 5 times a power of ten that divides `span` into at most `count` parts."""
    if span <= 0:
        return 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999999)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round values within [low, high]."""
    step = round_step(high - low, count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def padded(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """Lowest and highest value with some air, never equal."""
    known = list(values)
    low, high = min(known), max(known)
    air = (high - low) * share or abs(high) * share or 1.0
    return low - air, high + air


def time_ticks(first_ns: int, last_ns: int, count: int) -> list[tuple[int, str]]:
    """At most `count` round UTC times between the two, with their labels."""
    span = max(last_ns - first_ns, SECOND)
    step = next((step for step in _SPANS if span / step <= count), None)
    if step is None:
        return _months(first_ns, last_ns, count)
    form = "%d %b" if step >= DAY else "%d %b %H:%M"
    times = range(-(-first_ns // step) * step, last_ns + 1, step)
    return [(at, to_datetime(at).strftime(form)) for at in times]


def _months(first_ns: int, last_ns: int, count: int) -> list[tuple[int, str]]:
    start, end = to_datetime(first_ns), to_datetime(last_ns)
    months = (end.year - start.year) * 12 + end.month - start.month
    step = next((step for step in _MONTH_STEPS if months / step <= count), _MONTH_STEPS[-1])
    found = []
    for k in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        if k % step == 0:
            moment = start.replace(year=k // 12, month=k % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
            at = round(moment.timestamp()) * SECOND
            if first_ns <= at <= last_ns:
                found.append((at, moment.strftime("%Y" if step >= 12 else "%b %Y")))
    return found


def points(pairs: Iterable[tuple[float, float]]) -> str:
    """Pixel pairs as the `points` of a line."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def label(x: float, y: float, text: str, anchor: str = "start", style: str = "tick") -> str:
    """A text, escaped."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def svg(width: int, height: int, title: str, body: Sequence[str], style: str) -> str:
    """A drawing that scales with the page; `title` is read aloud."""
    return (
        f'<svg viewBox="0 0 {width} {height}" class="chart {style}" role="img" aria-label="{escape(title)}">'
        f"{''.join(body)}</svg>"
    )
