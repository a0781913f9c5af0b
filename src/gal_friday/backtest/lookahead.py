"""Proof that a decision knows nothing of later bars: take them away, or replace them by noise, and decide again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import zip_longest

import msgspec

from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.fast import FastDriver
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.world import World, build
from gal_friday.domain.bars import BarSeries, BookSeries
from gal_friday.domain.time import iso
from gal_friday.events import types
from gal_friday.features.lookahead import cut_after, garbage_after, spread
from gal_friday.settings.manager import ConfigurationManager

# Up to so many bars the event driver, too, decides in every future.
SHORT = 500

Driver = type[FastDriver] | type[EventDriver]
Market = tuple[dict[str, BarSeries], dict[str, BookSeries]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first decision that another future changed: its lines with the true future and with the other one.

    `driver` is fast or event, `check` cut or garbage; the bars up to and with the one that starts at `after_ns`
    (UTC) were the same.
    """

    driver: str
    check: str
    after_ns: int
    line: str | None
    other: str | None


class _Line(msgspec.Struct):
    type: str
    timestamp: str


def decision_differences(
    config: ConfigurationManager,
    series: Mapping[str, BarSeries],
    books: Mapping[str, BookSeries] | None = None,
    *,
    cuts: int = 8,
    seed: int = 0,
) -> list[Divergence]:
    """Decide on the whole history, then with `cuts` other futures of each kind, and compare: none means honest.

    The fast driver runs, and on histories of up to `SHORT` bars or where it is configured the event driver.
    A cut leaves every pair at least one bar; as many cuts as bars are one after each. Orders are compared until
    the last common bar ends, signals until it is known. What a strategy reads from elsewhere, a file of its own
    perhaps, is the same in every future and cannot show.
    """
    world = build(config, series, books)
    drivers: list[Driver] = [FastDriver]
    if len(world.starts) <= SHORT or config.section("backtest").driver == "event":
        drivers.append(EventDriver)
    whole = {driver: _decisions(driver, world) for driver in drivers}
    first = max(int(one.start_ns[0]) for one in world.series.values())
    found: list[Divergence] = []
    for at in spread(len(world.starts), min(cuts + 1, len(world.starts)))[:-1]:
        after_ns = int(world.starts[at])
        if after_ns < first:
            continue
        for check, (other_series, other_books) in _futures(series, books or {}, after_ns, seed):
            changed = build(config, other_series, other_books)
            for driver, lines in whole.items():
                differs = _compared(world, after_ns, lines, _decisions(driver, changed))
                if differs is not None:
                    name = "event" if driver is EventDriver else "fast"
                    found.append(Divergence(name, check, after_ns, *differs))
    return found


def _futures(
    series: Mapping[str, BarSeries], books: Mapping[str, BookSeries], after_ns: int, seed: int
) -> Iterator[tuple[str, Market]]:
    for check, change in (("cut", cut_after), ("garbage", partial(garbage_after, seed=seed))):
        changed: Market = {}, {}
        for pair, one in series.items():
            row = int(one.start_ns.searchsorted(after_ns, side="right")) - 1
            changed[0][pair], states = change(one, books.get(pair), row)
            if states is not None:
                changed[1][pair] = states
        yield check, changed


def _decisions(driver: Driver, world: World) -> list[bytes]:
    sink = BytesIO()
    driver(world, world.config.section("backtest").initial_capital, Recorder(sink)).run()
    return sink.getvalue().splitlines()


def _compared(
    world: World, after_ns: int, whole: list[bytes], other: list[bytes]
) -> tuple[str | None, str | None] | None:
    ended = after_ns + world.interval_ns
    until = {types.EXECUTION_REPORT: iso(ended - 1)}
    known = iso(ended + world.grace_ns)

    def common(lines: list[bytes]) -> Iterator[bytes]:
        for line in lines:
            read = msgspec.json.decode(line, type=_Line)
            if read.timestamp <= until.get(read.type, known):
                yield line

    for one, another in zip_longest(common(whole), common(other)):
        if one != another:
            return one.decode() if one else None, another.decode() if another else None
    return None
