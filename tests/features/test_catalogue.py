"""Definitions are checked, named and identified; users add kinds of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gal_friday.domain.errors import SettingsError
from gal_friday.features.catalogue import catalogue, packaged_kinds
from gal_friday.features.lookahead import computed, differences
from gal_friday.features.series import FeatureSet
from gal_friday.settings.sections.features import FeatureSettings, FeatureSpec

ROOT = Path(__file__).parents[2]


def _define(**spec: Any) -> FeatureSet:
    return FeatureSet.from_settings(FeatureSettings(definitions=(FeatureSpec(kind="ema"), FeatureSpec(**spec))))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"kind": "emma"}, r"features.definitions\[1\].kind: expected one of atr, .*; was 'emma'"),
        (
            {"kind": "rsi", "parameters": {"period": 1}},
            r"\[1\].parameters.period: expected a whole number from 2 to 100000 \(bars\), was 1",
        ),
        ({"kind": "rsi", "parameters": {"period": 14.5}}, "expected a whole number"),
        ({"kind": "rsi", "parameters": {"length": 14}}, r"parameters.length: rsi takes period; was 14"),
        ({"kind": "vwap_session", "parameters": {"period": 1}}, "takes no parameters"),
        (
            {"kind": "bollinger", "parameters": {"deviations": 0}},
            r"deviations: expected a number from 0.01 to 100.0 \(standard deviations\), was 0",
        ),
        ({"kind": "imbalance", "parameters": {"levels": 26}}, r"from 1 to 25 \(levels\), was 26"),
        ({"kind": "macd", "parameters": {"fast": 26}}, r"fast \(26\) must be less than slow \(26\)"),
        ({"kind": "ema", "parameters": {"period": 12}}, r"\[1\]: feature ema_12 is defined already by .*\[0\]"),
        ({"kind": "no_such_module:KIND"}, "cannot be imported"),
        ({"kind": "no/such/file.py:KIND"}, "cannot be imported"),
        ({"kind": "math:KIND"}, "math has no 'KIND'"),
        ({"kind": "math:pi"}, "math:pi is a float; expected a gal_friday.features.kind.Kind"),
    ],
)
def test_a_wrong_definition_says_what_is_wrong(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        _define(**spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "ema", "parameters": {"period": "12"}},
        {"kind": "ema", "parameters": {"period": True}},
        {"kind": "ema", "parameters": {"period": float("nan")}},
        {"kind": "ema", "name": "Fast EMA"},
        {"kind": "ema", "colour": "red"},
    ],
)
def test_what_is_not_a_specification_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FeatureSpec(**spec)


def test_an_empty_set_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="expected at least one feature"):
        FeatureSet.from_settings(FeatureSettings(definitions=()))
    with pytest.raises(SettingsError, match="no feature is named 'ema_13'; configured are ema_12, ema_26"):
        FeatureSet.from_settings(FeatureSettings(), ["ema_13"])


def test_names_come_from_kind_and_parameters_or_are_given() -> None:
    assert _define(kind="macd").names == (
        "ema_12",
        "macd_12_26_9_line",
        "macd_12_26_9_signal",
        "macd_12_26_9_histogram",
    )
    assert _define(kind="macd", name="m").names[1:] == ("m_line", "m_signal", "m_histogram")
    assert _define(kind="ema", name="slow", parameters={"period": 12.0}).names == ("ema_12", "slow")


def test_the_default_set() -> None:
    feature_set = FeatureSet.from_settings(FeatureSettings())
    assert len(feature_set.names) == 25
    assert {"ema_12", "ema_26", "rsi_14", "atr_14", "roc_60", "time_of_day_sin"} <= set(feature_set.names)
    assert (feature_set.warmup, feature_set.needs_book) == (61, False)


def test_the_id_is_the_definition() -> None:
    base = _define(kind="rsi").id
    assert re.fullmatch(r"[0-9a-f]{64}", base)
    assert base == _define(kind="rsi", parameters={"period": 14.0}).id
    others = {
        _define(kind="rsi", parameters={"period": 15}).id,
        _define(kind="rsi", name="strength").id,
        _define(kind="atr").id,
    }
    assert len(others | {base}) == 4


def test_every_packaged_kind_is_described() -> None:
    for entry in catalogue():
        assert entry.summary
        assert entry.unit
        assert entry.warmup >= 1
        assert entry.name.startswith(entry.kind)


def test_the_page_lists_every_packaged_kind() -> None:
    page = (ROOT / "docs" / "features.md").read_text()
    for entry in catalogue():
        row = next((line for line in page.splitlines() if line.startswith(f"| `{entry.name}` |")), "")
        assert row, f"docs/features.md has no row for {entry.name}"
        assert [cell.strip() for cell in row.split("|")[2:4]] == [str(entry.warmup), entry.unit]
    assert len(packaged_kinds()) == 19


def test_the_example_is_a_feature_like_any_other(walk: Any) -> None:
    feature_set = _define(kind=f"{ROOT}/examples/feature_donchian.py:KIND", parameters={"period": 5})
    assert feature_set.names == ("ema_12", "donchian_5_position", "donchian_5_width")
    series = walk(200, flat=0.3)
    table = computed(feature_set)(series, None)
    low, high, close = (series.price(c) for c in (series.low, series.high, series.close))
    for row in range(feature_set.warmup, 200):
        bottom, top = low[row - 4 : row + 1].min(), high[row - 4 : row + 1].max()
        expected = [(close[row] - bottom) / (top - bottom) if top > bottom else 0.5, top - bottom]
        assert table.values[row, 1:].tolist() == expected
    assert differences(feature_set, series) == []


def test_an_entry_point_names_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    from gal_friday.features import catalogue as module

    point = EntryPoint("channel", "gal_friday.features.kernels.atr:KIND", module.ENTRY_POINT_GROUP)
    monkeypatch.setattr(module, "entry_points", lambda group, name: [point] if name == "channel" else [])
    assert _define(kind="channel").names == ("ema_12", "atr_14")


def test_a_kernel_that_does_not_compile_is_a_settings_error(tmp_path: Path, walk: Any) -> None:
    (tmp_path / "heavy.py").write_text(
        "import numpy as np\n"
        "from gal_friday.features.kernel import kernel\n"
        "from gal_friday.features.kind import Kind, Output\n"
        "@kernel\ndef step(state, inputs, params, out):\n    out[0] = np.zeros(3).sum()\n"
        "KIND = Kind(name='heavy', summary='', step=step, outputs=(Output('1'),))\n"
    )
    feature_set = _define(kind=f"{tmp_path}/heavy.py:KIND")
    with pytest.raises(SettingsError, match="a kernel of ema, heavy does not compile"):
        computed(feature_set)(walk(5), None)
