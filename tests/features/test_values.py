"""Values that TA-Lib does not know, against plain formulas; and what stands where a formula has no value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from gal_friday.domain.errors import SettingsError
from gal_friday.features.book import book_row
from gal_friday.features.lookahead import computed
from gal_friday.features.series import FeatureStepper


def _columns(feature_set: Any, series: Any, states: Any = None) -> dict[str, np.ndarray]:
    table = computed(feature_set)(series, states)
    return {name: table.values[:, at] for at, name in enumerate(feature_set.names)}


def _windows(column: np.ndarray, length: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(column, length)


def test_windows_agree_with_plain_formulas(walk: Any, bar_set: Any) -> None:
    series = walk(600, seed=3, flat=0.2)
    kinds = ("volatility", "skew", "volume_zscore", "volume_delta", "vwap")
    feature_set = bar_set(**{kind: {"period": 20} for kind in kinds})
    got = _columns(feature_set, series)
    high, low, close, volume = (series.price(c) for c in (series.high, series.low, series.close, series.volume))
    volume = series.volume_float()
    returns = _windows(np.diff(np.log(close)), 20)
    assert feature_set.warmup == 21
    close_to = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(got["volatility_20"][20:], 100 * np.sqrt((returns**2).mean(axis=1)), **close_to)
    np.testing.assert_allclose(got["skew_20"][20:], stats.skew(returns, axis=1), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(
        got["volume_zscore_20"][20:], stats.zscore(_windows(volume, 20), axis=1)[1:, -1], **close_to
    )
    with np.errstate(invalid="ignore"):
        delta = np.where(high > low, volume * (2 * close - high - low) / (high - low), 0.0)
    np.testing.assert_allclose(got["volume_delta_20"][20:], _windows(delta, 20).sum(axis=1)[1:], rtol=1e-9, atol=1e-6)
    turnover = _windows((high + low + close) / 3 * volume, 20).sum(axis=1)
    np.testing.assert_allclose(got["vwap_20"][20:], (turnover / _windows(volume, 20).sum(axis=1))[1:], **close_to)


def test_the_session_begins_at_midnight_utc(walk: Any, bar_set: Any) -> None:
    series = walk(3_000, seed=1)
    feature_set = bar_set()
    got = {name: column[feature_set.warmup :] for name, column in _columns(feature_set, series).items()}
    typical = (series.price(series.high) + series.price(series.low) + series.price(series.close)) / 3
    day = series.start_ns // 86_400_000_000_000
    expected = np.empty(len(series))
    for each in np.unique(day):
        volume = series.volume_float()[day == each]
        expected[day == each] = np.cumsum(typical[day == each] * volume) / np.cumsum(volume)
    np.testing.assert_allclose(got["vwap_session"], expected[feature_set.warmup :], rtol=1e-12)
    angle = (2 * np.pi * (series.start_ns % 86_400_000_000_000) / 86_400e9)[feature_set.warmup :]
    np.testing.assert_allclose(got["time_of_day_sin"], np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(got["time_of_day_cos"], np.cos(angle), atol=1e-12)


def test_a_silent_market_has_the_documented_values(series_of: Any, set_of: Any, every_kind: Any) -> None:
    series = series_of([50_000] * 40, flat=1.0)
    feature_set = set_of(*every_kind[:16])
    table = computed(feature_set)(series, None)
    last = dict(zip(feature_set.names, table.values[-1].tolist(), strict=True))
    price = 0.5
    zero = ("atr_5", "roc_1", "roc_7", "momentum_2", "volatility_6", "skew_5", "volume_zscore_7", "volume_delta_3")
    assert {name: last[name] for name in zero} == dict.fromkeys(zero, 0.0)
    assert (last["rsi_4"], last["bollinger_6_1p5_position"], last["bollinger_6_1p5_width"]) == (50.0, 0.5, 0.0)
    assert last["vwap_session"] == last["vwap_5"] == price
    assert last["ema_3"] == pytest.approx(price)
    assert table.ready[feature_set.warmup - 1 :].all()


BOOK_KINDS = (
    ("spread", {}), ("microprice", {}), ("imbalance", {"levels": 1}), ("imbalance", {"levels": 10}),
    ("wap", {"levels": 2}), ("depth", {"levels": 2}),
)  # fmt: skip
BIDS = [["0.50000", "100"], ["0.49990", "300"], ["0.49900", "50"]]
ASKS = [["0.50020", "200"], ["0.50030", "100"]]


def test_book_features_by_hand(set_of: Any) -> None:
    feature_set = set_of(*BOOK_KINDS)
    got = FeatureStepper(feature_set).step_values(1.0, 1.0, 1.0, 1.0, 1.0, 0, book_row(BIDS, ASKS))
    assert got == pytest.approx(
        {
            "spread_abs": 0.0002,
            "spread_bp": 0.0002 / 0.5001 * 10_000,
            "microprice": (0.5 * 200 + 0.5002 * 100) / 300,
            "imbalance_1": -100 / 300,
            "imbalance_10": 150 / 750,
            "wap_2_bid": (0.5 * 100 + 0.4999 * 300) / 400,
            "wap_2_ask": (0.5002 * 200 + 0.5003 * 100) / 300,
            "depth_2_bid": 400.0,
            "depth_2_ask": 300.0,
        },
        rel=1e-9,
    )


@pytest.mark.parametrize("book", [None, book_row([], ASKS), book_row(BIDS, []), book_row([["1", "0"]], ASKS)])
def test_a_missing_side_of_the_book_is_not_ready(set_of: Any, every_kind: Any, pure: Any, book: Any) -> None:
    for kind in every_kind[16:]:
        definition = set_of(kind).definitions[0]
        out = np.zeros(len(definition.names))
        inputs = np.concatenate([np.ones(8), np.zeros(100) if book is None else book])
        pure(definition.kind.step)(np.zeros(0), inputs, np.array(list(definition.values.values())), out)
        assert np.isnan(out).any()
    assert FeatureStepper(set_of(*BOOK_KINDS)).step(1.0, 1.0, 1.0, 1.0, 1.0, 0, book) is None


def test_book_series_and_payload_give_the_same_rows(walk: Any, books: Any) -> None:
    from gal_friday.domain.numbers import units_text
    from gal_friday.features.book import book_rows

    states = books(walk(50), levels=30)
    rows = book_rows(states, 10, 20)
    for at in range(10, 20):
        sides = [
            [
                [units_text(t, 5), units_text(s, 8)]
                for t, s in zip(ticks[at].tolist(), lots[at].tolist(), strict=True)
                if s  # an event names no level without a size
            ]
            for ticks, lots in ((states.bid_ticks, states.bid_lots), (states.ask_ticks, states.ask_lots))
        ]
        assert book_row(*sides).tobytes() == rows[at - 10].tobytes()


def test_a_history_without_books_is_refused(walk: Any, set_of: Any) -> None:
    from gal_friday.features.series import blocks

    feature_set = set_of(("ema", {}), ("spread", {}))
    with pytest.raises(
        SettingsError, match=r"spread_abs, spread_bp need the order book, and the history of XRP/USD has none"
    ):
        next(blocks(feature_set, walk(10), None))
    assert next(blocks(feature_set.subset(["ema_12"]), walk(20), None)).ready[11]


def test_a_value_that_is_not_finite_is_never_published(walk: Any, set_of: Any, tmp_path: Any) -> None:
    (tmp_path / "odd.py").write_text(
        "from gal_friday.features.kernel import BARS, kernel\n"
        "from gal_friday.features.kind import Kind, Output\n"
        "@kernel\ndef step(state, inputs, params, out):\n    out[0] = 1.0 / (inputs[BARS] - 5.0)\n"
        "KIND = Kind(name='odd', summary='', step=step, outputs=(Output('1'),))\n"
    )
    table = computed(set_of(("ema", {"period": 2}), (f"{tmp_path}/odd.py:KIND", {})))(walk(8), None)
    assert table.ready.tolist() == [False, True, True, True, False, True, True, True]
    assert np.isnan(table.values[4]).all()
