"""The one door: every input and every decision is an event here, and one dispatcher handles them in order."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from gal_friday.domain.errors import EventStorm, Fault
from gal_friday.domain.ids import Ids, SeededIds
from gal_friday.domain.numbers import require_exact
from gal_friday.domain.ports import Clock, Halt, Handler, SystemClock
from gal_friday.events import types
from gal_friday.events.envelope import Envelope
from gal_friday.events.latency import Latencies
from gal_friday.events.lookback import window
from gal_friday.events.queue import POLICY, EventQueue, Overflow
from gal_friday.events.route import Route, all_routes
from gal_friday.events.stepping import step
from gal_friday.events.subscription import Handed, Subscription
from gal_friday.settings.sections.events import BusSettings

ANY = "*"
REPLAY_LIMIT = 1_000_000

log = logging.getLogger(__name__)


class EnhancedEventBus:
    """Prioritised events, one at a time, each handled to its end before the next.

    A publish inside a handler only queues: it never waits and never drops. Publishes from outside
    meet the type's overflow policy. `timer` (monotonic ns) switches latency figures on. An exception in
    a deciding handler sets `halt`, removes that module's subscriptions, publishes HALT_REQUESTED, and is
    raised by the dispatcher once the consequences are carried out; an observer's is counted.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        settings: BusSettings | None = None,
        halt: Halt | None = None,
        timer: Callable[[], int] | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._ids = ids or SeededIds(0)
        limits = settings or BusSettings()
        self._capacity = limits.capacity
        self._storm_limit = limits.storm_limit
        self._timer = timer
        self._queue = EventQueue()
        self._routes = all_routes()
        self._subscriptions: dict[str, Subscription] = {}
        self._numbers = itertools.count(1)
        self._sequence = 0
        self._running: Subscription | None = None
        self._current: Envelope | None = None
        self._caused = 0
        self._dispatching = False
        self._idle = False  # whether the dispatcher waits for work
        self._full = False  # whether a source waits for room
        self._awaited = False  # whether somebody waits for quiet
        self._retained: dict[tuple[str, str | None], Envelope] = {}
        self._ring: deque[Envelope] = deque(maxlen=limits.ring)
        self._failures: Counter[str] = Counter()
        self._latencies = Latencies()
        self._halt = halt
        self._fault: Exception | None = None
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._quiet = asyncio.Event()

    # --- publishing

    async def publish(
        self,
        event_type: str,
        payload: dict[str, Any],
        priority: int = 0,
        *,
        source: str | None = None,
        trace_id: str | None = None,
    ) -> None:
        """Queue an event; returns once it is queued, never after handling. Priority 0 is the type's default.

        Raises `Fault` for an unknown type or priority, `EventStorm` when one input causes too many events.
        """
        route = self._routes.get(event_type)
        if route is None or (priority and not 0 < priority <= 10):
            raise Fault(f"{event_type}: expected a known type and a priority from 0 to 10, was priority {priority}")
        level = priority or route.level
        queue, cause, place = self._queue, self._current, None
        if cause is not None:
            # Refused before it is queued: whoever catches the error cannot keep the storm alive.
            self._caused += 1
            if self._caused > self._storm_limit:
                raise EventStorm(
                    f"{self._caused} events from one input; the last was {event_type} by {self._module()}; "
                    f"the limit is events.storm_limit = {self._storm_limit}"
                )
        elif queue.depth >= self._capacity:
            place = await self._admit(route, level, payload)
        event = Envelope()
        event["event_type"] = event_type
        event["payload"] = payload
        if trace_id is not None:
            event["trace_id"] = trace_id
        event.level = level
        event.ids = self._ids
        event.now_ns = self._clock.now_ns()
        running = self._running
        event.source = source or ("outside" if running is None else running.module)
        self._sequence = event.sequence = event.root = self._sequence + 1
        if cause is None:
            event.cause = None
        else:
            event.root, event.cause = cause.root, cause.sequence
            if "trace_id" in cause:
                event.setdefault("trace_id", cause["trace_id"])
        queue.put(level, event, place)
        route.published += 1
        if self._idle:
            self._wake()

    def _wake(self) -> None:
        self._idle = False
        self._work.set()

    def _module(self) -> str:
        return self._running.module if self._running is not None else "outside"

    async def _admit(self, route: Route, level: int, payload: dict[str, Any]) -> int | None:
        # The line is full and the publisher is not a handler: only here does a policy apply. Answers the place
        # of the waiting event that the new one replaces, if any.
        policy = POLICY.get(route.event_type, Overflow.BLOCK)
        if policy is Overflow.CONFLATE:
            place = self._queue.place_of(level, route.event_type, payload)
            if place is not None:
                route.conflated += 1
                return place
        elif policy is Overflow.DROP_OLDEST_COUNTED and self._queue.drop_oldest(level, route.event_type):
            route.dropped += 1
            return None
        while self._queue.depth >= self._capacity:
            self._room.clear()
            self._full = True
            await self._room.wait()
        return None

    # --- subscribing

    def subscribe(self, event_type: str, handler: Handler, *, observer: bool = False) -> str:
        """Call `handler` with the envelope of each event of the type (`*` for all); returns the subscription's id.

        A retained type hands its last event to the new handler at the next dispatch.
        """
        if event_type != ANY and event_type not in types.PRIORITY:
            raise Fault(f"cannot subscribe to {event_type!r}: not an event type of this system")
        made = Subscription(f"sub-{next(self._numbers)}", event_type, handler, observer=observer)
        if self._timer is not None:
            made.handler = self._timed(made, self._timer)
        self._subscriptions[made.id] = made
        self._forget_subscribers()
        for (kept_type, _), event in list(self._retained.items()):
            if event_type in (ANY, kept_type):
                self._queue.put(event.level, Handed(event, made), None)
                self._wake()
        return made.id

    def unsubscribe(self, subscription_id: str) -> None:
        """Remove a subscription; an unknown id is a `Fault`."""
        removed = self._subscriptions.pop(subscription_id, None)
        if removed is None:
            raise Fault(f"cannot unsubscribe {subscription_id!r}: no such subscription")
        removed.active = False
        self._forget_subscribers()

    def _forget_subscribers(self) -> None:
        for route in self._routes.values():
            route.subscribers = None

    def _subscribed(self, route: Route) -> tuple[Subscription, ...]:
        wanted = [s for s in self._subscriptions.values() if s.event_type in (route.event_type, ANY)]
        route.subscribers = found = tuple(sorted(wanted, key=lambda s: s.observer))
        return found

    # --- dispatching

    async def run(self) -> None:
        """Dispatch for ever: the one dispatcher task of a live process."""
        while True:
            if not self._queue.depth:
                self._idle = True
                self._work.clear()
                await self._work.wait()
            await self.drain()

    async def settled(self) -> None:
        """Wait until no event is queued or being handled."""
        while self._queue.depth or self._dispatching:
            self._quiet.clear()
            self._awaited = True
            await self._quiet.wait()

    def settle(self) -> None:
        """Handle everything that is queued, in this call: the backtest's dispatcher."""
        if self._queue.depth:
            step(self.drain())

    async def drain(self) -> None:
        """Handle everything that is queued; for whoever is a coroutine and dispatches alone."""
        if self._dispatching:
            raise Fault("the bus is already dispatching: handlers must not dispatch")
        require_exact()
        self._dispatching = True
        queue, routes, ring = self._queue, self._routes, self._ring
        try:
            while queue.depth:
                event = queue.pop()
                if event.cause is None:
                    self._caused = 0
                self._current = event
                route = routes[event["event_type"]]
                if type(event) is Handed:
                    subscribers, event = self._handed(event)
                else:
                    subscribers = self._subscribed(route) if route.subscribers is None else route.subscribers
                    ring.append(event)
                    if route.retained:
                        self._retain(event)
                for subscriber in subscribers:
                    if not subscriber.active:
                        continue  # it left, or its module failed, after this event was queued for it
                    self._running = subscriber
                    try:
                        await subscriber.handler(event)
                    except Exception as error:
                        await self._failed(subscriber, route.event_type, error)
                route.delivered += len(subscribers)
                if self._full and queue.depth < self._capacity:
                    self._make_room()
        finally:
            self._rest()
        if self._fault is not None:
            raise self._fault

    def _handed(self, event: Handed) -> tuple[tuple[Subscription, ...], Envelope]:
        # A newer one that was dispatched meanwhile has reached the new subscriber already.
        fresh = any(kept is event.original for kept in self._retained.values())
        return (event.subscription,) if fresh else (), event.original

    def _retain(self, event: Envelope) -> None:
        event_type = event["event_type"]
        field = types.RETAINED[event_type]
        self._retained[event_type, event["payload"].get(field) if field else None] = event

    def _timed(self, made: Subscription, timer: Callable[[], int]) -> Handler:
        handler, add = made.handler, self._latencies.add

        async def timed(event: dict[str, Any]) -> None:
            started = timer()
            try:
                await handler(event)
            finally:
                add(made.label, timer() - started)

        return timed

    def _rest(self) -> None:
        self._dispatching = False
        self._current = self._running = None
        if self._full:
            self._make_room()
        if self._awaited:
            self._awaited = False
            self._quiet.set()

    def _make_room(self) -> None:
        self._full = False
        self._room.set()

    async def _failed(self, subscriber: Subscription, event_type: str, error: Exception) -> None:
        # An observer's failure is counted and told. A deciding module's memory may be half applied:
        # it is never called again, trading halts, and the first such error ends the dispatcher.
        self._failures[subscriber.label] += 1
        log.error("%s failed on %s: %r", subscriber.label, event_type, error)
        if subscriber.observer:
            return
        if self._fault is None:
            self._fault = error
        for identity, one in list(self._subscriptions.items()):
            if one.module == subscriber.module:
                self.unsubscribe(identity)
        reason = f"{subscriber.label} failed on {event_type}: {error!r}"
        if self._halt is not None:
            self._halt.set(reason)
        self._caused = 0
        await self.publish(types.HALT_REQUESTED, {"reason": reason, "source": subscriber.module})

    # --- looking back

    async def get_queue_metrics(self) -> dict[str, Any]:
        """Depth by priority; published, delivered, failed, dropped, conflated counts; handler latency percentiles."""
        known = [route for route in self._routes.values() if route.published]
        return {
            "depth": self._queue.depth,
            "depth_by_priority": self._queue.depths(),
            "published": {route.event_type: route.published for route in known},
            "delivered": {route.event_type: route.delivered for route in known},
            "failed": dict(self._failures),
            "dropped": {route.event_type: route.dropped for route in known if route.dropped},
            "conflated": {route.event_type: route.conflated for route in known if route.conflated},
            "subscriptions": len(self._subscriptions),
            "sequence": self._sequence,
            "ring": len(self._ring),
            "handler_latency": self._latencies.percentiles(),
        }

    async def replay_events(self, from_timestamp: datetime, to_timestamp: datetime) -> list[dict[str, Any]]:
        """The kept envelopes made in [from, to], oldest first; dispatches nothing.

        Raises `Fault` beyond 1,000,000 events: `iter_events` streams them.
        """
        found = [event async for event in self.iter_events(from_timestamp, to_timestamp)]
        if len(found) > REPLAY_LIMIT:
            raise Fault(f"{len(found)} events in the window, the limit is {REPLAY_LIMIT}: use iter_events")
        return found

    async def iter_events(self, from_timestamp: datetime, to_timestamp: datetime) -> AsyncIterator[dict[str, Any]]:
        """The same envelopes one by one."""
        for event in window(self._ring, from_timestamp, to_timestamp):
            yield event.complete()


EventBus = EnhancedEventBus
