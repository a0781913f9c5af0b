"""Keys of the features: which are computed, with which parameters, and when."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictFloat, StrictInt

from gal_friday.settings.section import Section, key


class FeatureSpec(Section):
    """One feature, or one family of them: a kind and its parameters."""

    kind: str = Field(
        min_length=1,
        description="Packaged kind, entry point of group gal_friday.features, module:NAME or file.py:NAME",
        json_schema_extra={"unit": "", "decides": True, "reloadable": False},
    )
    parameters: dict[str, StrictInt | StrictFloat] = key(dict, "Parameters; those left out have the kind's defaults")
    name: str | None = key(
        None, "Name in events and models; null derives it from kind and parameters", pattern=r"^[a-z][a-z0-9_]{0,59}$"
    )


def _spec(kind: str, **parameters: int | float) -> FeatureSpec:
    return FeatureSpec(kind=kind, parameters=parameters)


def _default() -> tuple[FeatureSpec, ...]:
    return (
        _spec("ema", period=12),
        _spec("ema", period=26),
        _spec("ema", period=50),
        _spec("rsi", period=14),
        _spec("macd", fast=12, slow=26, signal=9),
        _spec("bollinger", period=20, deviations=2.0),
        _spec("atr", period=14),
        _spec("vwap_session"),
        _spec("vwap", period=60),
        *(_spec("roc", period=horizon) for horizon in (1, 5, 15, 60)),
        _spec("momentum", period=10),
        _spec("volatility", period=15),
        _spec("volatility", period=60),
        _spec("skew", period=60),
        _spec("volume_zscore", period=60),
        _spec("volume_delta", period=1),
        _spec("volume_delta", period=15),
        _spec("time_of_day"),
    )


class FeatureSettings(Section):
    """The feature set, and what makes the engine publish it."""

    trigger: Literal["bar", "book"] = key(
        "bar", "bar: once per final bar; book: also when the order book changes, between bars"
    )
    min_interval_ms: int = key(
        1_000, "Shortest pause between two publications of a pair that book changes cause", unit="ms", ge=0, le=60_000
    )
    definitions: tuple[FeatureSpec, ...] = key(_default, "The features, in the order in which models see them")
