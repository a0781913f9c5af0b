"""Keys of the logs."""

from __future__ import annotations

from typing import Literal

from gal_friday.settings.section import Section, key


class LoggingSettings(Section):
    """What is logged."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = key(
        "INFO", "Least severe level that is written", decides=False, reloadable=True
    )
