"""What every feature kernel is compiled with, and where it finds what one bar brings."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

# The vector math library rounds exp and log otherwise than libm, and only in loops: the two paths would part.
os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Step = Callable[[Array, Array, Array, Array], None]
Function = TypeVar("Function", bound=Callable[..., Any])

# Positions in `inputs`. Prices are in the quote asset, VOLUME in the base asset.
OPEN: Final = 0
HIGH: Final = 1
LOW: Final = 2
CLOSE: Final = 3
VOLUME: Final = 4
DAY: Final = 5  # number of the UTC day in which the bar starts, counted from 1970-01-01
SECOND: Final = 6  # second of that day at which the bar starts
BARS: Final = 7  # bars since warm-up began, this one included: 1 on the first
# Then, for sets with book features, four runs of BOOK_LEVELS numbers, best level first; size 0 means no level.
BOOK_LEVELS: Final = 25
BID_PRICE: Final = 8
BID_SIZE: Final = BID_PRICE + BOOK_LEVELS
ASK_PRICE: Final = BID_SIZE + BOOK_LEVELS
ASK_SIZE: Final = ASK_PRICE + BOOK_LEVELS
INPUTS: Final = 8
BOOK_INPUTS: Final = 4 * BOOK_LEVELS

# One set of flags for all: IEEE order of operations as written; a division by zero gives a value that is not
# finite (such a row is never published) instead of an exception; and no heap, so a kernel that allocates does
# not compile.
_FLAGS: Final = {"error_model": "numpy", "fastmath": False, "parallel": False, "nogil": True, "_nrt": False}


def kernel(function: Function) -> Function:
    """Compile a kernel: strict floating point, no parallelism, so block and single rows agree to the bit."""
    return cast("Function", njit(forceinline=True, **_FLAGS)(function))


def cached_kernel(function: Function) -> Function:
    """Compile what Python calls, and keep the machine code beside the file that holds it."""
    return cast("Function", njit(cache=True, **_FLAGS)(function))
