"""How long handlers take: a bounded sample per handler, and its percentiles."""

from __future__ import annotations

from collections import deque

SAMPLE = 1_024


class Latencies:
    """The last thousand durations of each handler, in nanoseconds."""

    __slots__ = ("_samples",)

    def __init__(self) -> None:
        self._samples: dict[str, deque[int]] = {}

    def add(self, handler: str, took_ns: int) -> None:
        """Remember one call."""
        sample = self._samples.get(handler)
        if sample is None:
            sample = self._samples[handler] = deque(maxlen=SAMPLE)
        sample.append(took_ns)

    def percentiles(self) -> dict[str, dict[str, float]]:
        """p50, p95, p99 and max per handler, in microseconds."""
        return {name: _figures(sorted(sample)) for name, sample in sorted(self._samples.items())}


def _figures(ordered: list[int]) -> dict[str, float]:
    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1_000

    return {
        "p50_us": at(0.50),
        "p95_us": at(0.95),
        "p99_us": at(0.99),
        "max_us": ordered[-1] / 1_000,
    }
