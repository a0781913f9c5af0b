"""Lines arrive in order and whole, secrets do not, and nobody waits for the disk."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.numbers import exact
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.stepping import step
from gal_friday.operations.logfile import RotatingFile, Waiting
from gal_friday.operations.logger import LoggerService
from gal_friday.operations.redaction import MASK, Redaction
from gal_friday.settings.manager import ConfigurationManager

KEY, SECRET = "kq9RIpzRR7Y2sLdV", "wB4mUqX0secretsecret=="
ENVIRONMENT = {"GAL_FRIDAY_KRAKEN_API_KEY": KEY, "GAL_FRIDAY_KRAKEN_API_SECRET": SECRET}


def config(folder: Path | None, **overrides: Any) -> ConfigurationManager:
    chosen: dict[str, Any] = {"logging.console": False, "logging.level": "DEBUG"}
    if folder is not None:
        chosen["logging.file"] = str(folder / "log" / "gal.jsonl")
    chosen |= {name if name == "mode" else f"logging.{name}": value for name, value in overrides.items()}
    return ConfigurationManager("", environ=ENVIRONMENT, overrides=chosen)


@contextmanager
def running(folder: Path | None, bus: EnhancedEventBus | None = None, **overrides: Any) -> Iterator[LoggerService]:
    service = LoggerService(config(folder, **overrides), bus)
    step(service.start())
    yield service
    step(service.stop())


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log" / "gal.jsonl").read_text().splitlines()]


def test_a_line_has_time_level_event_and_context(tmp_path: Path) -> None:
    with running(tmp_path) as log:
        log.log("info", "filled", "ExecutionHandler", {"pair": "XRP/USD", "event": "x"})
        try:
            raise KeyError("lost")
        except KeyError as error:
            log.log("ERROR", "failed", "Bus", exc_info=error)
            log.log("NONSENSE", "failed again", "Bus", None, exc_info=True)
            log.log("ERROR", "and again", "Bus", exc_info=(KeyError, error, None))
    first, *failed = lines(tmp_path)
    assert datetime.fromisoformat(first.pop("timestamp")).tzinfo is UTC
    assert first == {
        "level": "info",
        "event": "filled",
        "source_module": "ExecutionHandler",
        "pair": "XRP/USD",
        "context_event": "x",
    }
    assert [line["level"] for line in failed] == ["error"] * 3
    assert all("KeyError: 'lost'" in line["exception"] for line in failed)


def test_levels_and_what_was_said_before_the_start(tmp_path: Path) -> None:
    service = LoggerService(config(tmp_path, level="WARNING"))
    service.log("WARNING", "early", "X")
    service.log("INFO", "quiet", "X")
    step(service.start())
    step(service.stop())
    assert [line["event"] for line in lines(tmp_path)] == ["early"]


def test_without_file_and_console_nothing_is_kept() -> None:
    with running(None) as log:
        log.log("CRITICAL", "nobody listens", "X")
        log.log_timeseries("m", {}, {})
    assert (log.dropped, log.failed) == (0, 0)


def test_people_read_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    with running(None, console=True) as log:
        log.log("WARNING", "look here", "X", {"pair": "XRP/USD"})
        log.log("INFO", "not here", "X")
    told = capsys.readouterr().err
    assert "look here" in told
    assert "pair=XRP/USD" in told
    assert "not here" not in told


def test_threads_do_not_lose_or_mix_lines(tmp_path: Path) -> None:
    with running(tmp_path) as log:

        def talk(who: int) -> None:
            for n in range(500):
                log.log("INFO", f"{who} {n}", "X")

        threads = [threading.Thread(target=talk, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    said = [line["event"].split() for line in lines(tmp_path)]
    assert len(said) == 2_000
    for i in range(4):
        assert [int(n) for who, n in said if who == str(i)] == list(range(500))


def test_measurements_go_to_the_file(tmp_path: Path) -> None:
    with running(tmp_path) as log:
        log.log_timeseries("latency", {"pair": "XRP/USD"}, {"ms": 1.5}, datetime(2024, 7, 1, tzinfo=UTC))
    (line,) = lines(tmp_path)
    assert line["timestamp"] == "2024-07-01T00:00:00.000Z"
    assert (line["kind"], line["event"], line["tags"], line["fields"]) == (
        "timeseries", "latency", {"pair": "XRP/USD"}, {"ms": 1.5},
    )  # fmt: skip


def test_records_go_to_the_database_from_the_writer_and_its_failure_is_counted(tmp_path: Path) -> None:
    class Sink:
        def __init__(self) -> None:
            self.kept: list[tuple[str, Mapping[str, Any]]] = []

        def write(self, kind: str, record: Mapping[str, Any]) -> None:
            assert threading.current_thread().name == "log-writer"
            if record["event"] == "bad":
                raise OSError("gone")
            self.kept.append((kind, record))

    sink = Sink()
    service = LoggerService(config(None), database=sink)
    step(service.start())
    service.log("INFO", "bad", "X")
    service.log("INFO", "good", "X")
    service.log_timeseries("m", {}, {"x": 1})
    step(service.stop())
    assert [(kind, record["event"]) for kind, record in sink.kept] == [("log", "good"), ("timeseries", "m")]
    assert service.failed == 1


def test_a_disk_that_fails_is_counted_and_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text("in the way")
    with running(tmp_path) as log:
        log.log("ERROR", "one", "X")
        log.log("ERROR", "two", "X")
    assert log.failed >= 2
    assert capsys.readouterr().err.count("could not be written") == 1


def test_it_observes_the_bus(tmp_path: Path) -> None:
    bus = EnhancedEventBus()
    with running(tmp_path, bus):
        with exact():
            entry = {"level": "INFO", "message": "hello", "context": {"n": 1}}
            step(bus.publish(types.LOG_ENTRY, entry, source="Tester"))
            state = {"new_state": "HALTED", "reason": "TOTAL_DRAWDOWN"}
            step(bus.publish(types.SYSTEM_STATE_CHANGE, state, source="MonitoringService"))
            portfolio = {"timestamp": "2024-07-01T00:00:00.000000000Z", "total_equity": "100"}
            step(bus.publish(types.PORTFOLIO_UPDATED, portfolio, source="PortfolioManager"))
            bus.settle()
        logging.getLogger("gal_friday.somewhere").warning("the %s way", "standard")
    said = {line["event"]: line for line in lines(tmp_path)}
    assert said["hello"]["source_module"] == "Tester"
    assert said["system state HALTED: TOTAL_DRAWDOWN"]["level"] == "info"
    assert said["portfolio_metrics"]["fields"] == {"total_equity": "100"}
    assert said["the standard way"]["source_module"] == "gal_friday.somewhere"


def test_live_a_halt_is_an_error_and_no_secret_gets_out(tmp_path: Path) -> None:
    bus = EnhancedEventBus()
    with running(tmp_path, bus, mode="live") as log:
        with exact():
            state = {"new_state": "HALTED", "reason": "TOTAL_DRAWDOWN"}
            step(bus.publish(types.SYSTEM_STATE_CHANGE, state, source="MonitoringService"))
            bus.settle()
        log.log("INFO", f"sent with {KEY}", "X", {"body": [f"nonce=1&s={SECRET}"], "API-Key": "anything"})
        try:
            raise ValueError(f"refused {SECRET}")
        except ValueError as error:
            log.log("ERROR", "x", "X", exc_info=error)
    text = (tmp_path / "log" / "gal.jsonl").read_text()
    assert KEY not in text
    assert SECRET not in text
    assert "anything" not in text
    assert lines(tmp_path)[0]["level"] == "error"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://anna:hunter2@db/x", f"postgresql://{MASK}@db/x"),
        ("Authorization: Bearer abc.def-1", f"Authorization: Bearer {MASK}"),
        ("token=abc&x=1", f"token={MASK}&x=1"),
        ("password: hunter2, user: anna", f"password: {MASK}, user: anna"),
        (f"key {'Ab1+' * 21}Ab==", f"key {MASK}"),
        ("XRP/USD at 0.51234, sha 0123456789abcdef", "XRP/USD at 0.51234, sha 0123456789abcdef"),
    ],
)
def test_texts_that_look_like_secrets(text: str, left: str) -> None:
    assert Redaction().text(text) == left


def test_fields_with_telling_names() -> None:
    redaction = Redaction(["hunter22", "no"])
    told = redaction.value(
        {"apiKey": "a", "api_secret": 1, "nested": [{"password": {"x": "y"}, "trading_pair": "hunter22 no"}], "n": None}
    )
    assert told == {
        "apiKey": MASK,
        "api_secret": MASK,
        "nested": [{"password": MASK, "trading_pair": f"{MASK} no"}],
        "n": None,
    }


def test_endless_nesting_ends() -> None:
    knot: list[Any] = []
    knot.append(knot)
    assert "[...]" in json.dumps(Redaction().value(knot))


@given(st.text(min_size=6), st.recursive(st.text() | st.integers(), st.lists, max_leaves=5))
def test_a_known_secret_never_gets_out(secret: str, around: Any) -> None:
    told = Redaction([secret]).value({"x": [around, f"<{secret}>", (secret,)]})
    assert not any(secret in text for text in _texts(told) if secret not in MASK)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for held in value.values():
            yield from _texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from _texts(held)


def test_files_rotate_by_size(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    file = RotatingFile(path, 25, 2)
    for n in range(9):
        file.write(f"line {n:04d}")
    file.close()
    kept = [tmp_path / name for name in ("a.log.2", "a.log.1", "a.log")]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2"]
    assert [p.read_text().split() for p in kept][-1] == ["line", "0008"]
    assert all(p.stat().st_size <= 25 for p in kept)
    again = RotatingFile(path, 25, 0)
    again.write("x" * 30)
    again.write("y")
    again.close()
    assert path.read_text() == "y\n"


def test_the_oldest_ordinary_entries_are_dropped_never_the_important() -> None:
    waiting: Waiting[int] = Waiting(3)
    for n in range(10):
        waiting.put(n, important=n % 4 == 0)
    assert waiting.take() == [0, 4, 6, 7, 8, 9]
    assert waiting.dropped == 4
    waiting.close()
    assert waiting.take() is None
