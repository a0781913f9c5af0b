"""Each kind of bad input is refused by file, line, column, value and remedy, or counted: never lost in silence."""

import pytest

from gal_friday.domain.errors import DataError
from gal_friday.domain.time import MINUTE, SECOND
from gal_friday.market.importing.importer import import_files
from gal_friday.market.loading import load_history
from gal_friday.settings.sections.history import HistorySettings
from tests.market.tables import MARKET, NOW, SETTINGS, T0, Noon, bar, bars, gzipped, headed, kraken, save, zipped

GOOD = bars(12)
LINES = kraken(GOOD).splitlines(keepends=True)


def load(path, **choices):
    settings = HistorySettings(**choices)
    return load_history(path, settings=settings, market=MARKET, clock=Noon())


def with_line(number, text):
    """The good file with its line `number` (from 1) replaced."""
    lines = list(LINES)
    lines[number - 1] = text if isinstance(text, bytes) else text.encode()
    return b"".join(lines)


def line(k, **values):
    return kraken([bar(k, **values)])


T5 = T0 // SECOND + 5 * 60

# name -> (file, what the refusal says, the key that allows it, the choice, rows dropped, rows repaired, bars left)
CASES = {
    "two rows of a time": (
        b"".join([*LINES, line(11, close="0.55")]), ["line 13, column time", "other values than on line 12"],
        "duplicates", "first", 1, 0, 12,
    ),
    "two rows of a time, the last counts": (
        b"".join([*LINES, line(11, close="0.55")]), ["line 13"], "duplicates", "last", 1, 0, 12,
    ),
    "earlier than the row before": (
        b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]), ["line 3, column time", "00:01:00", "00:02:00"],
        "disorder", "sort", 0, 1, 12,
    ),
    "off the grid": (
        with_line(6, f"{T5 + 7},0.5,0.6,0.4,0.5,1,1\n"), ["line 6, column time", "00:05:07", "bars of 1m"],
        "off_grid", "drop", 1, 0, 11,
    ),
    "not a number": (with_line(6, f"{T5},0.5,0.6,abc,0.5,1,1\n"), ["line 6, column low", "'abc'"], "malformed", "drop", 1, 0, 11),
    "a column too few": (with_line(6, f"{T5},0.5,0.6,0.4,0.5,1\n"), ["line 6", "6 columns"], "malformed", "drop", 1, 0, 11),
    "a column too many": (with_line(6, f"{T5},0.5,0.6,0.4,0.5,1,1,9\n"), ["line 6", "8 columns"], "malformed", "drop", 1, 0, 11),
    "half a trade": (with_line(6, f"{T5},0.5,0.6,0.4,0.5,1,1.5\n"), ["line 6, column trades", "1.5"], "malformed", "drop", 1, 0, 11),
    "not UTF-8": (with_line(6, b"\xff\xfe,0.5\n"), ["line 6", "UTF-8"], "malformed", "drop", 1, 0, 11),
    "a second header": (with_line(6, "time,open,high,low,close,volume,trades\n"), ["line 6, column time"], "malformed", "drop", 1, 0, 11),
    "a last line that breaks off": (b"".join(LINES)[:-14], ["line 12", "whole line"], "truncated", "drop", 1, 0, 11),
    "no number": (with_line(6, f"{T5},0.5,0.6,nan,0.5,1,1\n"), ["line 6, column low", "'nan'"], "non_finite", "drop", 1, 0, 11),
    "infinity": (with_line(6, f"{T5},0.5,inf,0.4,0.5,1,1\n"), ["line 6, column high"], "non_finite", "drop", 1, 0, 11),
    "an empty cell": (with_line(6, f"{T5},0.5,0.6,0.4,,1,1\n"), ["line 6, column close", "''"], "non_finite", "drop", 1, 0, 11),
    "a price below zero": (with_line(6, f"{T5},0.5,0.6,-0.4,0.5,1,1\n"), ["line 6, column low", "-0.4"], "negative", "drop", 1, 0, 11),
    "a volume below zero": (with_line(6, f"{T5},0.5,0.6,0.4,0.5,-1,1\n"), ["line 6, column volume"], "negative", "drop", 1, 0, 11),
    "a price of zero": (with_line(6, f"{T5},0.5,0.6,0,0.5,1,1\n"), ["line 6, column low", "was 0"], "zero_price", "drop", 1, 0, 11),
    "a huge price": (with_line(6, f"{T5},0.5,1e308,0.4,0.5,1,1\n"), ["line 6, column high", "1e308"], "too_large", "drop", 1, 0, 11),
    "a price too large beside fine ones": (
        with_line(6, f"{T5},0.5,9000000000000000000,0.4,0.5,1,1\n"), ["line 6, column high"], "too_large", "drop", 1, 0, 11,
    ),
    "too many decimals": (
        with_line(6, f"{T5},0.5,0.60000000000000009,0.4,0.5,1,1\n"), ["line 6, column high", "12 decimals"],
        "too_fine", "round", 0, 1, 12,
    ),
    "too many decimals, dropped": (
        with_line(6, f"{T5},0.5,0.60000000000000009,0.4,0.5,1,1\n"), ["line 6"], "too_fine", "drop", 1, 0, 11,
    ),
    "high below low": (
        with_line(6, f"{T5},0.5,0.4,0.6,0.5,1,1\n"), ["line 6, column high", "high 0.4, low 0.6"],
        "high_below_low", "drop", 1, 0, 11,
    ),
    "a close above the high": (
        with_line(6, f"{T5},0.5,0.6,0.4,0.7,1,1\n"), ["line 6, column close", "close 0.7"], "outside_range", "widen", 0, 1, 12,
    ),
    "an open below the low": (
        with_line(6, f"{T5},0.3,0.6,0.4,0.5,1,1\n"), ["line 6", "open 0.3"], "outside_range", "drop", 1, 0, 11,
    ),
    "from the future": (
        with_line(6, f"{NOW // SECOND // 60 * 60 + 600},0.5,0.6,0.4,0.5,1,1\n"), ["line 6, column time", "2026"], "future", "drop", 1, 0, 11,
    ),
    "from the beginning of time": (with_line(6, "0,0.5,0.6,0.4,0.5,1,1\n"), ["line 6, column time", "0 ns"], "future", "drop", 1, 0, 11),
    "a leap in price": (
        with_line(6, f"{T5},500,600,400,500,1,1\n"), ["line 6, column close", "500.0 after 0.5"], "spike", "drop", 1, 0, 11,
    ),
    "a leap in price, kept": (with_line(6, f"{T5},500,600,400,500,1,1\n"), ["line 6"], "spike", "report", 0, 1, 12),
    "two spacings": (
        kraken(bars(12) + [bar(15 + 5 * k) for k in range(40)]), ["column time", "300 s apart", "interval being 1m"],
        "mixed_interval", "keep", 0, 40, 52,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_anomaly_is_refused_with_place_value_and_remedy(name, tmp_path):
    data, told, key, choice, *_ = CASES[name]
    path = save(tmp_path, "XRPUSD_1.csv", data)
    with pytest.raises(DataError) as refusal:
        load(path, **{key: "error"})
    text = str(refusal.value)
    assert text.startswith(str(path))
    assert f"history.{key}" in text
    assert choice in text
    for part in told:
        assert part in text


@pytest.mark.parametrize("name", CASES)
def test_an_anomaly_is_counted_where_that_is_configured(name, tmp_path):
    data, _, key, choice, dropped, repaired, left = CASES[name]
    history = load(save(tmp_path, "XRPUSD_1.csv", data), **{key: choice})
    report = history.reports[0]
    assert sum(report.dropped.values()) == dropped
    assert sum(report.repaired.values()) == repaired
    assert report.rows == report.kept + dropped
    assert report.kept == report.bars == left
    assert len(report.examples) == 1
    assert int((~history.series["XRP/USD"].filled).sum()) == left


def test_what_a_repair_does_to_the_values(tmp_path):
    again = b"".join([*LINES, line(11, close="0.55")])
    first = load(save(tmp_path, "XRPUSD_1.csv", again), duplicates="first").series["XRP/USD"]
    last = load(tmp_path / "XRPUSD_1.csv", duplicates="last").series["XRP/USD"]
    assert (first.price(first.close)[-1], last.price(last.close)[-1]) == (0.5, 0.55)
    wide = load(save(tmp_path, "XRPUSD_1b.csv", with_line(6, line(5, close="0.7"))), outside_range="widen")
    series = wide.series["XRP/USD"]
    assert series.price(series.high)[5] == 0.7
    mixed = b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]])
    straight = load(save(tmp_path, "XRPUSD_1c.csv", b"".join(LINES))).series["XRP/USD"]
    assert load(save(tmp_path, "XRPUSD_1d.csv", mixed)).series["XRP/USD"].sha256 == straight.sha256


