"""Bad input at the program's own door: three lines that name place, value and remedy, exit code 2, and no trace."""

import gzip
import io
import zipfile

import pytest

from gal_friday import __main__ as program

T0 = 1_704_067_200  # 2024-01-01, UTC
CSV = "XRPUSD_1.csv"
GOOD = [f"{T0 + 60 * k},0.62,0.63,0.61,0.62,100.5,7\n" for k in range(40)]


def table(row=None, text=None, *, more=()):
    """Forty good bars of Kraken's form, the row (from 1) replaced, and more rows after them."""
    lines = list(GOOD)
    if row is not None:
        lines[row - 1] = text
    return "".join([*lines, *more]).encode()


def at(row, rest):
    return f"{T0 + 60 * (row - 1)},{rest}\n"


def bad(row, rest):
    return {CSV: table(row, at(row, rest))}


def zipped(**members):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("_csv", ".csv").replace("_txt", ".txt"), content)
    return archive.getvalue()


FIVE = "".join(f"{T0 + 300 * k},0.1,0.1,0.1,0.1,1,1\n" for k in range(20))
EURO = "".join(f"{T0 + 60 * k},0.1,0.1,0.1,0.1,1,1\n" for k in range(20))
BOOK = "features: {definitions: [{kind: imbalance}]}\nstrategy: {strategies: [{id: a, use: threshold, parameters: {feature: imbalance_5}}]}\n"
STRATEGY = "class Mine:\n    def __init__(self, parameters):\n        raise ValueError('low must be below high')\n"

