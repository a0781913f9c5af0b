"""Identifiers: random and time-ordered in live, derived from content or from a seed everywhere else."""

from __future__ import annotations

import hashlib
from typing import Protocol

# The two bits that mark the variant, set in the digit at that place.
_VARIANT = {digit: "89ab"[value & 3] for value, digit in enumerate("0123456789abcdef")}


def uuid_of(*parts: str | int) -> str:
    """A UUID (version 8, RFC 9562) from the SHA-256 of the parts: same content, same id."""
    return _uuid("\x1f".join([str(part) for part in parts]))


def _uuid(text: str) -> str:
    h = hashlib.sha256(text.encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-8{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def signal_id(config_hash: str, strategy_id: str, pair: str, bar_ns: int, n: int) -> str:
    """The id of the n-th signal of a strategy for a pair on one bar."""
    return _uuid(f"{config_hash}\x1f{strategy_id}\x1f{pair}\x1f{bar_ns}\x1f{n}")


def order_id(signal: str, role: str, n: int) -> str:
    """The client order id of the n-th order that a signal caused in one role."""
    return _uuid(f"{signal}\x1f{role}\x1f{n}")


class Ids(Protocol):
    """Where event ids come from."""

    def event_id(self, sequence: int) -> str:
        """The id of the event with this sequence number."""
        ...


class SeededIds:
    """Event ids derived from a seed and the sequence number: a rerun gives the same ids."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def event_id(self, sequence: int) -> str:
        """The id of the event with this sequence number."""
        return uuid_of("event", self._seed, sequence)
