"""One TypedDict per event type.

Prices, quantities and money are decimal strings, times ISO 8601 UTC with `Z`, features and
probabilities floats. A name ending in `_pct` holds percent.
"""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from gal_friday.events import types
from gal_friday.events.lifecycle import (
    DriftPayload,
    ExperimentPayload,
    ModelLifecyclePayload,
    OptimizationPayload,
    ReconciliationPayload,
)


class OhlcvPayload(TypedDict):
    """MARKET_DATA_OHLCV: one bar."""

    trading_pair: str
    exchange: str
    interval: str
    timestamp_bar_start: str
    timestamp_seen: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    vwap: NotRequired[str]
    trades: NotRequired[int]
    is_final: bool
    filled: bool


class BookPayload(TypedDict):
    """MARKET_DATA_L2: the book's levels, best first."""

    trading_pair: str
    exchange: str
    timestamp_exchange: NotRequired[str]
    timestamp_seen: str
    bids: list[list[str]]
    asks: list[list[str]]
    is_snapshot: bool
    checksum_ok: NotRequired[bool]


class TradePayload(TypedDict):
    """MARKET_DATA_TRADE: one print."""

    trading_pair: str
    exchange: str
    timestamp_exchange: str
    timestamp_seen: str
    price: str
    volume: str
    side: str
    trade_id: str


class TimerPayload(TypedDict):
    """TIMER: a due time has come."""

    name: str
    due: str


class InstrumentPayload(TypedDict):
    """INSTRUMENT: a pair's rules."""

    trading_pair: str
    tick_size: str
    lot_step: str
    ordermin: str
    costmin: str
    taker_fee_pct: str
    maker_fee_pct: str
    status: str


class MarketStatusPayload(TypedDict):
    """MARKET_STATUS: kind is STALE, FRESH, GAP, OUTAGE or VENUE_MODE."""

    trading_pair: NotRequired[str]
    kind: str
    since: str
    until: NotRequired[str]
    detail: NotRequired[str]


class FeaturesPayload(TypedDict):
    """FEATURES_CALCULATED: the warm feature vector of a pair."""

    trading_pair: str
    exchange: str
    timestamp_features_for: str
    features: dict[str, float]
    feature_set_id: str


class PredictionPayload(TypedDict):
    """PREDICTION_GENERATED: one model's answer."""

    trading_pair: str
    exchange: str
    timestamp_prediction_for: str
    model_id: str
    prediction_target: str
    prediction_value: float
    confidence: NotRequired[float]
    associated_features: NotRequired[dict[str, float]]
    experiment_id: NotRequired[str]
    variant: NotRequired[str]
    bundle_sha256: str


class ProposedPayload(TypedDict):
    """TRADE_SIGNAL_PROPOSED: a strategy's wish; stop and target are set for entries only."""

    signal_id: str
    purpose: str
    trading_pair: str
    exchange: str
    side: str
    entry_type: str
    proposed_entry_price: str | None
    proposed_sl_price: str | None
    proposed_tp_price: str | None
    strategy_id: str
    timestamp_bar: NotRequired[str]
    triggering_prediction: NotRequired[dict[str, Any]]


class ApprovedPayload(TypedDict):
    """TRADE_SIGNAL_APPROVED: what execution may act on; quantity in base."""

    signal_id: str
    purpose: str
    trading_pair: str
    exchange: str
    side: str
    order_type: str
    quantity: str
    limit_price: str | None
    sl_price: str | None
    tp_price: str | None
    risk_parameters: dict[str, dict[str, str]]


class RejectedPayload(TypedDict):
    """TRADE_SIGNAL_REJECTED: one code with the limit and the value that broke it."""

    signal_id: str
    purpose: str
    trading_pair: str
    exchange: str
    side: str
    reason: str
    limit: str | None
    actual: str | None


class LastFill(TypedDict):
    """One execution within a report."""

    fill_id: str
    quantity: str
    price: str
    commission: str
    liquidity: str


