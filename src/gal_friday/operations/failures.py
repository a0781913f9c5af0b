"""Order failures in a row: enough of them mean that something is wrong with us or with the venue."""

from __future__ import annotations

from gal_friday.domain.orders import Report, Status

_FAILED = frozenset({Status.REJECTED, Status.ERROR})


class OrderFailures:
    """Counts refused and failed orders until one is accepted."""

    __slots__ = ("_limit", "in_a_row")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.in_a_row = 0

    def on_report(self, report: Report) -> str | None:
        """The reason for a halt when the limit is reached, else None."""
        if report.status in _FAILED:
            self.in_a_row += 1
        elif report.error is None:
            self.in_a_row = 0
        if report.status in _FAILED and self.in_a_row >= self._limit:
            return f"ORDER_FAILURES: {self.in_a_row} in a row, the last: {report.error}"
        return None
