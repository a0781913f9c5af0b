"""Looking back at the events that the bus still keeps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime

from gal_friday.domain.errors import Fault
from gal_friday.domain.time import to_ns
from gal_friday.events.envelope import Envelope


def window(kept: Iterable[Envelope], from_timestamp: datetime, to_timestamp: datetime) -> Iterator[Envelope]:
    """The events made in [from, to] (a naive time is UTC), oldest first; raises `Fault` when the window is reversed."""
    first, last = to_ns(from_timestamp), to_ns(to_timestamp)
    if first > last:
        raise Fault(f"replay window ends before it starts: {from_timestamp} > {to_timestamp}")
    # Dispatch order is not time order across priorities, so the window is cut from a sorted view.
    ordered = sorted(kept, key=lambda event: event.sequence)
    for event in ordered[bisect_left(ordered, first, key=lambda event: event.now_ns) :]:
        if event.now_ns > last:
            return
        yield event
