"""The task that every system is given, its input, and the one line each answers with.

Runs inside every peer's own environment, so it uses the standard library and numpy only.
"""

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

FAST, SLOW = 12, 26
RSI_BARS, RSI_BELOW = 14, 70.0
STOP, TARGET = 0.005, 0.010
RISK, CAP = 0.005, 0.10
TAKER, MAKER = 0.0026, 0.0016
CAPITAL = 1_000_000.0
# Risking half a percent at a stop of half a percent would take all the money: the cap decides.
STAKE = min(RISK / STOP, CAP)
YEAR = 525_600
TICK_DECIMALS = 1
COLUMNS = ("second", "open", "high", "low", "close", "volume")

T = TypeVar("T")


def envs() -> Path:
    """The folder of environments and generated input."""
    return Path(os.environ.get("GAL_FRIDAY_BENCH_ENVS", "~/.cache/gal-friday/bench")).expanduser()


def bars_path(pair: int) -> Path:
    """The file of one pair's generated bars: int64 columns as in COLUMNS, prices in ticks of 0.1."""
    return envs() / "data" / f"bars-{pair}.npy"


def options(**more: Any) -> argparse.Namespace:
    """The command line: rows, which signals may enter, and whatever else the system has to choose."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=YEAR)
    parser.add_argument("--entries", choices=("all", "daily"), default="all")
    for name, default in more.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    return parser.parse_args()


def load(rows: int, pair: int = 0) -> dict[str, np.ndarray]:
    """The first `rows` bars as float64 columns, times in seconds UTC."""
    table = np.load(bars_path(pair), mmap_mode="r")[:, :rows]
    scale = 10.0**TICK_DECIMALS
    floats = {name: table[i] / scale for i, name in enumerate(COLUMNS) if name in ("open", "high", "low", "close")}
    return {"second": np.array(table[0]), **floats, "volume": table[5] / 1e8}


def frame(columns: dict[str, np.ndarray], *, zone: str | None = None) -> Any:
    """The columns as a pandas frame over time."""
    import pandas as pd

    index = pd.to_datetime(columns["second"], unit="s", utc=zone is not None)
    return pd.DataFrame({k: v for k, v in columns.items() if k != "second"}, index=index)


def first_of_day(signal: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Keep the first signal of each UTC day, whether or not a position is open then."""
    at = np.flatnonzero(signal)
    _, first = np.unique(second[at] // 86_400, return_index=True)
    kept = np.zeros_like(signal)
    kept[at[first]] = True
    return kept


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that `work` took, and what it returned."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def answer(package: str, rows: int, run_s: float, **more: Any) -> None:
    """Print the line that the driver reads: seconds of the run proper, trades, memory, versions."""
    line = {
        "version": version(package),
        "python": platform.python_version(),
        "rows": rows,
        "run_s": round(run_s, 6),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        **more,
    }
    print("RESULT " + json.dumps(line), flush=True)
