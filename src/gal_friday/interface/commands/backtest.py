"""`gal-friday backtest` and `gal-friday demo`: from history, or from the built-in market, to a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gal_friday.interface.commands.options import AsJson, Files, Sets, configuration
from gal_friday.interface.commands.progress import steps
from gal_friday.interface.commands.values import FIRST, LAST, moment, pair_names
from gal_friday.interface.terminal import say, say_json

if TYPE_CHECKING:
    from gal_friday.backtest.engine import BacktestingEngine

Capital = Annotated[str | None, typer.Option("--capital", help="Opening balance. [backtest.initial_capital]")]
Driver = Annotated[str | None, typer.Option("--driver", help="fast or event: the same result. [backtest.driver]")]
Seed = Annotated[str | None, typer.Option("--seed", help="Seed of every random stream. [backtest.seed]")]
Out = Annotated[Path, typer.Option("--out", help="Folder of the report.")]

_DEMO_START = datetime.fromisoformat("2024-01-01T00:00:00+00:00")


def backtest(
    data: Annotated[
        list[str], typer.Option("--data", metavar="PATH", help="File, folder or store; PAIR=PATH; may be repeated.")
    ],
    pairs: Annotated[list[str] | None, typer.Option("--pairs", help="Only these. [those found in the data]")] = None,
    start: Annotated[str | None, typer.Option("--start", help="First bar, UTC. [the data's first]")] = None,
    end: Annotated[str | None, typer.Option("--end", help="End, UTC, not included. [the data's end]")] = None,
    capital: Capital = None,
    driver: Driver = None,
    seed: Seed = None,
    out: Out = Path("out/backtest"),
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Replay history through the trading system and write report.html, report.json and tables."""
    since, until = moment(start, "--start", FIRST), moment(end, "--end", LAST)
    names = pair_names(pairs)
    flags = _flags({"--capital": capital, "--driver": driver, "--seed": seed})
    config = configuration(files, sets, flags)

    from gal_friday.backtest.engine import BacktestingEngine

    engine = BacktestingEngine(config, data=data, pairs=names, out_dir=out, progress=steps(quiet=as_json))
    report = engine.run_backtest(since, until, config.settings.backtest.initial_capital)
    _say_report(engine, report, out, as_json=as_json)


def demo(
    days: Annotated[int, typer.Option("--days", min=1, max=3_660, help="Length of the market.")] = 90,
    capital: Capital = None,
    driver: Driver = None,
    seed: Seed = None,
    out: Out = Path("out/demo"),
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Backtest the built-in, synthetic market: for a machine without any data."""
    config = configuration(files, sets, _flags({"--capital": capital, "--driver": driver, "--seed": seed}))

    from gal_friday.backtest.engine import BacktestingEngine
    from gal_friday.domain.time import DAY, interval_ns, to_ns
    from gal_friday.market.generator import generate

    tell = steps(quiet=as_json)
    tell("generating a synthetic market")
    step = interval_ns(config.settings.market.interval)
    made = config.settings.backtest.seed
    series, books = generate(config.get_trading_pairs(), to_ns(_DEMO_START), days * DAY // step, made, step)
    engine = BacktestingEngine(config, series=series, books=books, out_dir=out, progress=tell)
    report = engine.run_backtest(FIRST, LAST, config.settings.backtest.initial_capital)
    _say_report(engine, report, out, as_json=as_json)


_KEYS = {"--capital": "backtest.initial_capital", "--driver": "backtest.driver", "--seed": "backtest.seed"}


def _flags(texts: Mapping[str, str | None]) -> dict[str, Any]:
    from gal_friday.settings.sources import Given

    flags = {_KEYS[flag]: Given(flag, text) for flag, text in texts.items() if text is not None}
    # A backtest is one whatever the file says: the same file serves for live trading.
    flags["mode"] = Given("gal-friday backtest", "backtest")
    return flags


def _say_report(engine: BacktestingEngine, report: dict[str, Any], out: Path, *, as_json: bool) -> None:
    if as_json:
        say_json(report)
        return
    from rich.console import Console

    from gal_friday.backtest.report import summary

    if engine.findings is not None:
        Console().print(summary(engine.findings))
    for name in ("report.json", "trades.csv", "equity.csv", "decisions.jsonl", "report.html"):
        say(str(out / name))
