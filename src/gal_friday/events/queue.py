"""The bus's waiting line: one deque per priority level, and what happens when it is full."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Any

from gal_friday.events import types
from gal_friday.events.envelope import Envelope

LEVELS = 11


class Overflow(StrEnum):
    """What an outside source meets when the line is full; events made by handlers never meet it."""

    BLOCK = "block"
    CONFLATE = "conflate"
    DROP_OLDEST_COUNTED = "drop_oldest_counted"


# Reports, commands and bars must not be lost; a newer book makes an older one worthless; logs may go.
POLICY: dict[str, Overflow] = {
    types.MARKET_DATA_L2: Overflow.CONFLATE,
    types.TIMER: Overflow.CONFLATE,
    types.LOG_ENTRY: Overflow.DROP_OLDEST_COUNTED,
    types.PERFORMANCE_OPTIMIZATION: Overflow.DROP_OLDEST_COUNTED,
}


class EventQueue:
    """Highest priority first, publication order within a priority."""

    __slots__ = ("_bits", "_lines", "_mask", "depth")

    def __init__(self) -> None:
        self._lines: tuple[deque[Envelope], ...] = tuple(deque() for _ in range(LEVELS))
        self._bits = tuple(1 << level for level in range(LEVELS))
        self._mask = 0  # bit n is set while line n holds something: the highest set bit is next
        self.depth = 0

    def put(self, level: int, event: Envelope, place: int | None) -> None:
        """Append the event to its level, or put it in the place of one that waits there."""
        if place is not None:
            self._lines[level][place] = event
            return
        self._lines[level].append(event)
        self._mask |= self._bits[level]
        self.depth += 1

    def pop(self) -> Envelope:
        """Take the next event; the queue must not be empty."""
        level = self._mask.bit_length() - 1
        line = self._lines[level]
        event = line.popleft()
        if not line:
            self._mask ^= 1 << level
        self.depth -= 1
        return event

    def place_of(self, level: int, event_type: str, payload: dict[str, Any]) -> int | None:
        """Where an event of the same type and pair (or timer name) waits; None if none does."""
        wanted = _subject(payload)
        for at, waiting in enumerate(self._lines[level]):
            if waiting["event_type"] == event_type and _subject(waiting["payload"]) == wanted:
                return at
        return None

    def drop_oldest(self, level: int, event_type: str) -> bool:
        """Forget the longest waiting event of the type."""
        line = self._lines[level]
        for at, waiting in enumerate(line):
            if waiting["event_type"] == event_type:
                del line[at]
                self.depth -= 1
                if not line:
                    self._mask &= ~(1 << level)
                return True
        return False

    def depths(self) -> dict[int, int]:
        """Waiting events by priority, empty levels left out."""
        return {level: len(line) for level, line in enumerate(self._lines) if line}


def _subject(payload: dict[str, Any]) -> object:
    return payload.get("trading_pair", payload.get("name"))
