"""Recorded markets: what is in them, what is missing, and that every way to read them agrees."""

import gzip
import subprocess
import sys
import time
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from gal_friday.domain.errors import DataError
from gal_friday.domain.numbers import units_decimal
from gal_friday.domain.time import MINUTE, SECOND, from_iso
from gal_friday.market.gaps import absence
from gal_friday.market.generator import generate, write_market
from gal_friday.market.importing.importer import import_files
from gal_friday.market.importing.reading import Reading, TableReader
from gal_friday.market.importing.sources import members
from gal_friday.market.loading import load_series
from gal_friday.market.table import joined
from gal_friday.market.verify import verify
from tests.market.tables import MARKET, NOW, SETTINGS, T0

pytestmark = pytest.mark.acceptance

# file -> pair, minutes a bar, rows, first, last, bars missing, runs of them, the longest run and its start
FILES = {
    "kraken/XRPUSD_5_20240701_20241031.csv.gz": ("XRP/USD", 5, 35_244, "2024-07-01T00:00", "2024-10-31T23:55", 180, 148, 14, "2024-09-27T04:10"),
    "kraken/XDGUSD_5_20240701_20241031.csv.gz": ("DOGE/USD", 5, 35_021, "2024-07-01T00:00", "2024-10-31T23:55", 403, 365, 11, "2024-09-27T04:25"),
    "kraken/ETHUSD_5_20240701_20241031.csv.gz": ("ETH/USD", 5, 35_380, "2024-07-01T00:00", "2024-10-31T23:55", 44, 24, 14, "2024-09-27T04:10"),
    "kraken/XBTUSDC_1_20230101_20230331.csv.gz": ("BTC/USDC", 1, 56_717, "2023-01-01T00:00", "2023-03-31T23:59", 72_883, 26_746, 87, "2023-02-22T00:07"),
    "kraken/XRPEUR_1_20220513_20220612_from_trades.csv.gz": ("XRP/EUR", 1, 29_700, "2022-05-13T00:00", "2022-06-12T23:59", 14_940, 7_522, 91, "2022-05-26T22:01"),
    "binance/DOGEUSDT_1m_20210402_20210615.csv.gz": ("DOGE/USDT", 1, 106_857, "2021-04-02T00:00", "2021-06-15T12:10", 434, 2, 284, "2021-04-25T04:01"),
    "binance/XRPUSDT_1m_20210402_20210615.csv.gz": ("XRP/USDT", 1, 106_859, "2021-04-02T00:00", "2021-06-15T12:11", 433, 2, 283, "2021-04-25T04:02"),
    "binance/ETHUSDT_1m_20210402_20210615.csv.gz": ("ETH/USDT", 1, 106_857, "2021-04-02T00:00", "2021-06-15T12:10", 434, 2, 284, "2021-04-25T04:01"),
    "binance/BTCUSDT_1m_20210402_20210520.csv.gz": ("BTC/USDT", 1, 69_927, "2021-04-02T00:00", "2021-05-20T20:40", 434, 2, 284, "2021-04-25T04:01"),
    "binance/DOGEUSDT_1m_20230316_20230501.csv.gz": ("DOGE/USDT", 1, 66_088, "2023-03-16T22:15", "2023-05-01T21:02", 80, 1, 80, "2023-03-24T12:40"),
    "binance/BTCUSDT_1m_20230316_20230501.csv.gz": ("BTC/USDT", 1, 66_087, "2023-03-16T22:15", "2023-05-01T21:01", 80, 1, 80, "2023-03-24T12:40"),
    "binance/ETHUSDT_1m_20230316_20230501.csv.gz": ("ETH/USDT", 1, 66_087, "2023-03-16T22:15", "2023-05-01T21:01", 80, 1, 80, "2023-03-24T12:40"),
    "binance/XRPUSDT_1m_20230401_20230501.csv.gz": ("XRP/USDT", 1, 43_199, "2023-04-01T21:03", "2023-05-01T21:01", 0, 0, 0, None),
    "binance/XRPUSDT_1m_20240925_20241031.csv.gz": ("XRP/USDT", 1, 53_100, "2024-09-25T03:00", "2024-10-31T23:59", 0, 0, 0, None),
    "binance/BTCUSDT_1m_20241001_20241031.csv.gz": ("BTC/USDT", 1, 44_460, "2024-10-01T03:00", "2024-10-31T23:59", 0, 0, 0, None),
    "binance/ETHUSDT_1m_20241001_20241031.csv.gz": ("ETH/USDT", 1, 44_460, "2024-10-01T03:00", "2024-10-31T23:59", 0, 0, 0, None),
}  # fmt: skip


def read(path):
    (member,), _ = members(path, SETTINGS)
    reader = TableReader(member, Reading(SETTINGS, NOW))
    return joined(list(reader.tables())), reader.report


@pytest.mark.parametrize("name", FILES)
def test_a_recording_holds_what_is_said_of_it(name, market_data):
    pair, minutes, rows, first, last, missing, runs, longest, at = FILES[name]
    table, report = read(market_data / name)
    assert (report.pair, report.interval_ns, report.rows, report.kept) == (pair, minutes * MINUTE, rows, rows)
    assert not report.dropped
    assert not report.repaired
    assert (report.first_ns, report.last_ns) == (from_iso(f"{first}:00Z"), from_iso(f"{last}:00Z"))
    found = absence(table.starts, report.interval_ns)
    assert (found.bars, found.runs, found.longest) == (missing, runs, longest)
    assert found.longest_from_ns == (from_iso(f"{at}:00Z") if at else None)


