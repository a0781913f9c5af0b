"""Silences: how much of them is filled, where warm-up begins anew, and what kind each is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.domain.time import MINUTE
from gal_friday.market.loading import load_history, load_series
from gal_friday.market.series import Held, Window, assemble
from gal_friday.market.table import BarTable
from gal_friday.settings.sections.market import MarketSettings
from tests.market.tables import MARKET, SETTINGS, T0, Noon, bar, kraken, save


def load(folder, minutes, market=MARKET):
    """Series of pairs given as {pair: minutes with a bar}."""
    for pair, which in minutes.items():
        save(folder, f"{pair}_1.csv", kraken([bar(k) for k in which]))
    return load_history(folder, settings=SETTINGS, market=market, clock=Noon()).series


def kinds(series):
    return [(gap.kind, (gap.start_ns - T0) // MINUTE, (gap.end_ns - T0) // MINUTE, gap.bars) for gap in series.gaps]


def test_a_short_silence_becomes_flat_bars(tmp_path):
    rows = [bar(0), bar(1, close="0.55", high="0.6"), bar(4, open_="0.45")]
    series = load_series(save(tmp_path, "XRPUSD_1.csv", kraken(rows)), settings=SETTINGS, market=MARKET)["XRP/USD"]
    assert series.filled.tolist() == [False, False, True, True, False]
    assert series.restart.tolist() == [True, False, False, False, False]
    flat = series.bar(2)
    assert flat.open == flat.high == flat.low == flat.close == series.bar(1).close
    assert (flat.volume, flat.trades, flat.start_ns) == (0, 0, T0 + 2 * MINUTE)
    assert kinds(series) == [("no_trades", 2, 4, 2)]
    assert series.source_rows == 3


@pytest.mark.parametrize(
    ("missing", "filled", "kind"), [(15, 15, "no_trades"), (16, 15, "missing"), (90, 15, "missing")]
)
def test_the_first_minutes_of_any_silence_are_filled(tmp_path, missing, filled, kind):
    series = load(tmp_path, {"XRPUSD": [0, 1, 2 + missing, 3 + missing]})["XRP/USD"]
    assert int(series.filled.sum()) == filled
    assert kinds(series) == [(kind, 2, 2 + missing, missing)]
    assert series.restart.tolist() == [True] + [False] * (1 + filled) + [missing > 15, False]


def test_the_limit_is_in_minutes_whatever_the_interval(tmp_path):
    rows = [bar(k, interval=5 * MINUTE) for k in (0, 1, 5, 6, 11, 12)]
    series = load_series(save(tmp_path, "XRPUSD_5.csv", kraken(rows)), settings=SETTINGS, market=MARKET)["XRP/USD"]
    assert [(gap.kind, gap.bars) for gap in series.gaps] == [("no_trades", 3), ("missing", 4)]
    short = MarketSettings(outage_after_minutes=5)
    (one,) = load_series(tmp_path, settings=SETTINGS, market=short).values()
    assert (int(one.filled.sum()), int(one.restart.sum())) == (2, 3)


def test_a_silence_that_every_pair_shares_is_an_outage(tmp_path):
    busy = [*range(10), *range(50, 70)]
    late = [*range(12), *range(51, 70)]
    found = load(tmp_path, {"XRPUSD": busy, "XDGUSD": late})
    assert kinds(found["XRP/USD"]) == [("outage", 10, 50, 40)]
    assert kinds(found["DOGE/USD"]) == [("outage", 12, 51, 39)]


def test_a_silence_of_one_pair_alone_is_missing(tmp_path):
    found = load(tmp_path, {"XRPUSD": [*range(10), *range(50, 70)], "XDGUSD": range(70)})
    assert kinds(found["XRP/USD"]) == [("missing", 10, 50, 40)]
    assert kinds(found["DOGE/USD"]) == []


def test_a_pair_that_does_not_reach_over_the_silence_has_no_say(tmp_path):
    found = load(tmp_path, {"XRPUSD": [*range(10), *range(50, 70)], "XDGUSD": range(20, 40)})
    assert kinds(found["XRP/USD"]) == [("missing", 10, 50, 40)]
    third = load(tmp_path, {"ETHUSD": [*range(10), *range(45, 70)]})
    assert kinds(third["XRP/USD"]) == [("outage", 10, 50, 40)]


def test_flat_bars_in_a_file_count_as_silence(tmp_path):
    told = [bar(0), bar(1), *(bar(k, "0.5", "0.5", "0.5", "0.5", "0", 0) for k in range(2, 40)), bar(40), bar(41)]
    whole = load_series(save(tmp_path, "XRPUSD_1.csv", kraken(told)), settings=SETTINGS, market=MARKET)["XRP/USD"]
    left_out = kraken([bar(k) for k in (0, 1, 40, 41)])
    bare = load_series(save(tmp_path, "XRPUSD_1b.csv", left_out), settings=SETTINGS, market=MARKET)
    assert whole.sha256 == bare["XRP/USD"].sha256
    assert np.array_equal(whole.start_ns, bare["XRP/USD"].start_ns)
    assert (whole.source_rows, bare["XRP/USD"].source_rows) == (42, 4)


def table(minutes):
    starts = T0 + np.array(minutes, dtype=np.int64) * MINUTE
    rows = np.column_stack([starts, *([np.arange(len(starts)) + 5] * 4), starts * 0 + 7, starts * 0 + 1])
    return BarTable(rows.astype(np.int64), 1, 0)


@settings(max_examples=100)
@given(st.sets(st.integers(0, 200), min_size=1), st.integers(0, 20), st.integers(0, 200))
def test_a_series_cut_short_is_the_beginning_of_the_whole(minutes, limit, cut):
    rows = table(sorted(minutes))
    whole = assemble(Window("XRP/USD", MINUTE), [Held(rows)], limit=limit, synthetic=False)
    part = assemble(Window("XRP/USD", MINUTE, None, T0 + cut * MINUTE), [Held(rows)], limit=limit, synthetic=False)
    assert whole is not None
    starts = whole.start_ns.tolist()
    assert starts == sorted(set(starts))
    expected = set()
    for minute in sorted(minutes):
        expected |= {T0 + (minute + more) * MINUTE for more in range(limit + 1) if minute + more <= max(minutes)}
    for minute in minutes:
        expected.add(T0 + minute * MINUTE)
    assert set(starts) == expected
    if part is not None:
        n = len(part)
        for name in ("start_ns", "open", "close", "volume", "filled", "restart"):
            scale = 10 ** (whole.price_decimals - part.price_decimals) if name in ("open", "close") else 1
            assert np.array_equal(getattr(whole, name)[:n], getattr(part, name) * scale), name
