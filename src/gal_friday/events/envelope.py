"""The envelope around every event: ids and texts are built when somebody asks for them."""

from __future__ import annotations

from typing import Any

from gal_friday.domain.ids import Ids
from gal_friday.domain.time import iso

FIELDS = (
    "event_id",
    "event_type",
    "timestamp",
    "source_module",
    "priority",
    "correlation_id",
    "trace_id",
    "sequence",
    "cause",
    "payload",
)


class Envelope(dict[str, Any]):
    """A dict with the ten fields of an event.

    `event_id`, `timestamp`, `trace_id` and `correlation_id` are derived on first access: most
    events of a backtest are handled without anybody reading them. `complete()` gives them all.
    """

    __slots__ = ("ids", "now_ns", "root")

    # Set by whoever wraps: an initialiser in Python would cost as much as everything else here.
    ids: Ids
    now_ns: int
    root: int

    def __missing__(self, name: str) -> Any:
        value: Any
        if name == "event_id":
            value = self.ids.event_id(self["sequence"])
        elif name == "timestamp":
            value = iso(self.now_ns)
        elif name == "trace_id":
            value = f"{self.root:016x}"
        elif name == "correlation_id":
            value = self["payload"].get("signal_id")
        else:
            raise KeyError(name)
        self[name] = value
        return value

    def complete(self) -> dict[str, Any]:
        """A plain dict with all ten fields, in their documented order."""
        return {name: self[name] for name in FIELDS}
