"""What `domain.orders` writes, `domain.orders_wire` reads back unchanged."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import Malformed
from gal_friday.domain.orders import Approval, Fill, OrderType, Proposal, Purpose, Rejection, Report, Role, Side, Status
from gal_friday.domain.orders_wire import (
    approval_from_payload,
    proposal_from_payload,
    rejection_from_payload,
    report_from_payload,
)

money = st.decimals(min_value=0, max_value=10**9, places=8)
maybe_money = st.none() | money
times = st.integers(0, 2**62)
words = st.text("abc-/ XRPUSD", min_size=1, max_size=12)
fills = st.builds(Fill, fill_id=words, quantity=money, price=money, commission=money, liquidity=words)


@given(
    st.builds(
        Proposal,
        signal_id=words,
        purpose=st.sampled_from(Purpose),
        pair=words,
        side=st.sampled_from(Side),
        order_type=st.sampled_from(OrderType),
        limit=maybe_money,
        sl=maybe_money,
        tp=maybe_money,
        strategy_id=words,
        bar_ns=times,
        prediction=st.none() | st.just({"prediction_value": 0.7}),
    )
)
def test_a_proposal_survives_its_payload(proposal: Proposal) -> None:
    assert proposal_from_payload(proposal.payload()) == proposal


@given(
    st.builds(
        Approval,
        signal_id=words,
        purpose=st.sampled_from(Purpose),
        pair=words,
        side=st.sampled_from(Side),
        order_type=st.sampled_from(OrderType),
        quantity=money,
        limit=maybe_money,
        sl=maybe_money,
        tp=maybe_money,
        checks=st.just({"MAX_ORDER_VALUE": {"limit": "1", "actual": "0"}}),
    )
)
def test_an_approval_survives_its_payload(approval: Approval) -> None:
    assert approval_from_payload(approval.payload()) == approval


@given(
    st.builds(
        Report,
        signal_id=words,
        role=st.sampled_from(Role),
        client_order_id=words,
        exchange_order_id=st.none() | words,
        pair=words,
        status=st.sampled_from(Status),
        order_type=st.sampled_from(OrderType),
        side=st.sampled_from(Side),
        ordered=money,
        filled=money,
        average_price=maybe_money,
        fill=st.none() | fills,
        limit=maybe_money,
        stop=maybe_money,
        commission=money,
        commission_asset=words,
        venue_ns=times,
        error=st.none() | words,
    )
)
def test_a_report_survives_its_payload(report: Report) -> None:
    assert report_from_payload(report.payload()) == report


def test_a_refusal_survives_its_payload() -> None:
    refusal = Rejection("s", Purpose.ENTRY, "XRP/USD", Side.BUY, "HALTED", None, "daily drawdown")
    assert rejection_from_payload(refusal.payload()) == refusal


@pytest.mark.parametrize(
    ("field", "value"), [("order_status", "MAYBE"), ("quantity_filled", "ten"), ("timestamp_exchange", "noon")]
)
def test_a_wrong_field_is_named(field: str, value: str) -> None:
    report = Report(
        "s", Role.ENTRY, "c", None, "XRP/USD", Status.NEW, OrderType.MARKET, Side.BUY,
        Decimal(1), Decimal(0), None, None, None, None, Decimal(0), "USD", 0,
    )  # fmt: skip
    with pytest.raises(Malformed, match=value):
        report_from_payload(report.payload() | {field: value})
    missing = report.payload()
    del missing[field]
    with pytest.raises(Malformed, match=field):
        report_from_payload(missing)
