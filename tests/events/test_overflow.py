"""A full line under a real dispatcher: sources wait, or newer replaces older, or the oldest goes and is counted."""

import asyncio

import pytest

from gal_friday.domain.numbers import exact
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.settings.sections.events import BusSettings

CAPACITY = 16


@pytest.fixture(autouse=True)
def money():
    with exact():
        yield


class Ear:
    def __init__(self):
        self.heard = []

    async def hear(self, event):
        self.heard.append((event["event_type"], event["payload"]["n"]))


def with_dispatcher(scenario):
    """Run the scenario on a bus; its dispatcher starts when `begin()` is called."""

    async def main():
        bus, ear = EnhancedEventBus(settings=BusSettings(capacity=CAPACITY)), Ear()
        bus.subscribe("*", ear.hear)
        tasks = []

        def begin():
            tasks.append(asyncio.create_task(bus.run()))

        try:
            async with asyncio.timeout(20):
                await scenario(bus, begin)
                await bus.settled()
                return ear.heard, await bus.get_queue_metrics()
        finally:
            for task in tasks:
                task.cancel()

    return asyncio.run(main())


async def fill(bus, kind=types.MARKET_DATA_OHLCV, count=CAPACITY):
    for n in range(count):
        await bus.publish(kind, {"n": n}, source="test")


def test_a_source_of_bars_waits_for_room_and_nothing_is_lost():
    async def scenario(bus, begin):
        await fill(bus)
        late = asyncio.create_task(bus.publish(types.MARKET_DATA_OHLCV, {"n": "late"}, source="test"))
        await asyncio.sleep(0)
        assert not late.done()
        begin()
        await late

    heard, told = with_dispatcher(scenario)
    assert [n for _, n in heard] == [*range(CAPACITY), "late"]
    assert told["dropped"] == {}


def test_many_waiting_sources_are_all_served():
    async def scenario(bus, begin):
        async def source(name):
            for n in range(50):
                await bus.publish(types.EXECUTION_REPORT, {"n": (name, n)}, source=name)
                if n % 7 == 0:
                    await asyncio.sleep(0)

        sources = [asyncio.create_task(source(name)) for name in "abcd"]
        begin()
        await asyncio.gather(*sources)

    heard, told = with_dispatcher(scenario)
    for name in "abcd":
        assert [n for _, (who, n) in heard if who == name] == list(range(50))
    assert told["depth"] == 0


def test_a_newer_book_takes_the_place_of_the_waiting_one():
    async def scenario(bus, begin):
        await fill(bus, count=CAPACITY - 2)
        for pair in ("XRP/USD", "DOGE/USD"):
            await bus.publish(types.MARKET_DATA_L2, {"trading_pair": pair, "n": f"{pair} old"}, source="test")
        for n in range(3):
            await bus.publish(types.MARKET_DATA_L2, {"trading_pair": "XRP/USD", "n": f"XRP/USD {n}"}, source="test")
        begin()

    heard, told = with_dispatcher(scenario)
    books = [n for kind, n in heard if kind == types.MARKET_DATA_L2]
    assert books == ["XRP/USD 2", "DOGE/USD old"]
    assert told["conflated"] == {types.MARKET_DATA_L2: 3}
    assert len(heard) == CAPACITY


def test_a_book_with_nothing_to_replace_waits():
    async def scenario(bus, begin):
        await fill(bus)
        late = asyncio.create_task(bus.publish(types.MARKET_DATA_L2, {"trading_pair": "A/USD", "n": "book"}))
        await asyncio.sleep(0)
        assert not late.done()
        begin()
        await late

    heard, told = with_dispatcher(scenario)
    assert heard[-1] == (types.MARKET_DATA_L2, "book")
    assert told["published"][types.MARKET_DATA_L2] == 1


def test_the_oldest_log_line_goes_and_is_counted():
    async def scenario(bus, begin):
        await fill(bus, types.LOG_ENTRY)
        for n in range(5):
            await bus.publish(types.LOG_ENTRY, {"n": f"new {n}"}, source="test")
        begin()

    heard, told = with_dispatcher(scenario)
    assert [n for _, n in heard] == [*range(5, CAPACITY), *(f"new {n}" for n in range(5))]
    assert told["dropped"] == {types.LOG_ENTRY: 5}
    assert told["published"][types.LOG_ENTRY] == CAPACITY + 5


def test_what_handlers_publish_neither_waits_nor_goes():
    async def scenario(bus, begin):
        class Busy:
            async def hear(self, event):
                for n in range(10 * CAPACITY):
                    await bus.publish(types.LOG_ENTRY, {"n": n})

        bus.subscribe(types.TIMER, Busy().hear)
        await bus.publish(types.TIMER, {"n": "t"}, source="test")
        begin()

    heard, told = with_dispatcher(scenario)
    assert len(heard) == 1 + 10 * CAPACITY
    assert told["dropped"] == {}


def test_a_failing_decider_ends_the_dispatcher():
    async def main():
        bus = EnhancedEventBus(settings=BusSettings(capacity=CAPACITY))

        class Deciding:
            async def hear(self, event):
                raise ValueError("broken")

        bus.subscribe(types.TIMER, Deciding().hear)
        async with asyncio.timeout(20):
            running = asyncio.create_task(bus.run())
            await bus.publish(types.TIMER, {}, source="test")
            with pytest.raises(ValueError, match="broken"):
                await running
            await bus.settled()
            return await bus.get_queue_metrics()

    told = asyncio.run(main())
    assert told["failed"] == {"Deciding.hear": 1}
    assert told["published"][types.HALT_REQUESTED] == 1
    assert told["subscriptions"] == 0
