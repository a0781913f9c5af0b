"""Keys of the market-data store and of what an import does with anomalies."""

from __future__ import annotations

from typing import Literal

from gal_friday.settings.section import Section, key


class HistorySettings(Section):
    """Where bars are kept and how strictly files are read."""

    store: str = key("~/.local/share/gal-friday/history", "Folder of the bar store", decides=False)
    anomalies: Literal["repair", "refuse"] = key(
        "repair", "repair: mend what can be mended without inventing data, and count it; refuse: stop at the first"
    )