def test_rows_that_agree_count_once_and_are_reported(tmp_path):
    report = load(save(tmp_path, "XRPUSD_1.csv", b"".join([LINES[0], *LINES]))).reports[0]
    assert report.dropped == {"repeated": 1}
    assert (report.rows, report.kept) == (13, 12)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_a_compressed_file_that_is_cut_keeps_its_whole_lines(tmp_path, cut):
    rows = bars(3_000)
    packed = gzipped(kraken(rows))
    path = save(tmp_path, "XRPUSD_1.csv.gz", packed[: int(len(packed) * cut)])
    with pytest.raises(DataError, match="cut off"):
        load(path)
    history = load(path, truncated="drop")
    report = history.reports[0]
    assert report.rows == report.kept + report.dropped.get("truncated", 0)
    assert 0 < report.kept < 3_000
    whole = load(save(tmp_path, "XRPUSD_1b.csv", kraken(rows[: report.kept]))).series["XRP/USD"]
    assert history.series["XRP/USD"].sha256 == whole.sha256


def test_a_checksum_that_does_not_fit_is_refused(tmp_path):
    packed = bytearray(gzipped(kraken(bars(100))))
    packed[-6] ^= 0xFF
    with pytest.raises(DataError, match="CRC"):
        load(save(tmp_path, "XRPUSD_1.csv.gz", bytes(packed)))


