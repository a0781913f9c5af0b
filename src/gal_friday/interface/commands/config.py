"""`gal-friday config`: what holds, what a key means, and what may be configured."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gal_friday.interface.commands.options import AsJson, Files, Sets, configuration
from gal_friday.interface.terminal import say, say_json, say_table

app = typer.Typer(help="What is configured, where it comes from, and what it means.")


@app.command()
def show(
    section: Annotated[str | None, typer.Argument(help="Only keys below this one, such as risk.")] = None,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Print the effective settings, each with the place it comes from."""
    from gal_friday.settings.explain import explained, shown

    config = configuration(files, sets)
    rows = shown(config)
    if section is not None:
        kept = {entry["key"] for entry in explained(config, section)}
        rows = [row for row in rows if row["key"] in kept]
    if as_json:
        say_json({"config_hash": config.config_hash, "settings": rows})
        return
    say_table(("KEY", "VALUE", "SOURCE"), ((row["key"], row["value"], row["source"]) for row in rows))
    say(f"\nconfig_hash  {config.config_hash}")


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A key or a section, such as risk.max_exposure_pct.")],
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Explain a key: meaning, unit, range, default, value and where it was set."""
    from gal_friday.settings.explain import explained

    entries = explained(configuration(files, sets), key)
    if as_json:
        say_json(entries)
        return
    for entry in entries:
        _say_entry(entry)


def _say_entry(entry: dict[str, Any]) -> None:
    say(f"{entry['key']}: {entry['meaning']}")
    words = {True: "yes", False: "no"}
    for name in ("unit", "range", "default", "value", "source"):
        if entry[name] != "":
            say(f"  {name:<10}  {_text(entry[name])}")
    say(f"  reloadable  {words[entry['reloadable']]}")
    say(f"  decides     {words[entry['decides']]}")


def _text(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.command()
def schema(as_json: AsJson = False) -> None:
    """List every key; with --json, print the JSON schema of a settings file."""
    from gal_friday.settings import explain as explanations
    from gal_friday.settings.keys import every_key

    if as_json:
        say_json(explanations.schema())
        return
    rows = ((key.name, explanations.json_value(key.default), key.unit, key.range, key.meaning) for key in every_key())
    say_table(("KEY", "DEFAULT", "UNIT", "RANGE", "MEANING"), rows)
