"""The store loses nothing when a write is cut short, takes no row twice, and names what is wrong with it."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.domain.errors import DataError, StoreError
from gal_friday.domain.time import DAY, MINUTE, SECOND, from_iso, iso
from gal_friday.market.files import Disk, only_writer
from gal_friday.market.generator import generate, write_market
from gal_friday.market.importing.importer import import_files
from gal_friday.market.loading import load_books, load_history, load_series
from gal_friday.market.manifest import MANIFEST
from gal_friday.market.store import Store
from gal_friday.market.verify import verify
from gal_friday.settings.sections.history import HistorySettings
from tests.market.tables import MARKET, SETTINGS, T0, bar, bars, gzipped, kraken, save, zipped

JANUARY_END = 31 * 1_440
ROWS = [bar(JANUARY_END - 200 + k + k // 50, volume=f"{k}.5") for k in range(400)]  # half of them in February


def load(path, **options):
    return load_series(path, settings=SETTINGS, market=MARKET, **options)


class Cut(Exception):
    """The power goes."""


class FailingDisk(Disk):
    """Fails at step `at` of all prepares and commits, before or half-way through the step."""

    def __init__(self, at, half):
        self.at, self.half, self.steps = at, half, 0

    def _step(self):
        self.steps += 1
        return self.steps == self.at

    def prepare(self, path, data):
        if self._step():
            if self.half:
                super().prepare(path, data[: len(data) // 2])
            raise Cut
        return super().prepare(path, data)

    def commit(self, partial, path):
        if self._step():
            if self.half:
                super().commit(partial, path)
            raise Cut
        super().commit(partial, path)


@pytest.mark.parametrize("half", [False, True], ids=["before", "after"])
def test_an_import_cut_short_anywhere_is_finished_by_the_next(tmp_path, half, monkeypatch):
    monkeypatch.setattr("gal_friday.market.importing.sources.BLOCK", 4_000)
    monkeypatch.setattr("gal_friday.market.importing.importer._WAITING", 150)
    paths = [
        save(tmp_path, "dump.zip", zipped({"XRPUSD_1.csv": kraken(ROWS[:250]), "DOGEUSD_1.csv": kraken(ROWS[:50])})),
        save(tmp_path, "XRPUSD_1_more.csv.gz", gzipped(kraken(ROWS[200:]))),
    ]
    whole = load(paths[1:] + paths[:1])
    at = 0
    while True:
        at += 1
        root = tmp_path / f"store{at}{half}"
        disk = FailingDisk(at, half)
        try:
            import_files(paths, Store(root, disk=disk), settings=SETTINGS)
            break
        except Cut:
            pass
        if Store(root).exists():
            assert {f.kind for f in verify(root)} <= {"interrupted", "leftover", "foreign_file"}
        done = import_files(paths, root, settings=SETTINGS)
        assert all(report.rows == report.kept for report in done.reports)
        assert verify(root) == []
        found = load(root)
        assert {pair: s.sha256 for pair, s in found.items()} == {pair: s.sha256 for pair, s in whole.items()}
        assert sum(e.rows for e in Store(root).manifest().parts.values()) == len(ROWS) + 50
    assert at > 20


def test_a_file_that_is_in_already_is_not_read_again(tmp_path):
    path, store = save(tmp_path, "XRPUSD_1.csv", kraken(ROWS)), Store(tmp_path / "store")
    first = import_files([path], store, settings=SETTINGS)
    assert (first.new, first.known, len(first.reports)) == (400, 0, 1)
    before = (tmp_path / "store" / MANIFEST).read_bytes()
    again = import_files([path], store, settings=SETTINGS)
    assert (again.new, again.reports, again.unchanged) == (0, [], [str(path)])
    assert (tmp_path / "store" / MANIFEST).read_bytes() == before
    renamed = import_files([save(tmp_path, "XRPUSD_1_copy.csv.gz", gzipped(kraken(ROWS)))], store, settings=SETTINGS)
    assert (renamed.new, renamed.known) == (0, 400)


def test_rows_that_differ_from_the_store_follow_the_settings(tmp_path):
    store = tmp_path / "store"
    import_files([save(tmp_path, "XRPUSD_1.csv", kraken(bars(10)))], store, settings=SETTINGS)
    other = save(tmp_path, "XRPUSD_1b.csv", kraken([bar(9, close="0.55"), bar(10)]))
    with pytest.raises(DataError, match=r"00:09:00.*history\.duplicates"):
        import_files([other], store, settings=SETTINGS)
    kept = import_files([other], store, settings=HistorySettings(duplicates="first"))
    assert (kept.new, kept.known, kept.replaced) == (1, 0, 1)
    series = load(store)["XRP/USD"]
    assert series.price(series.close).tolist()[9] == 0.5


def test_the_later_row_replaces_the_store_s_where_that_is_configured(tmp_path):
    store = tmp_path / "store"
    import_files([save(tmp_path, "XRPUSD_1.csv", kraken(bars(10)))], store, settings=SETTINGS)
    other = save(tmp_path, "XRPUSD_1b.csv", kraken([bar(9, close="0.55"), bar(10)]))
    done = import_files([other], store, settings=HistorySettings(duplicates="last"))
    assert (done.new, done.replaced) == (1, 1)
    series = load(store)["XRP/USD"]
    assert series.price(series.close).tolist()[9] == 0.55


@settings(max_examples=6)
@given(cuts=st.lists(st.integers(1, 399), max_size=6), order=st.randoms(use_true_random=False))
def test_the_store_does_not_remember_how_rows_came(cuts, order, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cuts")
    edges = sorted({0, *cuts, len(ROWS)})
    pieces = [ROWS[max(0, a - 2) : b] for a, b in pairwise(edges)]
    files = [save(folder, f"XRPUSD_1_{k}.csv", kraken(piece)) for k, piece in enumerate(pieces)]
    order.shuffle(files)
    done = import_files(files, folder / "store", settings=SETTINGS)
    assert done.new == len(ROWS)
    assert done.new + done.known == sum(map(len, pieces))
    direct = load(save(folder, "XRPUSD_1.csv", kraken(ROWS)))["XRP/USD"]
    assert load(folder / "store")["XRP/USD"].sha256 == direct.sha256
    assert verify(folder / "store") == []


def test_a_store_lists_what_it_has(tmp_path):
    store = tmp_path / "store"
    import_files([save(tmp_path, "XRPUSD_1.csv", kraken(ROWS))], store, settings=SETTINGS)
    (listing,) = Store(store).listings()
    series = load(store)["XRP/USD"]
    assert (listing.pair, listing.interval_ns, listing.rows, listing.synthetic) == ("XRP/USD", MINUTE, 400, False)
    assert (listing.start_ns, listing.end_ns) == (ROWS[0][0], ROWS[-1][0] + MINUTE)
    assert listing.sha256 == series.sha256
    assert (listing.absent.runs, listing.absent.longest) == (7, 1)
    names = sorted(path.relative_to(store).as_posix() for path in store.rglob("*.parquet"))
    assert names == ["XRP-USD/1m/2024-01.parquet", "XRP-USD/1m/2024-02.parquet"]


def test_part_of_a_store_and_a_file_are_joined(tmp_path):
    store = tmp_path / "store"
    import_files([save(tmp_path, "XRPUSD_1.csv", kraken(ROWS[:300]))], store, settings=SETTINGS)
    more = save(tmp_path, "XRPUSD_1_more.csv", kraken(ROWS[290:]))
    history = load_history([store, more], settings=SETTINGS, market=MARKET)
    assert history.repeated == 10
    whole = load(save(tmp_path, "XRPUSD_1_all.csv", kraken(ROWS)))["XRP/USD"]
    assert history.series["XRP/USD"].sha256 == whole.sha256


def test_two_stores_are_joined(tmp_path):
    for name, rows in (("a", ROWS[:300]), ("b", ROWS[290:])):
        import_files([save(tmp_path, f"XRPUSD_1_{name}.csv", kraken(rows))], tmp_path / name, settings=SETTINGS)
    whole = load(save(tmp_path, "XRPUSD_1.csv", kraken(ROWS)))["XRP/USD"]
    assert load([tmp_path / "b", tmp_path / "a"])["XRP/USD"].sha256 == whole.sha256


def test_a_store_is_imported_into_another(tmp_path):
    import_files([save(tmp_path, "XRPUSD_1.csv", kraken(ROWS))], tmp_path / "a", settings=SETTINGS)
    import_files([save(tmp_path, "DOGEUSD_1.csv", kraken(bars(9)))], tmp_path / "a", settings=SETTINGS)
    done = import_files([tmp_path / "a"], tmp_path / "b", settings=SETTINGS, pairs=["XRPUSD"])
    assert (done.new, len(done.deselected)) == (400, 1)
    assert load(tmp_path / "b")["XRP/USD"].sha256 == load(tmp_path / "a")["XRP/USD"].sha256


def test_real_and_synthetic_bars_do_not_mix(tmp_path):
    series, _ = generate(["XRP/USD"], T0, 50, books=False)
    write_market(tmp_path / "store", series)
    path = save(tmp_path, "XRPUSD_1.csv", kraken([bar(k) for k in range(60, 70)]))
    with pytest.raises(DataError, match="synthetic"):
        import_files([path], tmp_path / "store", settings=SETTINGS)


def test_a_second_writer_is_refused(tmp_path):
    path = save(tmp_path, "XRPUSD_1.csv", kraken(bars(5)))
    with only_writer(tmp_path / "store"), pytest.raises(DataError, match="in use"):
        import_files([path], tmp_path / "store", settings=SETTINGS)


def test_a_disk_that_refuses_is_named(tmp_path):
    (tmp_path / "store").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="expected to write"):
        Disk().write(tmp_path / "store" / "x" / MANIFEST, b"{}")


def built(tmp_path):
    series, books = generate(["XRP/USD"], from_iso("2024-01-31T12:00:00Z"), 1_440)
    write_market(tmp_path, series, books)
    assert verify(tmp_path) == []
    return tmp_path


JAN = "XRP-USD/1m/2024-01.parquet"
FEB = "XRP-USD/1m/2024-02.parquet"
BOOKS = "XRP-USD/1m/books/2024-02.parquet"


def rewritten(path, change):
    frame, header = pl.read_parquet(path), pl.read_parquet_metadata(path)
    change(frame).write_parquet(path, metadata={"gal_friday": header["gal_friday"]})


def swap(store, a, b):
    one, other = (store / a).read_bytes(), (store / b).read_bytes()
    (store / a).write_bytes(other)
    (store / b).write_bytes(one)


FAULTS = {
    "missing_file": (lambda s: (s / JAN).unlink(), JAN),
    "torn_file": (lambda s: (s / JAN).write_bytes((s / JAN).read_bytes()[:900]), JAN),
    "hash_mismatch": (lambda s: rewritten(s / JAN, lambda f: f.with_columns(close=pl.col("close") + 1)), JAN),
    "manifest_differs": (lambda s: swap(s, JAN, FEB), JAN),
    "foreign_file": (lambda s: (s / "XRP-USD" / "notes.txt").write_text("hello"), "XRP-USD/notes.txt"),
    "leftover": (lambda s: (s / (JAN + ".partial")).write_bytes(b"x"), JAN + ".partial"),
    "manifest": (lambda s: (s / MANIFEST).write_bytes(b'{"parts": {'), MANIFEST),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_of_a_store_is_named(kind, tmp_path):
    damage, name = FAULTS[kind]
    store = built(tmp_path)
    damage(store)
    assert (name, kind) in {(fault.file, fault.kind) for fault in verify(store)}


@pytest.mark.parametrize("kind", ["missing_file", "torn_file", "hash_mismatch", "manifest_differs"])
def test_a_damaged_part_is_never_loaded(kind, tmp_path):
    store = built(tmp_path)
    FAULTS[kind][0](store)
    with pytest.raises(DataError, match="XRP-USD/1m/2024-0"):
        load(store)


def test_damaged_books_are_named_and_not_loaded(tmp_path):
    store = built(tmp_path)
    series = load(store)
    rewritten(store / BOOKS, lambda f: f.with_columns(bid_ticks=pl.col("ask_ticks")))
    assert [(fault.file, fault.kind) for fault in verify(store)] == [(BOOKS, "hash_mismatch")]
    with pytest.raises(DataError, match="books"):
        load_books(store, series)


def test_a_part_in_the_wrong_month_is_named(tmp_path):
    store = built(tmp_path)
    manifest = (store / MANIFEST).read_text()
    (store / JAN).rename(store / "XRP-USD/1m/2023-05.parquet")
    (store / MANIFEST).write_text(manifest.replace(JAN, "XRP-USD/1m/2023-05.parquet"))
    assert [fault.kind for fault in verify(store)] == ["wrong_month"]


def test_a_store_that_is_none_is_told(tmp_path):
    assert [fault.kind for fault in verify(tmp_path / "absent")] == ["manifest"]
    with pytest.raises(DataError, match="nothing there"):
        load(tmp_path / "absent")


def test_a_foreign_parquet_is_refused(tmp_path):
    path = tmp_path / "XRPUSD_1.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(DataError, match="written by this system"):
        load(path)


def test_a_load_reads_only_the_months_it_needs_to_show(tmp_path):
    store = built(tmp_path)
    start = from_iso("2024-02-01T00:00:00Z")
    series = load(store, start_ns=start, end_ns=start + DAY)["XRP/USD"]
    assert iso(int(series.start_ns[0])) == "2024-02-01T00:00:00.000000000Z"
    assert series.restart[0]
    assert np.all(np.diff(series.start_ns) == 60 * SECOND)
