"""The envelope around every event: ids and texts are built when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from gal_friday.domain.ids import Ids
from gal_friday.domain.time import iso

T = TypeVar("T")

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
    """A dict with the ten fields of an event, of which only `event_type` and `payload` are there from the start.

    The others are derived on first access: most events of a backtest are handled without anybody reading
    them. `complete()` gives them all.
    """

    __slots__ = ("cause", "ids", "level", "now_ns", "parsed", "root", "sequence", "source")

    # Set by whoever wraps: an initialiser in Python would cost as much as everything else here.
    ids: Ids
    now_ns: int
    root: int
    sequence: int
    cause: int | None
    level: int
    source: str
    parsed: tuple[object, Any]

    def __missing__(self, name: str) -> Any:
        derive = _DERIVED.get(name)
        if derive is None:
            raise KeyError(name)
        value = self[name] = derive(self)
        return value

    def complete(self) -> dict[str, Any]:
        """A plain dict with all ten fields, in their documented order."""
        return {name: self[name] for name in FIELDS}


_DERIVED: Final[dict[str, Callable[[Envelope], Any]]] = {
    "event_id": lambda event: event.ids.event_id(event.sequence),
    "timestamp": lambda event: iso(event.now_ns),
    "source_module": lambda event: event.source,
    "priority": lambda event: event.level,
    "correlation_id": lambda event: event["payload"].get("signal_id"),
    "trace_id": lambda event: f"{event.root:016x}",
    "sequence": lambda event: event.sequence,
    "cause": lambda event: event.cause,
}


def once(event: dict[str, Any], parse: Callable[[dict[str, Any]], T]) -> T:
    """What `parse` makes of the payload, made once for all handlers of the event; the result must be immutable."""
    if not isinstance(event, Envelope):
        return parse(event["payload"])
    kept = getattr(event, "parsed", None)
    if kept is not None and kept[0] is parse:
        found: T = kept[1]
        return found
    made = parse(event["payload"])
    event.parsed = (parse, made)
    return made
