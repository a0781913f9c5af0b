"""The layers and the purity of deciding code, as pyproject.toml states them for import-linter."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
ALLOWED = 6


def test_the_contracts_hold():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_exceptions_from_purity_stay_few():
    pure = next(contract for contract in LINTER["contracts"] if contract["id"] == "pure")
    assert len(pure["ignore_imports"]) <= ALLOWED