# what is wrong -> (files, what the command line ends with, what must be said)
DATA = {
    "no such file": ({}, [], ["XRPUSD_1.csv", "nothing there", "check the path"]),
    "an empty file": ({CSV: b""}, [], [CSV, "empty file"]),
    "a header and no row": ({CSV: b"time,open,high,low,close,volume,trades\n"}, [], [CSV]),
    "a picture": ({CSV: b"\x89PNG\r\n\x1a\n" + bytes(range(256))}, [], [CSV]),
    "UTF-16": ({CSV: "".join(GOOD).encode("utf-16")}, [], [CSV, "save it as UTF-8"]),
    "a page instead of a table": ({CSV: b"<!doctype html>\n<html>busy</html>\n"}, [], [CSV, "line 1", "<!doctype html>"]),
    "columns that nobody knows": ({CSV: b"a,b,c,d,e\n1,2,3,4,5\n"}, [], [CSV, "line 1", "a,b,c,d,e"]),
    "high below low": (bad(9, "0.62,0.60,0.61,0.605,5,1"), [], ["line 9", "high", "history.high_below_low"]),
    "close outside the range": (bad(9, "0.62,0.63,0.61,0.99,5,1"), [], ["line 9", "0.99", "history.outside_range"]),
    "a negative price": (bad(9, "0.62,0.63,-0.61,0.62,5,1"), [], ["line 9", "low", "-0.61", "history.negative"]),
    "a negative volume": (bad(9, "0.62,0.63,0.61,0.62,-5,1"), [], ["line 9", "volume", "-5", "history.negative"]),
    "a price of zero": (bad(9, "0.62,0.63,0,0.62,5,1"), [], ["line 9", "low", "history.zero_price"]),
    "not a number": (bad(9, "0.62,0.63,nan,0.62,5,1"), [], ["line 9", "low", "'nan'", "history.non_finite"]),
    "an infinite volume": (bad(9, "0.62,0.63,0.61,0.62,inf,1"), [], ["line 9", "volume", "'inf'", "history.non_finite"]),
    "an empty cell": (bad(9, "0.62,0.63,,0.62,5,1"), [], ["line 9", "low", "''", "history.non_finite"]),
    "a word for a number": (bad(9, "0.62,0.63,cheap,0.62,5,1"), [], ["line 9", "low", "'cheap'", "history.malformed"]),
    "a comma for a point": (bad(9, "0,62,0,63,0,61,0,62,5,1"), [], ["line 9", "11 columns", "history.malformed"]),
    "a column too few": (bad(9, "0.62,0.63,0.61,0.62,5"), [], ["line 9", "6 columns", "history.malformed"]),
    "a last line that breaks off": ({CSV: table()[:-9]}, [], ["line 40", "history.truncated"]),
    "two rows of a time that differ": (
        {CSV: table(more=[f"{T0 + 60 * 39},0.62,0.63,0.61,0.61,5,1\n"])}, [], ["line 41", "line 40", "history.duplicates"],
    ),
    "rows out of order, where that is forbidden": (
        {CSV: table(9, GOOD[20])}, ["--set", "history.disorder=error"], ["line 10", "history.disorder"],
    ),
    "off the grid": (
        {CSV: table(9, f"{T0 + 487},0.62,0.63,0.61,0.62,5,1\n")}, [], ["line 9", "00:08:07", "history.off_grid"],
    ),
    "another interval within the file": (
        {CSV: table(more=[f"{T0 + 86_400 + 300 * k},0.62,0.63,0.61,0.62,5,1\n" for k in range(40)])},
        [], ["line", "history.mixed_interval"],
    ),
    "a time in the far future": ({CSV: table(40, "99999999999,0.62,0.63,0.61,0.62,5,1\n")}, [], ["line 40", "history.future"]),
    "a time in an unknown unit": ({CSV: b"".join(b"%d,1,1,1,1,1,1\n" % k for k in range(20))}, [], [CSV]),
    "a number that 64 bits do not hold": (bad(9, "0.62,0.63,0.61,0.62,99999999999999999999,1"), [], ["line 9", "volume", "history.too_large"]),
    "more decimals than twelve": (bad(9, "0.62,0.63,0.61,0.6200000000000001,5,1"), [], ["line 9", "close", "history.too_fine"]),
    "one row alone": ({"XRPUSD.csv": GOOD[0].encode()}, [], ["XRPUSD.csv", "interval"]),
    "a name without a pair": ({"prices.csv": table()}, [], ["prices.csv", "PAIR=PATH"]),
    "a pair that is none": ({CSV: table()}, ["--pairs", "XRP/"], ["XRP/", "a pair such as XRP/USD"]),
    "a pair that is not in the data": ({CSV: table()}, ["--pairs", "ADA/USD"], ["ADA/USD", "none"]),
    "dates without data": ({CSV: table()}, ["--start", "2020-01-01", "--end", "2020-02-01"], ["2020-01-01", "widen the dates"]),
    "an end before the start": ({CSV: table()}, ["--start", "2024-02-01", "--end", "2024-01-01"], ["check --start and --end"]),
    "two intervals": ({CSV: table(), "DOGEUSD_5.csv": FIVE.encode()}, ["--data", "DOGEUSD_5.csv"], ["DOGE/USD 5m", "bars of 1m", "market.interval"]),
    "two quote assets": ({CSV: table(), "XRPEUR_1.csv": EURO.encode()}, ["--data", "XRPEUR_1.csv"], ["EUR", "USD", "run them apart"]),
    "the same pair twice": ({CSV: table(), "a/XRPUSD_1.csv": table(3, at(3, "1,1,1,1,1,1"))}, ["--data", "a/XRPUSD_1.csv"], ["XRP/USD"]),
    "book features and no book": ({CSV: table(), "gal_friday.yaml": BOOK.encode()}, [], ["imbalance_5", "order book"]),
}  # fmt: skip
FILES = {
    "half a gzip file": ("XRPUSD_1.csv.gz", gzip.compress(table(), mtime=0)[:-40], ["XRPUSD_1.csv.gz", "history.truncated"]),
    "a damaged archive": ("k.zip", zipped(XRPUSD_1_csv=table())[:-30], ["k.zip", "whole zip archive"]),
    "an archive without a table": ("k.zip", zipped(readme_txt=b"hello"), ["k.zip", "readme.txt"]),
    "Parquet that is none": ("XRPUSD_1.parquet", b"PAR1" + b"\0" * 40 + b"PAR1", ["XRPUSD_1.parquet"]),
    "another kind of file": ("XRPUSD_1.xlsx", b"PK\x03\x04" + b"\0" * 40, ["XRPUSD_1.xlsx"]),
    "a folder without data": ("folder/notes.txt", b"hello", ["folder"]),
}  # fmt: skip
SETTINGS = {
    "a file that is not there": (None, ["-c", "none.yaml"], ["none.yaml"]),
    "a tab": ("risk:\n\ton_cap: shrink\n", [], ["gal_friday.yaml:2", "indent with spaces"]),
    "brackets left open": ("risk: {on_cap: shrink\n", [], ["gal_friday.yaml:", "YAML"]),
    "an unknown key": ("risk:\n  max_exposure: 20\n", [], ["gal_friday.yaml:2", "did you mean risk.max_exposure_pct?"]),
    "a value out of range": ("risk:\n  max_exposure_pct: 250\n", [], ["gal_friday.yaml:2", "from 0 to 100", "was 250"]),
    "another unit": ("simulation:\n  latency_ms: 0.5 s\n", [], ["gal_friday.yaml:2", "0.5 s", "write 500"]),
    "a word for a number": ("risk:\n  max_open_orders: five\n", [], ["gal_friday.yaml:2", "was five"]),
    "no such choice": ("backtest:\n  after_halt: never\n", [], ["gal_friday.yaml:2", "was never", "next_day"]),
    "a key twice": ("risk:\n  on_cap: shrink\n  on_cap: reject\n", [], ["gal_friday.yaml:3", "on line 2"]),
    "limits in an impossible order": ("risk:\n  daily_drawdown_pct: 6\n", [], ["gal_friday.yaml:2", "6, 5, 15"]),
    "a halt before the block": ("market:\n  halt_stale_after_s: 1\n", [], ["gal_friday.yaml:2", "stale_after_s", "1.0"]),
    "a secret in the settings": ("kraken:\n  api_secret: abcdef\n", [], ["gal_friday.yaml:2", "api_secret"]),
    "a pair spelled wrong": ("trading:\n  pairs: [XRPUSD]\n", [], ["gal_friday.yaml:2", "BASE/QUOTE", "XRPUSD"]),
    "a kind of feature that is none": ("features:\n  definitions: [{kind: emaa}]\n", [], ["emaa"]),
    "a strategy that is none": ("strategy:\n  strategies: [{id: a, use: nosuch}]\n", [], ["nosuch"]),
    "a module that is none": ("strategy:\n  strategies: [{id: a, use: 'no.such:Class'}]\n", [], ["no.such"]),
    "a strategy that refuses": ("strategy:\n  strategies: [{id: a, use: 'mine.py:Mine'}]\n", [], ["mine.py", "low must be below high"]),
    "a parameter that is none": ("strategy:\n  strategies: [{id: a, parameters: {fasst: 3}}]\n", [], ["fasst"]),
    "a feature that nobody computes": (
        "features:\n  definitions: [{kind: rsi}]\n", [], ["ema_12", "features.definitions"],
    ),
    "--set without a value": (None, ["--set", "risk.max_exposure_pct"], ["--set risk.max_exposure_pct", "KEY=VALUE"]),
    "--set of an unknown key": (None, ["--set", "risk.max_exposur_pct=3"], ["did you mean risk.max_exposure_pct?"]),
    "no capital": (None, ["--capital", "0"], ["--capital", "was 0"]),
    "capital in words": (None, ["--capital", "plenty"], ["--capital", "was plenty"]),
    "a driver that is none": (None, ["--driver", "quick"], ["--driver", "was quick", "fast or event"]),
    "a negative seed": (None, ["--seed", "-1"], ["--seed", "was -1"]),
    "a date that is none": (None, ["--start", "yesterday"], ["--start", "'yesterday'", "2024-07-01"]),
    "an option that is none": (None, ["--capitol", "5"], ["--capitol"]),
}  # fmt: skip
WORDS = {
    "a command that is none": (["backtset"], ["backtset"]),
    "no data named": (["backtest"], ["--data"]),
    "a store that is none": (["data", "verify", "--store", "none"], ["none", "data import"]),
    "an interval that is none": (["data", "import", CSV, "--store", "s", "--interval", "1 minute"], ["--interval", "1m, 5m"]),
    "a key that is none": (["config", "explain", "rsk"], ["did you mean risk?"]),
}  # fmt: skip


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Runs the program in an empty folder; what it said on standard error, after the checks that hold always."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(words, files=()):
        for name, content in dict(files).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
        monkeypatch.setattr("sys.argv", ["gal-friday", *words])
        code = program.run()
        out, err = capsys.readouterr()
        assert (code, out) == (2, ""), err
        assert [line[:7] for line in err.splitlines()] == ["error: ", "  why: ", "   do: "], err
        assert "Traceback" not in err
        assert not list(tmp_path.glob("out/*"))
        assert not (tmp_path / "state").exists()
        return err

    return run


