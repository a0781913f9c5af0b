"""How far the orders of one entry have come: news is told from what was told before."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.domain.numbers import ZERO
from gal_friday.domain.orders import CLOSED, Report


class Progress:
    """The orders of one entry. A limit entry that timed out may be carried on by a second order."""

    __slots__ = ("_ended", "_filled", "_working")

    def __init__(self) -> None:
        self._filled: dict[str, Decimal] = {}
        self._working: set[str] = set()
        self._ended: set[str] = set()

    def takes(self, report: Report) -> bool:
        """Take notice of a report; False for one that is older than what is known."""
        order = report.client_order_id
        if order in self._ended or report.filled < self._filled.get(order, ZERO):
            return False
        self._filled[order] = report.filled
        if report.status in CLOSED:
            self._working.discard(order)
            self._ended.add(order)
        else:
            self._working.add(order)
        return True

    @property
    def over(self) -> bool:
        """Whether every order that was seen has ended."""
        return bool(self._ended) and not self._working
