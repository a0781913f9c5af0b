"""The simulated venue as the order handler sees it: the venue port over the matching engine."""

from __future__ import annotations

from typing import Any

from gal_friday.domain.numbers import plain
from gal_friday.domain.ports import Clock
from gal_friday.domain.time import iso
from gal_friday.domain.venue import Answer, Command, Update
from gal_friday.simulation.matching import Matching


class SimulatedVenue:
    """Answers at once; fills wait in `matching.updates` until whoever drives the market hands them on."""

    def __init__(self, matching: Matching, clock: Clock) -> None:
        self._matching = matching
        self._clock = clock

    async def execute(self, command: Command) -> Answer:
        """Carry out one command."""
        return self._matching.execute(command, self._clock.now_ns())

    async def account(self) -> dict[str, Any]:
        """Balances and open orders, as the ACCOUNT_STATE payload has them."""
        balances = {
            asset: {"total": plain(amount), "available": plain(amount)}
            for asset, amount in sorted(self._matching.balances.items())
        }
        orders = [{"client_order_id": identity} for identity in self._matching.open_orders()]
        return {"balances": balances, "open_orders": orders, "as_of": iso(self._clock.now_ns())}

    async def query(self, exchange_order_id: str) -> Update | None:
        """The matching engine forgets what has ended; its updates tell everything, so there is nothing to add."""
        del exchange_order_id
        return None
