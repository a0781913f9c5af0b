"""Values agree with TA-Lib from the first warm bar on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from gal_friday.features.lookahead import computed

TOLERANCE = 1e-9


def _macd(b: Any) -> list[Any]:
    return list(talib.MACD(b["close"], 12, 26, 9))


def _bollinger(b: Any) -> list[Any]:
    upper, middle, lower = talib.BBANDS(b["close"], 20, 2.0, 2.0)
    return [(b["close"] - lower) / (upper - lower), (upper - lower) / middle]


ORACLES: list[tuple[str, dict[str, Any], Callable[[Any], list[Any]]]] = [
    ("ema", {"period": 2}, lambda b: [talib.EMA(b["close"], 2)]),
    ("ema", {"period": 12}, lambda b: [talib.EMA(b["close"], 12)]),
    ("ema", {"period": 200}, lambda b: [talib.EMA(b["close"], 200)]),
    ("rsi", {"period": 14}, lambda b: [talib.RSI(b["close"], 14)]),
    ("rsi", {"period": 2}, lambda b: [talib.RSI(b["close"], 2)]),
    ("atr", {"period": 14}, lambda b: [talib.ATR(b["high"], b["low"], b["close"], 14)]),
    ("atr", {"period": 1}, lambda b: [talib.TRANGE(b["high"], b["low"], b["close"])]),
    ("macd", {"fast": 12, "slow": 26, "signal": 9}, _macd),
    ("bollinger", {"period": 20, "deviations": 2.0}, _bollinger),
    ("roc", {"period": 15}, lambda b: [talib.ROC(b["close"], 15)]),
    ("momentum", {"period": 10}, lambda b: [talib.MOM(b["close"], 10)]),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("kind", "parameters", "oracle"), ORACLES, ids=lambda v: str(v) if isinstance(v, str) else "")
def test_values_and_warm_up_agree_with_talib(
    walk: Any, set_of: Any, kind: str, parameters: dict[str, Any], oracle: Callable[[Any], list[Any]], seed: int
) -> None:
    series = walk(3_000, seed=seed, flat=0.3 * seed)
    feature_set = set_of((kind, parameters))
    table = computed(feature_set)(series, None)
    bars = {name: series.price(getattr(series, name)) for name in ("open", "high", "low", "close")}
    expected = np.column_stack(oracle(bars))
    first = int(np.flatnonzero(table.ready)[0])
    assert first == feature_set.warmup - 1 == int(np.flatnonzero(np.isfinite(expected).all(axis=1))[0])
    assert table.ready[first:].all()
    np.testing.assert_allclose(table.values[first:], expected[first:], rtol=TOLERANCE, atol=TOLERANCE)
