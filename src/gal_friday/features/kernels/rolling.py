"""Windows over the latest values: a ring in a kernel's state, and sums over it from oldest to newest.

A ring of n values is kept twice, so that the window is always one contiguous run. The order of summation does not
depend on where the series began, so neither do the bits of the result; four running sums keep the processor busy.
"""

from __future__ import annotations

from gal_friday.features.kernel import Array, kernel


def ring_size(length: int) -> int:
    """How much state a ring of `length` values needs."""
    return 2 * length + 1


@kernel
def push(ring: Array, value: float) -> float:
    """Put a value in place of the oldest, and return that one (0 while the ring is not full)."""
    length = (ring.shape[0] - 1) // 2
    at = int(ring[0])
    out = ring[1 + at]
    ring[1 + at] = value
    ring[1 + at + length] = value
    ring[0] = 0.0 if at + 1 == length else at + 1.0
    return out


@kernel
def oldest(ring: Array) -> int:
    """Position of the oldest value; the others follow it. Zeros stand where none have come yet."""
    return 1 + int(ring[0])


@kernel
def total(ring: Array) -> float:
    """Sum of the values."""
    values = ring[oldest(ring) : oldest(ring) + (ring.shape[0] - 1) // 2]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = values.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
    for i in range(whole, values.shape[0]):
        a += values[i]
    return (a + b) + (c + d)


@kernel
def mean(ring: Array) -> float:
    """Mean of the values; of equal values it is exactly that value."""
    values = ring[oldest(ring) : oldest(ring) + (ring.shape[0] - 1) // 2]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    base = values[0]
    whole = values.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        a += values[i] - base
        b += values[i + 1] - base
        c += values[i + 2] - base
        d += values[i + 3] - base
    for i in range(whole, values.shape[0]):
        a += values[i] - base
    return base + ((a + b) + (c + d)) / values.shape[0]


@kernel
def squares(ring: Array, centre: float) -> float:
    """Sum of squared distances from `centre`."""
    values = ring[oldest(ring) : oldest(ring) + (ring.shape[0] - 1) // 2]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = values.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        a += (values[i] - centre) * (values[i] - centre)
        b += (values[i + 1] - centre) * (values[i + 1] - centre)
        c += (values[i + 2] - centre) * (values[i + 2] - centre)
        d += (values[i + 3] - centre) * (values[i + 3] - centre)
    for i in range(whole, values.shape[0]):
        a += (values[i] - centre) * (values[i] - centre)
    return (a + b) + (c + d)


@kernel
def cube(value: float) -> float:
    """The third power, as two products."""
    return value * value * value


@kernel
def cubes(ring: Array, centre: float) -> float:
    """Sum of cubed distances from `centre`."""
    values = ring[oldest(ring) : oldest(ring) + (ring.shape[0] - 1) // 2]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = values.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        a += cube(values[i] - centre)
        b += cube(values[i + 1] - centre)
        c += cube(values[i + 2] - centre)
        d += cube(values[i + 3] - centre)
    for i in range(whole, values.shape[0]):
        a += cube(values[i] - centre)
    return (a + b) + (c + d)
