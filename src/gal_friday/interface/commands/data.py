"""`gal-friday data`: market history in and out of the store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gal_friday.interface.commands.options import AsJson, Files, Sets, configuration
from gal_friday.interface.commands.progress import reading_bar
from gal_friday.interface.commands.values import FIRST, interval, moment, pair_names, short
from gal_friday.interface.terminal import FAILED, say, say_json, say_table

if TYPE_CHECKING:
    from gal_friday.market.importing.importer import Imported
    from gal_friday.market.store import Store
    from gal_friday.settings.manager import ConfigurationManager

app = typer.Typer(help="Market history: import it, look at it, check it, or generate some.")

StorePath = Annotated[Path | None, typer.Option("--store", help="Folder of the store. [history.store]")]
Pairs = Annotated[list[str] | None, typer.Option("--pairs", help="Only these pairs; may be repeated. [all]")]
Interval = Annotated[str | None, typer.Option("--interval", help="Bar interval such as 1m. [found in the data]")]


def _store(config: ConfigurationManager, named: Path | None, *, must_exist: bool = True) -> Store:
    from gal_friday.domain.errors import DataError
    from gal_friday.market.store import Store

    store = Store(named if named is not None else config.settings.history.store)
    if must_exist and not store.exists():
        raise DataError(f"{store.root}: expected a store, was none; `gal-friday data import PATH` makes one")
    return store


@app.command("import")
def import_(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="File, folder or archive; PAIR=PATH names it.")],
    store: StorePath = None,
    pairs: Pairs = None,
    interval_text: Interval = None,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Import CSV, zip, gz or Parquet files; what is in the store already is not read again."""
    from gal_friday.market.importing.importer import import_files

    config = configuration(files, sets)
    into = _store(config, store, must_exist=False)
    with reading_bar(quiet=as_json) as on_progress:
        done = import_files(
            paths,
            into,
            settings=config.settings.history,
            pairs=pair_names(pairs),
            interval_ns=interval(interval_text),
            on_progress=on_progress,
        )
    if as_json:
        say_json({"store": str(into.root), **asdict(done)})
    else:
        _say_imported(done, into)


def _say_imported(done: Imported, into: Store) -> None:
    from gal_friday.domain.time import interval_text

    for report in done.reports:
        say(f"{report.source}: {report.pair} {interval_text(report.interval_ns)}, {report.form}")
        say(f"  {report.rows:,} rows read, {report.kept:,} kept, {report.bars:,} bars")
        for verb, counts in (("dropped", report.dropped), ("repaired", report.repaired)):
            for kind, count in sorted(counts.items()):
                say(f"  {verb} {count:,}: {kind} (first: {report.examples.get(kind, 'not noted')})")
        for note in report.notes:
            say(f"  note: {note}")
    for what, names in (
        ("imported before", done.unchanged),
        ("no table", done.passed),
        ("another pair", done.deselected),
    ):
        for name in names:
            say(f"{name}: skipped, {what}")
    say(f"{into.root}: {done.new:,} new bars, {done.known:,} known already, {done.replaced:,} replaced")


@app.command("list")
def list_(store: StorePath = None, files: Files = None, sets: Sets = None, as_json: AsJson = False) -> None:
    """List the series of the store."""
    from gal_friday.domain.time import interval_text

    listings = _store(configuration(files, sets), store).listings()
    rows: list[dict[str, Any]] = [
        {
            "pair": each.pair,
            "interval": interval_text(each.interval_ns),
            "rows": each.rows,
            "start": short(each.start_ns),
            "end": short(each.end_ns),
            "absent": each.absent.bars,
            "synthetic": each.synthetic,
            "sha256": each.sha256,
        }
        for each in listings
    ]
    if as_json:
        say_json(rows)
        return
    header = ("PAIR", "INTERVAL", "ROWS", "START", "END", "ABSENT", "KIND", "SHA256")
    say_table(header, ((*_first(row, 6), "SYNTHETIC" if row["synthetic"] else "real", row["sha256"]) for row in rows))


def _first(row: dict[str, Any], count: int) -> list[Any]:
    return list(row.values())[:count]


