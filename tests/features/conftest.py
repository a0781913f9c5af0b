"""Random markets, and kernels as plain Python."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gal_friday.domain.bars import BarSeries, BookSeries
from gal_friday.features.catalogue import packaged_kinds
from gal_friday.features.series import FeatureSet
from gal_friday.settings.sections.features import FeatureSettings, FeatureSpec

MINUTE = 60_000_000_000
BAR_KINDS = frozenset(name for name, kind in packaged_kinds().items() if not kind.needs_book)


def make_series(
    close: Any, *, seed: int = 0, flat: float = 0.0, restarts: tuple[int, ...] = (), decimals: int = 5
) -> BarSeries:
    """A series around the closes (ticks); a share `flat` of the bars has no trade."""
    random = np.random.default_rng(seed)
    close = np.array(close, dtype=np.int64)
    rows = len(close)
    quiet = random.random(rows) < flat
    for row in range(1, rows):
        if quiet[row]:
            close[row] = close[row - 1]
    before = np.concatenate([close[:1], close[:-1]])
    reach = np.maximum(np.abs(close - before) // 2, 1)
    high = np.where(quiet, close, np.maximum(close, before) + random.integers(0, reach + 1))
    low = np.where(quiet, close, np.maximum(np.minimum(close, before) - random.integers(0, reach + 1), 1))
    volume = np.where(quiet, 0, random.integers(1, 10**12, size=rows))
    fresh = np.zeros(rows, dtype=np.bool_)
    fresh[[0, *restarts]] = True
    start = 1_700_000_040_000_000_000 + np.arange(rows) * MINUTE
    return BarSeries(
        "XRP/USD", MINUTE, decimals, 8, start, np.where(quiet, close, before), high, np.minimum(low, close), close,
        volume, volume // 10**8, quiet, fresh, "", True,
    )  # fmt: skip


def make_books(series: BarSeries, *, seed: int = 0, levels: int = 10) -> BookSeries:
    """Books around the closes; some levels, and now and then a whole side, are missing."""
    random = np.random.default_rng(seed)
    rows = len(series)
    away = np.cumsum(random.integers(1, 9, size=(2, rows, levels)), axis=2)
    lots = random.integers(1, 10**12, size=(2, rows, levels))
    lots[random.random((2, rows, levels)) < 0.05] = 0
    lots[0, ::97] = 0
    close = series.close.reshape(-1, 1)
    return BookSeries("XRP/USD", 5, 8, np.maximum(close - away[0], 1), lots[0], close + away[1], lots[1])


@pytest.fixture
def walk() -> Callable[..., BarSeries]:
    """A random walk: `walk(rows, seed=…, flat=…, restarts=…, level=…)`."""

    def make(
        rows: int, *, seed: int = 0, flat: float = 0.0, restarts: tuple[int, ...] = (), level: int = 50_000
    ) -> BarSeries:
        steps = np.random.default_rng([7, seed]).normal(0, 2e-3, rows)
        close = np.maximum(np.round(level * np.exp(np.cumsum(steps))), 1)
        return make_series(close, seed=seed, flat=flat, restarts=restarts)

    return make


@pytest.fixture
def books() -> Callable[..., BookSeries]:
    """Books for a series."""
    return make_books


@pytest.fixture
def series_of() -> Callable[..., BarSeries]:
    """A series for given closes, in ticks."""
    return make_series


@pytest.fixture
def set_of() -> Callable[..., FeatureSet]:
    """A feature set: `set_of(("ema", {"period": 5}), …, subset=…)`."""

    def make(*kinds: tuple[str, dict[str, Any]], subset: Any = None) -> FeatureSet:
        specs = tuple(FeatureSpec(kind=kind, parameters=parameters) for kind, parameters in kinds)
        return FeatureSet.from_settings(FeatureSettings(definitions=specs), subset)

    return make


def _pure(function: Any, done: dict[Any, Any]) -> Any:
    plain = getattr(function, "py_func", None)
    if plain is None:
        return function
    if plain not in done:
        names = dict(plain.__globals__)
        done[plain] = types.FunctionType(plain.__code__, names, plain.__name__)
        for name in plain.__code__.co_names:
            if name in names:
                names[name] = _pure(names[name], done)
    return done[plain]


@pytest.fixture
def pure() -> Callable[[Any], Any]:
    """A compiled function, and every kernel it calls, as plain Python."""
    return lambda function: _pure(function, {})


@pytest.fixture
def bar_set(set_of: Callable[..., FeatureSet], every_kind: Any) -> Callable[..., FeatureSet]:
    """Every bar kind, some with other parameters: `bar_set(vwap={"period": 20})`; all share one compilation."""

    def make(**changed: dict[str, Any]) -> FeatureSet:
        kinds = {kind: parameters for kind, parameters in every_kind if kind in BAR_KINDS}
        return set_of(*{**kinds, **changed}.items())

    return make


@pytest.fixture
def every_kind() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every packaged kind, most with small parameters."""
    return (
        ("ema", {"period": 3}), ("ema", {"period": 9}), ("rsi", {"period": 4}), ("atr", {"period": 5}),
        ("macd", {"fast": 3, "slow": 7, "signal": 4}), ("bollinger", {"period": 6, "deviations": 1.5}),
        ("vwap_session", {}), ("vwap", {"period": 5}), ("roc", {"period": 1}), ("roc", {"period": 7}),
        ("momentum", {"period": 2}), ("volatility", {"period": 6}), ("skew", {"period": 5}),
        ("volume_zscore", {"period": 7}), ("volume_delta", {"period": 3}), ("time_of_day", {}),
        ("spread", {}), ("microprice", {}), ("imbalance", {"levels": 1}), ("imbalance", {"levels": 5}),
        ("imbalance", {"levels": 10}), ("wap", {"levels": 3}), ("depth", {"levels": 10}),
    )  # fmt: skip
