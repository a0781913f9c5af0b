"""LoggerService: everything that is to be read later, as lines for people and as JSON lines."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
import structlog

from gal_friday.domain.errors import SettingsError
from gal_friday.domain.ports import SystemClock
from gal_friday.domain.time import iso, to_ns
from gal_friday.events import types
from gal_friday.events.bus import EventBus
from gal_friday.operations.logfile import RotatingFile, Waiting
from gal_friday.operations.redaction import Redaction
from gal_friday.settings.manager import ConfigurationManager
from gal_friday.settings.sections.logging import LoggingSettings

RANK: Final = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
# How long stopping waits for the writer: a disk that hangs must not keep the process.
_PATIENCE_S: Final = 5.0


class RecordSink(Protocol):
    """Where records go besides console and file: called by the writer thread alone."""

    def write(self, kind: str, record: Mapping[str, Any]) -> None:
        """Take one record of kind `log` or `timeseries`; an `OSError` is counted."""
        ...


class _Entry(msgspec.Struct, frozen=True):
    ns: int
    level: str
    message: str
    source_module: str
    context: dict[str, Any]
    error: BaseException | None = None
    kind: str = "log"


class LoggerService:
    """Writes from one thread of its own; `log` and `log_timeseries` only put an entry in line.

    On the bus it observes. What the code logs the standard way under `gal_friday` comes here too.
    """

    def __init__(
        self,
        config: ConfigurationManager,
        event_bus: EventBus | None = None,
        *,
        database: RecordSink | None = None,
    ) -> None:
        self._config = config
        self._bus = event_bus
        self._database = database
        settings = self._settings
        self._file = RotatingFile(settings.file, settings.max_bytes, settings.backups) if settings.file else None
        self._waiting: Waiting[_Entry] = Waiting(settings.capacity)
        self._redaction = Redaction()
        self._clock = SystemClock()
        self._writer: threading.Thread | None = None
        self._forward = _Forward(self)
        self._subscriptions: list[str] = []
        self._simulated = config.settings.mode == "backtest"
        self._people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        self._json = structlog.processors.JSONRenderer()
        self.failed = 0  # lines that could not be written

    @property
    def dropped(self) -> int:
        """Lines below ERROR that were given up because the writer could not keep pace."""
        return self._waiting.dropped

    async def start(self) -> None:
        """Begin to write and to listen; what was logged before is written now."""
        if not self._simulated:
            self._redaction = Redaction(_secrets(self._config))
        self._writer = threading.Thread(target=self._write_all, name="log-writer", daemon=True)
        self._writer.start()
        logging.getLogger("gal_friday").addHandler(self._forward)
        if self._bus is not None:
            for event_type, handler in (
                (types.LOG_ENTRY, self.handle_log_event),
                (types.SYSTEM_STATE_CHANGE, self._on_state),
                (types.PORTFOLIO_UPDATED, self._on_portfolio),
            ):
                self._subscriptions.append(self._bus.subscribe(event_type, handler, observer=True))

    async def stop(self) -> None:
        """Stop listening, write what is in line and close the file; waits five seconds at most."""
        while self._subscriptions and self._bus is not None:
            self._bus.unsubscribe(self._subscriptions.pop())
        logging.getLogger("gal_friday").removeHandler(self._forward)
        if self._writer is not None:
            self._waiting.close()
            self._writer.join(_PATIENCE_S)
            self._writer = None

    async def handle_log_event(self, event: dict[str, Any]) -> None:
        """Log a LOG_ENTRY."""
        payload = event["payload"]
        self.log(payload["level"], payload["message"], event["source_module"], payload.get("context"))

    def log(
        self,
        level: str,
        message: str,
        source_module: str,
        context: dict[str, Any] | None = None,
        exc_info: Any | None = None,
    ) -> None:
        """Put a line in line; safe from any thread, never waits. An unknown level counts as ERROR.

        `exc_info` is an exception, a triple as of `sys.exc_info()`, or True for the one being handled.
        """
        level = level.upper()
        rank = RANK.get(level, RANK["ERROR"])
        if rank < self._least:
            return
        entry = _Entry(
            self._clock.now_ns(),
            level if level in RANK else "ERROR",
            message,
            source_module,
            dict(context or {}),
            _exception(exc_info),
        )
        self._waiting.put(entry, important=rank >= RANK["ERROR"])

    def log_timeseries(
        self, measurement: str, tags: dict[str, Any], fields: dict[str, Any], timestamp: datetime | None = None
    ) -> None:
        """Put a measurement in line for the file and the database; without either it is not kept.

        `timestamp` is UTC, now where omitted.
        """
        if self._file is None and self._database is None:
            return
        ns = self._clock.now_ns() if timestamp is None else to_ns(timestamp)
        context = {"tags": dict(tags), "fields": dict(fields)}
        self._waiting.put(_Entry(ns, "INFO", measurement, type(self).__name__, context, kind="timeseries"))

    # --- what it observes

    async def _on_state(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        # In a backtest a halt is a result, to be read in the report; live it is for whoever is on duty.
        grave = payload["new_state"] in ("HALTED", "DEGRADED") and not self._simulated
        message = f"system state {payload['new_state']}: {payload['reason']}"
        self.log("ERROR" if grave else "INFO", message, event["source_module"], payload)

    async def _on_portfolio(self, event: dict[str, Any]) -> None:
        if self._file is None and self._database is None:
            return
        payload = event["payload"]
        fields = {name: value for name, value in payload.items() if name != "timestamp"}
        self.log_timeseries("portfolio_metrics", {}, fields, datetime.fromisoformat(payload["timestamp"]))

    # --- the writer thread

    @property
    def _settings(self) -> LoggingSettings:
        section: LoggingSettings = self._config.section("logging")
        return section

    @property
    def _least(self) -> int:
        settings = self._settings
        console = RANK[settings.console_level] if settings.console else RANK["CRITICAL"] + 1
        kept = self._file is not None or self._database is not None
        return min(console, RANK[settings.level]) if kept else console

    def _write_all(self) -> None:
        while (entries := self._waiting.take()) is not None:
            for entry in entries:
                try:
                    self._write(entry)
                except (OSError, ValueError) as error:
                    self._lost(error)
            if self._file is not None:
                try:
                    self._file.flush()
                except OSError as error:
                    self._lost(error)
        if self._file is not None:
            self._file.close()

    def _lost(self, error: Exception) -> None:
        self.failed += 1
        if self.failed == 1:
            sys.stderr.write(f"gal-friday: a log line could not be written: {error}\n")

    def _write(self, entry: _Entry) -> None:
        settings, rank = self._settings, RANK[entry.level]
        record = self._record(entry)
        if settings.console and entry.kind == "log" and rank >= RANK[settings.console_level]:
            sys.stderr.write(f"{self._people(None, entry.level.lower(), dict(record))}\n")
        if rank >= RANK[settings.level]:
            if self._file is not None:
                self._file.write(str(self._json(None, entry.level.lower(), dict(record))))
            if self._database is not None:
                self._database.write(entry.kind, record)

    def _record(self, entry: _Entry) -> dict[str, Any]:
        redaction = self._redaction
        record = {
            "timestamp": f"{iso(entry.ns)[:23]}Z",
            "level": entry.level.lower(),
            "event": redaction.text(entry.message),
            "source_module": entry.source_module,
        }
        if entry.kind != "log":
            record["kind"] = entry.kind
        for name, value in entry.context.items():
            record[f"context_{name}" if name in record else name] = redaction.field(name, value)
        if entry.error is not None:
            record["exception"] = redaction.text("".join(traceback.format_exception(entry.error)).rstrip())
        return record


class _Forward(logging.Handler):
    """Hands what is logged the standard way to the service."""

    def __init__(self, service: LoggerService) -> None:
        super().__init__()
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        self._service.log(record.levelname, record.getMessage(), record.name, exc_info=record.exc_info)


def _secrets(config: ConfigurationManager) -> list[str]:
    try:
        found = config.get_api_keys()
    except SettingsError:  # paper trading needs no keys; whoever needs them says so
        return []
    return [secret.get_secret_value() for keys in found.values() for secret in keys.values()]


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None
