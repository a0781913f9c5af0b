"""Why trading was halted, counted by reason, with what each reason means and whether it ever let go again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gal_friday.backtest.report.numerals import minute, number
from gal_friday.backtest.result import Run

MEANINGS = {
    "TOTAL_DRAWDOWN_LIMIT": "Equity fell too far below its highest point ever. No resumption mends that, so each one "
    "is followed by the next halt until equity has risen.",
    "DAILY_DRAWDOWN_LIMIT": "Equity fell too far below its highest point of the UTC day.",
    "WEEKLY_DRAWDOWN_LIMIT": "Equity fell too far below its highest point of the week: over again on Monday, UTC.",
    "CONSECUTIVE_LOSSES_LIMIT": "Too many trades in a row lost; a resumption counts from nought again.",
    "EXTREME_VOLATILITY": "The price moved further within the guard's window than it allows.",
    "ORDER_FAILURES": "Too many orders in a row failed.",
}


@dataclass(frozen=True, slots=True)
class Halts:
    """All halts of one reason."""

    code: str
    count: int
    first_ns: int
    last_ns: int
    meaning: str


def by_reason(run: Run) -> list[Halts]:
    """The reasons in the order in which they first came up."""
    found: dict[str, list[int]] = {}
    for at, reason in run.halts:
        found.setdefault(code_of(reason), []).append(at)
    return [Halts(code, len(at), at[0], at[-1], MEANINGS.get(code, "")) for code, at in found.items()]


def code_of(reason: str) -> str:
    """The code that a reason begins with, or the whole of a reason without one."""
    return reason.partition(":")[0]


def sentences(run: Run) -> Iterator[str]:
    """What a sceptic should know of a run that was halted; nothing for one that was not."""
    reasons = by_reason(run)
    if reasons:
        times = "once" if len(run.halts) == 1 else f"{number(len(run.halts), 0)} times"
        named = ", ".join(f"{one.code} {number(one.count, 0)}" for one in reasons)
        yield f"Trading was halted {times}: {named}."
    last_fill = max((fill.venue_ns for fill in run.fills), default=0)
    after = [code_of(reason) for at, reason in run.halts if at > last_fill]
    if len(after) > 1:
        again = f"resumed and halted again {number(len(after), 0)} times by {', '.join(dict.fromkeys(after))}"
        since = f"After the last fill, {minute(last_fill)}," if last_fill else "Nothing was ever filled;"
        yield f"{since} trading was {again}: the account only lay idle. See the setting backtest.after_halt."
