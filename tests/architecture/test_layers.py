"""The layers and the purity of deciding code, as pyproject.toml states them for import-linter."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# The thin modules of the contract, one a room: the only files of a room that know the bus.
SHELLS = {"features.engine", "strategy.arbitrator", "risk.manager", "portfolio.manager", "execution.handler"}


def test_the_contracts_hold():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_the_thin_modules_and_one_port_are_excepted_from_purity():
    pure = next(contract for contract in LINTER["contracts"] if contract["id"] == "pure")
    to_the_bus = {f"gal_friday.{shell} -> gal_friday.events.bus" for shell in SHELLS}
    assert set(pure["ignore_imports"]) - to_the_bus == {"gal_friday.domain.ports -> time"}
