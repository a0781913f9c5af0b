"""The charts that need no script: equity over drawdown, and how trades are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gal_friday.backtest.equity import Curve
from gal_friday.backtest.report.axes import Scale, label, line, padded, points, round_step, svg, ticks, time_ticks
from gal_friday.backtest.report.numerals import MINUS


class Size(NamedTuple):
    """How large a chart is drawn: one for screens and paper, one for phones."""

    name: str
    width: int
    height: int
    points: int


WIDE = Size("wide", 1_000, 430, 700)
NARROW = Size("narrow", 420, 380, 260)
HALF = Size("half", 520, 260, 0)

# Where buy-and-hold swings this many times as far, equity beside it looks like a flat line.
_DWARFED = 5.0


def dwarfed(curve: Curve) -> bool:
    """Whether buy-and-hold moved so much more that equity needs a chart of its own."""
    equity = [float(row.equity) for row in curve.marks]
    bought = [float(row.benchmark or 0) for row in curve.marks]
    return max(bought) - min(bought) > _DWARFED * (max(equity) - min(equity))


def equity_chart(curve: Curve, size: Size, *, alone: bool = False) -> str:
    """Equity above, with buy-and-hold unless `alone`; the drawdown in percent beneath, over one axis of time."""
    marks = curve.marks
    times = [row.seen_ns for row in marks]
    equity = [float(row.equity) for row in marks]
    bought = [float(row.benchmark or 0) for row in marks]
    falls = [-float(row.drawdown_pct or 0) for row in marks]
    left, right, foot = 64, size.width - 10, size.height - 24
    middle = round(size.height * 0.66)
    x = Scale(times[0], max(times[-1], times[0] + 1), left, right)
    top = Scale(*padded(equity if alone else equity + bought), middle - 14, 14)
    low = Scale(min(*falls, -0.01) * 1.08, 0, foot - 4, middle + 8)
    body = [*_money_axis(top, left, right), *_percent_axis(low, left, right), *_time_axis(x, middle, foot, size)]
    kept = _thinned(equity, size.points)
    held = points((x(times[i]), top(bought[i])) for i in _thinned(bought, size.points))
    deep = _thinned(falls, size.points)
    area = [(x(times[0]), low(0)), *((x(times[i]), low(falls[i])) for i in deep), (x(times[-1]), low(0))]
    body += [
        line(left, top(equity[0]), right, top(equity[0]), "base"),
        *([] if alone else [f'<polyline class="bought" points="{held}"/>']),
        f'<polyline class="equity" points="{points((x(times[i]), top(equity[i])) for i in kept)}"/>',
        f'<polygon class="fall" points="{points(area)}"/>',
    ]
    return svg(size.width, size.height, "Equity, buy-and-hold and drawdown over time", body, size.name)


def _money_axis(scale: Scale, left: int, right: int) -> list[str]:
    body = []
    step = round_step(scale.high - scale.low, 5)
    places = 0 if step >= 1 else 2
    for value in ticks(scale.low, scale.high, 5):
        body.append(line(left, scale(value), right, scale(value), "grid"))
        body.append(label(left - 6, scale(value) + 4, f"{value:,.{places}f}".replace("-", MINUS), "end"))
    return body


def _percent_axis(scale: Scale, left: int, right: int) -> list[str]:
    body = []
    step = round_step(-scale.low, 3)
    places = 0 if step >= 1 else 1 if step >= 0.1 else 2
    for value in ticks(scale.low, 0, 3):
        text = f"{value:.{places}f}%".replace("-", MINUS) if value else "0%"
        body.append(line(left, scale(value), right, scale(value), "grid"))
        body.append(label(left - 6, scale(value) + 4, text, "end"))
    return body


def _time_axis(x: Scale, middle: int, foot: int, size: Size) -> list[str]:
    body = [line(x.from_px, middle, x.to_px, middle, "rule")]
    for at, text in time_ticks(int(x.low), int(x.high), 8 if size is WIDE else 3):
        body.append(line(x(at), 10, x(at), foot - 4, "grid"))
        body.append(label(x(at), foot + 14, text, "end" if x(at) > x.to_px - 24 else "middle"))
    return body


def _thinned(values: Sequence[float], count: int) -> list[int]:
    """Positions that draw the same line: first, lowest, highest and last of each stretch."""
    size = len(values)
    if size <= count * 2:
        return list(range(size))
    column = np.asarray(values)
    edges = np.linspace(0, size, count // 2 + 1).astype(int).tolist()
    kept: list[int] = []
    for first, last in pairwise(edges):
        part = column[first:last]
        kept += sorted({first, first + int(part.argmin()), first + int(part.argmax()), last - 1})
    return kept


def histogram(values: Sequence[float], *, title: str, unit: str) -> str:
    """How often a value falls into each of about twenty-five equal steps, zero being an edge; coloured by sign."""
    if not values:
        return ""
    column = np.asarray(values)
    low, high = float(np.quantile(column, 0.005)), float(np.quantile(column, 0.995))
    step = round_step(max(high - low, abs(high) / 10, 1e-6), 26)
    first, last = int(np.floor(low / step)), int(np.floor(high / step)) + 1
    # The outermost bars take in what lies beyond them.
    bins = np.clip(np.floor(column / step).astype(int), first, last - 1) - first
    counts = np.bincount(bins, minlength=last - first).tolist()
    left, right, foot = 44, HALF.width - 10, HALF.height - 26
    x = Scale(first, last, left, right)
    y = Scale(0, max(counts) * 1.08, foot, 12)
    body = []
    for value in ticks(0, y.high, 4):
        body.append(line(left, y(value), right, y(value), "grid"))
        body.append(label(left - 6, y(value) + 4, f"{value:,.0f}", "end"))
    for k, count in enumerate(counts):
        style = "gain" if first + k >= 0 else "loss"
        span = f"{(first + k) * step:.4g} to {(first + k + 1) * step:.4g}{unit}".replace("-", MINUS)
        where = f'x="{x(first + k) + 0.5:.1f}" y="{y(count):.1f}"'
        extent = f'width="{max(x(1) - x(0) - 1, 0.5):.1f}" height="{foot - y(count):.1f}"'
        body.append(f'<rect class="{style}" {where} {extent}><title>{span}: {count:,}</title></rect>')
    for value in ticks(first * step, last * step, 6):
        body.append(label(x(value / step), foot + 16, f"{value:.4g}{unit}".replace("-", MINUS), "middle"))
    mean = float(column.mean())
    if first <= mean / step <= last:
        body.append(line(x(mean / step), 8, x(mean / step), foot, "mean"))
    body.append(line(left, foot, right, foot, "rule"))
    return svg(HALF.width, HALF.height, title, body, HALF.name)
