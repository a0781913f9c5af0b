"""What several rooms' tests share: recorded markets, long runs that continue where they stopped, and example counts."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How many examples properties are tried on, and how many runs of how many steps the machines make.
# HYPOTHESIS_PROFILE chooses; the machines' tests marked `acceptance` take the long profile by themselves.
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "quick", deadline=None, derandomize=True, max_examples=50, stateful_step_count=40, suppress_health_check=_PATIENT
)
settings.register_profile(
    "acceptance",
    deadline=None,
    max_examples=2_000,
    stateful_step_count=100,
    suppress_health_check=_PATIENT,
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of recorded markets; the test is skipped where there is none."""
    folder = os.environ.get("GAL_FRIDAY_MARKET_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GAL_FRIDAY_MARKET_DATA names no folder of recorded markets")
    return Path(folder)


@pytest.fixture
def unfinished(request: pytest.FixtureRequest) -> Callable[[Iterable[object]], Iterator[object]]:
    """Iterate over the cases that have not passed yet, and remember each that the test got through.

    `for seed in unfinished(range(200)): ...` skips, when the run is repeated, the seeds that passed with this source.
    """
    folder = os.environ.get("GAL_FRIDAY_ACCEPTANCE")

    def remaining(cases: Iterable[object]) -> Iterator[object]:
        if folder is None:
            yield from cases
            return
        digest = hashlib.sha256(request.path.read_bytes())
        for path in sorted((ROOT / "src").rglob("*.py")):
            digest.update(path.read_bytes())
        log = Path(folder) / f"{request.node.name}.{digest.hexdigest()[:16]}"
        log.parent.mkdir(parents=True, exist_ok=True)
        passed = set(log.read_text().splitlines()) if log.exists() else set()
        for case in cases:
            if str(case) not in passed:
                yield case
                with log.open("a") as more:
                    more.write(f"{case}\n")

    return remaining
