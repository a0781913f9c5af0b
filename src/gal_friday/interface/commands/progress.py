"""Progress for a person at a terminal, on standard error; silent everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gal_friday.market.importing.reading import OnProgress


def steps(*, quiet: bool) -> Callable[[str], None]:
    """Tells the name of each step as it begins."""

    def tell(text: str) -> None:
        print(text, file=sys.stderr)

    return _nothing if quiet or not sys.stderr.isatty() else tell


def _nothing(text: str) -> None:
    del text


@contextmanager
def reading_bar(*, quiet: bool) -> Iterator[OnProgress | None]:
    """A bar over the bytes of each file that is read; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from pathlib import Path

    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from gal_friday.market.importing.reading import Progress as Step

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            if step.source not in tasks:
                tasks[step.source] = bar.add_task(Path(step.source).name, total=step.bytes_total)
            bar.update(tasks[step.source], completed=step.bytes_done)

        yield show
