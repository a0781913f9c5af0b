"""Peak memory of five years of minute bars, and how time and memory grow with the number of bars."""

from __future__ import annotations

from benchmarks import market
from benchmarks.peers.task import YEAR
from benchmarks.runs import Job, interleaved, save
from benchmarks.table import text

LIMIT_MB = {1: 800, 2: 1_300}
# How much dearer a bar of five years may be than a bar of one: more would not be linear.
LINEAR = 1.3
SIZES = (YEAR // 4, YEAR // 2, YEAR, 2 * YEAR, 5 * YEAR)


def _job(rows: int, pairs: int, driver: str) -> Job:
    years = f"{rows / YEAR:g} year{'s' if rows > YEAR else ''}"
    arguments = ("benchmarks.ours", "--driver", driver, "--rows", str(rows), "--pairs", str(pairs))
    return Job(f"{driver}, {years}, {pairs} pair{'s' if pairs > 1 else ''}", None, arguments)


def memory(repeats: int) -> None:
    """Five years, one pair and two."""
    for pair in (0, 1):
        market.ensure(market.FIVE_YEARS, pair)
    outcomes = interleaved([_job(market.FIVE_YEARS, pairs, "fast") for pairs in LIMIT_MB], repeats)
    verdicts = []
    for outcome, (pairs, limit) in zip(outcomes, LIMIT_MB.items(), strict=True):
        if outcome.failure is None:
            peak = max(answer["rss_mb"] for answer in outcome.answers)
            verdicts.append(f"{'MET' if peak < limit else 'MISSED'}: {pairs} pair(s) peak at {peak:.0f} MB of {limit}")
    print("\n" + text(outcomes) + "\n" + "\n".join(verdicts))
    print(f"written: {save('memory', outcomes, verdicts)}")


def growth(repeats: int, driver: str = "fast") -> None:
    """A quarter of a year to five years, one pair and two."""
    for pair in (0, 1):
        market.ensure(market.FIVE_YEARS, pair)
    outcomes = interleaved([_job(rows, pairs, driver) for pairs in LIMIT_MB for rows in SIZES], repeats)
    verdicts = []
    for pairs, own in zip(LIMIT_MB, (outcomes[: len(SIZES)], outcomes[len(SIZES) :]), strict=True):
        counted = {size: o for size, o in zip(SIZES, own, strict=True) if o.failure is None}
        if YEAR not in counted or SIZES[-1] not in counted:
            continue
        one, five = counted[YEAR], counted[SIZES[-1]]
        dearer = five.run_s / one.run_s * YEAR / SIZES[-1]
        per_bar = (five.middle("rss_mb") - one.middle("rss_mb")) * 2**20 / ((SIZES[-1] - YEAR) * pairs)
        met = "MET" if dearer <= LINEAR else "MISSED"
        verdicts.append(
            f"{met}: {pairs} pair(s): a bar of five years costs {dearer:.2f} times a bar of one (limit {LINEAR}), "
            f"and each further bar {per_bar:.0f} bytes"
        )
    print("\n" + text(outcomes) + "\n" + "\n".join(verdicts))
    print(f"written: {save(f'growth-{driver}', outcomes, verdicts)}")
