"""Payload dicts back into the typed signals, approvals, refusals and reports that `domain.orders` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from gal_friday.domain.errors import Malformed
from gal_friday.domain.orders import (
    Approval,
    Fill,
    OrderType,
    Proposal,
    Purpose,
    Rejection,
    Report,
    Role,
    Side,
    Status,
)
from gal_friday.domain.time import from_iso

Payload = Mapping[str, Any]
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_MEMBERS: dict[type[StrEnum], dict[str, Any]] = {
    kind: {member.value: member for member in kind} for kind in (Purpose, Side, OrderType, Role, Status)
}


def proposal_from_payload(payload: Payload) -> Proposal:
    """The proposal that a TRADE_SIGNAL_PROPOSED payload stands for; raises `Malformed`."""
    return _parsed("TRADE_SIGNAL_PROPOSED", _proposal, payload)


def approval_from_payload(payload: Payload) -> Approval:
    """The approval that a TRADE_SIGNAL_APPROVED payload stands for; raises `Malformed`."""
    return _parsed("TRADE_SIGNAL_APPROVED", _approval, payload)


def rejection_from_payload(payload: Payload) -> Rejection:
    """The refusal that a TRADE_SIGNAL_REJECTED payload stands for; raises `Malformed`."""
    return _parsed("TRADE_SIGNAL_REJECTED", _rejection, payload)


def report_from_payload(payload: Payload) -> Report:
    """The report that an EXECUTION_REPORT payload stands for; raises `Malformed`."""
    return _parsed("EXECUTION_REPORT", _report, payload)


def _parsed(name: str, parse: Callable[[Payload], T], payload: Payload) -> T:
    try:
        return parse(payload)
    except KeyError as error:
        raise Malformed(f"{name}: expected the field {error}; the payload has {sorted(payload)}") from error
    except (ValueError, TypeError, InvalidOperation) as error:
        raise Malformed(f"{name}: a field has a value it cannot have ({error!r}) in {dict(payload)}") from error


def _proposal(payload: Payload) -> Proposal:
    return Proposal(
        signal_id=payload["signal_id"],
        purpose=_known(Purpose, payload["purpose"]),
        pair=payload["trading_pair"],
        side=_known(Side, payload["side"]),
        order_type=_known(OrderType, payload["entry_type"]),
        limit=_optional(payload.get("proposed_entry_price")),
        sl=_optional(payload.get("proposed_sl_price")),
        tp=_optional(payload.get("proposed_tp_price")),
        strategy_id=payload["strategy_id"],
        bar_ns=from_iso(payload["timestamp_bar"]),
        prediction=payload.get("triggering_prediction"),
    )


def _approval(payload: Payload) -> Approval:
    return Approval(
        signal_id=payload["signal_id"],
        purpose=_known(Purpose, payload["purpose"]),
        pair=payload["trading_pair"],
        side=_known(Side, payload["side"]),
        order_type=_known(OrderType, payload["order_type"]),
        quantity=Decimal(payload["quantity"]),
        limit=_optional(payload.get("limit_price")),
        sl=_optional(payload.get("sl_price")),
        tp=_optional(payload.get("tp_price")),
        checks=payload["risk_parameters"],
    )


def _rejection(payload: Payload) -> Rejection:
    return Rejection(
        signal_id=payload["signal_id"],
        purpose=_known(Purpose, payload["purpose"]),
        pair=payload["trading_pair"],
        side=_known(Side, payload["side"]),
        reason=payload["reason"],
        limit=payload.get("limit"),
        actual=payload.get("actual"),
    )


def _report(payload: Payload) -> Report:
    return Report(
        signal_id=payload.get("signal_id") or "",
        role=_known(Role, payload["role"]),
        client_order_id=payload["client_order_id"],
        exchange_order_id=payload.get("exchange_order_id"),
        pair=payload["trading_pair"],
        status=_known(Status, payload["order_status"]),
        order_type=_known(OrderType, payload["order_type"]),
        side=_known(Side, payload["side"]),
        ordered=Decimal(payload["quantity_ordered"]),
        filled=Decimal(payload["quantity_filled"]),
        average_price=_optional(payload.get("average_fill_price")),
        fill=_fill(payload.get("last_fill")),
        limit=_optional(payload.get("limit_price")),
        stop=_optional(payload.get("stop_price")),
        commission=Decimal(payload["commission"]),
        commission_asset=payload["commission_asset"],
        venue_ns=from_iso(payload["timestamp_exchange"]),
        error=payload.get("error_message"),
    )


def _fill(payload: Payload | None) -> Fill | None:
    if payload is None:
        return None
    return Fill(
        fill_id=payload["fill_id"],
        quantity=Decimal(payload["quantity"]),
        price=Decimal(payload["price"]),
        commission=Decimal(payload["commission"]),
        liquidity=payload["liquidity"],
    )


def _known(kind: type[E], value: str) -> E:
    # The table of the class: calling the class takes far longer, and says no more.
    found: E | None = _MEMBERS[kind].get(value)
    return kind(value) if found is None else found


def _optional(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
