"""Keys of what is traded."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gal_friday.settings.section import Section, key

PAIR = r"^[A-Z0-9]{1,15}/[A-Z0-9]{2,10}$"
Pair = Annotated[str, Field(pattern=PAIR)]


class TradingSettings(Section):
    """The pairs in service."""

    pairs: tuple[Pair, ...] = key(("XRP/USD", "DOGE/USD"), "Pairs in service, each written BASE/QUOTE", ordered=False)

    @model_validator(mode="after")
    def _pairs_are_distinct(self) -> Self:
        if not self.pairs:
            raise ValueError("pairs must name at least one pair; was empty")
        twice = sorted({pair for pair in self.pairs if self.pairs.count(pair) > 1})
        if twice:
            raise ValueError(f"pairs must be distinct; named twice: {', '.join(twice)}")
        return self
