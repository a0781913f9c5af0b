"""Strategies are found by name, module or file; what is wrong with them is said plainly."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gal_friday.domain.errors import SettingsError
from gal_friday.domain.orders import Side
from gal_friday.settings.sections.strategy import StrategySpec
from gal_friday.strategy import rules
from gal_friday.strategy.packaged import PACKAGED, EmaCross, Threshold
from gal_friday.strategy.rules import Declares, Strategy, Wish, load

EXAMPLES = Path(__file__).parents[2] / "examples"
BREAKOUT = f"{EXAMPLES / 'strategy_breakout.py'}:Breakout"
MINIMAL = f"{EXAMPLES / 'strategy_minimal.py'}:Dip"


def loaded(use: str, **parameters: Any) -> Strategy:
    return load(StrategySpec(id="mine", use=use, parameters=parameters), PACKAGED)


@pytest.mark.parametrize("use", ["ema_cross", "threshold", "gal_friday.strategy.packaged:EmaCross", BREAKOUT])
def test_found(use: str) -> None:
    strategy = loaded(use)
    assert isinstance(strategy, Strategy)
    assert isinstance(strategy, Declares)


def test_an_entry_point_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("cross", "gal_friday.strategy.packaged:EmaCross", rules.GROUP)
    monkeypatch.setattr(rules, "entry_points", lambda group: [point] if group == rules.GROUP else [])
    assert isinstance(loaded("cross"), EmaCross)


@pytest.mark.parametrize(
    ("use", "parameters", "says"),
    [
        ("emacross", {}, "strategy mine .*'emacross' is unknown; expected one of ema_cross, threshold"),
        ("ema_cross", {"fats": 3}, "parameters.fats: not a parameter .value 3.; known are fast, slow"),
        ("ema_cross", {"fast": 0}, "parameters.fast: .*greater than or equal to 1; was 0"),
        ("ema_cross", {"fast": 30}, "fast must be below slow; were 30 and 26"),
        ("ema_cross", {"rsi_max": "high"}, "parameters.rsi_max: .*; was 'high'"),
        ("ema_cross", {"rsi_max": float("nan")}, "parameters.rsi_max: .*finite"),
        ("threshold", {"above": 0.2}, "below must not exceed above; were 0.35 and 0.2"),
        ("nowhere.to.be:Found", {}, "no module 'nowhere'; .*PYTHONPATH"),
        ("json:JSONDecode", {}, "json has no JSONDecode"),
        ("missing/file.py:Rule", {}, "no file missing/file.py"),
        ("decimal:Decimal", {}, "expected a class whose constructor takes the parameters mapping"),
        ("collections:OrderedDict", {}, "expected an object with input .*was OrderedDict"),
        (BREAKOUT, {"min_volume": 1000}, "parameters.min_volume: .*less than or equal to 100; was 1000"),
    ],
)
def test_refused(use: str, parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        loaded(use, **parameters)


def test_ema_cross_wishes() -> None:
    up, down = {"ema_12": 2.0, "ema_26": 1.0, "rsi_14": 50.0}, {"ema_12": 1.0, "ema_26": 2.0, "rsi_14": 50.0}
    level = {"ema_12": 1.0, "ema_26": 1.0, "rsi_14": 50.0}
    plain = EmaCross({})
    assert plain.decide(up, None, None) is None
    assert plain.decide(up, down, None) is Wish.LONG
    assert plain.decide(up, level, None) is Wish.LONG
    assert plain.decide(up, up, None) is None
    assert plain.decide(level, down, None) is None
    assert plain.decide(up | {"rsi_14": 70.0}, down, None) is None
    assert plain.decide(down, up, None) is None
    assert plain.decide(down, up, Side.BUY) is None
    assert EmaCross({"short": True}).decide(down, up, None) is Wish.SHORT
    assert EmaCross({"exit_on_cross": True}).decide(down, up, Side.BUY) is Wish.EXIT
    assert EmaCross({"exit_on_cross": True}).decide(up | {"rsi_14": 99.0}, down, Side.SELL) is Wish.EXIT


def test_threshold_wishes() -> None:
    rule = Threshold({"feature": "x", "above": 0.6, "below": 0.4, "short": True})
    assert (rule.input, rule.features) == ("features", ("x",))

    def decide(was: float, now: float, held: Side | None) -> Wish | None:
        return rule.decide({"x": now}, {"x": was}, held)

    assert decide(0.6, 0.61, None) is Wish.LONG
    assert decide(0.61, 0.62, None) is None
    assert decide(0.5, 0.7, Side.BUY) is None
    assert decide(0.5, 0.7, Side.SELL) is Wish.EXIT
    assert decide(0.4, 0.3, None) is Wish.SHORT
    assert decide(0.4, 0.3, Side.BUY) is Wish.EXIT
    assert decide(0.3, 0.2, Side.BUY) is None
    assert Threshold({"feature": "x"}).decide({"x": 0.3}, {"x": 0.5}, None) is None
    assert Threshold({}).input == "prediction"


def test_the_example_declares_what_it_decides() -> None:
    rule = loaded(BREAKOUT)
    assert isinstance(rule, Declares)
    rng = np.random.default_rng(1)
    table = {name: np.round(rng.normal(0.8, 0.6, 500), 1) for name in rule.features}
    now = {name: column[1:] for name, column in table.items()}
    before = {name: column[:-1] for name, column in table.items()}
    mask = rule.candidates(now, before)
    assert mask is not None
    for i, candidate in enumerate(mask):
        rows = [{name: float(column[i]) for name, column in table.items()} for table in (now, before)]
        wishes = [rule.decide(rows[0], rows[1], held) for held in (None, Side.BUY, Side.SELL)]
        assert candidate == any(wishes)


def test_the_minimal_example_declares_nothing() -> None:
    rule = loaded(MINIMAL, low=25)
    assert not isinstance(rule, Declares)
    assert rule.decide({"rsi_14": 20.0}, None, None) is Wish.LONG
    assert rule.decide({"rsi_14": 27.0}, None, None) is None
    assert rule.decide({"rsi_14": 70.0}, None, Side.BUY) is Wish.EXIT
