"""Defaults < files < environment < command line, for every key, and each value knows where it was written."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.settings.explain import json_value, shown
from gal_friday.settings.keys import every_key
from gal_friday.settings.manager import ConfigurationManager

KEYS = {key.name: key for key in every_key()}
# Two more values for keys whose validity hangs on other keys, or whose form a range does not tell.
SPECIAL = {
    "mode": ("paper", "live"),
    "trading.pairs": (["XRP/USD"], ["DOGE/USD"]),
    "portfolio.quote_asset": ("USD", "USD"),
    "kraken.rest_url": ("https://a.example", "https://b.example"),
    "kraken.websocket_url": ("wss://a.example", "wss://b.example"),
    "kraken.private_websocket_url": ("wss://a.example", "wss://b.example"),
    "strategy.strategies": ([{"id": "a"}], [{"id": "b"}]),
    "features.definitions": ([{"kind": "ema"}], [{"kind": "rsi"}]),
    "instruments.pairs": ({"ADA/USD": {"ordermin": "3"}}, {"ADA/USD": {"ordermin": "4"}}),
    "risk.daily_drawdown_pct": ("1", "1.5"),
    "risk.weekly_drawdown_pct": ("3", "4"),
    "risk.total_drawdown_pct": ("20", "30"),
    "risk.max_position_pct": ("3", "4"),
    "risk.max_exposure_pct": ("30", "40"),
    "backtest.cost_stress": (["1"], ["1", "5"]),
    "market.interval": ("5m", "15m"),
    "instruments.defaults.tick_size": ("0.1", "0.2"),
}


def candidates(key):
    if key.name in SPECIAL:
        return list(SPECIAL[key.name])
    if key.kind.core is bool:
        return [False, True]
    names = getattr(key.kind.core, "__args__", None)
    if names:
        return [names[0], names[-1]]
    if isinstance(key.default, (int, float, Decimal)):
        low = next((m.ge for m in key.kind.constraints if hasattr(m, "ge")), None)
        high = next((m.le for m in key.kind.constraints if hasattr(m, "le")), None)
        near = [key.default * 2, key.default + 1, key.default + 2, key.default - 1, key.default]
        return [str(v) for v in near if (low is None or v >= low) and (high is None or v <= high) and v > 0][:2]
    return ["/tmp/a", "/tmp/b"]


def at(tree, name, value):
    *groups, last = name.split(".")
    for group in groups:
        tree = tree.setdefault(group, {})
    tree[last] = value


def variable(name):
    return "GAL_FRIDAY__" + name.upper().replace(".", "__")


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def load(folder, layers):
    """The configuration of `layers`: {layer: {key: value}}."""
    files = []
    for layer in ("one", "two"):
        if layer in layers:
            tree = {}
            for name, value in layers[layer].items():
                at(tree, name, value)
            files.append(folder / f"{layer}.yaml")
            files[-1].write_text(json.dumps(tree, indent=1))
    return ConfigurationManager(
        ":".join(map(str, files)),
        environ={variable(name): text(value) for name, value in layers.get("environment", {}).items()},
        overrides={name: text(value) for name, value in layers.get("flag", {}).items()},
    )


ORDER = ("one", "two", "environment", "flag")
MARKS = {"one": "one.yaml:", "two": "two.yaml:", "environment": "GAL_FRIDAY__", "flag": "--set "}


@pytest.mark.parametrize("name", KEYS)
def test_every_layer_wins_over_those_below_for_every_key(name, tmp_path):
    low, high = candidates(KEYS[name])
    for upper in range(1, len(ORDER)):
        layers = {layer: {name: low} for layer in ORDER[:upper]} | {ORDER[upper]: {name: high}}
        config, alone = load(tmp_path, layers), load(tmp_path, {"flag": {name: high}})
        assert config.get(name) == alone.get(name)
        assert config.config_hash == alone.config_hash
        sources = {row["source"] for row in shown(config) if f"{row['key']}.".startswith(f"{name}.")}
        assert any(MARKS[ORDER[upper]] in source for source in sources)


FREE = ["risk.fat_finger_pct", "risk.max_open_orders", "backtest.seed", "execution.on_entry_timeout", "logging.level"]
chosen = st.fixed_dictionaries({}, optional={name: st.sampled_from(candidates(KEYS[name])) for name in FREE})


@settings(max_examples=60, deadline=None)
@given(layers=st.fixed_dictionaries({}, optional=dict.fromkeys(ORDER, chosen)))
def test_any_keys_in_any_layers_resolve_to_the_last_one_that_has_them(layers, tmp_path_factory):
    config = load(tmp_path_factory.mktemp("layers"), layers)
    sources = {row["key"]: row["source"] for row in shown(config)}
    for name in FREE:
        winner = next((layer for layer in reversed(ORDER) if name in layers.get(layer, {})), None)
        if winner is None:
            assert sources[name] == "default"
            assert config.get(name) == KEYS[name].default
        else:
            assert MARKS[winner] in sources[name]
            assert str(config.get(name)) == layers[winner][name]


def test_mappings_are_joined_and_lists_are_replaced(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "instruments: {pairs: {ADA/USD: {ordermin: 4}, XRP/USD: {ordermin: 2}}}\ntrading: {pairs: [XRP/USD]}"
    )
    config = ConfigurationManager(str(path), environ={})
    pairs = config.settings.instruments.pairs
    assert pairs["ADA/USD"].ordermin == 4
    assert (pairs["XRP/USD"].ordermin, pairs["XRP/USD"].price_decimals) == (2, 5)
    assert pairs["DOGE/USD"].ordermin == 50
    assert config.get_trading_pairs() == ["XRP/USD"]


def test_a_member_of_a_list_is_changed_by_position_or_id():
    config = ConfigurationManager(
        "",
        environ={"GAL_FRIDAY__STRATEGY__STRATEGIES__0__STOP__PCT": "1.25"},
        overrides={"strategy.strategies.ema_cross.parameters.fast": "9"},
    )
    parameters = config.get_strategy_parameters("ema_cross")
    assert parameters["stop"]["pct"] == Decimal("1.25")
    assert parameters["parameters"] == {"fast": 9}


def test_a_variable_spells_a_pair_with_an_underscore():
    variables = {
        "GAL_FRIDAY__INSTRUMENTS__PAIRS__XRP_USD__ORDERMIN": "3",
        "GAL_FRIDAY__INSTRUMENTS__PAIRS__ADA_USD__ORDERMIN": "5",
        "GAL_FRIDAY__TRADING__PAIRS": "XRP/USD, ADA/USD",
        "GAL_FRIDAY_OTHER": "not ours",
    }
    config = ConfigurationManager("", environ=variables)
    assert config.get("instruments.pairs.XRP/USD.ordermin") == 3
    assert config.get("instruments.pairs.ADA/USD.ordermin") == 5
    assert config.get_trading_pairs() == ["XRP/USD", "ADA/USD"]


@given(st.decimals("0.000000000000000001", "100000000", places=18, allow_nan=False))
def test_a_number_in_a_file_keeps_every_digit(value):
    from gal_friday.settings.documents import read_text

    layer = read_text(f"risk: {{max_order_value: {value:f}}}", "a.yaml")
    assert Decimal(layer.values["risk"]["max_order_value"]) == value


def test_exact_numbers_are_texts_in_json():
    assert json_value(Decimal("0.50")) == "0.5"
    assert json_value((Decimal("1E+3"), Decimal("-0.0"))) == ["1000", "0"]
