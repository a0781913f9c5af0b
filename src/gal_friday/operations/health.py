"""What a health probe finds, and what many findings mean together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One probe's answer; an unhealthy one that `halts` stops trading, another degrades the system."""

    name: str
    healthy: bool
    detail: str = ""
    halts: bool = False


Probe = Callable[[], Finding]


def complaint(findings: Sequence[Finding]) -> str | None:
    """What is wrong, in one line; None when everything is well."""
    return "; ".join(f"{f.name}: {f.detail}" for f in findings if not f.healthy) or None


def halting(findings: Sequence[Finding]) -> Finding | None:
    """The first finding that must stop trading."""
    return next((f for f in findings if f.halts and not f.healthy), None)
