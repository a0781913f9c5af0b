"""CLIService: the one implementation of operator commands, behind every console."""

from __future__ import annotations

import difflib
import getpass
import json
import shlex
import sys
import uuid
from collections.abc import Callable
from typing import Any

from gal_friday.domain.errors import GalFridayError, Malformed
from gal_friday.domain.time import from_iso, to_datetime
from gal_friday.events import types
from gal_friday.interface.arguments import parse
from gal_friday.interface.control import Controller, Monitoring
from gal_friday.settings.explain import explained
from gal_friday.settings.manager import ConfigurationManager

HELP = {
    "status": ("status", "mode, halt, equity and drawdown"),
    "halt": ("halt [REASON]", "stop new entries at once"),
    "resume": ("resume [REASON]", "let trading go on after a halt"),
    "stop": ("stop [REASON]", "shut the application down in order"),
    "pause": ("pause PAIR [REASON]", "take no new entry in one pair"),
    "unpause": ("unpause PAIR [REASON]", "take entries in the pair again"),
    "metrics": ("metrics", "figures of the event bus"),
    "positions": ("positions", "what is held"),
    "limits": ("limits", "what risk allows"),
    "strategy": ("strategy [ID]", "what a strategy is configured to do; without ID all of them"),
    "keys": ("keys", "whether the exchange's API keys are found; never what they are"),
    "replay": ("replay FROM TO", "events kept in memory, between two ISO 8601 times"),
    "config": ("config KEY", "a setting with its meaning, range and source"),
    "help": ("help", "this list"),
}


class CLIService:
    """Reads the command line, and turns operators' words into events and answers.

    Commands that change something become OPERATOR_COMMAND events; questions are answered through the
    controller's `output`. `who` names the operator, `new_key` makes idempotency keys.
    """

    def __init__(
        self,
        config: ConfigurationManager,
        monitoring_service: Monitoring,
        main_app_controller: Controller,
        *,
        who: str | None = None,
        new_key: Callable[[], str] | None = None,
    ) -> None:
        self._config = config
        self._monitoring = monitoring_service
        self._controller = main_app_controller
        self._who = who
        self._new_key = new_key or (lambda: str(uuid.uuid4()))
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "status": self._status,
            "halt": lambda words: self._order("halt", {}, words),
            "resume": lambda words: self._order("resume", {}, words),
            "stop": lambda words: self._order("stop", {}, words),
            "pause": lambda words: self._order_pair("pause", words),
            "unpause": lambda words: self._order_pair("unpause", words),
            "metrics": lambda words: self._controller.submit(self._metrics()),
            "positions": self._positions,
            "limits": self._limits,
            "strategy": self._strategies,
            "keys": self._keys,
            "replay": self._replay,
            "config": self._explain,
            "help": self._help,
        }

    def parse_args(self) -> dict[str, Any]:
        """The process's command line: `command`, `mode`, `config_path`, `overrides`, `json`; changes nothing.

        Raises `SettingsError` for an option without its value.
        """
        return parse(sys.argv[1:])

    def handle_command(self, command: str) -> None:
        """Carry out one line; whatever there is to say, a mistake too, goes to the controller's output."""
        try:
            words = shlex.split(command)
        except ValueError as error:
            self._say(f"not understood ({error}): close the quotes")
            return
        if not words:
            return
        carry_out = self._commands.get(words[0].lower())
        if carry_out is None:
            near = difflib.get_close_matches(words[0].lower(), self._commands, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            self._say(f"unknown command {words[0]!r}; {guess}`help` lists the commands")
            return
        try:
            carry_out(words[1:])
        except GalFridayError as error:
            self._say(str(error))

    # --- orders

    def _order(self, command: str, arguments: dict[str, Any], reason: list[str]) -> None:
        payload = {
            "command": command,
            "arguments": arguments,
            "who": self._who or f"console:{_user()}",
            "why": " ".join(reason) or "no reason given",
            "idempotency_key": self._new_key(),
        }
        self._controller.submit(self._publish(payload))

    def _order_pair(self, command: str, words: list[str]) -> None:
        pairs = self._config.get_trading_pairs()
        if not words or words[0].upper() not in pairs:
            was = words[0] if words else "nothing"
            self._say(f"{command}: expected a pair ({', '.join(pairs)}), was {was}")
            return
        self._order(command, {"pair": words[0].upper()}, words[1:])

    async def _publish(self, payload: dict[str, Any]) -> None:
        await self._controller.bus.publish(types.OPERATOR_COMMAND, payload, source=type(self).__name__)
        self._say(f"{payload['command']}: sent ({payload['why']})")

    # --- questions

    def _status(self, words: list[str]) -> None:
        del words
        state = "HALTED" if self._monitoring.is_halted() else "RUNNING"
        self._table({"state": state, **self._controller.status(), "started_with": self.parse_args()})

    async def _metrics(self) -> None:
        self._table(await self._controller.bus.get_queue_metrics())

    def _positions(self, words: list[str]) -> None:
        del words
        positions = self._controller.positions()
        if not positions:
            self._say("no open position")
        for pair, held in sorted(positions.items()):
            self._say(pair)
            self._table(held, indent="  ")

    def _limits(self, words: list[str]) -> None:
        del words
        self._table(self._config.get_risk_parameters())

    def _strategies(self, words: list[str]) -> None:
        for strategy_id in words or [spec.id for spec in self._config.section("strategy").strategies]:
            self._say(strategy_id)
            self._table(self._config.get_strategy_parameters(strategy_id), indent="  ")

    def _keys(self, words: list[str]) -> None:
        del words
        for exchange, held in self._config.get_api_keys().items():
            self._say(f"{exchange}: {' and '.join(held)} found")

    def _replay(self, words: list[str]) -> None:
        if len(words) != 2:
            self._say("replay: expected FROM and TO, such as replay 2024-07-01T00:00:00Z 2024-07-01T01:00:00Z")
            return
        first, last = from_iso(words[0]), from_iso(words[1])
        if first > last:
            raise Malformed(f"replay: expected FROM before TO, was {words[0]} after {words[1]}")
        self._controller.submit(self._replayed(first, last))

    async def _replayed(self, first: int, last: int) -> None:
        events = await self._controller.bus.replay_events(to_datetime(first), to_datetime(last))
        for event in events:
            self._say(json.dumps(event, sort_keys=True, default=str))
        self._say(f"{len(events)} events")

    def _explain(self, words: list[str]) -> None:
        if len(words) != 1:
            self._say("config: expected one KEY, such as config risk.max_exposure_pct")
            return
        for entry in explained(self._config, words[0]):
            self._table(entry)

    def _help(self, words: list[str]) -> None:
        del words
        self._table(dict(HELP.values()))

    # --- output

    def _say(self, text: str) -> None:
        self._controller.output(text)

    def _table(self, values: dict[str, Any], indent: str = "") -> None:
        width = max(map(len, values), default=0)
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
            self._say(f"{indent}{name:<{width}}  {text}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "unknown"
