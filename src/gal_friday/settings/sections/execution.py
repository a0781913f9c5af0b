"""Keys of how approved signals become orders and how positions are protected."""

from __future__ import annotations

from typing import Literal

from gal_friday.settings.section import Section, key


class ExecutionSettings(Section):
    """Order life and protection."""

    entry_timeout_s: float = key(15.0, "Life of a limit entry", unit="s", gt=0, le=86_400)
    on_entry_timeout: Literal["cancel", "market"] = key("cancel", "What follows an unfilled limit entry")
    target_exit: Literal["limit", "market"] = key("limit", "Order that takes profit when the target is touched")
    exit_timeout_s: float = key(
        15.0,
        "Life of a limit exit before it becomes a market exit",
        unit="s",
        gt=0,
        le=86_400,
    )
    max_order_failures: int = key(3, "Order failures in a row that halt", unit="orders", ge=1, le=100)
