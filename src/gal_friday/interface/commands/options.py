"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gal_friday.interface.arguments import config_path, overrides, usual_file

if TYPE_CHECKING:
    from gal_friday.settings.manager import ConfigurationManager

Files = Annotated[
    list[str] | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="Settings file; may be repeated, later ones win. [gal_friday.yaml]"
    ),
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting, such as risk.max_exposure_pct=20.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def configuration(
    files: list[str] | None, sets: list[str] | None, flags: Mapping[str, Any] | None = None
) -> ConfigurationManager:
    """The configuration of a command; `flags` are dotted keys set by options of its own, and win."""
    from gal_friday.settings.manager import ConfigurationManager

    named = usual_file() if files is None else files
    return ConfigurationManager(config_path(named), overrides={**overrides(sets or ()), **(flags or {})})
