"""Seeded streams of the built-in market: one for each purpose, so that no draw depends on another's length."""

from __future__ import annotations

import hashlib

import numpy as np

MARKET = "the whole market"


def stream(seed: int, name: str, purpose: str) -> np.random.Generator:
    """The stream of a pair (or of the whole market) for one purpose: a longer draw begins with the shorter one."""
    digest = hashlib.sha256(f"{name}\n{purpose}".encode()).digest()
    words = [int.from_bytes(digest[k : k + 4], "little") for k in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed & 0xFFFFFFFF, seed >> 32, *words])))
