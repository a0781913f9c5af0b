from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from gal_friday.backtest.result import FillRecord, Run
from gal_friday.domain.bars import BarSeries, Gap
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import ZERO, exact
from gal_friday.domain.orders import OrderType, Role, Side
from gal_friday.domain.time import MINUTE, from_iso

START = from_iso("2024-01-01T00:00:00Z")
PRICES = {"XRP/USD": (60_000, 5), "DOGE/USD": (900_000, 7)}


def instrument(pair: str, price_decimals: int) -> Instrument:
    return Instrument(
        pair=pair,
        price_decimals=price_decimals,
        lot_decimals=8,
        tick_size=Decimal(1).scaleb(-price_decimals),
        ordermin=Decimal(1),
        costmin=Decimal("0.5"),
        taker_fee_pct=Decimal("0.26"),
        maker_fee_pct=Decimal("0.16"),
    )


def walk(pair: str, bars: int, seed: int, *, start_ns: int = START, holes: int = 0) -> BarSeries:
    """A random walk in minutes, with `holes` outages of 40 minutes."""
    rng = np.random.default_rng(seed)
    first, decimals = PRICES[pair]
    log = np.cumsum(rng.normal(0, 0.0008, bars))
    close = np.maximum(np.rint(first * np.exp(log)).astype(np.int64), 1)
    open_ = np.concatenate(([first], close[:-1]))
    spread = np.rint(np.abs(rng.normal(0, 0.0005, (2, bars))) * close).astype(np.int64)
    start = start_ns + np.arange(bars, dtype=np.int64) * MINUTE
    gaps = []
    for hole in range(holes):
        at = (hole + 1) * bars // (holes + 1)
        gaps.append(Gap(pair, "outage", int(start[at]), int(start[at]) + 40 * MINUTE, 40))
        start[at:] += 40 * MINUTE
    restart = np.concatenate(([True], np.diff(start) > MINUTE))
    return BarSeries(
        pair,
        MINUTE,
        decimals,
        8,
        start,
        open_,
        np.maximum(open_, close) + spread[0],
        np.maximum(np.minimum(open_, close) - spread[1], 1),
        close,
        rng.integers(1, 10**13, bars),
        rng.integers(1, 50, bars),
        np.zeros(bars, dtype=np.bool_),
        restart,
        sha256=f"{seed:064x}",
        synthetic=True,
        gaps=tuple(gaps),
        source_rows=bars,
    )


def bracket_fill(
    series: BarSeries, rules: Instrument, n: int, levels, *, role, way, ticks, at, phase, lots
) -> FillRecord:
    kind = {"ENTRY": "MARKET", "EXIT": "MARKET", "STOP": "STOP_LOSS", "TARGET": "TAKE_PROFIT"}[role]
    maker = role is Role.TARGET
    start = int(series.start_ns[at])
    return FillRecord(
        pair=series.pair,
        signal_id=f"{series.pair}-{n:05d}",
        strategy_id="ema_cross",
        role=role,
        side=way,
        order_type=OrderType(kind),
        lots=lots,
        ticks=ticks,
        commission=rules.fee(rules.notional(ticks, lots), maker=maker),
        liquidity="maker" if maker else "taker",
        venue_ns=start + (1_550_000_000 if phase == "open" else 30_000_000_000),
        bar_ns=start,
        phase=phase,
        slippage=ZERO if maker else rules.notional(2, lots),
        stop=levels[0],
        target=levels[1],
        client_order_id=f"{series.pair}-{n}-{role}",
    )


