"""What a driver hands over when a backtest has ended: enough to derive every table and figure of the report."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from gal_friday.domain.bars import BarSeries
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import OrderType, Role, Side


class FillRecord(msgspec.Struct, frozen=True):
    """One fill: price in the instrument's ticks, size in its lots, money in the quote asset, times UTC ns.

    `slippage` is the money paid beyond the price met, never negative. `phase` says in which part of
    the bar that starts at `bar_ns` it happened: `open` or `range`. `liquidity` is `maker` or `taker`.
    `stop` and `target` are the protection levels of the position that the fill belongs to.
    """

    pair: str
    signal_id: str
    strategy_id: str
    role: Role
    side: Side
    order_type: OrderType
    lots: int
    ticks: int
    commission: Decimal
    liquidity: str
    venue_ns: int
    bar_ns: int
    phase: str
    slippage: Decimal
    stop: Decimal | None
    target: Decimal | None
    client_order_id: str


@dataclass(frozen=True, slots=True)
class Run:
    """One finished backtest. Fills are in the order in which they happened; halts are (UTC ns, reason).

    Instruments count prices at least as finely as their series do; money is in `quote_asset`.
    `decisions` counts journal lines by type, `rejections` refused signals by code.
    """

    config_hash: str
    driver: str
    seed: int
    initial_capital: Decimal
    quote_asset: str
    series: dict[str, BarSeries]
    instruments: dict[str, Instrument]
    bar_grace_ns: int
    fills: tuple[FillRecord, ...]
    decisions: dict[str, int]
    rejections: dict[str, int]
    halts: tuple[tuple[int, str], ...]
    final_equity: Decimal
    ledger_sha256: str
    decisions_sha256: str
    model: dict[str, Any] | None = None
