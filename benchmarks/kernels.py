"""What a feature costs: a bar in the compiled loop, a bar in the step that live trading calls, and the compiler."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from benchmarks import market
from benchmarks.peers.task import YEAR, timed
from benchmarks.series import series
from gal_friday.domain.bars import BarSeries
from gal_friday.features.catalogue import packaged_kinds
from gal_friday.features.series import FeatureSet, FeatureStepper, blocks
from gal_friday.settings.sections.features import FeatureSettings, FeatureSpec

STEPS = 20_000


def _sets() -> Iterable[tuple[str, FeatureSettings]]:
    yield "default set", FeatureSettings()
    w1 = (FeatureSpec(kind="ema"), FeatureSpec(kind="ema", parameters={"period": 26}), FeatureSpec(kind="rsi"))
    yield "W1: two EMA, RSI", FeatureSettings(definitions=w1)
    yield "sparse W1", FeatureSettings(definitions=(FeatureSpec(kind="benchmarks.daily:KIND"),))
    for name, kind in packaged_kinds().items():
        if not kind.needs_book:
            yield name, FeatureSettings(definitions=(FeatureSpec(kind=name),))


def _whole(feature_set: FeatureSet, bars: BarSeries) -> None:
    for _ in blocks(feature_set, bars):
        pass


def _stepped(feature_set: FeatureSet, bars: BarSeries) -> None:
    stepper = FeatureStepper(feature_set)
    columns = [bars.price(column) for column in (bars.open, bars.high, bars.low, bars.close)]
    rows = zip(*(c.tolist() for c in (*columns, bars.volume_float(), bars.start_ns)), strict=True)
    for opens, high, low, close, volume, start_ns in rows:
        stepper.step_values(opens, high, low, close, volume, start_ns)


def run(repeats: int) -> None:
    """Print nanoseconds a bar in the loop, microseconds a bar in the step, and seconds of the first call."""
    market.ensure(YEAR, 0)
    year, short = series(YEAR), series(STEPS)
    print(f"{'features':24} {'loop ns/bar':>12} {'step us/bar':>12} {'first call s':>13}")
    for name, settings in _sets():
        feature_set = FeatureSet.from_settings(settings)
        first_s, _ = timed(lambda feature_set=feature_set: _whole(feature_set, short))
        _stepped(feature_set, series(100))
        loop = median(timed(lambda feature_set=feature_set: _whole(feature_set, year))[0] for _ in range(repeats))
        steps = median(timed(lambda feature_set=feature_set: _stepped(feature_set, short))[0] for _ in range(repeats))
        print(f"{name:24} {loop / YEAR * 1e9:12.1f} {steps / STEPS * 1e6:12.2f} {first_s:13.2f}", flush=True)
