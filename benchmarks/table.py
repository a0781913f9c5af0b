"""The table of one comparison, and the sentences that say whether an aim was met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.runs import Outcome


@dataclass(frozen=True, slots=True)
class Aim:
    """`ours` is to be at least `needed` times as fast as the fastest of `peers`, and aims at `hoped`."""

    ours: str
    peers: tuple[str, ...]
    needed: float
    hoped: float

    def verdict(self, outcomes: Sequence[Outcome]) -> str:
        """One sentence with the figures."""
        counted = {o.job.label: o for o in outcomes if o.failure is None}
        rivals = [o for label, o in counted.items() if label.startswith(self.peers)]
        if self.ours not in counted or not rivals:
            return f"NOT MEASURED: {self.ours} against {' and '.join(self.peers)}"
        best = min(rivals, key=lambda o: o.run_s)
        ratio = best.run_s / counted[self.ours].run_s
        met = "MET" if ratio >= self.needed else "MISSED"
        return (
            f"{met}: {self.ours} is {ratio:.2f} times as fast as {best.job.label}, "
            f"the fastest of its kind (needed {self.needed:g}, aimed at {self.hoped:g})"
        )


def rows(outcomes: Sequence[Outcome], ours: Sequence[str]) -> Iterable[list[str]]:
    """The cells of the table, fastest first, failures last."""
    counted = sorted((o for o in outcomes if o.failure is None), key=lambda o: o.run_s)
    own = {o.job.label: o.run_s for o in counted if o.job.label in ours}
    yield ["system", "version", "runs", "run s", "min-max", "bars/s", "whole s", "peak MB", "trades"] + [
        f"{label} is ... times as fast" for label in own
    ]
    for o in counted:
        times = [answer["run_s"] for answer in o.answers]
        yield [
            o.job.label,
            str(o.answers[0].get("version", "")),
            str(len(times)),
            f"{o.run_s:.3f}",
            f"{min(times):.3f}-{max(times):.3f}",
            f"{o.answers[0]['rows'] / o.run_s:,.0f}",
            f"{o.middle('wall_s'):.1f}",
            f"{o.middle('rss_mb'):,.0f}",
            "" if o.trades is None else f"{o.trades:,}",
            *(f"{o.run_s / seconds:.2f}" for seconds in own.values()),
        ]


def text(outcomes: Sequence[Outcome], ours: Sequence[str] = ()) -> str:
    """The table in Markdown, with the failures beneath."""
    lines = list(rows(outcomes, ours))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    left = {0, 1}

    def row(cells: list[str]) -> str:
        put = [c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
        return "| " + " | ".join(put) + " |"

    rule = "|" + "|".join("-" * (w + 1) + ("-" if i in left else ":") for i, w in enumerate(widths)) + "|"
    failed = [f"{o.job.label}: FAILED: {o.failure}" for o in outcomes if o.failure is not None]
    return "\n".join([row(lines[0]), rule, *map(row, lines[1:]), *failed])
