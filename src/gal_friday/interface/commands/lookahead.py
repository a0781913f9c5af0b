"""`gal-friday check-lookahead`: proof, on the user's own data, that nothing reads the future."""

from __future__ import annotations

from typing import Annotated

import typer

from gal_friday.interface.commands.options import AsJson, Files, Sets, configuration
from gal_friday.interface.commands.progress import steps
from gal_friday.interface.commands.values import FIRST, LAST, moment, pair_names, short
from gal_friday.interface.terminal import FAILED, say, say_json, say_table


def check_lookahead(
    data: Annotated[list[str], typer.Option("--data", metavar="PATH", help="As for backtest; may be repeated.")],
    pairs: Annotated[list[str] | None, typer.Option("--pairs", help="Only these. [those found in the data]")] = None,
    start: Annotated[str | None, typer.Option("--start", help="First bar, UTC.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="End, UTC, not included.")] = None,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Compare every feature with itself when later bars are missing or wrong; exit code 1 when one differs."""
    from gal_friday.domain.time import to_ns
    from gal_friday.features.lookahead import differences
    from gal_friday.features.series import FeatureSet
    from gal_friday.market.loading import load_series

    config = configuration(files, sets)
    tell = steps(quiet=as_json)
    tell("loading history")
    series = load_series(
        data,
        pair_names(pairs),
        to_ns(moment(start, "--start", FIRST)),
        to_ns(moment(end, "--end", LAST)),
        settings=config.settings.history,
        market=config.settings.market,
    )
    configured = FeatureSet.from_settings(config.settings.features)
    found = []
    for pair, one in series.items():
        tell(f"{pair}: comparing {len(configured.names)} features on {len(one):,} bars")
        found += [(pair, each) for each in differences(configured, one)]
    rows = [(pair, d.check, d.feature, short(d.bar_ns), d.full, d.other) for pair, d in found]
    bars = {pair: len(one) for pair, one in series.items()}
    if as_json:
        names = ("pair", "check", "feature", "bar", "value", "value_without_future")
        say_json({"bars": bars, "differences": [dict(zip(names, row, strict=True)) for row in rows]})
    elif rows:
        say_table(("PAIR", "CHECK", "FEATURE", "BAR", "VALUE", "WITHOUT FUTURE"), rows)
    else:
        compared = ", ".join(f"{pair} {count:,} bars" for pair, count in bars.items())
        say(f"no look-ahead: {len(configured.names)} features agree on {compared}")
    if rows:
        raise typer.Exit(FAILED)
