"""What ConfigurationManager hands out, how it reloads, and what its hash covers."""

import itertools
from decimal import Decimal

import pytest
from pydantic import ValidationError

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.settings.sections.risk import RiskSettings


def config(**overrides):
    return ConfigurationManager("", environ={}, overrides={k.replace("__", "."): v for k, v in overrides.items()})


def test_getters():
    it = config()
    assert it.get("risk.max_exposure_pct") == Decimal("25")
    assert it.get("risk")["max_exposure_pct"] == Decimal("25")
    assert it.get("no.such.key") is None
    assert it.get("no.such.key", 7) == 7
    assert it.get("strategy.strategies.0.max_hold_minutes", 7) is None
    assert it.get("strategy.strategies.ema_cross.stop.pct") == 1
    assert it.get_trading_pairs() == ["XRP/USD", "DOGE/USD"]
    assert it.get_risk_parameters()["on_cap"] == "shrink"
    assert it.get_strategy_parameters("ema_cross")["entry_type"] == "MARKET"
    assert isinstance(it.section("risk"), RiskSettings)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="ema_cross"):
        config().get_strategy_parameters("other")
    with pytest.raises(SettingsError, match="risk"):
        config().section("mode")


def test_sections_are_frozen():
    with pytest.raises(ValidationError):
        config().section("risk").max_open_orders = 3


@pytest.mark.parametrize(
    "overrides",
    [
        {"mode": "paper"},
        {"backtest__driver": "event"},
        {"logging__level": "ERROR"},
        {"history__store": "/elsewhere"},
        {"monitoring__state_dir": "/elsewhere"},
        {"kraken__rest_url": "https://localhost"},
        {"events__ring": "5"},
        {"risk__max_exposure_pct": "25.000"},
        {"trading__pairs": "DOGE/USD,XRP/USD"},
        {"strategy__strategies__0__stop__pct": "1.00"},
    ],
)
def test_the_hash_covers_nothing_that_cannot_change_a_decision(overrides):
    assert config(**overrides).config_hash == config().config_hash


def test_the_hash_covers_what_can_and_tells_every_two_apart():
    different = [
        {},
        {"risk__max_exposure_pct": "26"},
        {"strategy__strategies__0__stop__pct": "1.01"},
        {"strategy__strategies__0__parameters__fast": "3"},
        {"trading__pairs": "XRP/USD"},
        {"instruments__pairs__XRP/USD__ordermin": "2"},
        {"simulation__slippage__fixed_bp": "2"},
        {"backtest__seed": "1"},
        {"backtest__initial_capital": "5"},
        {"market__bar_grace_ms": "0"},
        {"execution__entry_timeout_s": "14.5"},
    ]
    hashes = [config(**overrides).config_hash for overrides in different]
    assert all(len(text) == 64 for text in hashes)
    assert all(a != b for a, b in itertools.combinations(hashes, 2))


def test_a_copy_with_overrides_leaves_the_original_alone(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("risk: {max_exposure_pct: 20}")
    first = ConfigurationManager(str(path), environ={}, overrides={"backtest.seed": 4})
    path.unlink()
    second = first.with_overrides({"simulation.fee_multiple": Decimal(2)})
    assert (first.get("simulation.fee_multiple"), second.get("simulation.fee_multiple")) == (1, 2)
    assert second.get("risk.max_exposure_pct") == 20
    assert second.get("backtest.seed") == 4
    assert second.changes["hash_after"] == second.config_hash != first.config_hash
    with pytest.raises(SettingsError, match=r"--set risk\.max_exposure_pct"):
        first.with_overrides({"risk.max_exposure_pct": 101})


def test_the_first_load_says_what_differs_from_the_defaults():
    changes = config(risk__max_exposure_pct="30").changes
    assert changes["keys"] == ["risk.max_exposure_pct"]
    assert changes["hash_before"] is None
    assert changes["hash_after"] == config(risk__max_exposure_pct="30").config_hash


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("risk: {max_exposure_pct: 20}")
    return path


def test_a_reload_applies_reloadable_keys_and_says_which(file):
    it = ConfigurationManager(str(file), environ={})
    before = it.config_hash
    file.write_text("risk: {max_exposure_pct: 30, max_open_orders: 3}")
    it.load_config()
    assert it.changes == {
        "keys": ["risk.max_exposure_pct", "risk.max_open_orders"],
        "hash_before": before,
        "hash_after": it.config_hash,
    }
    assert it.section("risk").max_open_orders == 3


def test_a_reload_without_change_says_nothing(file):
    it = ConfigurationManager(str(file), environ={})
    it.load_config()
    assert it.changes is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("risk: {max_exposure_pct: 30}\nbacktest: {seed: 3}", r"a\.yaml:2: backtest\.seed: .*not reloadable"),
        ("risk: {max_exposure_pct: 30}\ntrading: {pairs: [XRP/USD]}", r"trading\.pairs"),
        (
            "risk: {max_exposure_pct: 30}\ninstruments: {pairs: {ADA/USD: {ordermin: 1}}}",
            r"instruments\.pairs\.ADA/USD",
        ),
        ("risk: {max_exposure_pct: 300}", "from 0 to 100"),
        ("", "empty"),
    ],
)
def test_a_refused_reload_leaves_everything_in_force(file, text, named):
    it = ConfigurationManager(str(file), environ={})
    before = it.settings
    file.write_text(text)
    with pytest.raises(SettingsError, match=named):
        it.load_config()
    assert it.settings is before
