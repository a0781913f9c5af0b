"""Keys of the guards that halt trading."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from gal_friday.settings.section import PositivePercent, Section, key


class MonitoringSettings(Section):
    """Health checks and halts."""

    halt_action: Literal["MAINTAIN_POSITIONS", "LIQUIDATE_POSITIONS"] = key(
        "MAINTAIN_POSITIONS", "What a halt does with open positions", reloadable=True
    )
    volatility_halt_pct: PositivePercent | None = key(
        Decimal("20"),
        "Move of a pair's close within the window that halts; null switches it off",
        unit="%",
    )
    volatility_window_minutes: int = key(5, "Window of the volatility halt", unit="min", ge=1, le=1_440)
    health_interval_s: float = key(5.0, "Pause between health checks", unit="s", gt=0, le=3_600, decides=False)
    state_dir: str = key(
        "~/.local/state/gal-friday",
        "Folder of the halt flag and other state",
        decides=False,
    )
