"""The comparison is fair: one market for all, one meaning of the sparse task, and no credit for another job."""

import numpy as np
import pytest

from benchmarks import market
from benchmarks.peers.task import first_of_day
from benchmarks.runs import Job, Outcome, disqualify
from benchmarks.series import series
from benchmarks.table import Aim, text
from gal_friday.features.series import FeatureSet, blocks
from gal_friday.settings.sections.features import FeatureSettings, FeatureSpec

ROWS = 30_000


@pytest.fixture
def bars(monkeypatch, tmp_path):
    monkeypatch.setenv("GAL_FRIDAY_BENCH_ENVS", str(tmp_path))
    market.ensure(ROWS, 0)
    return series(ROWS)


def columns(bars, *specs):
    feature_set = FeatureSet.from_settings(FeatureSettings(definitions=specs))
    values = np.concatenate([block.values for block in blocks(feature_set, bars)])
    return dict(zip(feature_set.names, values.T, strict=True))


def test_the_generated_market_is_sound_and_a_prefix_is_a_prefix():
    long, short = market.bars(2_000, 0), market.bars(500, 0)
    assert np.array_equal(long[:, :500], short)
    _, opens, high, low, close, volume = long
    assert (high >= np.maximum(opens, close)).all()
    assert (low <= np.minimum(opens, close)).all()
    assert np.array_equal(opens[1:], close[:-1])
    assert (volume > 0).all()
    assert not np.array_equal(market.bars(500, 1)[1:5], short[1:5])


def test_our_sparse_feature_marks_what_the_peers_are_told_to_trade(bars):
    w1 = (FeatureSpec(kind="ema"), FeatureSpec(kind="ema", parameters={"period": 26}), FeatureSpec(kind="rsi"))
    have = columns(bars, *w1)
    above = have["ema_12"] > have["ema_26"]
    signal = np.zeros(ROWS, dtype=bool)
    signal[1:] = above[1:] & ~above[:-1] & (have["rsi_14"][1:] < 70.0)
    signal[:26] = False
    wanted = first_of_day(signal, bars.start_ns // 10**9)
    marked = columns(bars, FeatureSpec(kind="benchmarks.daily:KIND", name="daily_cross"))["daily_cross"]
    assert np.array_equal(np.nan_to_num(marked) > 0.0, wanted)
    assert wanted.sum() == pytest.approx(ROWS / 1_440, abs=1)


def outcome(label, run_s, trades):
    return Outcome(
        Job(label, None, ()), [{"run_s": run_s, "trades": trades, "rows": 1_000, "wall_s": 1.0, "rss_mb": 1.0}]
    )


def test_another_number_of_trades_is_a_failed_run_and_never_the_fastest():
    outcomes = [outcome("reference", 5.0, 1_000), outcome("near", 2.0, 1_009), outcome("far", 0.1, 989)]
    disqualify(outcomes, "reference")
    assert [o.failure is None for o in outcomes] == [True, True, False]
    assert "989 trades where reference made 1000" in text(outcomes)
    assert Aim("near", ("reference", "far"), 2.0, 3.0).verdict(outcomes).startswith("MET: near is 2.50 times as fast")
    assert Aim("near", ("far",), 2.0, 3.0).verdict(outcomes).startswith("NOT MEASURED")


def test_without_the_reference_nothing_counts():
    outcomes = [outcome("ours", 1.0, 10)]
    disqualify(outcomes, "reference")
    assert outcomes[0].failure is not None
