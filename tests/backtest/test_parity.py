"""The fast driver decides what the event driver decides, to the byte, on random worlds under random configurations."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest

import pytest
from hypothesis import Phase, given, settings

from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.fast import FastDriver
from gal_friday.backtest.findings import findings
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.result import Run
from gal_friday.backtest.world import World, build
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import OrderType, Role, Side
from tests.backtest.worlds import Case, cases


@dataclass(frozen=True, slots=True)
class Pair:
    """What both drivers made of one world."""

    world: World
    event: Run
    fast: Run
    event_lines: bytes
    fast_lines: bytes


def both(case: Case) -> Pair:
    series = case.series()
    world = build(case.config(), series, case.books(series))
    told, quick = io.BytesIO(), io.BytesIO()
    event = EventDriver(world, case.money, Recorder(told)).run()
    fast = FastDriver(world, case.money, Recorder(quick)).run()
    return Pair(world, event, fast, told.getvalue(), quick.getvalue())


def first_difference(event: bytes, fast: bytes) -> str:
    """The first line that differs, side by side, with the one before it."""
    before = b""
    for number, (one, other) in enumerate(zip_longest(event.splitlines(), fast.splitlines(), fillvalue=b"(nothing)")):
        if one != other:
            return "\n".join(
                [
                    f"line {number + 1} differs, after {before.decode()}",
                    f"event: {one.decode()}",
                    f"fast:  {other.decode()}",
                ]
            )
        before = one
    return "no line differs"


def agree(case: Case) -> Pair:
    """Run both and compare everything they leave."""
    pair = both(case)
    event, fast = pair.event, pair.fast
    assert pair.event_lines == pair.fast_lines, f"{first_difference(pair.event_lines, pair.fast_lines)}\n{case!r}"
    assert event.decisions_sha256 == fast.decisions_sha256
    assert event.fills == fast.fills, case
    assert event.ledger_sha256 == fast.ledger_sha256, case
    assert event.final_equity == fast.final_equity, case
    assert event.halts == fast.halts, case
    assert event.rejections == fast.rejections, case
    assert event.decisions == fast.decisions, case
    with exact():
        assert findings(fast).curve == findings(event).curve
    return pair


def traits(case: Case, pair: Pair) -> Counter[str]:
    """What occurred in a world, one count each."""
    fills = pair.fast.fills
    per_order = Counter(fill.client_order_id for fill in fills)
    entries = [fill for fill in fills if fill.role is Role.ENTRY]
    found = {
        "trades": bool(fills),
        "halts": bool(pair.fast.halts),
        "outages": any(market.outages for market in case.markets),
        "gaps through a stop": any(f.role is Role.STOP and f.phase == "open" for f in fills),
        "partial fills": any(count > 1 for count in per_order.values()),
        "both pairs": len({fill.pair for fill in fills}) > 1,
        "shorts": any(fill.side is Side.SELL for fill in entries),
        "limit entries": any(fill.order_type is OrderType.LIMIT for fill in entries),
        "books": bool(pair.world.books and fills),
        "rejections": bool(pair.fast.rejections),
        "targets": any(fill.role is Role.TARGET for fill in fills),
        "exits": any(fill.role is Role.EXIT for fill in fills),
    }
    return Counter(name for name, occurred in found.items() if occurred)


@settings(max_examples=25, derandomize=True, phases=[Phase.generate])
@given(case=cases(max_rows=1_200))
def test_both_drivers_decide_the_same(case: Case) -> None:
    agree(case)


@pytest.mark.acceptance
def test_both_drivers_decide_the_same_in_hundreds_of_worlds() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=240, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink])
    @given(case=cases())
    def compare(case: Case) -> None:
        pair = agree(case)
        seen.update(["worlds"])
        seen.update(traits(case, pair))

    compare()
    print("\n" + "\n".join(f"{count:5} {name}" for name, count in seen.most_common()))
    wanted = (
        "halts",
        "outages",
        "gaps through a stop",
        "partial fills",
        "both pairs",
        "shorts",
        "limit entries",
        "books",
    )
    assert seen["worlds"] >= 200
    assert not [name for name in wanted if not seen[name]]
