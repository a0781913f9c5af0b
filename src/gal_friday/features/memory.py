"""The kernels around a composed feature set: taking a bar in, starting anew, giving the outputs out.

memory is one float64 array: bars counted, bars needed, inputs, parameters, outputs, state.
layout is one int64 array: end of inputs, start of state, number of published outputs, where their positions stand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gal_friday.features.kernel import BARS, BID_PRICE, CLOSE, DAY, HIGH, LOW, OPEN, SECOND, VOLUME, Array, kernel

COUNT = 0
NEEDED = 1
INPUTS_AT = 2
BOOK_AT = INPUTS_AT + BID_PRICE
_DAY_NS = 86_400_000_000_000


@kernel
def begin(memory: Array, open_: float, high: float, low: float, close: float, volume: float, start_ns: int) -> None:
    """Take one bar in; `start_ns` UTC."""
    day = start_ns // _DAY_NS
    memory[COUNT] += 1.0
    memory[INPUTS_AT + OPEN] = open_
    memory[INPUTS_AT + HIGH] = high
    memory[INPUTS_AT + LOW] = low
    memory[INPUTS_AT + CLOSE] = close
    memory[INPUTS_AT + VOLUME] = volume
    memory[INPUTS_AT + DAY] = float(day)
    memory[INPUTS_AT + SECOND] = float(start_ns - day * _DAY_NS) / 1e9
    memory[INPUTS_AT + BARS] = memory[COUNT]


@kernel
def carry(memory: Array, book: Array, row: int) -> None:
    """Take the book of one row in; an array without rows means a set without book features."""
    if book.shape[0] > 0:
        for at in range(book.shape[1]):
            memory[BOOK_AT + at] = book[row, at]


@kernel
def restart(memory: Array, layout: Any) -> None:
    """Forget every bar: warm-up begins anew."""
    memory[COUNT] = 0.0
    for at in range(layout[1], memory.shape[0]):
        memory[at] = 0.0


@kernel
def publish(memory: Array, layout: Any, out: Array) -> bool:
    """Write the published outputs; false, and NaN in all of them, unless warm and every one finite."""
    ready = memory[COUNT] >= memory[NEEDED]
    if ready:
        for at in range(layout[2]):
            value = memory[layout[layout[3] + at]]
            out[at] = value
            # What is not finite differs from itself when it is subtracted from itself.
            if value - value != 0.0:
                ready = False
    if not ready:
        for at in range(layout[2]):
            out[at] = np.nan
    return ready
