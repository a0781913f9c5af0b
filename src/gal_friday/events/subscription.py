"""Who listens to what, and a kept event on its way to one who has just begun to listen."""

from __future__ import annotations

from gal_friday.domain.ports import Handler
from gal_friday.events.envelope import Envelope


class Subscription:
    """One handler of one event type; observers see an event after all deciding handlers.

    `active` ends when it is removed: an event may still be on its way to it.
    """

    __slots__ = ("active", "event_type", "handler", "id", "label", "module", "observer")

    def __init__(self, identity: str, event_type: str, handler: Handler, *, observer: bool) -> None:
        owner = getattr(handler, "__self__", None)
        self.id = identity
        self.active = True
        self.event_type = event_type
        self.handler = handler
        self.observer = observer
        self.module = type(owner).__name__ if owner is not None else handler.__qualname__.partition(".")[0]
        self.label = f"{self.module}.{handler.__name__}"


class Handed(Envelope):
    """A retained event on its way to one new subscriber."""

    __slots__ = ("original", "subscription")

    def __init__(self, event: Envelope, subscription: Subscription) -> None:
        super().__init__(event)
        self.ids, self.now_ns, self.source, self.level = event.ids, event.now_ns, event.source, event.level
        self.root, self.sequence, self.cause = event.root, event.sequence, event.cause
        self.original = event
        self.subscription = subscription
