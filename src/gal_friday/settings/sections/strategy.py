"""Keys of the strategies: which run, on what, with which stops, targets and exits."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from gal_friday.settings.section import PositivePercent, Section, key

Multiple = Annotated[Decimal, Field(gt=0, le=100)]


class StopSettings(Section):
    """Where the stop-loss of an entry lies."""

    kind: Literal["percent", "atr"] = key("percent", "percent of the entry price, or a multiple of the ATR feature")
    pct: PositivePercent = key(Decimal("1.0"), "Distance of kind percent", unit="% of price")
    atr_multiple: Multiple = key(Decimal("2"), "Distance of kind atr", unit="ATR")
    atr_feature: str = key("atr_14", "Feature that kind atr reads")


class TargetSettings(Section):
    """Where the take-profit of an entry lies."""

    kind: Literal["percent", "atr", "reward_risk"] = key(
        "percent",
        "percent of the entry price, a multiple of the ATR feature, or of the stop's distance",
    )
    pct: PositivePercent = key(Decimal("2.0"), "Distance of kind percent", unit="% of price")
    atr_multiple: Multiple = key(Decimal("4"), "Distance of kind atr", unit="ATR")
    reward_risk: Multiple = key(Decimal("2"), "Distance of kind reward_risk", unit="stop distances")
    atr_feature: str = key("atr_14", "Feature that kind atr reads")


class Confirmation(Section):
    """A condition on one feature that an entry must meet as well."""

    feature: str = Field(
        description="Name of the feature",
        json_schema_extra={"unit": "", "decides": True},
    )
    op: Literal["<", "<=", ">", ">="] = Field(description="Comparison", json_schema_extra={"unit": ""})
    value: float = Field(description="Value the feature is compared with", json_schema_extra={"unit": ""})


class StrategySpec(Section):
    """One strategy in service."""

    id: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="Name in signals and reports",
        json_schema_extra={"unit": ""},
    )
    use: str = key(
        "ema_cross",
        "Packaged strategy, entry point of group gal_friday.strategies, or module:Class",
    )
    parameters: dict[str, Any] = key(dict, "Parameters of the strategy's own")
    pairs: tuple[str, ...] | None = key(None, "Pairs it trades; null means all")
    entry_type: Literal["MARKET", "LIMIT"] = key("MARKET", "Order type of entries")
    limit_offset_bp: Annotated[Decimal, Field(ge=0, le=1_000)] = key(
        Decimal("0"), "How far inside the last price a limit entry lies", unit="bp"
    )
    stop: StopSettings = key(StopSettings, "Stop-loss")
    target: TargetSettings = key(TargetSettings, "Take-profit")
    confirmations: tuple[Confirmation, ...] = key((), "Conditions on features that entries must meet as well")
    max_hold_minutes: int | None = key(None, "Time after which a position is closed", unit="min", ge=1, le=525_600)
    exit_below: float | None = key(
        None,
        "Prediction below which a long position is closed (a short one above 1 minus it)",
        ge=0.0,
        le=1.0,
    )


class StrategySettings(Section):
    """The strategies in service, the first named having precedence."""

    strategies: tuple[StrategySpec, ...] = key(
        (StrategySpec(id="ema_cross"),),
        "Strategies; on a conflict an exit beats an entry, then the first named wins",
    )

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        names = [spec.id for spec in self.strategies]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"strategies need at least one entry and distinct ids; were {names}")
        return self
