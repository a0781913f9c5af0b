"""The comparison on one task: which systems, in which configurations, and what we ask of ourselves."""

from __future__ import annotations

from benchmarks import market
from benchmarks.peers.task import YEAR
from benchmarks.runs import Job, Outcome, disqualify, interleaved, save
from benchmarks.table import Aim, text

FAST, EVENT = "ours (fast)", "ours (event)"
REFERENCE = "backtesting.py"

_OURS = (
    Job(FAST, None, ("benchmarks.ours", "--driver", "fast")),
    Job(EVENT, None, ("benchmarks.ours", "--driver", "event")),
)
_MODES = {
    "netting": ("--oms", "NETTING"),
    "hedging": ("--oms", "HEDGING"),
    "hedging, no checks": ("--oms", "HEDGING", "--checks", "0"),
}
_PEERS = (
    Job(REFERENCE, "backtesting", ("run_backtesting.py",)),
    Job("vectorbt", "vectorbt", ("run_vectorbt.py",)),
    *(
        Job(f"nautilus ({python}, {mode})", f"nautilus-{python}", ("run_nautilus.py", *arguments))
        for python in ("py312", "py311")
        for mode, arguments in _MODES.items()
    ),
    Job("jesse", "jesse", ("run_jesse.py",)),
    Job("jesse (fast mode)", "jesse", ("run_jesse.py", "--fast", "1")),
    Job("backtrader", "backtrader", ("run_backtrader.py",)),
)
_W1_AIMS = (
    Aim(FAST, ("nautilus",), 25.0, 40.0),
    Aim(EVENT, ("nautilus", "jesse"), 1.0, 1.3),
)
_SPARSE_AIMS = (Aim(FAST, ("vectorbt",), 1.0, 1.0),)


def _compare(name: str, jobs: list[Job], aims: tuple[Aim, ...], repeats: int) -> list[Outcome]:
    outcomes = interleaved(jobs, repeats)
    disqualify(outcomes, REFERENCE)
    verdicts = [aim.verdict(outcomes) for aim in aims]
    print("\n" + text(outcomes, (FAST, EVENT)) + "\n")
    for outcome in outcomes:
        if outcome.job.environment is None and outcome.failure is None:
            print(f"{outcome.job.label}, beside the run: {_beside(outcome)}")
    print("\n".join(verdicts))
    print(f"written: {save(name, outcomes, verdicts)}")
    return outcomes


def _beside(outcome: Outcome) -> str:
    named = {"load_s": "loading", "warm_s": "compiling", "report_s": "figures and tables", "html_s": "report.html"}
    return ", ".join(f"{says} {outcome.middle(key):.2f} s" for key, says in named.items() if outcome.middle(key))


def _with(jobs: tuple[Job, ...], *more: str) -> list[Job]:
    return [Job(job.label, job.environment, (*job.arguments, *more)) for job in jobs]


def _chosen(jobs: tuple[Job, ...], only: tuple[str, ...]) -> tuple[Job, ...]:
    # The reference always runs: without its trade count nothing counts.
    return tuple(job for job in jobs if not only or job.label == REFERENCE or any(word in job.label for word in only))


def w1(repeats: int, only: tuple[str, ...] = (), rows: int = YEAR) -> list[Outcome]:
    """A year of minute bars, every signal may enter."""
    print(f"W1: {rows:,} bars, every signal")
    market.ensure(rows, 0)
    return _compare("w1", _with(_chosen(_OURS + _PEERS, only), "--rows", str(rows)), _W1_AIMS, repeats)


def sparse(repeats: int, rows: int = YEAR) -> list[Outcome]:
    """The same with the first signal of each UTC day alone."""
    print(f"W1, sparse: {rows:,} bars, the first signal of each UTC day")
    market.ensure(rows, 0)
    jobs = _with(_OURS + _PEERS[:2], "--rows", str(rows), "--entries", "daily")
    return _compare("sparse", jobs, _SPARSE_AIMS, repeats)
