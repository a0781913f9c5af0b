"""Compiled sets are kept on disk under an address of everything they depend on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gal_friday.features.catalogue import find_kind
from gal_friday.features.composition import _address, source

PROGRAM = """
from gal_friday.features.series import FeatureSet, FeatureStepper
from gal_friday.settings.sections.features import FeatureSettings, FeatureSpec
stepper = FeatureStepper(FeatureSet.from_settings(FeatureSettings(definitions=(FeatureSpec(kind="roc"),))))
print(sum(stepper._step.stats.cache_hits.values()))
"""


def _run(cache: Path) -> str:
    environment = {"XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin:/bin", "HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_second_process_finds_the_machine_code(tmp_path: Path) -> None:
    assert [_run(tmp_path), _run(tmp_path)] == ["0", "1"]
    folder = tmp_path / "gal-friday" / "kernels"
    assert [path.suffix for path in folder.iterdir() if path.is_file()] == [".py"]
    assert folder.stat().st_mode & 0o077 == 0


def test_without_a_writable_cache_it_compiles_for_itself(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert _run(tmp_path / "cache") == "0"


def test_the_address_follows_the_kernels_text(tmp_path: Path) -> None:
    text = (
        "from gal_friday.features.kernel import CLOSE, kernel\n"
        "from gal_friday.features.kind import Kind, Output\n"
        "FACTOR = 2.0\n"
        "@kernel\ndef inner(value):\n    return value * FACTOR\n"
        "@kernel\ndef step(state, inputs, params, out):\n    out[0] = inner(inputs[CLOSE])\n"
        "KIND = Kind(name='twice', summary='', step=step, outputs=(Output('1'),))\n"
    )
    addresses = set()
    for at, variant in enumerate([text, text, text.replace("2.0", "3.0")]):
        path = tmp_path / f"{'same' if at < 2 else 'other'}.py"
        path.write_text(variant)
        addresses.add(_address((find_kind(f"{path}:KIND"),)))
    assert len(addresses) == 2


@pytest.mark.parametrize("name", ["ema", "spread"])
def test_the_composed_text_is_python(name: str) -> None:
    compile(source((find_kind(name),)), name, "exec")
