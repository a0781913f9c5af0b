"""One virtual environment a peer, made once in a cache folder and never inside the project."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.task import envs

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "peers" / "requirements"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a peer lives: a requirements file of this name, and the Python versions that it has builds for."""

    name: str
    pythons: tuple[str, ...] = ("3.11", "3.12")

    @property
    def python(self) -> Path:
        """The interpreter inside."""
        return envs() / self.name / "bin" / "python"

    @property
    def requirements(self) -> Path:
        """The pinned versions."""
        return REQUIREMENTS / f"{self.name}.txt"


# The newest release of NautilusTrader asks for Python 3.12; the newest for 3.11 is older, and often faster.
ALL = {
    environment.name: environment
    for environment in (
        Environment("nautilus-py312", ("3.12",)),
        Environment("nautilus-py311", ("3.11",)),
        Environment("jesse"),
        Environment("backtesting"),
        Environment("vectorbt"),
        Environment("backtrader"),
    )
}


def _candidates(version: str) -> Iterator[Path | str]:
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield Path(sys.base_prefix) / "bin" / f"python{version}"
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    yield from sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}*/bin/python{version}"), reverse=True)


def interpreter(version: str) -> str | None:
    """A Python of this version that starts, or None."""
    probe = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for candidate in _candidates(version):
        # A name on PATH may be a shim without anything behind it.
        if subprocess.run([candidate, "-c", probe], capture_output=True, check=False).returncode == 0:
            return str(candidate)
    return None


def ensure(environment: Environment) -> str | None:
    """Make the environment unless it is there; why it cannot be, or None."""
    stamp = envs() / environment.name / "installed"
    wanted = hashlib.sha256(environment.requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    python = next((found for version in environment.pythons if (found := interpreter(version))), None)
    if python is None:
        return f"no Python {' or '.join(environment.pythons)} on this machine"
    print(f"installing {environment.name} (once) ...", flush=True)
    home = envs() / environment.name
    if not environment.python.exists():
        subprocess.run([python, "-m", "venv", home], check=True)
    install = [environment.python, "-m", "pip", "install", "--quiet", "-r", environment.requirements]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"pip install failed: {done.stderr.strip().splitlines()[-1]}"
    stamp.write_text(wanted)
    return None
