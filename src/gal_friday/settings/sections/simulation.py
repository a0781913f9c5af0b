"""Keys of simulated fills: shared by backtest, paper and the local exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from gal_friday.settings.section import PositivePercent, Section, key


class SlippageSettings(Section):
    """What a market order or a triggered stop pays beyond the price it meets."""

    kind: Literal["fixed", "volatility", "volume"] = key(
        "fixed",
        "fixed: basis points; volatility: share of the last bar's range; volume: impact by share of volume",
    )
    fixed_bp: Annotated[Decimal, Field(ge=0, le=1_000)] = key(Decimal("1"), "Slippage of kind fixed", unit="bp")
    range_pct: Annotated[Decimal, Field(ge=0, le=1_000)] = key(
        Decimal("5"),
        "Slippage of kind volatility, in percent of the previous bar's range",
        unit="% of range",
    )
    impact_bp: Annotated[Decimal, Field(ge=0, le=10_000)] = key(
        Decimal("10"),
        "Slippage of kind volume for an order as large as the bar's whole volume",
        unit="bp",
    )


class SimulationSettings(Section):
    """Latency, liquidity and price of simulated fills."""

    latency_ms: int = key(
        50,
        "Time from sending an order to its arrival at the venue",
        unit="ms",
        ge=0,
        le=600_000,
    )
    latency_jitter_ms: int = key(
        0,
        "Largest extra latency, drawn per order from the seed",
        unit="ms",
        ge=0,
        le=600_000,
    )
    limit_fill: Literal["touch", "cross"] = key(
        "cross",
        "Whether a resting limit fills when the price touches it, or only when it goes beyond",
    )
    max_volume_share_pct: PositivePercent | None = key(
        Decimal("10"),
        "Share of a bar's volume that our orders may take; null takes all they want",
        unit="% of volume",
    )
    slippage: SlippageSettings = key(SlippageSettings, "Price concession of market orders and stops")
    fee_multiple: Annotated[Decimal, Field(ge=0, le=100)] = key(Decimal("1"), "Factor on every fee, for stress")
    slippage_multiple: Annotated[Decimal, Field(ge=0, le=100)] = key(
        Decimal("1"), "Factor on every slippage, for stress"
    )
