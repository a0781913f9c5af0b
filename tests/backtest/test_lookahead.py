"""Decisions do not look ahead: not the system's own, whatever the configuration; and what does is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gal_friday.backtest import signals
from gal_friday.backtest.lookahead import SHORT, decision_differences
from gal_friday.features.series import FeatureBlock, blocks
from tests.backtest.markets import Market
from tests.backtest.worlds import Case, case

KINDS = [
    *({"kind": "ema", "parameters": {"period": period}} for period in (2, 5)),
    {"kind": "rsi", "parameters": {"period": 5}},
    {"kind": "roc", "parameters": {"period": 1}},
]
CROSS = {"id": "cross", "parameters": {"fast": 2, "slow": 5, "rsi": 5, "rsi_max": 101.0}, "stop": {"pct": "0.2"}}


def told(strategies: list[dict[str, Any]], *markets: Market, **changes: Any) -> Case:
    overrides = {
        "trading.pairs": [market.pair for market in markets],
        "features.definitions": KINDS,
        "strategy.strategies": strategies,
        **changes,
    }
    return Case(markets, overrides=overrides)


def differences(of: Case, cuts: int) -> list[Any]:
    series = of.series()
    return decision_differences(of.config(), series, of.books(series), cuts=cuts)


# --- the system's own


def test_no_decision_of_a_short_world_changes_with_the_future_after_any_bar() -> None:
    honest = told([CROSS], Market("DOGE/USD", 1, 45, outages=1), Market("XRP/USD", 2, 40, late=9, wicks=0.1))
    world = honest.series()
    assert len(np.unique(np.concatenate([one.start_ns for one in world.values()]))) <= SHORT
    assert differences(honest, cuts=1_000) == []


@pytest.mark.parametrize("number", [3, 14, 159, 2653])
def test_no_decision_of_a_random_world_changes_with_the_future(number: int) -> None:
    assert differences(case(number, max_rows=400), cuts=4) == []


@pytest.mark.acceptance
def test_no_decision_of_many_random_worlds_changes_with_the_future(unfinished: Any) -> None:
    for number in unfinished(range(30)):
        drawn = case(number, max_rows=1_500, plain=number % 3 == 0)
        assert differences(drawn, cuts=12) == [], drawn


@pytest.mark.acceptance
def test_no_decision_of_longer_worlds_changes_with_the_future_after_any_bar(unfinished: Any) -> None:
    for number in unfinished(range(100, 104)):
        assert differences(case(number, max_rows=300), cuts=10_000) == [], number


# --- what does look ahead

PEEKING = '''
import numpy as np

from gal_friday.domain.orders import Side
from gal_friday.strategy.rules import Wish


class Peeks:
    """Keeps the columns that it is shown to find its candidates, and buys what rises next."""

    input, features = "features", ("roc_1",)

    def __init__(self, parameters):
        self._next = {}

    def candidates(self, now, before):
        change = now["roc_1"]
        self._next = dict(zip(change.tolist(), np.append(change[1:], 0.0).tolist(), strict=True))
        return np.ones(len(change), dtype=bool)

    def decide(self, now, before, held):
        ahead = self._next.get(now["roc_1"], 0.0)
        if held is None and ahead > 0.0:
            return Wish.LONG
        return Wish.EXIT if held is Side.BUY and ahead < 0.0 else None


class Hides:
    """Says of rows that fall next that they are none of its candidates."""

    input, features = "features", ("roc_1",)

    def __init__(self, parameters):
        pass

    def candidates(self, now, before):
        return np.append(now["roc_1"][1:], 0.0) > 0.0

    def decide(self, now, before, held):
        return Wish.LONG if held is None else None
'''


@pytest.mark.parametrize("name", ["Peeks", "Hides"])
def test_a_strategy_that_sees_the_next_bar_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "peeking.py").write_text(PEEKING)
    strategy = {"id": "mine", "use": f"{tmp_path}/peeking.py:{name}", "stop": {"pct": "5"}, "target": {"pct": "5"}}
    found = differences(told([strategy], Market("XRP/USD", 3, 200)), cuts=40)
    assert {one.check for one in found} == {"cut", "garbage"}
    assert {one.driver for one in found} == {"fast"}
    assert all(one.line != one.other for one in found)


def test_a_feature_with_a_centred_window_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def centred(*given: Any) -> Iterator[FeatureBlock]:
        for block in blocks(*given):
            ahead = block.values[np.minimum(np.arange(len(block.values)) + 10, len(block.values) - 1)]
            yield replace(block, values=np.where(np.isnan(ahead), block.values, (block.values + ahead) / 2))

    honest = told([CROSS], Market("XRP/USD", 4, 300), **{"simulation.max_volume_share_pct": None})
    assert differences(honest, cuts=20) == []
    monkeypatch.setattr(signals, "blocks", centred)
    found = differences(honest, cuts=20)
    assert {one.driver for one in found} == {"fast"}
    assert {one.check for one in found} == {"cut", "garbage"}


def test_a_venue_that_fills_from_the_bar_that_was_seen_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from gal_friday.backtest.world import World

    facts = World.facts

    def tomorrow(world: World, pair: str, row: int) -> Any:
        # Prices of the bar after the one that happens: fills come from what nobody could have known.
        later = min(row + 1, len(world.series[pair]) - 1)
        known = facts(world, pair, row)
        ahead = facts(world, pair, later)
        return type(known)(
            known.start_ns, known.end_ns, ahead.open, ahead.high, ahead.low, ahead.volume, ahead.previous_range
        )

    monkeypatch.setattr(World, "facts", tomorrow)
    found = differences(told([CROSS], Market("XRP/USD", 4, 300)), cuts=20)
    assert {one.check for one in found} == {"cut", "garbage"}
