"""No digit of a file is lost or invented on its way to integers."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.time import SECOND, to_ns
from gal_friday.market.importing.cells import nanoseconds, read_cells
from gal_friday.market.importing.layout import Layout
from gal_friday.market.importing.numerals import numeral

LAYOUT = Layout("kraken trades", ",", (0, 1, 2), header=False, moments=False)
MOMENTS = Layout("kraken trades", ",", (0, 1, 2), header=False, moments=True)

texts = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{0,14})?", fullmatch=True),
    st.from_regex(r"[+-]?\.[0-9]{1,14}", fullmatch=True),
    st.from_regex(r"[0-9]\.[0-9]{0,8}[eE][+-]?[0-9]{1,2}", fullmatch=True),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**10), max_value=10**10).map(str),
)


def read(text, layout=LAYOUT):
    return read_cells(
        f"{text},{text},1\n".encode() if layout is MOMENTS else f"1700000000,{text},1\n".encode(), layout, 1
    )


@given(texts)
def test_a_number_is_read_to_its_last_digit(text):
    cells = read(text)
    value = Decimal(text)
    if not cells.flaws:
        assert Decimal(int(cells.values[0, 1])).scaleb(-int(cells.decimals[0, 1])) == value
        return
    flaw = cells.flaws[0]
    exponent = value.normalize().as_tuple().exponent
    assert (flaw.column, flaw.text) == ("price", text)
    assert (flaw.kind == "too_fine" and exponent < -12) or (flaw.kind == "too_large" and abs(value) > 10**6)


@given(texts)
def test_the_scanner_and_the_slow_path_agree(text):
    cells, slow = read(text), numeral(text)
    anomaly = cells.flaws[0].kind if cells.flaws else None
    assert anomaly == slow.anomaly
    if anomaly is None:
        fast = Decimal(int(cells.values[0, 1])).scaleb(-int(cells.decimals[0, 1]))
        assert fast == Decimal(slow.value).scaleb(-slow.decimals)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "non_finite"), ("nan", "non_finite"), ("-Infinity", "non_finite"), ("null", "non_finite"),
        ("1_000", "malformed"), ("0x10", "malformed"), ("1,5", "columns"), ("1.2.3", "malformed"), ("--1", "malformed"),
        ("１２", "malformed"), (".", "malformed"), ("1e", "malformed"), ("1e308", "too_large"), ("1e9999", "too_large"),
        ("99999999999999999999", "too_large"), ("0.1234567890123", "too_fine"), ("1e-30", "too_fine"),
    ],
)  # fmt: skip
def test_what_is_no_usable_number_is_named(text, kind):
    flaws = read(text).flaws
    assert [flaw.kind for flaw in flaws] == [kind]


@given(st.datetimes(datetime(1971, 1, 1), datetime(2105, 12, 31)), st.sampled_from(["", "Z"]), st.sampled_from("T "))
def test_an_iso_time_is_read_to_its_last_digit(moment, zone, between):
    text = moment.isoformat(sep=between) + zone
    cells = read(text, MOMENTS)
    assert int(cells.values[0, 0]) == to_ns(moment.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["2023-02-29 00:00:00", "2023-13-01 00:00:00", "2023-01-01 24:30:00", "2023-01-01 1:00:00"]
)
def test_a_time_that_never_was_is_malformed(text):
    assert read(text, MOMENTS).flaws[0].kind == "malformed"


def test_a_time_zone_is_heeded():
    assert int(read("2024-01-01 02:00:00+02:00", MOMENTS).values[0, 0]) == 1_704_067_200 * SECOND


@given(st.integers(1_230_768_000, 4_000_000_000), st.integers(0, 999_999))
def test_the_unit_of_a_time_is_told_by_its_size(second, micro):
    ns = second * SECOND + micro * 1_000
    written = {
        (second * 10**6 + micro, 6): ns,  # seconds with a fraction
        (second * 10**6 + micro, 3): ns,  # milliseconds with a fraction
        (second * 10**6 + micro, 0): ns,
        (ns, 0): ns,
        (second, 0): second * SECOND,
    }
    for (value, decimals), expected in written.items():
        got = nanoseconds(np.array([value], dtype=np.int64), np.array([decimals], dtype=np.int64))
        assert int(got[0]) == expected
