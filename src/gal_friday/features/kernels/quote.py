"""The touch of the order book: spread and microprice."""

from __future__ import annotations

import math

from gal_friday.features.kernel import ASK_PRICE, ASK_SIZE, BID_PRICE, BID_SIZE, Array, kernel
from gal_friday.features.kind import Kind, Output

_ONE_SIDED = "not ready while a side of the book is empty"


@kernel
def two_sided(inputs: Array) -> bool:
    """Whether the book has a bid and an ask."""
    return inputs[BID_SIZE] > 0.0 and inputs[ASK_SIZE] > 0.0


@kernel
def spread_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """No state."""
    if two_sided(inputs):
        bid, ask = inputs[BID_PRICE], inputs[ASK_PRICE]
        out[0] = ask - bid
        out[1] = (ask - bid) / ((ask + bid) / 2.0) * 10_000.0
    else:
        out[0] = math.nan
        out[1] = math.nan


@kernel
def microprice_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """No state."""
    if two_sided(inputs):
        bid_size, ask_size = inputs[BID_SIZE], inputs[ASK_SIZE]
        out[0] = (inputs[BID_PRICE] * ask_size + inputs[ASK_PRICE] * bid_size) / (bid_size + ask_size)
    else:
        out[0] = math.nan


KINDS = (
    Kind(
        name="spread",
        summary="Best ask less best bid, in price and in basis points of their middle",
        step=spread_step,
        outputs=(Output("price", "abs"), Output("bp", "bp")),
        needs_book=True,
        convention=_ONE_SIDED,
    ),
    Kind(
        name="microprice",
        summary="Best bid and ask, each weighted by the size on the other side",
        step=microprice_step,
        outputs=(Output("price"),),
        needs_book=True,
        convention=_ONE_SIDED,
    ),
)