@app.command()
def gaps(
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...", help="Files instead of the store.")] = None,
    store: StorePath = None,
    pairs: Pairs = None,
    interval_text: Interval = None,
    every: Annotated[bool, typer.Option("--all", help="Name short silences (no_trades) one by one too.")] = False,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """List silences by kind: no_trades (short, filled), outage (every pair), missing (this pair alone)."""
    from gal_friday.domain.time import interval_text as text_of
    from gal_friday.market.loading import Selection, load_history

    config = configuration(files, sets)
    asked = Selection(pairs=pair_names(pairs), interval_ns=interval(interval_text))
    with reading_bar(quiet=as_json) as on_progress:
        history = load_history(
            paths or [str(_store(config, store).root)],
            asked,
            settings=config.settings.history,
            market=config.settings.market,
            on_progress=on_progress,
        )
    series = history.series
    counts = {pair: _counted(one.gaps) for pair, one in series.items()}
    listed = [gap for one in series.values() for gap in one.gaps if every or gap.kind != "no_trades"]
    rows = [(gap.pair, gap.kind, short(gap.start_ns), short(gap.end_ns), gap.bars) for gap in listed]
    if as_json:
        names = ("pair", "kind", "start", "end", "bars")
        say_json({"counts": counts, "gaps": [dict(zip(names, row, strict=True)) for row in rows]})
        return
    for pair, found in counts.items():
        said = ", ".join(f"{kind} {one['gaps']:,} ({one['bars']:,} bars)" for kind, one in found.items()) or "no gap"
        say(f"{pair} {text_of(series[pair].interval_ns)}: {said}")
    if rows:
        say_table(("PAIR", "KIND", "START", "END", "BARS"), rows)


def _counted(found: Any) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for gap in found:
        one = counts.setdefault(gap.kind, {"gaps": 0, "bars": 0})
        one["gaps"] += 1
        one["bars"] += gap.bars
    return dict(sorted(counts.items()))


@app.command()
def verify(store: StorePath = None, files: Files = None, sets: Sets = None, as_json: AsJson = False) -> None:
    """Check every file of the store against its hash; exit code 1 when something is wrong."""
    from gal_friday.market.verify import verify as faults_of

    held = _store(configuration(files, sets), store)
    faults = faults_of(held.root)
    if as_json:
        say_json(
            {"store": str(held.root), "faults": [{"file": f.file, "kind": f.kind, "text": f.text} for f in faults]}
        )
    else:
        for fault in faults:
            say(f"{fault.file}: {fault.kind}: {fault.text}")
        say(f"{held.root}: {len(held.manifest().parts):,} parts, {len(faults):,} faults" if faults else _whole(held))
    if faults:
        raise typer.Exit(FAILED)


def _whole(held: Store) -> str:
    return f"{held.root}: {len(held.manifest().parts):,} parts, all whole"


@app.command()
def generate(
    store: Annotated[Path, typer.Option("--store", help="Folder of the store to write, apart from real history.")],
    pairs: Pairs = None,
    start: Annotated[str, typer.Option("--start", help="First bar, UTC.")] = "2024-01-01",
    days: Annotated[int, typer.Option("--days", min=1, max=3_660, help="Length.")] = 90,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another market.")] = 0,
    interval_text: Annotated[str, typer.Option("--interval", help="Bar interval.")] = "1m",
    books: Annotated[bool, typer.Option("--books/--no-books", help="Order books as well.")] = True,
    files: Files = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Write a synthetic market: the same seed gives the same bars on every machine."""
    from gal_friday.domain.time import DAY, MINUTE, to_ns
    from gal_friday.market.generator import generate as generated
    from gal_friday.market.generator import write_market

    config = configuration(files, sets)
    step = interval(interval_text) or MINUTE
    names = pair_names(pairs) or config.get_trading_pairs()
    first = to_ns(moment(start, "--start", FIRST))
    series, states = generated(names, first, max(1, days * DAY // step), seed, step, books=books)
    write_market(store, series, states)
    if as_json:
        rows = [{"pair": pair, "rows": len(one), "sha256": one.sha256} for pair, one in series.items()]
        say_json({"store": str(store), "synthetic": True, "series": rows})
        return
    for pair, one in series.items():
        say(f"{pair}: {len(one):,} SYNTHETIC bars from {short(int(one.start_ns[0]))}")
    say(f"{store}: written; use it by `gal-friday backtest --data {store}`")
