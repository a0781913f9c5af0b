"""The commands through Typer: what they print, as text and as JSON, and their exit codes."""

import json

import pytest
from typer.testing import CliRunner

from gal_friday.domain.errors import DataError, SettingsError
from gal_friday.interface.commands.root import app

HOUR = "".join(f"{1704067200 + 60 * n},0.5{n:02},0.5{n:02}5,0.4{n:02}5,0.5{n:02},1000,3\n" for n in range(60))


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "XRPUSD_1.csv"
    path.write_text(HOUR)
    return path


def test_version(run):
    assert json.loads(run("version", "--json").stdout)["version"] in run("version").stdout


def test_config_show_tells_value_and_source(run, tmp_path):
    (tmp_path / "gal_friday.yaml").write_text("risk:\n  max_open_orders: 3\n")
    (tmp_path / "more.yaml").write_text("risk:\n  max_open_orders: 4\n")
    text = run("config", "show", "--set", "backtest.seed=9").stdout
    assert "gal_friday.yaml:2" in text
    assert "--set backtest.seed" in text
    named = json.loads(run("config", "show", "risk", "-c", "gal_friday.yaml", "-c", "more.yaml", "--json").stdout)
    rows = {row["key"]: row for row in named["settings"]}
    assert all(key.startswith("risk.") for key in rows)
    assert rows["risk.max_open_orders"] == {"key": "risk.max_open_orders", "value": 4, "source": "more.yaml:2"}
    assert len(named["config_hash"]) == 64


def test_config_explain(run):
    assert "from 0 to 100" in run("config", "explain", "risk.max_exposure_pct").stdout
    (entry,) = json.loads(run("config", "explain", "risk.max_exposure_pct", "--json").stdout)
    assert entry == {
        "key": "risk.max_exposure_pct",
        "meaning": entry["meaning"],
        "unit": "% of equity",
        "range": "a number from 0 to 100",
        "default": "25",
        "value": "25",
        "source": "default",
        "reloadable": True,
        "decides": True,
    }
    assert len(json.loads(run("config", "explain", "risk", "--json").stdout)) > 10
    with pytest.raises(SettingsError, match=r"did you mean risk\.max_exposure_pct"):
        run("config", "explain", "risk.max_exposur")


def test_config_schema_names_every_key_with_its_meaning(run):
    schema = json.loads(run("config", "schema", "--json").stdout)
    assert schema["additionalProperties"] is False
    limit = schema["$defs"]["RiskSettings"]["properties"]["max_open_orders"]
    assert (limit["minimum"], limit["maximum"], limit["unit"], limit["reloadable"]) == (1, 1000, "orders", True)
    assert "risk.max_open_orders" in run("config", "schema").stdout


def test_data_goes_in_and_is_listed_checked_and_found_again(run, history):
    first = json.loads(run("data", "import", history, "--store", "store", "--json").stdout)
    assert first["new"] == 60
    again = run("data", "import", history, "--store", "store").stdout
    assert "imported before" in again
    (row,) = json.loads(run("data", "list", "--store", "store", "--json").stdout)
    assert (row["pair"], row["interval"], row["rows"], row["synthetic"]) == ("XRP/USD", "1m", 60, False)
    assert "XRP/USD" in run("data", "list", "--store", "store").stdout
    assert json.loads(run("data", "gaps", "--store", "store", "--json").stdout) == {
        "counts": {"XRP/USD": {}},
        "gaps": [],
    }
    assert json.loads(run("data", "verify", "--store", "store", "--json").stdout)["faults"] == []


def test_gaps_are_told_by_kind(run, tmp_path):
    lines = HOUR.splitlines(keepends=True)
    path = tmp_path / "XRPUSD_1.csv"
    path.write_text("".join(lines[:10] + lines[13:20] + lines[45:]))
    told = json.loads(run("data", "gaps", path, "--all", "--json").stdout)
    assert told["counts"]["XRP/USD"] == {"missing": {"gaps": 1, "bars": 25}, "no_trades": {"gaps": 1, "bars": 3}}
    assert [gap["bars"] for gap in told["gaps"]] == [3, 25]
    assert "missing 1 (25 bars)" in run("data", "gaps", path).stdout


