"""Cash, positions, ledger and valuation."""
