"""Rows that are skipped are rows on which nothing could have been wished."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Side
from gal_friday.settings.sections.instruments import InstrumentSettings
from gal_friday.settings.sections.strategy import StrategySettings, StrategySpec
from gal_friday.strategy.decisions import Decisions
from gal_friday.strategy.packaged import PACKAGED
from gal_friday.strategy.rules import Declares, Strategy
from gal_friday.strategy.scan import Carry

PAIR = "XRP/USD"
# Few distinct values, so that rows are often equal and levels often hit exactly.
LEVELS = st.sampled_from([1.0, 1.5, 2.0, 69.9, 70.0, 70.1])

cross = st.fixed_dictionaries(
    {"exit_on_cross": st.booleans(), "short": st.booleans(), "rsi_max": st.sampled_from([0.0, 70.0, 101.0])}
).map(lambda p: StrategySpec(id="s", use="ema_cross", parameters=p))
crossing = st.builds(
    lambda feature, below, short: StrategySpec(
        id="s", use="threshold", parameters={"feature": feature, "above": 2.0, "below": below, "short": short}
    ),
    st.sampled_from(["ema_12", "rsi_14"]),
    st.sampled_from([1.0, 1.5, 2.0]),
    st.booleans(),
)
NAMES = ("rsi_14", "ema_26", "other", "ema_12")


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Any, Any, Any, list[int]]:
    n = draw(st.integers(1, 30))
    values = np.array([[draw(LEVELS) for _ in NAMES] for _ in range(n)])
    restart = np.array([draw(st.sampled_from([False, False, False, True])) for _ in range(n)])
    ready = np.array([draw(st.sampled_from([True, True, True, False])) for _ in range(n)])
    restart[0] = True
    values[~ready] = np.nan
    cuts = sorted({0, n, *draw(st.lists(st.integers(0, n), max_size=3))})
    return values, ready, restart, cuts


@settings(max_examples=300, deadline=None)
@given(st.lists(cross | crossing, min_size=1, max_size=2), blocks())
def test_candidates_never_miss_a_wish(specs: list[StrategySpec], world: tuple[Any, Any, Any, list[int]]) -> None:
    values, ready, restart, cuts = world
    named = tuple(spec.model_copy(update={"id": f"s{i}"}) for i, spec in enumerate(specs))
    rules: list[Strategy] = [PACKAGED[spec.use](spec.parameters) for spec in named]
    instruments = {PAIR: InstrumentSettings().instrument(PAIR)}
    decisions = Decisions(StrategySettings(strategies=named), instruments, "hash")
    carry = Carry()
    masks = []
    for first, last in pairwise(cuts):
        cut = slice(first, last)
        mask = decisions.candidates(PAIR, NAMES, values[cut], ready[cut], restart[cut], carry)
        assert mask is not None
        masks.append(mask)
    found = np.concatenate(masks)
    before = None
    for i in range(len(values)):
        if restart[i]:
            before = None
        if not ready[i]:
            assert not found[i]
            continue
        now = dict(zip(NAMES, values[i].tolist(), strict=True))
        wishes = [rule.decide(now, before, held) for rule in rules for held in (None, Side.BUY, Side.SELL)]
        if before is None:
            assert found[i]
        else:
            # Packaged strategies are exact: no row is visited in vain but for the position's state.
            assert found[i] == any(wish is not None for wish in wishes)
        before = now


def test_a_strategy_that_cannot_tell_is_visited_everywhere() -> None:
    class Silent:
        input: str = "features"
        features: tuple[str, ...] = ("ema_12",)

        def decide(self, now: Any, before: Any, held: Any) -> None:
            return None

    rule = Silent()
    assert not isinstance(rule, Declares)
    spec = StrategySpec(id="s")
    instruments = {PAIR: InstrumentSettings().instrument(PAIR)}
    decisions = Decisions(StrategySettings(strategies=(spec,)), instruments, "hash", [(spec, rule)])
    carry = Carry()
    yes, no = np.array([True]), np.array([False])
    assert decisions.candidates(PAIR, NAMES, np.ones((1, 4)), yes, no, carry) is None
    assert carry.row is not None


def test_skipping_rows_and_visiting_all_propose_the_same() -> None:
    rng = np.random.default_rng(3)
    n = 20_000
    walk = rng.normal(size=n).cumsum()
    columns = {"ema_12": walk, "ema_26": np.convolve(walk, np.ones(8) / 8)[:n], "rsi_14": rng.uniform(40, 90, n)}
    values = np.column_stack(list(columns.values()))
    names = tuple(columns)
    instruments = {PAIR: InstrumentSettings().instrument(PAIR)}
    every, few = (Decisions(StrategySettings(), instruments, "hash") for _ in range(2))
    ready, restart = np.ones(n, np.bool_), np.zeros(n, np.bool_)
    restart[0] = restart[5_000] = True
    mask = few.candidates(PAIR, names, values, ready, restart, Carry())
    assert mask is not None
    assert 0 < mask.sum() < n // 3
    seen: list[list[Any]] = [[], []]
    close = Decimal("0.5")
    with exact():
        for i in range(n):
            row = dict(zip(names, values[i].tolist(), strict=True))
            for at, decisions in enumerate((every, few)):
                if at == 1 and not mask[i]:
                    continue
                if at == 1:
                    last = dict(zip(names, values[i - 1].tolist(), strict=True))
                    decisions.set_before(PAIR, None if restart[i] else last)
                elif restart[i]:
                    decisions.on_outage(PAIR)
                decisions.set_last_close(PAIR, close)
                proposal = decisions.on_features(PAIR, i, i, row)
                if proposal is not None:
                    seen[at].append(proposal)
                    decisions.on_rejected(proposal.signal_id, PAIR)
    assert len(seen[0]) > 100
    assert seen[0] == seen[1]


@pytest.mark.parametrize("ready", [True, False])
def test_an_empty_block_changes_nothing(ready: bool) -> None:
    instruments = {PAIR: InstrumentSettings().instrument(PAIR)}
    decisions = Decisions(StrategySettings(), instruments, "hash")
    carry = Carry(np.ones(4)) if ready else Carry()
    row = carry.row
    none = np.zeros(0, np.bool_)
    found = decisions.candidates(PAIR, NAMES, np.empty((0, 4)), none, none, carry)
    assert found is not None
    assert len(found) == 0
    assert carry.row is row


def test_a_block_without_a_ready_row_keeps_or_forgets_the_row_before() -> None:
    instruments = {PAIR: InstrumentSettings().instrument(PAIR)}
    decisions = Decisions(StrategySettings(), instruments, "hash")
    carry = Carry(np.ones(4))
    no, yes = np.zeros(2, np.bool_), np.array([False, True])
    for restart, kept in ((no, True), (yes, False)):
        found = decisions.candidates(PAIR, NAMES, np.full((2, 4), np.nan), no, restart, carry)
        assert found is not None
        assert not found.any()
        assert (carry.row is not None) is kept
