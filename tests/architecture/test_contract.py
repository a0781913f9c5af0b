"""The classes of the contract exist with the methods, parameters and kinds that contract.json gives them."""

import ast
import importlib
import inspect
import json
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text())

# Classes that later capabilities bring. A name leaves this list when its class is written, and never comes back.
AWAITED = {
    "DashboardService",
    "DataIngestor",
    "ExperimentManager",
    "ModelRegistry",
    "PerformanceOptimizer",
    "PredictionService",
    "ReconciliationService",
    "RetrainingPipeline",
    "WebSocketConnectionManager",
}


def homes():
    found = {}
    for path in sorted((SRC / "gal_friday").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name in CONTRACT:
                found.setdefault(node.name, []).append(".".join(path.relative_to(SRC).with_suffix("").parts))
    return found


HOMES = homes()
METHODS = [
    pytest.param(name, wanted, id=f"{name}.{wanted['method']}")
    for name, methods in CONTRACT.items()
    if name in HOMES
    for wanted in methods
]


def test_what_is_awaited_does_not_exist_yet_and_all_else_does():
    assert set(CONTRACT) - set(HOMES) == AWAITED


@pytest.mark.parametrize("name", sorted(HOMES))
def test_a_class_has_one_home(name):
    assert len(HOMES[name]) == 1


@pytest.mark.parametrize(("name", "wanted"), METHODS)
def test_a_method_is_callable_as_the_contract_says(name, wanted):
    function = getattr(importlib.import_module(HOMES[name][0]), name).__dict__.get(wanted["method"])
    if function is None:  # inherited
        function = getattr(getattr(importlib.import_module(HOMES[name][0]), name), wanted["method"])
    function = inspect.unwrap(getattr(function, "__func__", function))
    assert inspect.iscoroutinefunction(function) == wanted["async"]

    asked = [p for p in wanted["params"] if p["name"] != "..."]
    have = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    positional = [p for p in have if p.kind is p.POSITIONAL_OR_KEYWORD]
    if len(asked) == len(wanted["params"]):  # the contract leaves some parameter lists open
        assert [p.name for p in positional[: len(asked)]] == [p["name"] for p in asked]
        extra = [p for p in have if p not in positional[: len(asked)]]
        assert [p.name for p in extra if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)] == []
    by_name = {p.name: p for p in have}
    for parameter in asked:
        if parameter["default"] is not None:
            assert str(by_name[parameter["name"]].default) == parameter["default"].strip("\"'")
