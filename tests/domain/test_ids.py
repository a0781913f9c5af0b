"""Identifiers: the same content gives the same id, another content another."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.ids import SeededIds, order_id, signal_id, uuid_of

parts = st.lists(st.text("abc/-0123456789", max_size=6) | st.integers(-5, 5), min_size=1, max_size=4)


@given(parts)
def test_ids_are_well_formed(content):
    identity = uuid.UUID(uuid_of(*content))
    assert str(identity) == uuid_of(*content)
    assert identity.variant == uuid.RFC_4122
    assert identity.version == 8


@given(parts, parts)
def test_other_content_has_another_id(one, two):
    assert (uuid_of(*one) == uuid_of(*two)) == (list(map(str, one)) == list(map(str, two)))


def test_a_signal_and_its_orders_have_ids_of_their_own():
    made = {signal_id("c", "s", "XRP/USD", bar, n) for bar in range(10) for n in range(3)}
    assert len(made) == 30
    orders = {order_id(signal, role, n) for signal in made for role in ("ENTRY", "STOP") for n in range(2)}
    assert len(orders | made) == 30 + 120


def test_event_ids_depend_on_seed_and_sequence_alone():
    assert SeededIds(1).event_id(7) == SeededIds(1).event_id(7)
    assert len({SeededIds(seed).event_id(n) for seed in range(3) for n in range(10)}) == 30