def test_a_changed_byte_in_an_archive_is_refused(tmp_path):
    packed = bytearray(zipped({"XRPUSD_1.csv": kraken(bars(200))}))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(DataError):
        load(save(tmp_path, "a.zip", bytes(packed)))


# name of the file, content, what is said
REFUSED = {
    "empty": ("XRPUSD_1.csv", b"", "empty file"),
    "blank": ("XRPUSD_1.csv", b"\n\n \n", "empty file"),
    "header alone": ("XRPUSD_1.csv", headed([]), "none could be kept"),
    "empty gzip": ("XRPUSD_1.csv.gz", gzipped(b""), "empty file"),
    "UTF-16": ("XRPUSD_1.csv", kraken(GOOD).decode().encode("utf-16"), "UTF-16"),
    "binary": ("XRPUSD_1.csv", b"\x01\x00\x02" * 50, "binary data"),
    "one endless line": ("XRPUSD_1.csv", b"1," * 2_000_000, "a line of"),
    "zstd": ("XRPUSD_1.csv.zst", b"\x28\xb5\x2f\xfd" + b"1" * 30, "zstd"),
    "torn parquet": ("2024-01.parquet", b"PAR1" + b"1" * 50, "torn"),
    "torn archive": ("dump.zip", b"PK\x03\x04" + b"1" * 50, "damaged"),
    "empty archive": ("dump.zip", zipped({}), "nothing"),
    "archive of other things": ("dump.zip", zipped({"readme.md": b"x"}), "readme.md"),
    "a member that leads out": ("dump.zip", zipped({"../XRPUSD_1.csv": kraken(GOOD)}), "leads out"),
    "an absolute member": ("dump.zip", zipped({"/etc/XRPUSD_1.csv": kraken(GOOD)}), "leads out"),
    "a member on another drive": ("dump.zip", zipped({"C:\\XRPUSD_1.csv": kraken(GOOD)}), "leads out"),
    "JSON": ("XRPUSD_1.csv", b'{"a": [1, 2]}\n', "header without"),
    "no pair in the name": ("prices.csv", kraken(GOOD), "PAIR=PATH"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_by_name(name, tmp_path):
    file, data, told = REFUSED[name]
    path = save(tmp_path, file, data)
    for deed in (load, lambda p: import_files([p], tmp_path / "store", settings=SETTINGS, clock=Noon())):
        with pytest.raises(DataError) as refusal:
            deed(path)
        assert file in str(refusal.value)
        assert told in str(refusal.value)
    assert not list((tmp_path / "store").rglob("*.parquet"))


def test_members_that_are_no_tables_are_refused_where_that_is_configured(tmp_path):
    path = save(tmp_path, "dump.zip", zipped({"XRPUSD_1.csv": kraken(GOOD), "readme.md": b"x"}))
    with pytest.raises(DataError, match="readme.md"):
        load(path, foreign_member="error")
    done = import_files([path], tmp_path / "store", settings=SETTINGS)
    assert done.passed == [f"{path}:readme.md"]


def test_what_is_harmless_is_noted(tmp_path):
    data = b"\xef\xbb\xbf" + kraken(GOOD).replace(b"\n", b"\r\n", 3).replace(b"\r\n", b"\r\n\r\n", 1).rstrip(b"\n")
    report = load(save(tmp_path, "XRPUSD_1.csv", data)).reports[0]
    assert sorted(report.notes) == [
        "begins with a byte-order mark", "has blank lines", "lines end with CR LF", "the last line has no line end",
    ]  # fmt: skip
    assert report.kept == 12


def test_trades_have_the_same_rules(tmp_path):
    start = T0 // SECOND
    bad = f"{start + 5},0.5,1\n{start + 1},-0.5,1\n{start + 2},0,1\n{start + 3},x,1\n{start + 1},0.6,2\n".encode()
    path = save(tmp_path, "XRPUSD.csv", bad)
    with pytest.raises(DataError, match="line 4, column price"):
        load(path)
    report = load(path, malformed="drop", negative="drop", zero_price="drop").reports[0]
    assert report.dropped == {"malformed": 1, "negative": 1, "zero_price": 1}
    assert report.repaired == {"disorder": 1}
    assert (report.rows, report.kept, report.bars) == (5, 2, 1)


def test_a_trade_of_a_bar_long_closed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("gal_friday.market.importing.sources.BLOCK", 40)
    start = T0 // SECOND
    lines = [f"{start + 60 * k},0.5,1\n" for k in range(10)] + [f"{start},0.5,1\n"]
    with pytest.raises(DataError, match="sort the file"):
        load(save(tmp_path, "XRPUSD.csv", "".join(lines).encode()))


def test_a_refused_file_leaves_the_store_as_it_was(tmp_path):
    store = tmp_path / "store"
    import_files([save(tmp_path, "XRPUSD_1.csv", kraken(GOOD))], store, settings=SETTINGS)
    before = {path: path.read_bytes() for path in store.rglob("*.parquet")}
    later = kraken([bar(k, interval=MINUTE) for k in range(20, 30)]) + b"rubbish\n"
    with pytest.raises(DataError, match="line 11"):
        import_files([save(tmp_path, "XRPUSD_1b.csv", later)], store, settings=SETTINGS)
    assert {path: path.read_bytes() for path in store.rglob("*.parquet")} == before
