"""How far the close has come in a number of bars: in percent (rate of change) and in price (momentum)."""

from __future__ import annotations

from gal_friday.features.kernel import CLOSE, Array, kernel
from gal_friday.features.kernels.rolling import push, ring_size
from gal_friday.features.kind import Kind, Output, Values, period


@kernel
def roc_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of closes."""
    close = inputs[CLOSE]
    before = push(state, close)
    out[0] = (close / before - 1.0) * 100.0 if before > 0.0 else 0.0


@kernel
def momentum_step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of closes."""
    close = inputs[CLOSE]
    out[0] = close - push(state, close)


def _state(values: Values) -> int:
    return ring_size(int(values["period"]))


def _warmup(values: Values) -> int:
    return int(values["period"]) + 1


KINDS = (
    Kind(
        name="roc",
        summary="Rate of change: the close over the close period bars ago, less one",
        step=roc_step,
        parameters=(period(10),),
        outputs=(Output("%"),),
        state=_state,
        warmup=_warmup,
    ),
    Kind(
        name="momentum",
        summary="The close less the close period bars ago",
        step=momentum_step,
        parameters=(period(10),),
        outputs=(Output("price"),),
        state=_state,
        warmup=_warmup,
    ),
)