def test_a_damaged_store_fails_the_check(run, history, tmp_path):
    run("data", "import", history, "--store", "store")
    part = next((tmp_path / "store").rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-20])
    result = run("data", "verify", "--store", "store")
    assert result.exit_code == 1
    assert part.name in result.stdout


def test_generated_data_says_that_it_is_synthetic(run):
    text = run("data", "generate", "--store", "made", "--days", "1", "--no-books", "--pairs", "xrpusd").stdout
    assert "SYNTHETIC" in text
    assert "SYNTHETIC" in run("data", "list", "--store", "made").stdout


def test_a_missing_store_is_refused_with_the_command_that_makes_one(run):
    with pytest.raises(DataError, match="gal-friday data import"):
        run("data", "list", "--store", "none")


def test_features_list(run):
    told = json.loads(run("features", "list", "--json").stdout)
    assert len(told["feature_set_id"]) == 64
    assert "rsi_14" in {entry["name"] for entry in told["features"]}
    assert "rsi_14" in run("features", "list").stdout
    kinds = {entry["kind"] for entry in json.loads(run("features", "list", "--catalogue", "--json").stdout)["features"]}
    assert {"ema", "rsi", "atr", "roc"} <= kinds


def test_check_lookahead_on_the_users_data(run, history):
    result = run("check-lookahead", "--data", history)
    assert result.exit_code == 0
    assert "no look-ahead" in result.stdout
    assert json.loads(run("check-lookahead", "--data", history, "--json").stdout) == {
        "bars": {"XRP/USD": 60},
        "features": [],
        "decisions": [],
    }


@pytest.mark.parametrize("words", [("--start", "soon"), ("--end", "2300-01-01"), ("--start", "1950-01-01")])
def test_a_wrong_time_is_a_usage_error(run, history, words):
    result = run("backtest", "--data", history, *words)
    assert result.exit_code == 2
    assert words[1] in result.output


@pytest.mark.parametrize(
    ("flag", "value", "parts"),
    [
        ("--capital", "much", ["--capital", "backtest.initial_capital", "was much"]),
        ("--capital", "-5", ["--capital", "above 0"]),
        ("--driver", "slow", ["--driver", "fast or event"]),
        ("--seed", "1.5", ["--seed", "whole number"]),
        ("--set", "risk.x=1", ["--set risk.x", "known key"]),
        ("--set", "risk.x", ["KEY=VALUE"]),
    ],
)
def test_a_wrong_flag_of_a_backtest_is_named(run, history, flag, value, parts):
    with pytest.raises(SettingsError) as caught:
        run("backtest", "--data", history, flag, value)
    assert [part for part in parts if part not in str(caught.value)] == []


def test_a_backtest_leaves_its_files_and_names_the_page_last(run, tmp_path):
    run("data", "generate", "--store", "made", "--days", "2", "--no-books")
    result = run("backtest", "--data", "made", "--pairs", "xrpusd", "--out", "result", "--seed", "3")
    assert result.exit_code == 0
    assert "SYNTHETIC" in result.stdout
    assert result.stdout.splitlines()[-1] == "result/report.html"
    report = json.loads((tmp_path / "result" / "report.json").read_text())
    assert (report["seed"], [entry["pair"] for entry in report["data"]]) == (3, ["XRP/USD"])
    for name in ("decisions.jsonl", "trades.csv", "equity.csv", "report.html"):
        assert (tmp_path / "result" / name).stat().st_size
    words = ("backtest", "--data", "made", "--pairs", "XRP/USD", "--out", "again", "--seed", "3", "--json")
    assert json.loads(run(*words).stdout) == report


def test_a_settings_file_for_live_trading_serves_for_a_backtest(run, history, tmp_path):
    (tmp_path / "gal_friday.yaml").write_text("mode: live\n")
    assert run("backtest", "--data", history, "--json").exit_code == 0
    assert (tmp_path / "out" / "backtest" / "report.html").exists()


def test_the_demo_needs_no_data(run, tmp_path):
    result = run("demo", "--days", "1", "--capital", "5000")
    assert result.stdout.splitlines()[-1] == "out/demo/report.html"
    assert json.loads((tmp_path / "out" / "demo" / "report.json").read_text())["initial_capital"] == "5000"
