"""Running a coroutine that must not wait: the backtest steps handlers itself."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from gal_friday.domain.errors import Fault

T = TypeVar("T")


def step(work: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine to its end in one step; one that suspends is a `Fault`."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    name = getattr(work, "__qualname__", work)
    raise Fault(f"{name} waited inside a handler; handlers decide, work that waits belongs to a task")
