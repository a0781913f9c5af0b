"""The look-ahead check passes what is honest and names what is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from gal_friday.features.lookahead import (
    READY,
    Table,
    computed,
    cut_after,
    cut_differences,
    differences,
    garbage_after,
    garbage_differences,
    spread,
    step_differences,
)


def _centred(series: Any, books: Any) -> Table:
    # The classic mistake: a window centred on the bar.
    close = series.price(series.close)
    padded = np.concatenate([close, close[-1:]])
    values = np.column_stack([close, (padded[1:] + close) / 2])
    return Table(values, np.ones(len(close), dtype=np.bool_))


def _scaled(series: Any, books: Any) -> Table:
    # The other: scaled by figures of the whole series.
    close = series.price(series.close)
    return Table(((close - close.mean()) / (close.std() + 1e-9)).reshape(-1, 1), np.ones(len(close), dtype=np.bool_))


def test_packaged_features_do_not_look_ahead(walk: Any, books: Any, set_of: Any, every_kind: Any) -> None:
    series = walk(400, seed=8, flat=0.2, restarts=(130,))
    assert differences(set_of(*every_kind), series, books(series)) == []
    assert differences(set_of(("ema", {})), series.between(None, 0), None) == []


def test_a_window_into_the_future_is_named(walk: Any) -> None:
    series = walk(100, seed=1)
    found = cut_differences(_centred, ("close", "centred"), series, None, [40])
    assert [(d.check, d.feature, d.row, d.after_row, d.bar_ns) for d in found] == [
        ("cut", "centred", 40, 40, int(series.start_ns[40]))
    ]
    assert found[0].full != found[0].other
    noisy = garbage_differences(_centred, ("close", "centred"), series, None, [40], seed=3)
    assert [(d.check, d.feature, d.row) for d in noisy] == [("garbage", "centred", 40)]


def test_figures_of_the_whole_series_are_found_on_every_row(walk: Any) -> None:
    series = walk(50, seed=1)
    assert len(cut_differences(_scaled, ("scaled",), series, None, [9, 19])) == 30


def test_readiness_that_knows_the_end_is_found(walk: Any, set_of: Any) -> None:
    series = walk(60, seed=1)
    honest = computed(set_of(("ema", {"period": 2})))

    def last_is_ready(series: Any, books: Any) -> Table:
        table = honest(series, books)
        return Table(np.nan_to_num(table.values), np.arange(len(series)) == len(series) - 1)

    found = cut_differences(last_is_ready, ("ema_2",), series, None, [30])
    assert [(d.feature, d.row, d.full, d.other) for d in found] == [(READY, 30, 0.0, 1.0)]


def test_a_block_that_differs_from_its_steps_is_found(walk: Any, set_of: Any) -> None:
    series, feature_set = walk(60, seed=1), set_of(("ema", {"period": 2}))
    table = computed(feature_set)(series, None)
    table.values[33, 0] = np.nextafter(table.values[33, 0], 9.0)
    found = step_differences(feature_set, series, None, table)
    assert [(d.check, d.feature, d.row) for d in found] == [("step", "ema_2", 33)]


def test_noise_is_valid_repeatable_and_only_after_the_row(walk: Any, books: Any) -> None:
    series = walk(300, seed=2)
    states = books(series)
    changed, noise = garbage_after(series, states, 99, seed=5)
    again, _ = garbage_after(series, states, 99, seed=5)
    assert changed.close.tobytes() == again.close.tobytes()
    for name in ("open", "high", "low", "close", "volume", "restart", "filled"):
        assert np.array_equal(getattr(changed, name)[:100], getattr(series, name)[:100])
        assert not np.array_equal(getattr(changed, name)[100:], getattr(series, name)[100:])
    assert np.array_equal(changed.start_ns, series.start_ns)
    assert (changed.low <= np.minimum(changed.open, changed.close)).all()
    assert (changed.high >= np.maximum(changed.open, changed.close)).all()
    assert (changed.low >= 1).all()
    assert (noise.bid_ticks[100:, 0] < noise.ask_ticks[100:, 0]).all()
    assert np.array_equal(noise.bid_lots[:100], states.bid_lots[:100])


def test_cuts_are_spread_to_the_end(walk: Any, books: Any) -> None:
    assert spread(0) == []
    assert spread(3) == [0, 1, 2]
    assert spread(1_600)[0] == 99
    assert spread(1_600)[-1] == 1_599
    series = walk(10)
    cut, states = cut_after(series, books(series), 4)
    assert (len(cut), len(states)) == (5, 5)
