"""How commands speak: text or JSON on standard output, errors in three lines, stable exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gal_friday.domain.errors import DataError, GalFridayError, Malformed, SettingsError

OK = 0
FAILED = 1
MISTAKE = 2
INTERNAL = 70
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as a person reads it: what happened, why, and what to do."""

    what: str
    why: str
    do: str


_BY_KIND: tuple[tuple[type[GalFridayError], str, str], ...] = (
    (
        SettingsError,
        "the settings cannot be used",
        "correct what is named above; `gal-friday config explain KEY` helps",
    ),
    (
        DataError,
        "the market data cannot be used",
        "correct the file or choose a repair: `gal-friday data import --help`",
    ),
    (Malformed, "the input is not understood", "correct the value named above"),
    (GalFridayError, "the command failed", "see the reason above"),
)


def complaint(error: GalFridayError) -> Complaint:
    """The three lines of an error that was raised on purpose."""
    what, do = next((what, do) for kind, what, do in _BY_KIND if isinstance(error, kind))
    return Complaint(what, str(error) or type(error).__name__, do)


def exit_code(error: GalFridayError) -> int:
    """2 for a mistake in settings, data or input, 1 for everything else."""
    return MISTAKE if isinstance(error, (SettingsError, DataError, Malformed)) else FAILED


def say(text: str = "") -> None:
    """One line of a command's answer."""
    print(text)


def say_json(value: Any) -> None:
    """A command's whole answer as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def say_error(said: Complaint, *, as_json: bool) -> None:
    """The complaint on standard error, as three lines or as one JSON object."""
    if as_json:
        print(json.dumps({"error": asdict(said)}, ensure_ascii=False), file=sys.stderr)
        return
    print(f"error: {said.what}\n  why: {said.why}\n   do: {said.do}", file=sys.stderr)


def say_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Aligned columns; the last one is not padded."""
    lines = [list(map(_cell, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)]
        say("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
