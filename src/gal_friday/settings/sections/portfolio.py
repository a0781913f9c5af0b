"""Keys of the portfolio."""

from __future__ import annotations

from gal_friday.settings.section import Section, key


class PortfolioSettings(Section):
    """Valuation and publication."""

    quote_asset: str = key("USD", "Asset that equity is counted in", pattern=r"^[A-Z0-9]{2,10}$")
    publish_interval_s: float = key(
        3_600.0,
        "Pause between PORTFOLIO_UPDATED without a fill",
        unit="s",
        gt=0,
        le=86_400,
        decides=False,
    )