def bracket_fills(
    series: BarSeries, rules: Instrument, seed: int, count: int, *, shorts: bool = False, end: int = -1
) -> list[FillRecord]:
    """Entries at the open, left at a stop, a target or by a signal, one position at a time."""
    rng = np.random.default_rng(seed)
    bars = len(series)
    entries = np.sort(rng.choice(np.arange(1, bars - 2), size=min(count, (bars - 3) // 2), replace=False)).tolist()
    fills: list[FillRecord] = []
    free = 0
    for n, row in enumerate(entries):
        if row < free:
            continue
        side = Side.SELL if shorts and rng.random() < 0.4 else Side.BUY
        sign = 1 if side is Side.BUY else -1
        price = int(series.open[row]) + sign * 2
        stop, target = price - sign * price // 200, price + sign * price // 100
        lots = int(rng.integers(10**10, 10**11))
        levels = rules.price(stop), rules.price(target)

        at, role, ticks, phase = bars - 1, Role.EXIT, int(series.open[-1]), "open"
        horizon = min(bars - 1, row + int(rng.integers(5, 400)))
        for k in range(row, horizon + 1):
            hit_stop = series.low[k] <= stop if sign > 0 else series.high[k] >= stop
            hit_target = series.high[k] >= target if sign > 0 else series.low[k] <= target
            if hit_stop:
                at, role, ticks, phase = k, Role.STOP, stop - sign * 2, "range"
                break
            if hit_target:
                at, role, ticks, phase = k, Role.TARGET, target, "range"
                break
            if k == horizon:
                at, role, ticks, phase = k, Role.EXIT, int(series.open[k]), "open"
        if at <= row and role is Role.EXIT:
            continue
        parts = [lots // 3, lots - lots // 3] if n % 4 == 0 else [lots]
        known = (series, rules, n, levels)
        fills += [
            bracket_fill(*known, role=Role.ENTRY, way=side, ticks=price, at=row, phase="open", lots=part)
            for part in parts
        ]
        if n == len(entries) - 1 and end == 0:
            break
        out = {"role": role, "way": side.opposite, "ticks": max(ticks, 1), "at": at, "phase": phase, "lots": lots}
        fills.append(bracket_fill(*known, **out))
        free = at + 1
    return fills


def final_equity(
    capital: Decimal, fills: list[FillRecord], series: dict[str, BarSeries], rules: dict[str, Instrument]
) -> Decimal:
    with exact():
        total = capital
        for fill in fills:
            sign = 1 if fill.side is Side.BUY else -1
            last = int(series[fill.pair].close[-1])
            total += rules[fill.pair].notional(last - fill.ticks, fill.lots * sign) - fill.commission
        return total


def make_run(
    bars: int = 3_000,
    count: int = 40,
    *,
    seed: int = 1,
    pairs: tuple[str, ...] = ("DOGE/USD", "XRP/USD"),
    shorts: bool = True,
    end: int = -1,
    holes: int = 0,
) -> Run:
    series = {pair: walk(pair, bars, seed + i, holes=holes) for i, pair in enumerate(pairs)}
    rules = {pair: instrument(pair, PRICES[pair][1]) for pair in pairs}
    fills = [
        fill
        for i, pair in enumerate(pairs)
        for fill in bracket_fills(series[pair], rules[pair], seed + i, count, shorts=shorts, end=end)
    ]
    fills.sort(key=lambda fill: (fill.bar_ns, fill.pair))
    return run_of(series, rules, fills)


def run_of(series: dict[str, BarSeries], rules: dict[str, Instrument], fills: list[FillRecord]) -> Run:
    capital = Decimal(100_000)
    return Run(
        config_hash="ab" * 32,
        driver="fast",
        seed=7,
        initial_capital=capital,
        quote_asset="USD",
        series=series,
        instruments=rules,
        bar_grace_ns=1_500_000_000,
        fills=tuple(fills),
        decisions={"EXECUTION_REPORT": len(fills) * 3, "TRADE_SIGNAL_PROPOSED": len(fills)},
        rejections={"MAX_EXPOSURE_PCT": 12, "BELOW_MINIMUM_ORDER": 3},
        halts=((START + 90 * MINUTE, "DAILY_DRAWDOWN_LIMIT: limit 2, actual 2.1"),),
        final_equity=final_equity(capital, fills, series, rules),
        ledger_sha256="1" * 64,
        decisions_sha256="2" * 64,
    )


def flat_series(pair: str, rows: list[tuple[int, int, int, int]]) -> BarSeries:
    """Minute bars from (open, high, low, close) in ticks."""
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    count = len(rows)
    start = START + np.arange(count, dtype=np.int64) * MINUTE
    ones = np.ones(count, dtype=np.int64)
    first = np.arange(count) == 0
    return BarSeries(
        pair,
        MINUTE,
        PRICES[pair][1],
        8,
        start,
        *columns,
        ones,
        ones,
        ~first & first,
        first,
        sha256="0" * 64,
        synthetic=False,
    )


def one_fill(
    row: int,
    side: Side,
    ticks: int,
    lots: int = 10**8,
    *,
    role: Role = Role.ENTRY,
    phase: str = "open",
    pair: str = "XRP/USD",
    commission: str = "0.01",
    stop: str | None = None,
    target: str | None = None,
    at_s: int = 2,
    signal: str = "s1",
) -> FillRecord:
    """A fill of one base unit, unless told otherwise, `at_s` seconds into its bar."""
    bar_ns = START + row * MINUTE
    return FillRecord(
        pair=pair,
        signal_id=signal,
        strategy_id="test",
        role=role,
        side=side,
        order_type=OrderType.MARKET,
        lots=lots,
        ticks=ticks,
        commission=Decimal(commission),
        liquidity="taker",
        venue_ns=bar_ns + at_s * 1_000_000_000,
        bar_ns=bar_ns,
        phase=phase,
        slippage=Decimal("0.001"),
        stop=None if stop is None else Decimal(stop),
        target=None if target is None else Decimal(target),
        client_order_id=f"{signal}-{row}-{role}",
    )


class Samples:
    """What the tests of this folder build runs from."""

    START = START
    flat_series = staticmethod(flat_series)
    instrument = staticmethod(instrument)
    make_run = staticmethod(make_run)
    one_fill = staticmethod(one_fill)
    run_of = staticmethod(run_of)
    walk = staticmethod(walk)

    @staticmethod
    def small(rows: list[tuple[int, int, int, int]], fills: list[FillRecord]) -> Run:
        """A run of XRP/USD on hand-made bars."""
        pair = "XRP/USD"
        return run_of({pair: flat_series(pair, rows)}, {pair: instrument(pair, 5)}, fills)


@pytest.fixture(scope="session")
def samples() -> type[Samples]:
    """Builders of runs, see `Samples`."""
    return Samples
