"""`gal-friday check-lookahead`: proof, on the user's own data, that nothing reads the future."""

from __future__ import annotations

from typing import Annotated, Any

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
    cuts: Annotated[int, typer.Option("--cuts", min=1, max=10_000, help="Moments at which the future is changed.")] = 8,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Compute features and decisions again with later bars missing or wrong; exit code 1 when one differs."""
    config = configuration(files, sets, {"mode": "backtest"})
    since, until = moment(start, "--start", FIRST), moment(end, "--end", LAST)

    from gal_friday.backtest.lookahead import decision_differences
    from gal_friday.domain.time import to_ns
    from gal_friday.features.lookahead import differences
    from gal_friday.features.series import FeatureSet
    from gal_friday.market.loading import load_books, load_series

    tell = steps(quiet=as_json)
    tell("loading history")
    series = load_series(
        data,
        pair_names(pairs),
        to_ns(since),
        to_ns(until),
        settings=config.settings.history,
        market=config.settings.market,
    )
    books = load_books(data, series)
    configured = FeatureSet.from_settings(config.settings.features)
    rows = []
    for pair, one in series.items():
        tell(f"{pair}: comparing {len(configured.names)} features on {len(one):,} bars")
        found = differences(configured, one, books.get(pair))
        rows += [(pair, d.check, d.feature, short(d.bar_ns), d.full, d.other) for d in found]
    tell("comparing decisions")
    changed = [
        (d.check, short(d.after_ns), d.line, d.other) for d in decision_differences(config, series, books, cuts=cuts)
    ]
    bars = {pair: len(one) for pair, one in series.items()}
    if as_json:
        say_json({"bars": bars, "features": _named(_FEATURES, rows), "decisions": _named(_DECISIONS, changed)})
    else:
        _say(bars, len(configured.names), rows, changed)
    if rows or changed:
        raise typer.Exit(FAILED)


_FEATURES = ("pair", "check", "feature", "bar", "value", "value_with_another_future")
_DECISIONS = ("check", "same_until", "decision", "decision_with_another_future")


def _named(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _say(bars: dict[str, int], features: int, rows: list[tuple[Any, ...]], changed: list[tuple[Any, ...]]) -> None:
    if rows:
        say_table(("PAIR", "CHECK", "FEATURE", "BAR", "VALUE", "WITH ANOTHER FUTURE"), rows)
    for check, after, line, other in changed:
        say(f"decision changed by the future ({check}; bars the same until {after})")
        say(f"  as it was: {line or 'none'}")
        say(f"  with another future: {other or 'none'}")
    if not rows and not changed:
        compared = ", ".join(f"{pair} {count:,} bars" for pair, count in bars.items())
        say(f"no look-ahead: {features} features and every decision agree on {compared}")
