"""BacktestingEngine: what it leaves, what it refuses, and how a run that fails ends."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gal_friday.backtest.engine import BacktestingEngine
from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.world import build
from gal_friday.domain.errors import DataError, Fault, SettingsError
from gal_friday.events import types
from tests.backtest.markets import Market
from tests.backtest.worlds import Case, case

DRIVERS = ("fast", "event")
FILES = ("decisions.jsonl", "trades.csv", "equity.csv", "report.json")
CROSS = {"id": "cross", "parameters": {"fast": 3, "slow": 8, "rsi_max": 101.0}, "stop": {"pct": "0.5"}}
SMALL = Case(
    (Market("XRP/USD", 5, 400),),
    overrides={
        "trading.pairs": ["XRP/USD"],
        "features.definitions": [
            *({"kind": "ema", "parameters": {"period": period}} for period in (3, 8)),
            {"kind": "rsi"},
        ],
        "strategy.strategies": [CROSS],
    },
)
ONE = {"backtest.cost_stress": ["1"]}

STRATEGIES = """
from gal_friday.strategy.rules import Wish


class Honest:
    input, features = "features", ("rsi_14",)

    def __init__(self, parameters):
        self.parameters = parameters

    def decide(self, now, before, held):
        return None


class Fails(Honest):
    def decide(self, now, before, held):
        return Wish.LONG if now["rsi_15"] else None


class FailsLate(Honest):
    def decide(self, now, before, held):
        if held is not None:
            raise RuntimeError("I cannot sell")
        return Wish.LONG


class Waits(Honest):
    async def decide(self, now, before, held):
        return None


class Mumbles(Honest):
    def decide(self, now, before, held):
        return "BUY"


class ShortMask(Honest):
    def candidates(self, now, before):
        return now["rsi_14"][:3] > 50


class Unmade(Honest):
    def __init__(self, parameters):
        raise ValueError("no parameter 'low'")
