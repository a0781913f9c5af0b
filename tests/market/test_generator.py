"""The built-in market: the same on every run, and a market in every respect that rules look at."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gal_friday.domain.bars import BookSeries
from gal_friday.domain.errors import DataError
from gal_friday.domain.time import DAY, HOUR, MINUTE
from gal_friday.market.books import books_at_scale
from gal_friday.market.generator import generate, write_market
from gal_friday.market.loading import load_books, load_series
from gal_friday.market.series import at_scale
from gal_friday.market.store import Store
from tests.market.tables import MARKET, SETTINGS, T0

PAIRS = ["XRP/USD", "DOGE/USD", "PEPE/EUR"]


def equal(left, right):
    for field in fields(left):
        a, b = getattr(left, field.name), getattr(right, field.name)
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    code = (
        "from gal_friday.market.generator import generate\n"
        f"s, b = generate({PAIRS!r}, {T0}, 300, 7)\n"
        "import hashlib\n"
        "print([x.sha256 for x in s.values()], [hashlib.sha256(x.ask_lots).hexdigest() for x in b.values()])\n"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    series, _ = generate(PAIRS, T0, 300, 7)
    assert series["XRP/USD"].sha256 in told[0]
    assert generate(PAIRS, T0, 300, 8)[0]["XRP/USD"].sha256 != series["XRP/USD"].sha256


def test_a_pair_does_not_depend_on_the_others():
    (alone, its_books), (among, books) = generate(["XDGUSD"], T0, 500, 3), generate(PAIRS, T0, 500, 3)
    equal(alone["DOGE/USD"], among["DOGE/USD"])
    equal(its_books["DOGE/USD"], books["DOGE/USD"])


def test_a_longer_market_begins_with_the_shorter():
    short, books = generate(["XRP/USD"], T0, 400, 3)
    long, more = generate(["XRP/USD"], T0, 900, 3)
    for name in ("open", "high", "low", "close", "volume", "filled"):
        assert np.array_equal(getattr(short["XRP/USD"], name)[:-1], getattr(long["XRP/USD"], name)[:399]), name
    assert np.array_equal(books["XRP/USD"].bid_ticks[:-1], more["XRP/USD"].bid_ticks[:399])


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**63 - 1),
    pair=st.sampled_from([*PAIRS, "BTC/USD", "ETH/USD"]),
    bars=st.integers(1, 600),
    interval=st.sampled_from([MINUTE, 5 * MINUTE, HOUR, DAY]),
)
def test_every_bar_and_book_obeys_the_rules(seed, pair, bars, interval):
    found, states = generate([pair], T0, bars, seed, interval)
    series, book = found[pair], states[pair]
    assert series.synthetic
    assert len(series) == len(book) == bars
    assert np.array_equal(series.start_ns, T0 + np.arange(bars) * interval)
    assert (series.low >= 1).all()
    assert (series.low <= np.minimum(series.open, series.close)).all()
    assert (series.high >= np.maximum(series.open, series.close)).all()
    assert ((series.volume > 0) == ~series.filled).all()
    assert series.restart.sum() == 1
    bid, ask = book.bid_ticks, book.ask_ticks
    assert (bid[:, 0] < ask[:, 0]).all()
    assert ((bid[:, 0] <= series.close) & (series.close <= ask[:, 0])).all()
    assert (np.diff(ask, axis=1) > 0).all()
    assert (np.diff(bid, axis=1) < 0).all()
    assert (book.bid_lots > 0).all()
    assert (book.ask_lots > 0).all()


def test_it_moves_as_markets_do():
    found, _ = generate(["XRP/USD", "DOGE/USD"], T0, 60 * 1_440, 1, books=False)
    moves = {pair: np.diff(np.log(series.price(series.close))) for pair, series in found.items()}
    move = moves["XRP/USD"]
    heat = np.abs(move - move.mean())
    assert 0.0005 < move.std() < 0.002
    assert np.mean(move**4) / np.mean(move**2) ** 2 > 5  # fat tails
    assert abs(np.corrcoef(move[1:], move[:-1])[0, 1]) < 0.05  # no memory of direction
    assert np.corrcoef(heat[10:], heat[:-10])[0, 1] > 0.1  # but of turbulence
    assert 0.3 < np.corrcoef(move, moves["DOGE/USD"])[0, 1] < 0.8
    assert np.abs(move).max() > 6 * move.std()
    hour = found["XRP/USD"].start_ns[1:] % DAY // HOUR
    assert heat[hour == 15].mean() > 1.2 * heat[hour == 5].mean()
    volume = found["XRP/USD"].volume_float()[1:]
    assert volume[hour == 15].mean() > 1.2 * volume[hour == 5].mean()
    assert 0.01 < found["XRP/USD"].filled.mean() < 0.08


def test_a_store_gives_it_back(tmp_path):
    series, books = generate(["XRP/USD", "DOGE/USD"], T0 + 30 * DAY + 20 * HOUR, 600, 5)
    write_market(tmp_path, series, books)
    write_market(tmp_path, series, books)
    loaded = load_series(tmp_path, settings=SETTINGS, market=MARKET)
    for pair, one in series.items():
        equal(at_scale(loaded[pair], one.price_decimals, one.volume_decimals), one)
    states = load_books([tmp_path], loaded)
    for pair, state in books.items():
        equal(state, states[pair])
    part = {pair: each.between(T0 + 31 * DAY, None) for pair, each in loaded.items()}
    cut = load_books(tmp_path, part)["XRP/USD"]
    assert np.array_equal(cut.bid_ticks, books["XRP/USD"].bid_ticks[240:])
    assert all(listing.synthetic for listing in Store(tmp_path).listings())


def test_books_are_there_only_where_they_were_kept(tmp_path):
    series, books = generate(["XRP/USD", "DOGE/USD"], T0, 50)
    write_market(tmp_path, series, {"XRP/USD": books["XRP/USD"]})
    assert list(load_books(tmp_path, series)) == ["XRP/USD"]
    assert load_books([], series) == {}


def test_a_bar_without_a_state_has_no_levels(tmp_path):
    series, books = generate(["XRP/USD"], T0, 100)
    write_market(tmp_path, series, books)
    longer, _ = generate(["XRP/USD"], T0, 110)
    found = load_books(tmp_path, longer)["XRP/USD"]
    assert (found.bid_lots[100:] == 0).all()
    assert (found.bid_lots[:100] > 0).all()


def test_scales_grow_and_keep_their_values():
    series, books = generate(["XRP/USD"], T0, 20)
    fine = at_scale(series["XRP/USD"], 7, 8)
    assert (fine.close == series["XRP/USD"].close * 100).all()
    assert fine.sha256 == series["XRP/USD"].sha256
    assert at_scale(fine, 5, 5) is fine
    book: BookSeries = books_at_scale(books["XRP/USD"], 7, 9)
    assert (book.ask_ticks == books["XRP/USD"].ask_ticks * 100).all()
    assert (book.ask_lots == books["XRP/USD"].ask_lots * 10).all()
    with pytest.raises(DataError, match="64 bits"):
        at_scale(series["XRP/USD"], 25, 8)


@pytest.mark.parametrize(("start", "bars"), [(T0 + 1, 10), (T0, 0)])
def test_an_impossible_market_is_refused(start, bars):
    with pytest.raises(DataError, match="expected one bar or more"):
        generate(["XRP/USD"], start, bars)
