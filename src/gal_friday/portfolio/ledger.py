"""Exact double-entry ledger: every transaction sums to zero in every asset, and the whole has a hash."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from gal_friday.domain.errors import Unbalanced
from gal_friday.domain.numbers import ZERO, plain

ASSETS = "assets"
OPENING = "equity:opening"
TRADING = "trading"
FEES = "expenses:fees"

Posting = tuple[str, str, Decimal]


class Ledger:
    """Balances by (account, asset). Debits are positive; what we hold stands in the account `assets`."""

    def __init__(self) -> None:
        self._balances: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._hash = hashlib.sha256()
        self.transactions = 0

    def post(self, reference: str, postings: Iterable[Posting]) -> None:
        """Book one transaction; raises `Unbalanced`, with nothing booked, unless each asset sums to zero."""
        lines = tuple(postings)
        sums: dict[str, Decimal] = {}
        text = reference
        for account, asset, amount in lines:
            sums[asset] = sums[asset] + amount if asset in sums else amount
            text += f"\n{account}|{asset}|{amount}"
        if any(sums.values()):
            told = ", ".join(f"{asset} {plain(total)}" for asset, total in sums.items())
            raise Unbalanced(f"{reference}: expected sums of zero, were {told}")
        balances = self._balances
        for account, asset, amount in lines:
            balances[account, asset] += amount
        self._hash.update(f"{text}\n\n".encode())
        self.transactions += 1

    def trade(self, reference: str, base: str, quote: str, quantity: Decimal, cost: Decimal, fee: Decimal) -> None:
        """Book a fill: `quantity` of base gained (negative: given) for `cost` of quote, with a fee in quote.

        What one account gains another gives, so every such transaction is balanced.
        """
        balances = self._balances
        balances[ASSETS, base] += quantity
        balances[TRADING, base] -= quantity
        balances[ASSETS, quote] -= cost + fee
        balances[TRADING, quote] += cost
        balances[FEES, quote] += fee
        self._hash.update(f"{reference}|{base}|{quantity}|{quote}|{cost}|{fee}\n".encode())
        self.transactions += 1

    def balance(self, account: str, asset: str) -> Decimal:
        """What stands in the account, in the asset."""
        return self._balances.get((account, asset), ZERO)

    def held(self, asset: str) -> Decimal:
        """How much of the asset we hold; negative for what was sold short."""
        return self._balances.get((ASSETS, asset), ZERO)

    def total(self, asset: str) -> Decimal:
        """The sum over all accounts: zero, always."""
        return sum((amount for (_, of), amount in self._balances.items() if of == asset), ZERO)

    def assets(self) -> tuple[str, ...]:
        """Every asset that was ever booked."""
        return tuple(sorted({asset for _, asset in self._balances}))

    def sha256(self) -> str:
        """Hash over all transactions in order."""
        return self._hash.hexdigest()


def opening(asset: str, amount: Decimal) -> tuple[Posting, ...]:
    """Postings of an opening balance, a deposit, or (negative) a withdrawal."""
    return ((ASSETS, asset, amount), (OPENING, asset, -amount))
