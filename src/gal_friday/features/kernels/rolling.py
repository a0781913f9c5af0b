"""Windows over the latest values: a ring in a kernel's state, summed from its oldest value to its newest.

The order of summation does not depend on where the series began, so neither do the bits of the result.
"""

from __future__ import annotations

from gal_friday.features.kernel import Array, kernel


@kernel
def push(ring: Array, value: float) -> float:
    """Put a value in place of the oldest, and return that one; `ring[0]` holds the oldest's position."""
    at = int(ring[0])
    oldest = ring[1 + at]
    ring[1 + at] = value
    at += 1
    ring[0] = 0.0 if at == ring.shape[0] - 1 else float(at)
    return oldest


@kernel
def total(ring: Array) -> float:
    """Sum of the window."""
    at = int(ring[0])
    result = 0.0
    for i in range(1 + at, ring.shape[0]):
        result += ring[i]
    for i in range(1, 1 + at):
        result += ring[i]
    return result


@kernel
def mean(ring: Array) -> float:
    """Mean of the window; of equal values it is exactly that value."""
    at = int(ring[0])
    oldest = ring[1 + at]
    result = 0.0
    for i in range(1 + at, ring.shape[0]):
        result += ring[i] - oldest
    for i in range(1, 1 + at):
        result += ring[i] - oldest
    return oldest + result / (ring.shape[0] - 1)


@kernel
def squares(ring: Array, centre: float) -> float:
    """Sum of squared distances from `centre`."""
    at = int(ring[0])
    result = 0.0
    for i in range(1 + at, ring.shape[0]):
        result += (ring[i] - centre) * (ring[i] - centre)
    for i in range(1, 1 + at):
        result += (ring[i] - centre) * (ring[i] - centre)
    return result


@kernel
def cubes(ring: Array, centre: float) -> float:
    """Sum of cubed distances from `centre`."""
    at = int(ring[0])
    result = 0.0
    for i in range(1 + at, ring.shape[0]):
        result += (ring[i] - centre) * (ring[i] - centre) * (ring[i] - centre)
    for i in range(1, 1 + at):
        result += (ring[i] - centre) * (ring[i] - centre) * (ring[i] - centre)
    return result
