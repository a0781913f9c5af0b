"""The volatility guard is one step in two loops; the failure guard counts orders, not reports."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.domain.bars import BarSeries
from gal_friday.domain.numbers import units_text
from gal_friday.domain.orders import OrderType, Report, Role, Side, Status
from gal_friday.domain.time import MINUTE
from gal_friday.operations.failures import OrderFailures
from gal_friday.operations.kernels import COUNT, RING, volatility_step
from gal_friday.operations.volatility import VolatilityGuard, volatility_mask, window_bars
from gal_friday.settings.sections.monitoring import MonitoringSettings

PAIR = "XRP/USD"


def series(closes: list[int], restarts: set[int], decimals: int = 4, minutes: int = 1) -> BarSeries:
    n = len(closes)
    close = np.array(closes, dtype=np.int64)
    zeros = np.zeros(n, dtype=np.int64)
    restart = np.array([i == 0 or i in restarts for i in range(n)], dtype=np.bool_)
    start = np.arange(n, dtype=np.int64) * minutes * MINUTE
    no = np.zeros(n, dtype=np.bool_)
    return BarSeries(
        PAIR, minutes * MINUTE, decimals, 8, start, close, close, close, close, zeros, zeros, no, restart, "", True
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(900, 1_100), min_size=1, max_size=60),
    st.sets(st.integers(1, 59), max_size=3),
    st.integers(1, 12),
    st.sampled_from(["1", "2.5", "5", "10"]),
    st.integers(0, 6),
)
def test_mask_bar_by_bar_and_definition_agree(
    closes: list[int], restarts: set[int], window: int, limit: str, decimals: int
) -> None:
    keys = MonitoringSettings(volatility_halt_pct=Decimal(limit), volatility_window_minutes=window)
    table = series(closes, restarts, decimals)
    mask = volatility_mask(table, keys)
    guard = VolatilityGuard(keys)
    begun = 0
    for i, close in enumerate(closes):
        if table.restart[i]:
            begun = i
            guard.on_outage(PAIR)
        assert mask[i] == guard.on_bar(PAIR, units_text(close, decimals), "1m")
        moves = [abs(close / past - 1.0) * 100.0 for past in closes[max(begun, i - window) : i]]
        assert mask[i] == any(move > float(limit) for move in moves)


def test_steps_are_the_same_compiled_and_not() -> None:
    rng = np.random.default_rng(7)
    closes = (10_000 * np.exp(np.cumsum(rng.normal(0, 0.01, 3_000)))).astype(np.int64)
    states = [np.zeros(RING + 15, dtype=np.int64) for _ in range(2)]
    tripped = 0
    for close in closes.tolist():
        compiled = volatility_step(states[0], close, 3.0)
        plain = volatility_step.py_func(states[1], close, 3.0)  # type: ignore[attr-defined]
        assert compiled == bool(plain)
        tripped += compiled
    assert states[0].tobytes() == states[1].tobytes()
    assert 0 < tripped < len(closes)


def test_closes_may_be_written_with_more_or_fewer_digits() -> None:
    guard = VolatilityGuard(MonitoringSettings(volatility_halt_pct=Decimal("10"), volatility_window_minutes=5))
    closes = ["100", "100.5", "1e2".replace("1e2", "99.125"), "108", "109.9", "89.2"]
    assert [guard.on_bar(PAIR, close, "1m") for close in closes] == [False] * 4 + [True, True]


def test_windows_and_switching_off() -> None:
    assert window_bars(5, MINUTE) == 5
    assert window_bars(5, 60 * MINUTE) == 1
    off = MonitoringSettings(volatility_halt_pct=None)
    assert not volatility_mask(series([1, 100], set()), off).any()
    assert not VolatilityGuard(off).on_bar(PAIR, "1", "1m")
    guard = VolatilityGuard(MonitoringSettings())
    assert not guard.on_bar(PAIR, "1", "1m")
    guard.on_outage("DOGE/USD")
    guard.on_outage(None)
    assert not guard.on_bar(PAIR, "2", "1m")
    assert guard.on_bar(PAIR, "1", "1m")
    assert COUNT == 0


def report(order: str, status: Status, error: str | None = None) -> Report:
    return Report(
        "s", Role.ENTRY, order, None, PAIR, status, OrderType.MARKET, Side.BUY, Decimal(1), Decimal(0),
        None, None, None, None, Decimal(0), "USD", 0, error,
    )  # fmt: skip


@pytest.mark.parametrize("status", [Status.REJECTED, Status.ERROR])
def test_failures_in_a_row_are_counted_by_order(status: Status) -> None:
    guard = OrderFailures(3)
    told = [("a", status), ("a", status), ("b", status), ("c", Status.NEW), ("d", status), ("e", status)]
    assert [guard.on_report(report(*one)) for one in told] == [None] * 6
    assert guard.on_report(report("x", Status.CANCELED)) is None
    assert guard.on_report(report("f", status, "insufficient funds")) == (
        "ORDER_FAILURES: 3 in a row, the last: insufficient funds"
    )
    assert guard.on_report(report("g", status)) is None  # counted anew
