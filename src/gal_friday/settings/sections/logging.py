"""Keys of the logs."""

from __future__ import annotations

from typing import Literal

from gal_friday.settings.section import Section, key

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class LoggingSettings(Section):
    """What is logged, and where to."""

    level: Level = key("INFO", "Least severe level that is written to the file", decides=False, reloadable=True)
    console: bool = key(True, "Whether lines for people are written to standard error", decides=False)
    console_level: Level = key(
        "WARNING", "Least severe level that is written to standard error", decides=False, reloadable=True
    )
    file: str | None = key(None, "File of JSON lines; null writes none", decides=False)
    max_bytes: int = key(
        10_000_000, "Size from which the file is put aside", unit="bytes", ge=10_000, le=10**10, decides=False
    )
    backups: int = key(5, "Files put aside that are kept", unit="files", ge=0, le=1_000, decides=False)
    capacity: int = key(
        10_000,
        "Lines waiting to be written; beyond it the oldest below ERROR are dropped and counted",
        unit="lines",
        ge=16,
        le=10**7,
        decides=False,
    )
