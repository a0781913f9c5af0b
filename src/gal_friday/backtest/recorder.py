"""What a run leaves behind: every decision as one canonical line, the fills, the refusals and the halts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, BinaryIO

import msgspec

from gal_friday.backtest.result import FillRecord, Run
from gal_friday.backtest.stride import Leg, Trade
from gal_friday.backtest.world import World
from gal_friday.domain.orders import Approval, Rejection
from gal_friday.domain.time import iso
from gal_friday.domain.venue import Update
from gal_friday.events import types
from gal_friday.execution.orders import Order

DECISIONS = (
    types.TRADE_SIGNAL_PROPOSED,
    types.TRADE_SIGNAL_APPROVED,
    types.TRADE_SIGNAL_REJECTED,
    types.EXECUTION_REPORT,
)

# Lines hashed and written at once.
LUMP = 512
_ENCODE = msgspec.json.Encoder(order="sorted").encode


class Recorder:
    """Lines go to `sink` as they come, hashed on the way; nothing is kept but counts and fills."""

    def __init__(self, sink: BinaryIO | None = None) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self._lines: list[bytes] = []
        self._kinds: list[str] = []
        self.counts: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()
        self.halts: list[tuple[int, str]] = []
        self.fills: list[FillRecord] = []
        self._strategies: dict[str, str] = {}
        self._levels: dict[str, tuple[Decimal | None, Decimal | None]] = {}

    def record(self, kind: str, now_ns: int, payload: Mapping[str, Any]) -> None:
        """Write one decision."""
        self._lines.append(_ENCODE({"payload": payload, "timestamp": iso(now_ns), "type": kind}))
        self._kinds.append(kind)
        if len(self._lines) >= LUMP:
            self._flush()

    def tell(self, kind: str, lines: list[str]) -> None:
        """Write decisions of one kind whose lines are made already."""
        self._lines.append("\n".join(lines).encode())
        self._kinds += [kind] * len(lines)
        if len(self._kinds) >= LUMP:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            lump = b"\n".join(self._lines) + b"\n"
            self._hash.update(lump)
            if self._sink is not None:
                self._sink.write(lump)
            self.counts.update(self._kinds)
            self._lines.clear()
            self._kinds.clear()

    def proposed(self, signal_id: str, strategy_id: str) -> None:
        """Remember whose signal it was."""
        self._strategies[signal_id] = strategy_id

    def approved(self, approval: Approval) -> None:
        """Remember the levels that protect the position."""
        self._levels[approval.signal_id] = (approval.sl, approval.tp)

    def rejected(self, rejection: Rejection) -> None:
        """Count a refusal by its code."""
        self.rejections[rejection.reason] += 1

    def fill(self, update: Update, order: Order) -> None:
        """Keep a fill."""
        stop, target = self._levels.get(order.signal_id, (None, None))
        self.fills.append(
            FillRecord(
                update.pair,
                order.signal_id,
                self._strategies.get(order.signal_id, ""),
                order.role,
                order.side,
                order.sent.order_type,
                update.lots,
                update.ticks,
                update.commission,
                update.liquidity,
                update.venue_ns,
                update.bar_ns,
                update.phase,
                update.slippage,
                stop,
                target,
                update.client_id,
            )
        )

    def leg(self, trade: Trade, leg: Leg, slippage: Decimal) -> None:
        """Keep the fill of a trade that was taken in one stride."""
        approval = trade.approval
        self.fills.append(
            FillRecord(
                approval.pair,
                approval.signal_id,
                self._strategies.get(approval.signal_id, ""),
                leg.role,
                leg.side,
                leg.order_type,
                trade.lots,
                leg.ticks,
                leg.commission,
                leg.liquidity,
                leg.fill_ns,
                leg.bar_ns,
                leg.phase,
                slippage,
                approval.sl,
                approval.tp,
                leg.client_id,
            )
        )

    def run(self, world: World, driver: str, capital: Decimal, *, final_equity: Decimal, ledger_sha256: str) -> Run:
        """Everything as one value."""
        self._flush()
        return Run(
            config_hash=world.config.config_hash,
            driver=driver,
            seed=world.config.section("backtest").seed,
            initial_capital=capital,
            quote_asset=world.quote_asset,
            series=world.series,
            instruments=world.instruments,
            bar_grace_ns=world.grace_ns,
            fills=tuple(self.fills),
            decisions=dict(sorted(self.counts.items())),
            rejections=dict(sorted(self.rejections.items())),
            halts=tuple(self.halts),
            final_equity=final_equity,
            ledger_sha256=ledger_sha256,
            decisions_sha256=self._hash.hexdigest(),
        )
