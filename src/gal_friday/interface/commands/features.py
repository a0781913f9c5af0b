"""`gal-friday features`: what can be computed from bars and books."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gal_friday.interface.commands.options import AsJson, Files, Sets, configuration
from gal_friday.interface.terminal import say, say_json, say_table

if TYPE_CHECKING:
    from gal_friday.features.catalogue import Entry

app = typer.Typer(help="Features: the configured ones and the whole catalogue.")


@app.callback()
def features() -> None:
    """Features: the configured ones and the whole catalogue."""


@app.command("list")
def list_(
    catalogue: Annotated[bool, typer.Option("--catalogue", help="Every kind there is, with its defaults.")] = False,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """List the configured features, or with --catalogue every kind that can be configured."""
    from gal_friday.features.catalogue import catalogue as every_kind
    from gal_friday.features.series import FeatureSet

    config = configuration(files, sets)
    configured = FeatureSet.from_settings(config.settings.features)
    entries = every_kind() if catalogue else configured.entries()
    if as_json:
        found = [{**asdict(entry), "parameters": dict(entry.parameters)} for entry in entries]
        say_json({"feature_set_id": None if catalogue else configured.id, "features": found})
        return
    say_table(("NAME", "KIND", "PARAMETERS", "WARM-UP", "UNIT", "NEEDS", "MEANING"), map(_row, entries))
    if not catalogue:
        say(f"\nfeature_set_id  {configured.id}\nwarm-up         {configured.warmup} bars")


def _row(entry: Entry) -> tuple[object, ...]:
    parameters = " ".join(f"{name}={value}" for name, value in entry.parameters.items()) or "-"
    needs = "book" if entry.needs_book else "bars"
    return entry.name, entry.kind, parameters, entry.warmup, entry.unit or "-", needs, entry.summary
