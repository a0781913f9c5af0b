"""The same rows give the same series and the same hash, whatever they are written in."""

import random
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.domain.errors import DataError
from gal_friday.domain.numbers import units
from gal_friday.domain.time import MINUTE, SECOND
from gal_friday.market.importing import sources
from gal_friday.market.importing.importer import import_files
from gal_friday.market.importing.trades import summed
from gal_friday.market.loading import load_history, load_series
from tests.market.tables import (
    MARKET,
    SETTINGS,
    T0,
    Noon,
    bar,
    bars,
    binance,
    gzipped,
    headed,
    kraken,
    markets,
    save,
    zipped,
)  # fmt: skip


def load(paths, **options):
    return load_series(paths, settings=options.pop("settings", SETTINGS), market=MARKET, **options)


def same(left, right):
    for field in fields(left):
        a, b = getattr(left, field.name), getattr(right, field.name)
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name


def forms(rows):
    return {
        "XRPUSD_1.csv": kraken(rows),
        "XRPUSD_1.csv.gz": gzipped(kraken(rows)),
        "dump.zip": zipped({"XRPUSD_1.csv": kraken(rows), "readme.md": b"hello", "__MACOSX/XRPUSD_1.csv": b"x"}),
        "nested.zip": zipped({"deep/er/XRPUSD-1m-2024.csv.gz": gzipped(binance(rows))}),
        "XRPUSD-1m-ms.csv": binance(rows),
        "XRPUSD-1m-us.csv": binance(rows, unit=10**3, header=True),
        "XRPUSD_1m_s.csv": headed(rows),
        "XRPUSD_1m_ms.csv": headed(rows, unit=10**6, name="timestamp_ms"),
        "XRPUSD_1m_iso.csv": headed(rows, iso=True, name="date"),
        "XRPUSD_1m_bom.csv": b"\xef\xbb\xbf" + headed(rows, iso=True),
        "XXRPZUSD_1m_semicolon.csv": kraken(rows).replace(b",", b";"),
        "XRP-USD_1m_tab.txt": b"\n" + kraken(rows).replace(b",", b" \t ").rstrip(b"\n"),
        "XRP_USD-1m_quoted.csv": b'"' + kraken(rows).replace(b",", b'","').replace(b"\n", b'"\n"')[:-1],
    }


