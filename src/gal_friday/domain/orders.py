"""Signals, orders and reports as typed values; payload dicts exist only in envelopes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from gal_friday.domain.numbers import plain
from gal_friday.domain.time import iso

EXCHANGE = "kraken"


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Purpose(StrEnum):
    """Whether a signal opens a position or closes one."""

    ENTRY = "ENTRY"
    EXIT = "EXIT"


class Role(StrEnum):
    """What an order is for in the life of a position."""

    ENTRY = "ENTRY"
    STOP = "STOP"
    TARGET = "TARGET"
    EXIT = "EXIT"


class OrderType(StrEnum):
    """How an order trades."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    TAKE_PROFIT = "TAKE_PROFIT"


class Status(StrEnum):
    """Where an order is in its life."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    PENDING_CANCEL = "PENDING_CANCEL"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"
    ERROR = "ERROR"


CLOSED = frozenset({Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED, Status.ERROR})


class Proposal(msgspec.Struct, frozen=True):
    """A strategy's wish. Prices are Decimals in the quote asset; `sl`/`tp` are set for entries only."""

    signal_id: str
    purpose: Purpose
    pair: str
    side: Side
    order_type: OrderType
    limit: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    strategy_id: str
    bar_ns: int
    prediction: dict[str, Any] | None = None

    def payload(self) -> dict[str, Any]:
        """The TRADE_SIGNAL_PROPOSED payload."""
        body: dict[str, Any] = {
            "signal_id": self.signal_id,
            "purpose": self.purpose,
            "trading_pair": self.pair,
            "exchange": EXCHANGE,
            "side": self.side,
            "entry_type": self.order_type,
            "proposed_entry_price": None if self.limit is None else plain(self.limit),
            "proposed_sl_price": None if self.sl is None else plain(self.sl),
            "proposed_tp_price": None if self.tp is None else plain(self.tp),
            "strategy_id": self.strategy_id,
            "timestamp_bar": iso(self.bar_ns),
        }
        if self.prediction is not None:
            body["triggering_prediction"] = self.prediction
        return body


class Approval(msgspec.Struct, frozen=True):
    """What risk let through: the only thing that execution acts on."""

    signal_id: str
    purpose: Purpose
    pair: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    limit: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    checks: dict[str, dict[str, str]]

    def payload(self) -> dict[str, Any]:
        """The TRADE_SIGNAL_APPROVED payload."""
        return {
            "signal_id": self.signal_id,
            "purpose": self.purpose,
            "trading_pair": self.pair,
            "exchange": EXCHANGE,
            "side": self.side,
            "order_type": self.order_type,
            "quantity": plain(self.quantity),
            "limit_price": None if self.limit is None else plain(self.limit),
            "sl_price": None if self.sl is None else plain(self.sl),
            "tp_price": None if self.tp is None else plain(self.tp),
            "risk_parameters": self.checks,
        }


class Rejection(msgspec.Struct, frozen=True):
    """A refused signal: one code, with the limit and the value that broke it."""

    signal_id: str
    purpose: Purpose
    pair: str
    side: Side
    reason: str
    limit: str | None
    actual: str | None

    def payload(self) -> dict[str, Any]:
        """The TRADE_SIGNAL_REJECTED payload."""
        return {
            "signal_id": self.signal_id,
            "purpose": self.purpose,
            "trading_pair": self.pair,
            "exchange": EXCHANGE,
            "side": self.side,
            "reason": self.reason,
            "limit": self.limit,
            "actual": self.actual,
        }


class Fill(msgspec.Struct, frozen=True):
    """One execution: quantity in base, price in quote, commission in quote; liquidity `maker` or `taker`."""

    fill_id: str
    quantity: Decimal
    price: Decimal
    commission: Decimal
    liquidity: str


class Report(msgspec.Struct, frozen=True):
    """One step of an order's life; quantities are cumulative but for `fill`, times UTC ns at the venue."""

    signal_id: str
    role: Role
    client_order_id: str
    exchange_order_id: str | None
    pair: str
    status: Status
    order_type: OrderType
    side: Side
    ordered: Decimal
    filled: Decimal
    average_price: Decimal | None
    fill: Fill | None
    limit: Decimal | None
    stop: Decimal | None
    commission: Decimal
    commission_asset: str
    venue_ns: int
    error: str | None = None

    def payload(self) -> dict[str, Any]:
        """The EXECUTION_REPORT payload."""
        body: dict[str, Any] = {
            "signal_id": self.signal_id,
            "role": self.role,
            "client_order_id": self.client_order_id,
            "exchange_order_id": self.exchange_order_id,
            "trading_pair": self.pair,
            "exchange": EXCHANGE,
            "order_status": self.status,
            "order_type": self.order_type,
            "side": self.side,
            "quantity_ordered": plain(self.ordered),
            "quantity_filled": plain(self.filled),
            "average_fill_price": None if self.average_price is None else plain(self.average_price),
            "limit_price": None if self.limit is None else plain(self.limit),
            "stop_price": None if self.stop is None else plain(self.stop),
            "commission": plain(self.commission),
            "commission_asset": self.commission_asset,
            "timestamp_exchange": iso(self.venue_ns),
        }
        if self.fill is not None:
            body["last_fill"] = {
                "fill_id": self.fill.fill_id,
                "quantity": plain(self.fill.quantity),
                "price": plain(self.fill.price),
                "commission": plain(self.fill.commission),
                "liquidity": self.fill.liquidity,
            }
        if self.error is not None:
            body["error_message"] = self.error
        return body
