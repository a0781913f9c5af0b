"""Keys of the event bus."""

from __future__ import annotations

from gal_friday.settings.section import Section, key


class BusSettings(Section):
    """Queue and ring of the bus."""

    capacity: int = key(
        10_000,
        "Waiting events from outside before a source meets its overflow policy",
        ge=16,
        le=10**7,
        decides=False,
    )
    storm_limit: int = key(
        10_000,
        "Events that one outside input may cause",
        ge=100,
        le=10**7,
        decides=False,
    )
    ring: int = key(100_000, "Latest events kept for replay", ge=0, le=10**7, decides=False)
