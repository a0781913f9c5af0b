"""The logarithmic return that volatility and skew are made of."""

from __future__ import annotations

import math

from gal_friday.features.kernel import Array, kernel
from gal_friday.features.kernels.rolling import push


@kernel
def log_return(price: float, before: float) -> float:
    """ln(price / before); 0 where either is not a price."""
    if price <= 0.0 or before <= 0.0:
        return 0.0
    return math.log(price / before)


@kernel
def push_return(state: Array, close: float) -> None:
    """Append the return since the last close to the ring in `state[1:]`; `state[0]` holds that close."""
    if state[0] > 0.0:
        push(state[1:], log_return(close, state[0]))
    state[0] = close
