"""Time: nanoseconds survive their texts, whatever the zone; days are UTC days and weeks ISO weeks."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gal_friday.domain.errors import Malformed
from gal_friday.domain.time import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    WEEK,
    day_index,
    from_iso,
    interval_ns,
    interval_text,
    iso,
    next_day,
    to_datetime,
    to_ns,
    week_index,
)

# From 1970 to the last nanosecond that fits into 64 bits.
instants = st.integers(0, 2**63 - 1)
# Hypothesis wants its bounds without a zone.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC).replace(tzinfo=None)
LATEST = datetime(2200, 1, 1, tzinfo=UTC).replace(tzinfo=None)
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(instants)
@example(0)
@example(999_999_999)
@example(1_735_689_599_999_999_999)
def test_an_instant_survives_its_text(ns):
    text = iso(ns)
    assert from_iso(text) == ns
    assert text.endswith("Z")
    assert len(text) == len("2024-07-01T00:00:00.000000000Z")


@given(st.lists(instants, min_size=2, max_size=5))
def test_texts_sort_as_their_instants(times):
    assert [from_iso(text) for text in sorted(map(iso, times))] == sorted(times)


@given(st.integers(0, 2**62), st.integers(0, 9), zones)
def test_every_zone_and_every_length_of_fraction_is_read(ns, digits, zone):
    ns -= ns % 10 ** (9 - digits)
    moment = to_datetime(ns - ns % SECOND).astimezone(zone)
    offset = zone.utcoffset(None)
    minutes = int(offset.total_seconds()) // 60
    suffix = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    fraction = f".{ns % SECOND:09d}"[: 1 + digits] if digits else ""
    assert from_iso(moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + suffix) == ns


@given(st.datetimes(EARLIEST, LATEST, timezones=zones))
def test_datetimes_of_every_zone_are_the_same_instant(moment):
    ns = to_ns(moment)
    assert to_datetime(ns) == moment
    assert to_datetime(ns).tzinfo is UTC
    assert from_iso(moment.isoformat()) == ns


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_the_hour_that_is_repeated_in_autumn_is_two_hours(name):
    try:
        zone = ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no table of time zones")
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for hours in range(0, 366 * 24, 7):
        moment = start + timedelta(hours=hours)
        assert to_ns(moment.astimezone(zone)) == to_ns(moment)


@given(st.datetimes(EARLIEST, LATEST))
def test_a_naive_datetime_is_read_as_utc(moment):
    assert to_ns(moment) == to_ns(moment.replace(tzinfo=UTC))


@given(instants, instants)
@example(1_704_067_200_000_000_000, 1_704_067_199_999_999_999)  # a year that begins on a Monday
@example(1_609_459_200_000_000_000, 1_609_372_800_000_000_000)  # the 53rd week reaches into January
def test_days_and_weeks_are_those_of_the_calendar(a, b):
    one, two = to_datetime(a), to_datetime(b)
    assert (day_index(a) == day_index(b)) == (one.date() == two.date())
    assert (week_index(a) == week_index(b)) == (one.isocalendar()[:2] == two.isocalendar()[:2])
    assert to_datetime(a).date() == date(1970, 1, 1) + timedelta(days=day_index(a))


@given(st.integers(0, 2**62))
def test_days_and_weeks_change_at_midnight(ns):
    midnight = next_day(ns)
    assert midnight % DAY == 0
    assert 0 < midnight - ns <= DAY
    assert day_index(midnight) == day_index(midnight - 1) + 1
    monday = to_datetime(midnight).weekday() == 0
    assert week_index(midnight) - week_index(midnight - 1) == int(monday)
    assert week_index(ns + WEEK) == week_index(ns) + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2024-07-01T00:00:00",
        "2024-07-01T00:00:00.1",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-07-01T25:00:00Z",
        "2024-07-01T00:00:00.Z",
        "2024-07-01T00:00:00.1234567890Z",
        "2024-07-01T00:00:00.12x4Z",
        "2024-07-01T00:00:00.-1Z",
        "1719792000",
        "yesterday",
    ],
)
def test_a_text_that_is_no_instant_is_malformed(text):
    with pytest.raises(Malformed, match="ISO 8601"):
        from_iso(text)


@given(st.text("0123456789-T:.,Zz+² W", max_size=36))
@example("2024-07-01T00:00:00.²Z")
def test_any_text_is_an_instant_or_malformed(text):
    with suppress(Malformed):
        assert isinstance(from_iso(text), int)


def test_a_comma_before_the_fraction_is_refused_rather_than_cut():
    with pytest.raises(Malformed):
        from_iso("2024-07-01T00:00:00,123456789Z")


@given(st.sampled_from([SECOND, MINUTE, HOUR, DAY]), st.integers(1, 500))
def test_an_interval_survives_its_text(unit, count):
    assert interval_ns(interval_text(unit * count)) == unit * count


@pytest.mark.parametrize("text", ["", "m", "0m", "-5m", "5", "1.5h", "5x", "5 m", "m5"])
def test_a_text_that_is_no_interval_is_malformed(text):
    with pytest.raises(Malformed, match="interval"):
        interval_ns(text)


def test_an_interval_below_a_second_has_no_text():
    with pytest.raises(Malformed, match="whole seconds"):
        interval_text(SECOND // 2)
