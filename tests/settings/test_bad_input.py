"""Everything a person may get wrong in a configuration is refused, with file, line, key, value, range and remedy."""

import pytest

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.manager import ConfigurationManager

RISK = "risk:\n  "
# name -> (content of the file, what the message must contain)
FILES = {
    "out_of_range": (
        f"{RISK}max_exposure_pct: 250\n",
        ["a.yaml:2", "risk.max_exposure_pct", "from 0 to 100", "% of equity", "was 250"],
    ),
    "not_a_number": (f"{RISK}max_open_orders: five\n", ["a.yaml:2", "a whole number from 1 to 1000", "was five"]),
    "truth_for_number": (f"{RISK}max_open_orders: true\n", ["a.yaml:2", "whole number", "was true"]),
    "truth_for_money": (f"{RISK}max_order_value: true\n", ["a.yaml:2", "a number at least 0", "was true"]),
    "fraction_for_count": (f"{RISK}max_open_orders: 1.5\n", ["a.yaml:2", "whole number", "was 1.5"]),
    "sexagesimal": (f"{RISK}max_open_orders: 12:30\n", ["a.yaml:2", "was 12:30"]),
    "list_for_number": (f"{RISK}max_open_orders: [1]\n", ["a.yaml:2", "was a list"]),
    "mapping_for_number": (f"{RISK}max_open_orders: {{a: 1}}\n", ["a.yaml:2", "was a mapping"]),
    "nan": (f"{RISK}max_exposure_pct: .nan\n", ["a.yaml:2", "from 0 to 100", ".nan"]),
    "infinite": ("execution:\n  entry_timeout_s: .inf\n", ["a.yaml:2", "at most 86400", ".inf"]),
    "null": (f"{RISK}max_exposure_pct:\n", ["a.yaml:2", "was null", "leave the key out"]),
    "percent_sign": (f"{RISK}fat_finger_pct: 2%\n", ["a.yaml:2", "was 2%", "write 2:", "the unit is % already"]),
    "same_unit": ("execution:\n  entry_timeout_s: 15s\n", ["a.yaml:2", "was 15s", "write 15:"]),
    "other_unit": ("simulation:\n  latency_ms: 0.5 s\n", ["a.yaml:2", "'0.5 s'", "write 500:", "the unit is ms"]),
    "foreign_unit": (f"{RISK}max_order_value: 5 kEUR\n", ["a.yaml:2", "'5 kEUR'", "quote currency"]),
    "no_such_choice": (f"{RISK}on_cap: shrunk\n", ["a.yaml:2", "shrink or reject", "was shrunk"]),
    "unknown_key": (f"{RISK}max_exposure: 20\n", ["a.yaml:2", "risk.max_exposure", "risk.max_exposure_pct?"]),
    "unknown_section": ("riskk:\n  a: 1\n", ["a.yaml:1", "riskk", "did you mean risk?"]),
    "key_without_section": ("max_exposure_pct: 20\n", ["a.yaml:1", "did you mean risk.max_exposure_pct?"]),
    "nothing_alike": ("qqqq: 1\n", ["a.yaml:1", "qqqq", "gal-friday config show"]),
    "section_is_a_number": ("risk: 5\n", ["a.yaml:1", "a section", "was 5"]),
    "duplicate_key": (f"{RISK}on_cap: shrink\n  on_cap: reject\n", ["a.yaml:3", "risk.on_cap", "on line 2"]),
    "duplicate_section": ("risk: {}\nrisk: {}\n", ["a.yaml:2", "risk", "duplicate"]),
    "tab": ("risk:\n\ton_cap: shrink\n", ["a.yaml:2", "\\t", "indent with spaces"]),
    "bom": ("\ufeffrisk: {}\n", ["a.yaml:1", "byte order mark", "BOM"]),
    "empty": ("", ["a.yaml:1", "at least one key", "empty"]),
    "only_a_comment": ("# nothing\n", ["a.yaml:1", "empty"]),
    "list_at_the_root": ("- risk\n", ["a.yaml:1", "sections", "a list"]),
    "text_at_the_root": ("hello\n", ["a.yaml:1", "a single value"]),
    "unclosed": ("risk: {a: 1\n", ["a.yaml:", "valid YAML"]),
    "two_documents": ("risk: {}\n---\nrisk: {}\n", ["a.yaml:2", "another document"]),
    "alias": ("risk: &r {}\nevents: *r\n", ["a.yaml:1", "events", "alias"]),
    "number_as_name": ("? [1]\n: 2\n", ["a.yaml:1", "a name before the colon"]),
    "control_character": ("risk: {}\nx: \x07\n", ["a.yaml:2", "a character that YAML forbids"]),
    "endless_nesting": ("[" * 3000, ["a.yaml", "nesting"]),
    "not_utf8": (b"risk: {}\n\xff\xfe", ["a.yaml:2", "UTF-8"]),
    "huge": (b"#" * 1_000_001, ["a.yaml", "1000000 bytes", "1000001 bytes"]),
    "pair_spelled_wrong": ("trading:\n  pairs: [XRPUSD]\n", ["a.yaml:2", "trading.pairs.0", "BASE/QUOTE", "XRPUSD"]),
    "pair_twice": ("trading:\n  pairs: [XRP/USD, XRP/USD]\n", ["a.yaml:2", "named twice: XRP/USD"]),
    "no_pairs": ("trading:\n  pairs: []\n", ["a.yaml:2", "at least one pair"]),
    "limits_out_of_order": (
        f"{RISK}daily_drawdown_pct: 6\n",
        ["risk.daily_drawdown_pct at ", "a.yaml:2", "6, 5, 15", "change one of them"],
    ),
    "halt_before_stale": (
        "market:\n  halt_stale_after_s: 10\n",
        ["market.halt_stale_after_s at ", "a.yaml:2", "at least stale_after_s", "10.0 and 20.0", "change one of them"],
    ),
    "short_in_live": ("mode: live\nrisk:\n  allow_short: true\n", ["a.yaml:1", "a.yaml:3", "backtest only", "live"]),
    "strategy_on_other_pair": (
        "strategy:\n  strategies:\n  - id: mine\n    pairs: [BTC/USD]\n",
        ["a.yaml:4", "mine names BTC/USD", "trading.pairs (XRP/USD, DOGE/USD)"],
    ),
    "foreign_quote": ("trading:\n  pairs: [XRP/EUR]\n", ["a.yaml:2", "XRP/EUR", "portfolio.quote_asset (USD)"]),
    "instrument_name": ("instruments:\n  pairs:\n    xrpusd: {}\n", ["'xrpusd'", "XRP/USD", "a.yaml:"]),
    "strategy_without_id": (
        "strategy:\n  strategies:\n  - use: ema_cross\n",
        ["a.yaml:3", "strategies.0.id", "missing"],
    ),
    "no_strategy": ("strategy:\n  strategies: []\n", ["a.yaml:2", "at least one"]),
    "plain_http": ("kraken:\n  rest_url: http://api.kraken.com\n", ["a.yaml:2", "https://", "http://api.kraken.com"]),
}