def check(err, said):
    assert [text for text in said if text not in err] == [], err


@pytest.mark.parametrize("kind", DATA)
def test_data(told, kind):
    files, words, said = DATA[kind]
    first = next(iter(files), CSV)
    check(told(["backtest", "--data", first, "--out", "out", *words], files), said)


@pytest.mark.parametrize("kind", FILES)
def test_files(told, kind):
    name, content, said = FILES[kind]
    path = name.partition("/")[0]
    check(told(["data", "import", path, "--store", "store"], {name: content}), said)


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings(told, kind):
    text, words, said = SETTINGS[kind]
    files = {CSV: table(), "mine.py": STRATEGY.encode()}
    if text is not None:
        files["gal_friday.yaml"] = text.encode()
    check(told(["backtest", "--data", CSV, "--out", "out", *words], files), said)


@pytest.mark.parametrize("kind", WORDS)
def test_words(told, kind):
    words, said = WORDS[kind]
    check(told(words, {CSV: table()}), said)


def test_a_variable_is_named(told, monkeypatch):
    monkeypatch.setenv("GAL_FRIDAY__RISK__MAX_EXPOSURE_PCT", "400")
    check(told(["config", "show"]), ["GAL_FRIDAY__RISK__MAX_EXPOSURE_PCT", "risk.max_exposure_pct", "was 400"])