@settings(max_examples=12)
@given(rows=markets())
def test_every_form_gives_the_same_series(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    first = None
    for name, data in forms(rows).items():
        path = save(folder, name, data)
        series = load(path)["XRP/USD"]
        first = first or series
        same(first, series)
        assert series.source_rows == len(rows)
    import_files([folder / "XRPUSD_1.csv"], folder / "store", settings=SETTINGS)
    same(first, load(folder / "store")["XRP/USD"])
    parts = sorted((folder / "store" / "XRP-USD" / "1m").glob("*.parquet"))
    same(first, load(parts)["XRP/USD"])
    places = first.price_decimals
    at = np.searchsorted(first.start_ns, [row[0] for row in rows])
    for row, k in zip(rows, at.tolist(), strict=True):
        assert first.bar(k).open == units(str(row[1]), places)
        assert first.bar(k).volume == units(str(row[5]), first.volume_decimals)


@settings(max_examples=15)
@given(rows=markets(), seed=st.integers(0, 1_000), block=st.integers(20, 400))
def test_neither_blocks_nor_the_order_of_files_matter(rows, seed, block, tmp_path_factory):
    folder = tmp_path_factory.mktemp("blocks")
    whole = load(save(folder, "XRPUSD_1.csv", kraken(rows)))["XRP/USD"]
    luck = random.Random(seed)
    cut = luck.randrange(1, len(rows))
    overlap = max(0, cut - luck.randrange(3))
    pieces = [
        save(folder, "XRPUSD_1_a.csv", kraken(rows[:cut])),
        save(folder, "XRPUSD_1_b.csv", kraken(rows[overlap:])),
    ]
    luck.shuffle(pieces)
    before, sources.BLOCK = sources.BLOCK, block
    try:
        history = load_history(pieces, settings=SETTINGS, market=MARKET)
        import_files(pieces, folder / "store", settings=SETTINGS)
    finally:
        sources.BLOCK = before
    same(whole, history.series["XRP/USD"])
    assert history.repeated == cut - overlap
    same(whole, load(folder / "store")["XRP/USD"])


@settings(max_examples=20)
@given(
    trades=st.lists(
        st.tuples(st.integers(0, 600), st.integers(1, 10**6), st.integers(1, 10**9)), min_size=1, max_size=60
    ),
    block=st.integers(30, 400),
)
def test_trades_are_summed_to_the_bars_they_make(trades, block, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trades")
    trades = sorted(trades, key=lambda trade: trade[0])
    made = {}
    for second, price, lots in trades:
        made.setdefault(second // 60, []).append((price, lots))
    rows = [
        (
            T0 + k * MINUTE,
            f"{t[0][0]}e-5",
            f"{max(p for p, _ in t)}e-5",
            f"{min(p for p, _ in t)}e-5",
            f"{t[-1][0]}e-5",
            f"{sum(v for _, v in t)}e-8",
            len(t),
        )
        for k, t in sorted(made.items())
    ]
    plain = "".join(f"{T0 // SECOND + s}.25,{p}e-5,{v}e-8\n" for s, p, v in trades)
    lines = [f"{T0 // 10**6 + s * 1_000},,limit,buy,{p}e-5,{v}e-8,1.0" for s, p, v in trades]
    told = "\n".join(["ts_ms,id,type,side,price,amount,cost", *lines])
    expected = load(save(folder, "XRPUSD_1.csv", kraken(rows)))["XRP/USD"]
    before, sources.BLOCK = sources.BLOCK, block
    try:
        for name, text in (("XRPUSD.csv", plain), ("XRPUSD_trades.csv", told)):
            found = load_history(save(folder, name, text.encode()), settings=SETTINGS, market=MARKET)
            same(expected, found.series["XRP/USD"])
            assert found.reports[0].rows == found.reports[0].kept == len(trades)
    finally:
        sources.BLOCK = before


def test_trades_are_summed_to_the_interval_asked_for(tmp_path):
    path = save(tmp_path, "XRPUSD.csv", b"".join(b"%d,0.5,1\n" % (T0 // SECOND + 60 * k) for k in range(20)))
    series = load(path, interval_ns=5 * MINUTE)["XRP/USD"]
    assert series.interval_ns == 5 * MINUTE
    assert series.trades.tolist() == [5, 5, 5, 5]


def test_a_sum_of_volumes_beyond_64_bits_is_refused():
    trades = np.array([[0, 1, 2**62], [1, 1, 2**62]], dtype=np.int64)
    with pytest.raises(DataError, match="sum of volumes"):
        summed(trades, MINUTE)


def test_a_table_of_two_pairs_or_of_unknown_columns_is_refused(tmp_path):
    two = save(tmp_path, "XRPUSD.csv", b"timestamp,symbol,open,high,low,close,volume\n1,XRP/USD,1,1,1,1,1\n")
    with pytest.raises(DataError, match="one pair in a file"):
        load(two)
    with pytest.raises(DataError, match="header without high, low"):
        load(save(tmp_path, "XRPUSD_b.csv", b"time,open,close,volume\n1,2,3,4\n"))
    with pytest.raises(DataError, match="5 columns without a header"):
        load(save(tmp_path, "XRPUSD_c.csv", b"1,2,3,4,5\n"))


def test_a_pair_may_be_told(tmp_path):
    path = save(tmp_path, "prices.csv", kraken(bars(5)))
    with pytest.raises(DataError, match="PAIR=PATH"):
        load(path)
    assert list(load([f"XBTUSD={path}"])) == ["BTC/USD"]


def test_the_interval_is_that_of_the_spacing_or_of_the_name(tmp_path):
    five = [bar(k, interval=5 * MINUTE) for k in range(6)]
    assert load(save(tmp_path, "XRPUSD.csv", kraken(five)))["XRP/USD"].interval_ns == 5 * MINUTE
    sparse = [bar(0), bar(2), bar(4)]
    assert load(save(tmp_path, "XRPUSD_1.csv", kraken(sparse)))["XRP/USD"].interval_ns == MINUTE
    with pytest.raises(DataError, match="two rows or more"):
        load(save(tmp_path, "XRPUSD_x.csv", kraken(five[:1])))


def test_several_intervals_need_a_choice(tmp_path):
    one = save(tmp_path, "XRPUSD_1.csv", kraken(bars(10)))
    five = save(tmp_path, "XRPUSD_5.csv", kraken(bars(4, interval=5 * MINUTE)))
    assert load([one, five])["XRP/USD"].interval_ns == MINUTE
    assert load([one, five], interval_ns=5 * MINUTE)["XRP/USD"].interval_ns == 5 * MINUTE
    with pytest.raises(DataError, match="expected bars of 15m, was 1m, 5m"):
        load([one, five], interval_ns=15 * MINUTE)
    other = save(tmp_path, "DOGEUSD_5.csv", kraken(bars(4, interval=5 * MINUTE)))
    with pytest.raises(DataError, match="DOGE/USD 5m"):
        load([one, other])


def test_only_the_pairs_and_times_asked_for_are_loaded(tmp_path):
    save(tmp_path, "XRPUSD_1.csv", kraken(bars(20)))
    save(tmp_path, "DOGEUSD_1.csv", kraken(bars(20)))
    found = load(tmp_path, pairs=["XDGUSD"], start_ns=T0 + 5 * MINUTE, end_ns=T0 + 9 * MINUTE)
    assert list(found) == ["DOGE/USD"]
    assert found["DOGE/USD"].start_ns.tolist() == [T0 + k * MINUTE for k in range(5, 9)]
    with pytest.raises(DataError, match="expected bars of ETH/USD"):
        load(tmp_path, pairs=["ETH/USD"])
    with pytest.raises(DataError, match="widen the dates"):
        load(tmp_path, start_ns=T0 + 500 * MINUTE)
    with pytest.raises(DataError, match="nothing there"):
        load(tmp_path / "absent.csv")


def test_progress_is_told_up_to_the_size_of_the_file(tmp_path):
    path, told = save(tmp_path, "XRPUSD_1.csv.gz", gzipped(kraken(bars(500)))), []
    load_history(path, settings=SETTINGS, market=MARKET, on_progress=told.append, clock=Noon())
    assert told[-1].bytes_done == told[-1].bytes_total == path.stat().st_size
    assert told[-1].rows == 500
