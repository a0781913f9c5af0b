"""Random worlds and random configurations: the markets and settings on which the two drivers are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from gal_friday.domain.bars import BarSeries, BookSeries
from gal_friday.settings.manager import ConfigurationManager
from tests.backtest.markets import Market, books_of, series_of

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Case:
    """One world with one configuration; its text is all that is needed to make it again."""

    markets: tuple[Market, ...]
    minutes: int = 1
    overrides: dict[str, Any] = field(default_factory=dict)
    capital: str = "100000"

    def config(self, **changes: Any) -> ConfigurationManager:
        """The configuration, free of whatever the environment says."""
        return ConfigurationManager("", environ={}, overrides={**self.overrides, **changes})

    def series(self) -> dict[str, BarSeries]:
        return {market.pair: series_of(market, self.minutes) for market in self.markets}

    def books(self, series: dict[str, BarSeries]) -> dict[str, BookSeries]:
        return {m.pair: books_of(m, series[m.pair]) for m in self.markets if m.levels}

    def dates(self) -> tuple[datetime, datetime]:
        """A start and an end that leave nothing out."""
        return datetime(2024, 3, 1), datetime(2024, 3, 1) + timedelta(days=30_000)

    @property
    def money(self) -> Decimal:
        return Decimal(self.capital)


# --- drawing them


def cases(max_rows: int = 3_000, *, plain: bool = False) -> st.SearchStrategy[Case]:
    """Worlds by number: drawn choice by choice they would mostly be the smallest and tamest ones."""
    return st.integers(0, 2**63).map(lambda number: case(number, max_rows, plain=plain))


def _one(draw: Random, *choices: Any) -> Any:
    return draw.choice(choices)


def case(number: int, max_rows: int = 3_000, *, plain: bool = False) -> Case:
    """A world of one or two pairs with a configuration that fits it.

    `plain`: one pair without books, market entries that mostly fill whole, nothing closed by time.
    """
    draw = Random(number)
    pairs = _one(draw, ("XRP/USD",), ("DOGE/USD", "XRP/USD"), ("AAA/USD", "XRP/USD"), ("DOGE/USD", "XRP/USD"))
    if plain:
        pairs = _one(draw, ("XRP/USD",), ("DOGE/USD",), ("AAA/USD",))
    minutes = _one(draw, *[1] * 6, *[5] * 3, 60, 1_440)
    rows = draw.randint(300, max_rows)
    levels = 0 if plain else _one(draw, 0, 0, 0, 5, 10)
    markets = tuple(_market(draw, pair, rows, levels) for pair in pairs)
    overrides: dict[str, Any] = {
        "trading.pairs": list(pairs),
        "features.definitions": _definitions(draw, books=bool(levels)),
    }
    shorts = _one(draw, False, True)
    count = _one(draw, 1, 1, 2)
    overrides["strategy.strategies"] = [
        _strategy(draw, at, pairs, shorts=shorts, books=bool(levels)) for at in range(count)
    ]
    overrides |= _risk(draw, shorts=shorts) | _venue(draw) | _execution(draw)
    if plain:
        for spec in overrides["strategy.strategies"]:
            spec |= {"entry_type": "MARKET", "max_hold_minutes": None}
        overrides["simulation.max_volume_share_pct"] = _one(draw, None, None, "100", "10")
        overrides["simulation.latency_ms"] = _one(draw, 0, 50, 5_000)
    capital = _one(draw, *["100000"] * 4, "1000000", "1000000", "3000", "90")
    return Case(markets, minutes, overrides, capital)


def _market(draw: Random, pair: str, rows: int, levels: int) -> Market:
    return Market(
        pair,
        seed=draw.getrandbits(32),
        rows=max(150, int(rows * _one(draw, 1.0, 1.0, 1.0, 0.7))),
        decimals=_one(draw, 5, 5, 4, 7, 3) if pair != "AAA/USD" else _one(draw, 2, 3, 5, 6),
        volume_decimals=_one(draw, 8, 8, 2, 10, 0),
        late=_one(draw, 0, 0, 0, 137),
        outages=_one(draw, 0, 0, 1, 3),
        volatility=_one(draw, 0.0003, 0.001, 0.003),
        jumps=_one(draw, 0.0, 0.003, 0.02),
        wicks=_one(draw, 0.0, 0.01, 0.1),
        flat=_one(draw, 0.0, 0.0, 0.1, 0.6),
        quiet=_one(draw, 0.0, 0.0, 0.05, 0.3),
        filled=_one(draw, 0.0, 0.0, 0.05, 0.4),
        volume=_one(draw, 3.0, 6.0, 8.0, 9.0, 10.0),
        levels=levels,
        one_sided=_one(draw, 0.0, 0.02, 0.2) if levels else 0.0,
    )


PERIODS = ((2, 5), (3, 8), (5, 12), (12, 26))


def _definitions(draw: Random, *, books: bool) -> list[dict[str, Any]]:
    kinds: list[tuple[str, dict[str, Any]]] = [
        *(("ema", {"period": period}) for period in sorted({p for pair in PERIODS for p in pair})),
        ("rsi", {"period": 14}),
        ("atr", {"period": _one(draw, 14, 5)}),
        ("roc", {"period": 5}),
        ("bollinger", {"period": 20, "deviations": 2.0}),
        ("volume_zscore", {"period": 60}),
    ]
    if books:
        kinds += [("imbalance", {"levels": 5}), ("wap", {"levels": 3})]
    return [
        {"kind": kind, "parameters": parameters, **({"name": "atr_14"} if kind == "atr" else {})}
        for kind, parameters in kinds
    ]


def _strategy(draw: Random, at: int, pairs: tuple[str, ...], *, shorts: bool, books: bool) -> dict[str, Any]:
    use = _one(draw, "ema_cross", "ema_cross", "ema_cross", "threshold", "dip", "breakout")
    spec: dict[str, Any] = {"id": f"s{at}_{use}", "use": use}
    if use == "ema_cross":
        fast, slow = _one(draw, *PERIODS)
        spec["parameters"] = {
            "fast": fast,
            "slow": slow,
            "rsi_max": _one(draw, 70.0, 101.0, 45.0),
            "exit_on_cross": _one(draw, False, True),
            "short": shorts,
        }
    elif use == "threshold":
        spec["parameters"] = _threshold(draw, shorts=shorts, books=books)
    elif use == "dip":
        spec["use"] = f"{EXAMPLES}/strategy_minimal.py:Dip"
        spec["parameters"] = {"low": _one(draw, 30.0, 45.0, 20.0), "high": _one(draw, 60.0, 50.0, 99.0)}
    else:
        spec["use"] = f"{EXAMPLES}/strategy_breakout.py:Breakout"
        spec["parameters"] = {"min_volume": _one(draw, -1.0, 0.0, 1.5)}
    if len(pairs) > 1:
        spec["pairs"] = _one(draw, None, None, [pairs[at % 2]])
    spec["entry_type"] = _one(draw, "MARKET", "MARKET", "LIMIT")
    spec["limit_offset_bp"] = _one(draw, "0", "1", "10", "100")
    spec["stop"] = {
        "kind": _one(draw, "percent", "percent", "atr"),
        "pct": _one(draw, "0.1", "0.5", "1", "5"),
        "atr_multiple": _one(draw, "0.5", "2", "5"),
    }
    spec["target"] = {
        "kind": _one(draw, "percent", "atr", "reward_risk"),
        "pct": _one(draw, "0.1", "0.5", "2", "10"),
        "atr_multiple": _one(draw, "0.7", "3"),
        "reward_risk": _one(draw, "0.5", "1.5", "3"),
    }
    if books and draw.random() < 0.4:
        # A price level made from a feature shows every bit of it that a tick can show.
        spec["target"] = {"kind": "atr", "atr_feature": "wap_3_ask", "atr_multiple": "0.01"}
    spec["max_hold_minutes"] = _one(draw, None, None, 1, 7, 45, 700)
    # The first two hold always: they keep the number of feature sets to compile small.
    spec["confirmations"] = [
        {"feature": "rsi_14", "op": "<=", "value": _one(draw, 101.0, 101.0, 60.0)},
        {"feature": "atr_14", "op": ">=", "value": 0.0},
    ]
    return spec


def _threshold(draw: Random, *, shorts: bool, books: bool) -> dict[str, Any]:
    if books and _one(draw, True, False):
        feature, above, below = "imbalance_5", _one(draw, 0.0, 0.5), _one(draw, -0.5, 0.0)
    else:
        feature, above, below = _one(draw, ("roc_5", 0.001, -0.001), ("rsi_14", 55.0, 45.0), ("roc_5", 0.0, 0.0))
    return {"feature": feature, "above": above, "below": below, "short": shorts}


def _risk(draw: Random, *, shorts: bool) -> dict[str, Any]:
    day, week, total = _one(
        draw,
        *[("100", "100", "100")] * 4,
        ("2", "5", "15"),
        ("0.2", "100", "100"),
        ("0.5", "0.6", "100"),
        ("1", "1", "1"),
        ("0.05", "0.3", "1"),
    )
    position, exposure = _one(draw, *[("10", "25"), ("100", "100"), ("60", "80")] * 2, ("0.5", "0.7"))
    rejects = draw.random() < 0.15
    if rejects:
        position, exposure = "100", "100"
    return {
        "risk.allow_short": shorts and draw.random() < 0.9,
        "risk.daily_drawdown_pct": day,
        "risk.weekly_drawdown_pct": week,
        "risk.total_drawdown_pct": total,
        "risk.max_consecutive_losses": _one(draw, *[1_000_000] * 4, 5, 2, 1),
        "risk.risk_per_trade_pct": _one(draw, "0.5", "1", "5", "0.01"),
        "risk.max_order_value": "1000000000" if rejects else _one(draw, *["10000", "1000000000"] * 4, "200", "1"),
        "risk.max_position_pct": position,
        "risk.max_exposure_pct": exposure,
        "risk.fat_finger_pct": _one(draw, *["5"] * 5, "0.05"),
        "risk.max_open_orders": _one(draw, 10, 10, 1),
        "risk.max_orders_per_minute": _one(draw, 10, 10, 1),
        "risk.on_cap": "reject" if rejects else "shrink",
        "backtest.after_halt": _one(draw, "next_day", "next_day", "stop", "ignore"),
        "monitoring.halt_action": _one(draw, "MAINTAIN_POSITIONS", "LIQUIDATE_POSITIONS"),
        "monitoring.volatility_halt_pct": _one(draw, *[None, "20"] * 3, "3", "1"),
        "monitoring.volatility_window_minutes": _one(draw, 5, 1, 30),
    }


def _venue(draw: Random) -> dict[str, Any]:
    return {
        "backtest.seed": draw.randint(0, 1_000),
        "market.bar_grace_ms": _one(draw, 1_500, 1_500, 0, 60_000),
        "simulation.latency_ms": _one(draw, 50, 50, 0, 5_000, 61_000, 400_000),
        "simulation.latency_jitter_ms": _one(draw, 0, 0, 3_000, 120_000),
        "simulation.limit_fill": _one(draw, "cross", "touch"),
        "simulation.max_volume_share_pct": _one(draw, None, None, "100", "10", "10", "0.1", "0.0001"),
        "simulation.slippage.kind": _one(draw, "fixed", "volatility", "volume"),
        "simulation.slippage.fixed_bp": _one(draw, "0", "1", "7.5"),
        "simulation.slippage_multiple": _one(draw, "1", "1", "2.5"),
        "simulation.fee_multiple": _one(draw, "1", "1", "0", "3"),
        "features.trigger": _one(draw, "bar", "bar", "bar", "book"),
        "instruments.pairs.XRP/USD.tick_size": _one(draw, None, None, "0.0005"),
        "instruments.pairs.XRP/USD.ordermin": _one(draw, "1.65", "1.65", "500"),
    }


def _execution(draw: Random) -> dict[str, Any]:
    return {
        "execution.entry_timeout_s": _one(draw, 15, 1, 200, 3_000),
        "execution.on_entry_timeout": _one(draw, "cancel", "market"),
        "execution.target_exit": _one(draw, "limit", "market"),
        "execution.exit_timeout_s": _one(draw, 15, 200, 3_000),
        "execution.max_order_failures": _one(draw, 3, 1, 100),
    }
