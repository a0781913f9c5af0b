"""The order book some levels deep: sizes, their imbalance, and the average price of each side."""

from __future__ import annotations

import math

from gal_friday.features.kernel import ASK_PRICE, ASK_SIZE, BID_PRICE, BID_SIZE, Array, kernel
from gal_friday.features.kind import Kind, Output, levels

_ONE_SIDED = "not ready while a side of the book is empty; levels that the book does not have count as empty"


@kernel
def size_of(inputs: Array, sizes: int, count: float) -> float:
    """Sum of the sizes of the best `count` levels of the side whose sizes begin at `sizes`."""
    result = 0.0
    for level in range(int(count)):
        result += inputs[sizes + level]
    return result


@kernel
def average_price(inputs: Array, prices: int, sizes: int, count: float) -> float:
    """Size-weighted price of the best `count` levels; NaN without any size."""
    turnover = 0.0
    size = 0.0
    for level in range(int(count)):
        turnover += inputs[prices + level] * inputs[sizes + level]
        size += inputs[sizes + level]
    return turnover / size if size > 0.0 else math.nan


@kernel
def depth_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """No state."""
    bids = size_of(inputs, BID_SIZE, params[0])
    asks = size_of(inputs, ASK_SIZE, params[0])
    out[0] = bids if bids > 0.0 else math.nan
    out[1] = asks if asks > 0.0 else math.nan


@kernel
def imbalance_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """No state."""
    bids = size_of(inputs, BID_SIZE, params[0])
    asks = size_of(inputs, ASK_SIZE, params[0])
    out[0] = (bids - asks) / (bids + asks) if bids > 0.0 and asks > 0.0 else math.nan


@kernel
def wap_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """No state."""
    out[0] = average_price(inputs, BID_PRICE, BID_SIZE, params[0])
    out[1] = average_price(inputs, ASK_PRICE, ASK_SIZE, params[0])


KINDS = (
    Kind(
        name="depth",
        summary="Sum of the sizes of the best levels of each side",
        step=depth_step,
        parameters=(levels(10),),
        outputs=(Output("base asset", "bid"), Output("base asset", "ask")),
        needs_book=True,
        convention=_ONE_SIDED,
    ),
    Kind(
        name="imbalance",
        summary="Size bid less size asked over their sum, at the best levels",
        step=imbalance_step,
        parameters=(levels(5),),
        outputs=(Output("-1 to 1"),),
        needs_book=True,
        convention=_ONE_SIDED,
    ),
    Kind(
        name="wap",
        summary="Size-weighted average price of the best levels of each side",
        step=wap_step,
        parameters=(levels(5),),
        outputs=(Output("price", "bid"), Output("price", "ask")),
        needs_book=True,
        convention=_ONE_SIDED,
    ),
)
