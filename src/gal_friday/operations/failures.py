"""Counts order failures in a row: too many of them mean that something is wrong with us or with the venue."""

from __future__ import annotations

from gal_friday.domain.orders import Report, Status

_FAILED = frozenset({Status.REJECTED, Status.ERROR})
_ACCEPTED = frozenset({Status.NEW, Status.PARTIALLY_FILLED, Status.FILLED})


class OrderFailures:
    """Orders rejected or failed in a row, each counted once; an order that the venue accepted starts anew."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failed: list[str] = []

    def accepted(self) -> None:
        """An order was accepted: the count starts anew."""
        self.in_a_row = 0

    def on_report(self, report: Report) -> str | None:
        """The reason to halt, when this report makes it one failure too many."""
        if report.status in _ACCEPTED:
            self._failed.clear()
        elif report.status in _FAILED and report.client_order_id not in self._failed:
            self._failed.append(report.client_order_id)
            if len(self._failed) >= self._limit:
                reason = (
                    f"ORDER_FAILURES: {len(self._failed)} in a row, the last: {report.error or report.status.value}"
                )
                self._failed.clear()
                return reason
        return None
