"""Compiled sets are kept on disk under an address of everything they depend on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gal_friday.features.catalogue import find_kind
from gal_friday.features.composition import _address, _fingerprint, source
from gal_friday.features.kind import Kind

PROGRAM = """
from gal_friday.features.series import FeatureSet, FeatureStepper
from gal_friday.settings.sections.features import FeatureSettings, FeatureSpec
stepper = FeatureStepper(FeatureSet.from_settings(FeatureSettings(definitions=(FeatureSpec(kind="roc"),))))
print(sum(stepper._step.stats.cache_hits.values()))
"""


def _run(cache: Path, program: str = PROGRAM) -> str:
    environment = {"XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin:/bin", "HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120, check=False
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
    path = tmp_path / "twice.py"
    addresses = []
    for variant in (text, text, text.replace("2.0", "3.0"), text):
        path.write_text(variant)
        addresses.append(_address((_fresh_kind(path),)))
    first, again, other, last = addresses
    assert first == again == last != other


def _fresh_kind(path: Path) -> Kind:
    for name in [name for name in sys.modules if name.startswith(f"gal_friday_feature_{path.stem}_")]:
        del sys.modules[name]
    return find_kind(f"{path}:KIND")


def test_a_kernel_that_moved_is_compiled_anew(tmp_path: Path) -> None:
    # Machine code names the modules it came from; under another name it could not be read back.
    text = (
        "from gal_friday.features.kernel import kernel\n"
        "from gal_friday.features.kind import Kind, Output\n"
        "@kernel\ndef step(state, inputs, params, out):\n    out[0] = 1.0\n"
        "KIND = Kind(name='one', summary='', step=step, outputs=(Output('1'),))\n"
    )
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.py").write_text(text)
        program = PROGRAM.replace('"roc"', repr(f"{tmp_path}/{folder}/one.py:KIND"))
        assert _run(tmp_path, program) == "0"


def test_the_address_follows_kernels_reached_through_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    outer = (
        "import inner_kernels_NUMBER as inner\n"
        "from gal_friday.features.kernel import CLOSE, kernel\n"
        "from gal_friday.features.kind import Kind, Output\n"
        "@kernel\ndef step(state, inputs, params, out):\n    out[0] = inner.scaled(inputs[CLOSE])\n"
        "KIND = Kind(name='scaled', summary='', step=step, outputs=(Output('1'),))\n"
    )
    for number in (1, 2):
        kernels = tmp_path / f"inner_kernels_{number}.py"
        kernels.write_text(
            "from gal_friday.features.kernel import kernel\n"
            f"@kernel\ndef scaled(value):\n    return value * {number}.5\n"
        )
        path = tmp_path / f"outer_{number}.py"
        path.write_text(outer.replace("NUMBER", str(number)))
        assert f"value * {number}.5" in _fingerprint(find_kind(f"{path}:KIND").step)


@pytest.mark.parametrize("name", ["ema", "spread"])
def test_the_composed_text_is_python(name: str) -> None:
    compile(source((find_kind(name),)), name, "exec")