class ReportPayload(TypedDict):
    """EXECUTION_REPORT: one step of an order's life; quantities are cumulative."""

    signal_id: NotRequired[str]
    role: str
    exchange_order_id: str | None
    client_order_id: str
    trading_pair: str
    exchange: str
    order_status: str
    order_type: str
    side: str
    quantity_ordered: str
    quantity_filled: str
    average_fill_price: str | None
    last_fill: NotRequired[LastFill]
    limit_price: str | None
    stop_price: str | None
    commission: str
    commission_asset: str
    timestamp_exchange: str
    error_message: NotRequired[str]


class AccountRequestedPayload(TypedDict):
    """ACCOUNT_REQUESTED: somebody needs the account's balances."""

    reason: str


class AccountStatePayload(TypedDict):
    """ACCOUNT_STATE: balances {asset: {total, available}} and open orders as the venue has them."""

    balances: dict[str, dict[str, str]]
    open_orders: list[dict[str, Any]]
    as_of: str


class PositionState(TypedDict):
    """One position within the portfolio's state; quantity is signed."""

    base_asset: str
    quote_asset: str
    quantity: str
    average_entry_price: str
    current_market_value: str
    unrealized_pnl: str


class PortfolioPayload(TypedDict):
    """PORTFOLIO_UPDATED, and what `get_current_state` returns."""

    timestamp: str
    total_equity: str
    available_balance: str
    positions: dict[str, PositionState]
    realized_pnl: str
    total_exposure_pct: str
    daily_drawdown_pct: str
    weekly_drawdown_pct: str
    total_drawdown_pct: str
    consecutive_losses: int


class ConfigurationPayload(TypedDict):
    """CONFIGURATION_CHANGED: the keys that changed; `hash_before` is null at the start of a run."""

    keys: list[str]
    hash_before: str | None
    hash_after: str


class CommandPayload(TypedDict):
    """OPERATOR_COMMAND: what an operator asked for."""

    command: str
    arguments: dict[str, Any]
    who: str
    why: str
    idempotency_key: str


class HaltPayload(TypedDict):
    """HALT_REQUESTED: a guard or an operator wants trading to stop."""

    reason: str
    source: str
    halt_action: NotRequired[str]


class SystemStatePayload(TypedDict):
    """SYSTEM_STATE_CHANGE: RUNNING, DEGRADED, HALTED or STOPPING."""

    new_state: str
    reason: str
    halt_action: NotRequired[str]


class LogPayload(TypedDict):
    """LOG_ENTRY: a line for the log."""

    level: str
    message: str
    context: NotRequired[dict[str, Any]]


PAYLOADS: Final[dict[str, Any]] = {
    types.MARKET_DATA_L2: BookPayload,
    types.MARKET_DATA_OHLCV: OhlcvPayload,
    types.MARKET_DATA_TRADE: TradePayload,
    types.TIMER: TimerPayload,
    types.INSTRUMENT: InstrumentPayload,
    types.MARKET_STATUS: MarketStatusPayload,
    types.FEATURES_CALCULATED: FeaturesPayload,
    types.PREDICTION_GENERATED: PredictionPayload,
    types.TRADE_SIGNAL_PROPOSED: ProposedPayload,
    types.TRADE_SIGNAL_APPROVED: ApprovedPayload,
    types.TRADE_SIGNAL_REJECTED: RejectedPayload,
    types.EXECUTION_REPORT: ReportPayload,
    types.ACCOUNT_REQUESTED: AccountRequestedPayload,
    types.ACCOUNT_STATE: AccountStatePayload,
    types.PORTFOLIO_UPDATED: PortfolioPayload,
    types.RECONCILIATION: ReconciliationPayload,
    types.MODEL_LIFECYCLE: ModelLifecyclePayload,
    types.EXPERIMENT: ExperimentPayload,
    types.DRIFT_DETECTION: DriftPayload,
    types.PERFORMANCE_OPTIMIZATION: OptimizationPayload,
    types.CONFIGURATION_CHANGED: ConfigurationPayload,
    types.OPERATOR_COMMAND: CommandPayload,
    types.HALT_REQUESTED: HaltPayload,
    types.SYSTEM_STATE_CHANGE: SystemStatePayload,
    types.LOG_ENTRY: LogPayload,
}