@pytest.fixture
def refused(tmp_path):
    def load(content):
        path = tmp_path / "a.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(SettingsError) as caught:
            ConfigurationManager(str(path), environ={})
        return str(caught.value)

    return load


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_is_refused_with_everything_one_needs_to_correct_it(name, refused):
    content, parts = FILES[name]
    message = refused(content)
    assert [part for part in parts if part not in message] == [], message
    assert len(message) < 600


def test_all_errors_of_a_file_are_listed(refused):
    message = refused(f"{RISK}max_exposure_pct: 250\n  on_cap: no\n  wrong: 1\nexecution:\n  entry_timeout_s: x\n")
    assert message.startswith("4 problems")
    assert all(f"a.yaml:{line}:" in message for line in (2, 3, 4, 6))


@pytest.mark.parametrize(
    ("variable", "value", "parts"),
    [
        ("GAL_FRIDAY__RISK__MAX_EXPOSURE_PCT", "250", ["risk.max_exposure_pct", "from 0 to 100", "was 250"]),
        ("GAL_FRIDAY__RISK__MAX_EXPOSURE_PC", "20", ["risk.max_exposure_pc", "did you mean risk.max_exposure_pct?"]),
        ("GAL_FRIDAY__RISKK__A", "20", ["riskk", "did you mean risk?"]),
        ("GAL_FRIDAY__RISK", "[1", ["valid YAML"]),
        ("GAL_FRIDAY__", "1", ["GAL_FRIDAY__SECTION__KEY"]),
        ("GAL_FRIDAY__STRATEGY__STRATEGIES__OTHER__USE", "x", ["a member of the list (ema_cross)"]),
    ],
)
def test_a_wrong_variable_is_named(variable, value, parts):
    with pytest.raises(SettingsError) as caught:
        ConfigurationManager("", environ={variable: value})
    assert [part for part in (variable, *parts) if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("key", "value", "parts"),
    [
        ("risk.max_exposure_pct", "250", ["from 0 to 100", "was 250"]),
        ("risk.max_exposure", "20", ["did you mean risk.max_exposure_pct?"]),
        ("risk..x", "20", ["a dotted name"]),
        ("strategy.strategies.7.use", "x", ["a member of the list (ema_cross)"]),
    ],
)
def test_a_wrong_flag_is_named(key, value, parts):
    with pytest.raises(SettingsError) as caught:
        ConfigurationManager("", environ={}, overrides={key: value})
    assert [part for part in (f"--set {key}", *parts) if part not in str(caught.value)] == []


@pytest.mark.parametrize("path", ["/no/such/file.yaml", "/"])
def test_a_file_that_cannot_be_read_is_named(path):
    with pytest.raises(SettingsError, match=f"{path}: expected a readable file"):
        ConfigurationManager(path, environ={})


def test_every_unreadable_file_is_named():
    with pytest.raises(SettingsError, match=r"(?s)/no/a.*/no/b"):
        ConfigurationManager("/no/a:/no/b", environ={})
