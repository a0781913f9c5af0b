"""How this room compiles its loops: the flags every kernel of the system has, and the machine code kept on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

# Must be set before numba is first imported: the vector math library rounds otherwise than libm.
os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a loop: no fast math, no parallelism, without the interpreter's lock."""
    return cast("Function", njit(cache=True, nogil=True, error_model="numpy")(function))
