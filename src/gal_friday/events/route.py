"""What the bus keeps of one event type: who listens, and what has been done so far."""

from __future__ import annotations

from gal_friday.events import types
from gal_friday.events.subscription import Subscription


class Route:
    """One event type's way through the bus. `subscribers` is None until somebody has to be found."""

    __slots__ = ("conflated", "delivered", "dropped", "event_type", "level", "published", "retained", "subscribers")

    def __init__(self, event_type: str, level: int) -> None:
        self.event_type = event_type
        self.level = level
        self.retained = event_type in types.RETAINED
        self.subscribers: tuple[Subscription, ...] | None = None
        self.published = 0
        self.delivered = 0
        self.dropped = 0
        self.conflated = 0


def all_routes() -> dict[str, Route]:
    """A route for every event type of the system."""
    return {event_type: Route(event_type, level) for event_type, level in types.PRIORITY.items()}
