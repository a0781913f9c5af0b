"""One kernel, two loops, one plain-Python reading: the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gal_friday.features.composition import compose
from gal_friday.features.lookahead import computed
from gal_friday.features.series import FeatureStepper, blocks

WORLDS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
# Quiet stretches, jumps over the whole range of prices, and single ticks.
closes = st.lists(
    st.one_of(st.integers(1, 5), st.integers(40_000, 60_000), st.sampled_from([1, 10**15]), st.just(50_000)),
    min_size=1,
    max_size=60,
).map(lambda picks: [price for price in picks for _ in range(1 + price % 3)])


@WORLDS
@given(ticks=closes, seed=st.integers(0, 99), flat=st.sampled_from([0.0, 0.5, 1.0]), data=st.data())
def test_block_step_and_plain_python_agree_to_the_bit(
    *,
    series_of: Any,
    books: Any,
    set_of: Any,
    every_kind: Any,
    pure: Any,
    ticks: list[int],
    seed: int,
    flat: float,
    data: Any,
) -> None:
    restarts = tuple(data.draw(st.sets(st.integers(0, len(ticks) - 1), max_size=2)))
    series = series_of(ticks, seed=seed, flat=flat, restarts=restarts)
    states = books(series, seed=seed)
    feature_set = set_of(*every_kind)
    whole = computed(feature_set)(series, states)

    small = list(blocks(feature_set, series, states, rows=7))
    assert np.concatenate([b.values for b in small]).tobytes() == whole.values.tobytes()
    assert np.concatenate([b.ready for b in small]).tobytes() == whole.ready.tobytes()

    stepper, plain = FeatureStepper(feature_set), FeatureStepper(feature_set)
    plain._step = pure(plain._step)
    from gal_friday.features.book import book_rows

    columns = [series.price(c).tolist() for c in (series.open, series.high, series.low, series.close)]
    columns += [series.volume_float().tolist(), series.start_ns.tolist()]
    rows = zip(*columns, book_rows(states, 0, len(series)), strict=True)
    with np.errstate(all="ignore"):
        for at, row in enumerate(rows):
            if series.restart[at]:
                stepper.reset()
                plain.reset()
            for values in (stepper.step(*row), plain.step(*row)):
                assert (values is not None) == whole.ready[at]
                assert values is None or values.tobytes() == whole.values[at].tobytes()
    assert np.isfinite(whole.values[whole.ready]).all()
    assert np.isnan(whole.values[~whole.ready]).all()


def test_the_event_path_reads_the_same_bits_from_decimal_texts(walk: Any, set_of: Any, every_kind: Any) -> None:
    from gal_friday.domain.numbers import units_text

    series = walk(500, seed=4)
    feature_set = set_of(*every_kind[:16])
    whole = computed(feature_set)(series, None)
    stepper = FeatureStepper(feature_set)
    for at, bar in enumerate(series.bars()):
        prices = [float(units_text(ticks, 5)) for ticks in (bar.open, bar.high, bar.low, bar.close)]
        values = stepper.step(*prices, float(units_text(bar.volume, 8)), bar.start_ns)
        assert (values is not None) == whole.ready[at]
        assert values is None or values.tobytes() == whole.values[at].tobytes()


def test_a_subset_has_the_bits_the_id_and_the_warm_up_of_the_whole(walk: Any, set_of: Any, every_kind: Any) -> None:
    series = walk(400, seed=2, restarts=(150,))
    feature_set = set_of(*every_kind[:16])
    whole = computed(feature_set)(series, None)
    names = ("macd_3_7_4_signal", "ema_9", "bollinger_6_1p5_width")
    part = feature_set.subset(names)
    table = computed(part)(series, None)
    assert (part.names, part.id, part.warmup) == (names, feature_set.id, feature_set.warmup)
    assert table.ready.tobytes() == whole.ready.tobytes()
    columns = [feature_set.names.index(name) for name in names]
    assert table.values.tobytes() == np.ascontiguousarray(whole.values[:, columns]).tobytes()


def test_a_restart_forgets_everything(walk: Any, set_of: Any, every_kind: Any) -> None:
    series = walk(300, seed=5, restarts=(100,))
    compute = computed(set_of(*every_kind[:16]))
    tail = compute(series.between(int(series.start_ns[100]), None), None)
    whole = compute(series, None)
    assert whole.ready[99]
    assert not whole.ready[100]
    assert whole.values[100:].tobytes() == tail.values.tobytes()


def test_windows_do_not_remember_where_the_series_began(walk: Any, bar_set: Any) -> None:
    series = walk(300, seed=6)
    feature_set = bar_set(bollinger={"period": 20}, skew={"period": 30}, vwap={"period": 12})
    whole = computed(feature_set)(series, None)
    tail = computed(feature_set)(series.between(int(series.start_ns[101]), None), None)
    for at, name in enumerate(feature_set.names):
        if name.startswith(("bollinger", "skew", "vwap_12", "volatility", "volume", "roc", "momentum")):
            assert whole.values[101:, at][tail.ready].tobytes() == tail.values[tail.ready, at].tobytes()


def test_parameters_share_one_compilation(set_of: Any) -> None:
    first, second = set_of(("ema", {"period": 5})), set_of(("ema", {"period": 50}), ("ema", {"period": 7}))
    kinds = tuple({d.kind for d in (*first.definitions, *second.definitions)})
    assert len(kinds) == 1
    assert FeatureStepper(first)._step is FeatureStepper(second)._step is compose(kinds).step