@pytest.mark.parametrize("name", FILES)
def test_every_digit_of_a_recording_survives(name, market_data):
    table, _ = read(market_data / name)
    lines = gzip.decompress((market_data / name).read_bytes()).decode().splitlines()
    rows = [line.split(",") for line in lines if line[0].isdigit()]
    for k in range(0, len(rows), 7):
        read_row = table.rows[k].tolist()
        assert [units_decimal(v, table.price_decimals) for v in read_row[1:5]] == [Decimal(t) for t in rows[k][1:5]]
        assert units_decimal(read_row[5], table.volume_decimals) == Decimal(rows[k][5])


def test_trades_make_the_bars_that_lie_beside_them(market_data):
    folder = market_data / "kraken"
    made, report = read(folder / "XRPEUR_trades_20220513_20220612.csv.gz")
    assert (report.rows, report.kept, report.bars) == (121_725, 121_725, 29_700)
    told, _ = read(folder / "XRPEUR_1_20220513_20220612_from_trades.csv.gz")
    scale = max(made.price_decimals, told.price_decimals), max(made.volume_decimals, told.volume_decimals)
    assert np.array_equal(made.at(*scale).rows, told.at(*scale).rows)


def test_the_outages_are_told_from_quiet_minutes(market_data):
    names = ("XRPUSD", "XDGUSD", "ETHUSD")
    files = [market_data / "kraken" / f"{name}_5_20240701_20241031.csv.gz" for name in names]
    found = load_series(files, settings=SETTINGS, market=MARKET)
    for series in found.values():
        outages = [gap for gap in series.gaps if gap.kind == "outage"]
        assert from_iso("2024-09-27T05:20:00Z") in [gap.end_ns for gap in outages]
        assert sum(gap.bars for gap in series.gaps) == int(series.filled.sum()) + _lost(series)
    year = [market_data / name for name in FILES if "_2021" in name]
    for series in load_series(year, settings=SETTINGS, market=MARKET).values():
        assert [gap.kind for gap in series.gaps] == ["outage", "outage"]
    alone = load_series([market_data / "kraken/XBTUSDC_1_20230101_20230331.csv.gz"], settings=SETTINGS, market=MARKET)
    longest = max(alone["BTC/USDC"].gaps, key=lambda gap: gap.bars)
    assert (longest.kind, longest.bars) == ("missing", 87)


def _lost(series):
    return sum(int(b - a) // series.interval_ns - 1 for a, b in pairwise(series.start_ns.tolist()))


def test_the_store_gives_back_what_the_files_have(market_data, tmp_path):
    files = [market_data / name for name in FILES]
    done = import_files(files, tmp_path, settings=SETTINGS)
    assert done.new + done.known == sum(each[2] for each in FILES.values())
    assert verify(tmp_path) == []
    for minutes in (1, 5):
        wanted = [market_data / name for name, each in FILES.items() if each[1] == minutes]
        direct = load_series(wanted, settings=SETTINGS, market=MARKET)
        stored = load_series(tmp_path, list(direct), interval_ns=minutes * MINUTE, settings=SETTINGS, market=MARKET)
        assert {p: (s.sha256, len(s)) for p, s in direct.items()} == {p: (s.sha256, len(s)) for p, s in stored.items()}


FOREIGN = [
    "kraken/XRPUSD_ticker_poll_20230511_20230831.csv.gz", "kraken/ws_v2_ohlc5_4pairs_20241112.csv.gz",
    "kraken/ws_v2_trades_4pairs_20241112.csv.gz", "kraken/ws_v2_L2top10_DOGEUSD_20241112.csv.gz",
    "kraken/rest_OHLC_XBTUSDT_1_20251110.json.gz", "kraken/ws_v1_trade_10pairs_20210417.txt.gz",
    "bybit/XRPUSDT_linear_ob500_20241201.zip", "binance/ETHUSDT_spot_ws_20240808.gz",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_recordings_of_other_things_are_refused(name, market_data):
    with pytest.raises(DataError, match="expected"):
        read(market_data / name)


MEASURE = """
import resource, sys
from gal_friday.market.loading import load_series
from gal_friday.settings.sections.history import HistorySettings
from gal_friday.settings.sections.market import MarketSettings
def load(**when):
    return load_series(sys.argv[1], settings=HistorySettings(), market=MarketSettings(), **when)["XRP/USD"]
load(end_ns=%d)
before = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
series = load()
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(series), (int(peak.split()[1]) * 1024 - before) / 1e6)
"""


def test_five_years_are_made_quickly_and_loaded_in_little_memory(tmp_path):
    generate(["XRP/USD"], T0, 100)
    began = time.process_time()
    generate(["XRP/USD"], T0, 525_600)
    assert time.process_time() - began < 4
    start = from_iso("2020-01-01T00:00:00Z")
    series, _ = generate(["XRP/USD"], start, 5 * 525_600, books=False)
    write_market(tmp_path, series)
    code = MEASURE % (start + 86_400 * SECOND)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    rows, megabytes = done.stdout.split()
    assert int(rows) == 5 * 525_600
    assert float(megabytes) < 250
    began = time.process_time()
    year = load_series(tmp_path, end_ns=start + 365 * 86_400 * SECOND, settings=SETTINGS, market=MARKET)
    assert len(year["XRP/USD"]) == 525_600
    assert time.process_time() - began < 2
