"""Keys of the market data that decisions are made on."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from gal_friday.settings.section import Section, key


class MarketSettings(Section):
    """Bars, gaps and staleness."""

    interval: Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d"] = key("1m", "Bar interval that features are built on")
    bar_grace_ms: int = key(
        1_500,
        "How long after its end a bar counts as known",
        unit="ms",
        ge=0,
        le=60_000,
    )
    outage_after_minutes: int = key(
        15,
        "Minutes in a row without a trade that become flat bars; more is an outage",
        unit="min",
        ge=1,
        le=1_440,
    )
    stale_after_s: float = key(
        20.0,
        "Silence of the feed after which a pair takes no entry",
        unit="s",
        gt=0,
        le=3_600,
    )
    halt_stale_after_s: float = key(60.0, "Silence of the feed that halts trading", unit="s", gt=0, le=86_400)

    @model_validator(mode="after")
    def _halts_after_it_has_gone_stale(self) -> Self:
        if self.halt_stale_after_s < self.stale_after_s:
            raise ValueError(
                f"halt_stale_after_s must be at least stale_after_s; "
                f"were {self.halt_stale_after_s} and {self.stale_after_s}"
            )
        return self
