"""The command `gal-friday` itself: its groups, and the version."""

from __future__ import annotations

import typer

from gal_friday import __version__
from gal_friday.interface.commands import config, data, features
from gal_friday.interface.commands.backtest import backtest, demo
from gal_friday.interface.commands.lookahead import check_lookahead
from gal_friday.interface.commands.options import AsJson
from gal_friday.interface.terminal import say, say_json

app = typer.Typer(
    name="gal-friday",
    help="Machine-learned, risk-checked trading on Kraken: the same code in backtest, paper and live.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("backtest")(backtest)
app.command("demo")(demo)
app.command("check-lookahead")(check_lookahead)
app.add_typer(config.app, name="config")
app.add_typer(data.app, name="data")
app.add_typer(features.app, name="features")


@app.command()
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    say_json({"version": __version__}) if as_json else say(f"gal-friday {__version__}")
