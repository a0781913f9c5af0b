"""The gate between wish and order: sizes a proposal, judges it, and approves or refuses it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from gal_friday.domain.figures import Figures
from gal_friday.domain.instrument import Instrument, restated
from gal_friday.domain.numbers import ZERO, percent_of, plain, share
from gal_friday.domain.orders import CLOSED, Approval, OrderType, Proposal, Purpose, Rejection, Report, Role
from gal_friday.domain.progress import Progress
from gal_friday.domain.time import MINUTE
from gal_friday.risk.checks import Facts, Finding, Texts, judge
from gal_friday.risk.sizing import Size, caps, position_size, shrink
from gal_friday.settings.sections.risk import RiskSettings

Sizer = Callable[[Decimal, Decimal, Decimal], Decimal]

# Signals remembered to recognise a double; entries come at most once per bar and pair.
REMEMBERED = 4_096


class Open(msgspec.Struct):
    """An approved entry that has not ended: what it may still add to the pair, in quote."""

    pair: str
    notional: Decimal
    price: Decimal
    progress: Progress


class Granted(msgspec.Struct, frozen=True):
    """An approval with the cash and exposure that must be reserved before it is published."""

    approval: Approval
    cash: Decimal
    exposure: Decimal


class Gate:
    """Risk's memory: what is stale, paused or halted, what was approved, and the last prices. Pure."""

    def __init__(
        self, settings: RiskSettings, instruments: Mapping[str, Instrument], sizer: Sizer = position_size
    ) -> None:
        self._sizer = sizer
        self._texts = Texts(settings)
        self._settings = settings
        self.instruments = dict(instruments)
        self.last: dict[str, Decimal] = {}
        self.halted: str | None = None
        self.stale: set[str] = set()
        self.paused: set[str] = set()
        self.expired_models: set[str] = set()
        self.clock_offset_ms = 0
        self._open: dict[str, Open] = {}
        self._approved: deque[int] = deque()
        self._known: set[tuple[str, str, str, int]] = set()
        self._order: deque[tuple[str, str, str, int]] = deque()

    @property
    def settings(self) -> RiskSettings:
        """The limits in force."""
        return self._settings

    @settings.setter
    def settings(self, settings: RiskSettings) -> None:
        self._settings, self._texts = settings, Texts(settings)

    # --- what the world says

    def on_report(self, report: Report) -> None:
        """Follow an approved entry until its order ends."""
        if report.role is not Role.ENTRY:
            return
        held = self._open.get(report.signal_id)
        if held is None or not held.progress.takes(report):
            return
        if held.progress.over:
            del self._open[report.signal_id]
        elif report.status not in CLOSED:
            held.notional = (report.ordered - report.filled) * held.price

    def ended(self, signal_id: str) -> None:
        """An approved entry has ended, whatever its orders did."""
        self._open.pop(signal_id, None)

    def on_instrument(self, payload: dict[str, Any]) -> None:
        """Take over a pair's rules as the venue states them."""
        pair = payload["trading_pair"]
        self.instruments[pair] = restated(payload, self.instruments.get(pair))

    # --- judging

    def judge(self, proposal: Proposal, figures: Figures, now_ns: int) -> Granted | Rejection:
        """Approve with a size, or refuse with one code. Time is UTC ns."""
        if proposal.purpose is Purpose.EXIT:
            return self._exit(proposal, figures)
        instrument = self.instruments[proposal.pair]
        last = self.last.get(proposal.pair)
        price = proposal.limit if proposal.order_type is OrderType.LIMIT else last
        in_position = abs(figures.values.get(proposal.pair, ZERO)) + self._in_flight(proposal.pair)
        fee_rate = share(instrument.taker_fee_pct)
        size = self.size(proposal, figures, price, in_position, fee_rate, instrument)
        while self._approved and self._approved[0] <= now_ns - MINUTE:
            self._approved.popleft()
        key = (proposal.strategy_id, proposal.pair, proposal.side.value, proposal.bar_ns)
        notional = size.quantity * price if price is not None else ZERO
        facts = Facts(
            proposal,
            self._settings,
            self._texts,
            figures,
            instrument,
            price,
            last,
            size.quantity,
            notional,
            percent_of(notional, figures.equity),
            size.cut_by,
            in_position,
            fee_rate,
            self.halted,
            proposal.pair in self.stale,
            proposal.pair in self.paused,
            self.clock_offset_ms,
            self._expired(proposal),
            key in self._known,
            len(self._open),
            len(self._approved),
        )
        verdict = judge(facts)
        self._remember(key)
        if verdict.code is not None or price is None:
            return self._refusal(proposal, verdict.code or "STALE_MARKET_DATA", verdict.failed)
        self._open[proposal.signal_id] = Open(proposal.pair, notional, price, Progress())
        self._approved.append(now_ns)
        approval = Approval(
            proposal.signal_id,
            proposal.purpose,
            proposal.pair,
            proposal.side,
            proposal.order_type,
            size.quantity,
            proposal.limit,
            proposal.sl,
            proposal.tp,
            verdict.findings,
        )
        return Granted(approval, notional * (1 + fee_rate), notional)

    def size(
        self,
        proposal: Proposal,
        figures: Figures,
        price: Decimal | None,
        in_position: Decimal,
        fee_rate: Decimal,
        instrument: Instrument,
    ) -> Size:
        """The entry's final size: zero where there is no price or no stop to size by."""
        if price is None or price <= 0 or proposal.sl is None:
            return Size(ZERO, None)
        wanted = self._sizer(figures.equity, self.settings.risk_per_trade_pct, abs(price - proposal.sl))
        # Asked to refuse rather than shrink, no cap cuts: the check of that cap will fail instead.
        limits = () if self.settings.on_cap == "reject" else caps(self.settings, figures, in_position, fee_rate)
        return shrink(wanted, price, limits, instrument)

    def _exit(self, proposal: Proposal, figures: Figures) -> Granted | Rejection:
        held = figures.quantities.get(proposal.pair, ZERO)
        if not held:
            return self._refusal(proposal, "NO_POSITION", None)
        approval = Approval(
            proposal.signal_id,
            proposal.purpose,
            proposal.pair,
            proposal.side,
            proposal.order_type,
            abs(held),
            proposal.limit,
            None,
            None,
            {"POSITION": {"limit": plain(abs(held)), "actual": plain(abs(held))}},
        )
        return Granted(approval, ZERO, ZERO)

    def _in_flight(self, pair: str) -> Decimal:
        return sum((held.notional for held in self._open.values() if held.pair == pair), ZERO)

    def _expired(self, proposal: Proposal) -> bool:
        prediction = proposal.prediction
        return prediction is not None and prediction.get("model_id") in self.expired_models

    def _remember(self, key: tuple[str, str, str, int]) -> None:
        if key in self._known:
            return
        self._known.add(key)
        self._order.append(key)
        if len(self._order) > REMEMBERED:
            self._known.discard(self._order.popleft())

    def _refusal(self, proposal: Proposal, code: str, failed: Finding | None) -> Rejection:
        return Rejection(
            proposal.signal_id,
            proposal.purpose,
            proposal.pair,
            proposal.side,
            code,
            failed[1] if failed else None,
            failed[2] if failed else None,
        )