"""


@pytest.fixture(scope="module")
def strategies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mine") / "mine.py"
    path.write_text(STRATEGIES)
    return path


def engine(case: Case = SMALL, out_dir: Path | None = None, **changes: Any) -> BacktestingEngine:
    series = case.series()
    return BacktestingEngine(case.config(**changes), series=series, books=case.books(series), out_dir=out_dir)


def report_of(case: Case = SMALL, out_dir: Path | None = None, **changes: Any) -> dict[str, Any]:
    return engine(case, out_dir, **changes).run_backtest(*case.dates(), case.money)


# --- what a run leaves


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_run_leaves_its_artefacts_and_returns_the_report(tmp_path: Path, driver: str) -> None:
    report = report_of(out_dir=tmp_path, **{"backtest.driver": driver})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "report.html"])
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert {
        "config_hash",
        "data",
        "driver",
        "seed",
        "initial_capital",
        "final_equity",
        "metrics",
        "ledger_sha256",
        "decisions_sha256",
        "model",
    } <= report.keys()
    (data,) = report["data"]
    assert {"pair", "interval", "rows", "start", "end", "sha256", "gaps", "synthetic"} <= data.keys()
    assert (data["pair"], data["interval"], data["rows"], data["synthetic"]) == ("XRP/USD", "1m", 400, True)
    assert (report["driver"], report["seed"], report["initial_capital"]) == (driver, 0, "100000")


def test_decisions_are_canonical_lines(tmp_path: Path) -> None:
    report_of(out_dir=tmp_path, **ONE)
    lines = (tmp_path / "decisions.jsonl").read_text().splitlines()
    assert lines
    for line in lines:
        read = json.loads(line)
        assert list(read) == ["payload", "timestamp", "type"]
        assert line == json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert not {"event_id", "trace_id", "sequence"} & read["payload"].keys()


@pytest.mark.parametrize("number", [11, 42, 77])
def test_both_drivers_leave_the_same_bytes_but_for_their_name(tmp_path: Path, number: int) -> None:
    world = case(number, max_rows=900)
    for driver in DRIVERS:
        report_of(world, tmp_path / driver, **ONE, **{"backtest.driver": driver})
    for name in FILES[:3]:
        assert (tmp_path / "fast" / name).read_bytes() == (tmp_path / "event" / name).read_bytes(), name
    fast, event = ((tmp_path / driver / "report.json").read_text() for driver in DRIVERS)
    assert fast.replace('"driver": "fast"', '"driver": "event"') == event


def test_without_a_folder_only_the_report_is_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = engine()
    report = made.run_backtest(*SMALL.dates(), SMALL.money)
    assert made.run is not None
    assert made.findings is not None
    assert report["decisions_sha256"] == made.run.decisions_sha256
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("driver", DRIVERS)
def test_it_works_inside_a_running_event_loop_too(driver: str) -> None:
    async def inside() -> dict[str, Any]:
        return report_of(**{"backtest.driver": driver})

    assert asyncio.run(inside()) == report_of(**{"backtest.driver": driver})


def test_dates_choose_the_bars_and_are_read_as_utc() -> None:
    first = datetime(2024, 3, 2, 20, tzinfo=UTC)
    aware = engine().run_backtest(first, first + timedelta(hours=2), SMALL.money)
    naive = engine().run_backtest(first.replace(tzinfo=None), datetime(2024, 3, 2, 22), SMALL.money)
    assert aware == naive
    (data,) = aware["data"]
    assert (data["rows"], data["start"]) == (120, "2024-03-02T20:00:00.000000000Z")


# --- what it refuses


@pytest.mark.parametrize(
    ("start", "end", "capital", "said"),
    [
        (datetime(2024, 3, 3), datetime(2024, 3, 2), "1000", "ends before it starts"),
        (datetime(2024, 3, 2), datetime(2024, 3, 2), "1000", "ends before it starts"),
        (datetime(2031, 1, 1), datetime(2032, 1, 1), "1000", "no bars to replay"),
        (datetime(2024, 3, 2), datetime(2024, 3, 9), "0", "capital must be above 0"),
        (datetime(2024, 3, 2), datetime(2024, 3, 9), "-1", "capital must be above 0"),
    ],
)
def test_impossible_requests_are_refused(
    tmp_path: Path, start: datetime, end: datetime, capital: str, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        engine(out_dir=tmp_path / "out").run_backtest(start, end, Decimal(capital))
    assert not (tmp_path / "out").exists()


def test_data_that_does_not_fit_together_is_refused() -> None:
    minutes, hours = SMALL.series(), Case((Market("DOGE/USD", 1, 50),), minutes=60).series()
    with pytest.raises(DataError, match="one bar interval per backtest"):
        BacktestingEngine(SMALL.config(), series={**minutes, **hours}).run_backtest(*SMALL.dates(), SMALL.money)
    with pytest.raises(DataError, match="no bars to replay"):
        BacktestingEngine(SMALL.config(), series={}).run_backtest(*SMALL.dates(), SMALL.money)
    states = Case((Market("XRP/USD", 5, 300, levels=5),)).books(Case((Market("XRP/USD", 5, 300),)).series())
    with pytest.raises(Fault, match="300 book states for 400 bars"):
        BacktestingEngine(SMALL.config(), series=minutes, books=states).run_backtest(*SMALL.dates(), SMALL.money)


@pytest.mark.parametrize("driver", DRIVERS)
def test_features_of_the_book_need_a_book_of_every_pair(driver: str) -> None:
    markets = (Market("DOGE/USD", 1, 300), Market("XRP/USD", 2, 300, levels=5))
    imbalance = {"id": "book", "use": "threshold", "parameters": {"feature": "imbalance_5", "above": 0.1, "below": 0.0}}
    halves = Case(
        markets,
        overrides={
            "features.definitions": [{"kind": "imbalance", "parameters": {"levels": 5}}],
            "strategy.strategies": [{**imbalance, "pairs": ["XRP/USD"]}],
        },
    )
    with pytest.raises(SettingsError, match="imbalance_5 need the order book"):
        report_of(halves, **{"backtest.driver": driver})


# --- how a run that fails ends


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("Fails", Fault, r"decide failed: KeyError\('rsi_15'\) at .*mine.py:\d+"),
        ("FailsLate", Fault, r"decide failed: RuntimeError\('I cannot sell'\) at .*mine.py:\d+"),
        ("Waits", Fault, "decide answered <coroutine .*a plain function that does not wait"),
        ("Mumbles", Fault, "decide answered 'BUY'; expected Wish.LONG"),
        ("Unmade", SettingsError, "cannot be made with the parameters.*no parameter 'low'"),
        ("Missing", SettingsError, "has no Missing"),
    ],
)
def test_a_strategy_that_fails_is_named_and_nothing_is_left(
    tmp_path: Path, strategies: Path, driver: str, name: str, error: type[Exception], said: str
) -> None:
    mine = [{"id": "mine", "use": f"{strategies}:{name}"}]
    with pytest.raises(error, match=rf"(?s)mine \(.*mine\.py:{name}\).*{said}"):
        report_of(out_dir=tmp_path, **{"strategy.strategies": mine, "backtest.driver": driver})
    assert list(tmp_path.iterdir()) == []


def test_a_mask_that_does_not_fit_is_named_and_nothing_is_left(tmp_path: Path, strategies: Path) -> None:
    for driver in DRIVERS:  # the event driver needs no mask, its cost-stress runs do
        mine = {"strategy.strategies": [{"id": "mine", "use": f"{strategies}:ShortMask"}], "backtest.driver": driver}
        with pytest.raises(Fault, match=r"mine \(.*ShortMask\): candidates answered bool of shape \(3,\)"):
            report_of(out_dir=tmp_path, **mine)
        assert list(tmp_path.iterdir()) == []


def test_a_handler_that_waits_is_a_fault() -> None:
    driver = EventDriver(build(SMALL.config(), SMALL.series()), SMALL.money, Recorder())

    async def dawdle(event: dict[str, Any]) -> None:
        del event
        await asyncio.sleep(0)

    driver.bus.subscribe(types.MARKET_DATA_OHLCV, dawdle)
    with pytest.raises(Fault, match="waited inside a handler"):
        driver.run()


def test_a_failed_run_does_not_disturb_the_next(strategies: Path) -> None:
    before = report_of()
    with pytest.raises(Fault):
        report_of(**{"strategy.strategies": [{"id": "mine", "use": f"{strategies}:Fails"}], "backtest.driver": "event"})
    assert report_of() == before
