"""Rules that only the text of the source can show."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "gal_friday"
FILES = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
TREES = {name: ast.parse(text) for name, text in FILES.items()}
LONGEST = 350

# Where a broad `except` is the point: the fan-out that isolates observers, and the last resort of the program.
BROAD = {"events/bus.py", "__main__.py"}
# Files of these rooms count money or size orders: a float there is an error, even as a constant.
EXACT_ROOMS = ("portfolio", "risk")
# Rooms that decide; they are told the time and given their random stream.
DECIDING = ("domain", "features", "strategy", "risk", "portfolio", "execution", "simulation")
WALL_CLOCK = {"now", "utcnow", "today"}
NAMES_NOBODY_UNDERSTANDS = {"utils", "helpers", "util", "helper", "misc", "common", "base"}


def calls(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(node):
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_is_one_idea(name):
    assert FILES[name].count("\n") <= LONGEST
    assert Path(name).stem not in NAMES_NOBODY_UNDERSTANDS


def test_only_risk_builds_an_approval():
    builders = {name for name, tree in TREES.items() for node in calls(tree) if called(node) == "Approval"}
    # Reading one back from the payload that risk published is not building one.
    assert {name for name in builders if not name.startswith("risk/")} <= {"domain/orders_wire.py"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_broad_excepts_stay_where_they_belong(name):
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            broad = re.search(r"\b(everything|Exception|BaseException)\b", caught)
            passed_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            assert broad is None or passed_on or name in BROAD, f"{name}:{node.lineno} catches {caught}"


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.startswith(tuple(f"{room}/" for room in EXACT_ROOMS))))
def test_money_meets_no_float(name):
    for node in ast.walk(TREES[name]):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
        assert not literal, f"{name}:{node.lineno} has the float {ast.unparse(node)}"
        assert not made, f"{name}:{node.lineno} calls float()"


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.startswith(tuple(f"{room}/" for room in DECIDING))))
def test_deciding_code_is_told_the_time_and_its_luck(name):
    for node in calls(TREES[name]):
        assert not (called(node) in WALL_CLOCK and isinstance(node.func, ast.Attribute)), f"{name}:{node.lineno}"
        assert not (called(node) == "default_rng" and not node.args), f"{name}:{node.lineno}: an unseeded stream"


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_file_but_the_edge_fetches_by_url(name):
    assert name.startswith(("exchange/", "interface/", "operations/")) or "urllib.request" not in FILES[name]


@pytest.mark.parametrize("name", sorted(FILES))
def test_nothing_is_left_for_later(name):
    assert re.findall(r"\b(TODO|FIXME|XXX)\b", FILES[name]) == []
    for node in ast.walk(TREES[name]):
        assert not (isinstance(node, ast.Raise) and node.exc and "NotImplemented" in ast.unparse(node.exc))
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any("mock" in module for module in modules), f"{name}:{node.lineno}"
