"""The tape says of every bar what the series holds, at the right step, and quiet bars may be left unplayed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.backtest.event import EventDriver
from gal_friday.backtest.recorder import Recorder
from gal_friday.backtest.replay import Replay
from gal_friday.backtest.tape import bar_payloads, texts, timeline, times
from gal_friday.backtest.world import build
from gal_friday.domain.numbers import units_text
from gal_friday.domain.time import iso
from tests.backtest.worlds import case


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=40), st.integers(0, 12))
def test_texts_are_those_of_the_units(counts, decimals):
    column = np.array(counts, dtype=np.int64)
    assert texts(column, decimals) == [units_text(count, decimals) for count in counts]


@given(st.lists(st.integers(-(10**17), 4 * 10**18), min_size=1, max_size=40))
def test_times_are_written_as_everywhere(moments):
    assert times(np.array(moments, dtype=np.int64)) == [iso(moment) for moment in moments]


@pytest.mark.parametrize("number", range(6))
def test_every_bar_is_told_once_in_order(number):
    drawn = case(number, 5_000)
    world = build(drawn.config(), drawn.series())
    for series in world.series.values():
        told = list(bar_payloads(series, world.interval_ns + world.grace_ns))
        assert [restart for _, restart in told] == series.restart.tolist()
        for row in (0, 1, len(series) // 2, len(series) - 1):
            payload, start = told[row][0], int(series.start_ns[row])
            assert payload["timestamp_bar_start"] == iso(start)
            assert payload["timestamp_seen"] == iso(start + world.interval_ns + world.grace_ns)
            assert payload["close"] == units_text(int(series.close[row]), series.price_decimals)
            assert payload["volume"] == units_text(int(series.volume[row]), series.volume_decimals)
    present = list(timeline(world))
    assert len(present) == len(world.starts)
    for pair, rows in world.rows.items():
        assert [dict(step).get(pair, -1) for step in present] == rows.tolist()
    assert all([pair for pair, _ in step] == sorted(pair for pair, _ in step) for step in present)


@pytest.mark.parametrize("number", range(100, 112))
def test_playing_the_quiet_bars_too_changes_nothing(number, monkeypatch):
    drawn = case(number, 1_500)
    series = drawn.series()
    world = build(drawn.config(), series, drawn.books(series))
    quick, full = io.BytesIO(), io.BytesIO()
    run = EventDriver(world, drawn.money, Recorder(quick)).run()
    monkeypatch.setattr(Replay, "_stirs", lambda self, pair, row: True)
    whole = EventDriver(world, drawn.money, Recorder(full)).run()
    assert quick.getvalue() == full.getvalue()
    assert (run.ledger_sha256, run.final_equity, run.fills) == (whole.ledger_sha256, whole.final_equity, whole.fills)
