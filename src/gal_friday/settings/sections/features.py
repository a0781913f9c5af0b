"""Keys of the feature set."""

from __future__ import annotations

from typing import Literal

from gal_friday.settings.section import Section, key


class FeatureSettings(Section):
    """When features are published."""

    trigger: Literal["bar", "book"] = key("bar", "bar: once per final bar; book: per book change as well")
    min_interval_ms: int = key(
        250, "Shortest pause between features of trigger book", unit="ms", ge=0, le=3_600_000
    )
