"""An envelope's fields are there when they are asked for, and a payload is read once for all who ask."""

from gal_friday.domain.ids import SeededIds
from gal_friday.domain.numbers import exact
from gal_friday.domain.ports import SimulatedClock
from gal_friday.events import types
from gal_friday.events.bus import EnhancedEventBus
from gal_friday.events.envelope import once
from gal_friday.events.stepping import step


def test_a_payload_is_parsed_once_for_all_handlers_of_an_event():
    parsed, told = [], []

    def parse(payload):
        parsed.append(payload["n"])
        return payload["n"] * 10

    async def hear(event):
        told.append(once(event, parse))

    bus = EnhancedEventBus(clock=SimulatedClock(1), ids=SeededIds(1))
    with exact():
        for _ in range(3):
            bus.subscribe(types.TIMER, hear)
        for n in (1, 2):
            step(bus.publish(types.TIMER, {"n": n}))
        bus.settle()
    assert parsed == [1, 2]
    assert told == [10, 10, 10, 20, 20, 20]


def test_another_parser_gets_its_own_answer_and_a_plain_dict_is_parsed_each_time():
    told = []

    async def hear(event):
        told.extend([once(event, len), once(event, sorted), once(event, len)])

    bus = EnhancedEventBus(clock=SimulatedClock(1), ids=SeededIds(1))
    with exact():
        bus.subscribe(types.TIMER, hear)
        step(bus.publish(types.TIMER, {"b": 1, "a": 2}))
        bus.settle()
    assert told == [2, ["a", "b"], 2]
    assert once({"payload": {"x": 1}}, len) == 1
