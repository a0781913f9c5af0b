"""Payloads of the slower lives beside trading: reconciliation, models, experiments, drift, tuning."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ReconciliationPayload(TypedDict):
    """RECONCILIATION: one pass against the exchange."""

    reconciliation_type: str
    status: str
    discrepancies: list[dict[str, Any]]
    resolution_actions: NotRequired[list[dict[str, Any]]]
    internal_state: dict[str, Any]
    exchange_state: dict[str, Any]


class ModelLifecyclePayload(TypedDict):
    """MODEL_LIFECYCLE: REGISTERED, PROMOTED, DEPLOYED, ARCHIVED or ROLLED_BACK."""

    model_id: str
    action: str
    stage: str
    version: str
    previous_stage: NotRequired[str]
    metadata: dict[str, Any]


class ExperimentPayload(TypedDict):
    """EXPERIMENT: CREATED, STARTED, RESULT_RECORDED or COMPLETED."""

    experiment_id: str
    action: str
    variants: list[str]
    traffic_split: dict[str, float]
    result: NotRequired[dict[str, Any]]
    statistical_significance: NotRequired[float]


class DriftPayload(TypedDict):
    """DRIFT_DETECTION: one drift check that has something to say; confidence from 0 to 1."""

    model_id: str
    drift_type: str
    severity: str
    confidence: float
    metrics: dict[str, float]
    recommendation: str
    threshold_exceeded: bool


class OptimizationPayload(TypedDict):
    """PERFORMANCE_OPTIMIZATION: one tuning step and what it changed."""

    optimization_type: str
    action: str
    metrics_before: dict[str, float]
    metrics_after: NotRequired[dict[str, float]]
    optimization_details: dict[str, Any]
    improvement_percentage: NotRequired[float]
