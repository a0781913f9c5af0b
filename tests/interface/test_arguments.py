"""The command line is read the same way every time, and reading it changes nothing."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import SettingsError
from gal_friday.interface.arguments import parse
from gal_friday.interface.cli import CLIService


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", {}),
        ("live", {"command": ["live"], "mode": "live"}),
        ("run --mode paper", {"command": ["run"], "mode": "paper"}),
        ("backtest --data x.csv --json", {"command": ["backtest"], "mode": "backtest", "json": True}),
        ("config show -c a.yaml --config=b.yaml", {"command": ["config", "show"], "config_path": "a.yaml:b.yaml"}),
        ("live --set risk.on_cap=reject --set=x.y=a=b", {"overrides": {"risk.on_cap": "reject", "x.y": "a=b"}}),
        ("x --set a=1 --set a=2", {"overrides": {"a": "2"}}),
        ("x --set a=", {"overrides": {"a": ""}}),
        ("x -- --json --mode live", {"mode": None, "json": False}),
    ],
)
def test_what_is_found(line, expected):
    found = parse(line.split())
    assert set(found) == {"command", "mode", "config_path", "overrides", "json"}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "named"), [("x --config", "--config"), ("x --set", "--set"), ("x --set ab", "--set ab")]
)
def test_an_option_without_its_value_is_refused(line, named):
    with pytest.raises(SettingsError, match=named):
        parse(line.split())


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_line_is_read_or_refused_and_left_as_it_was(words):
    before = list(words)
    try:
        first, second = parse(words), parse(words)
    except SettingsError:
        return
    assert first == second
    assert words == before


def test_parse_args_reads_the_process_and_needs_no_module(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gal-friday", "paper", "--config", "a.yaml"])
    environment = dict(os.environ)
    service = CLIService(None, None, None)
    assert service.parse_args() == service.parse_args() == parse(["paper", "--config", "a.yaml"])
    assert sys.argv == ["gal-friday", "paper", "--config", "a.yaml"]
    assert dict(os.environ) == environment
