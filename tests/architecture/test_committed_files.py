"""No committed file says where packages are downloaded from, or where this machine keeps things."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
OURS = Path(__file__).resolve()
UNKEPT = {".git", ".venv", "out", "dist", "__pycache__", ".hypothesis", ".acceptance"}

REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|proxy\.golang|conda\.anaconda"
    r"|--(extra-)?index-url|--find-links|PIP_INDEX|UV_INDEX"
)
MACHINE = re.compile(r"(?<![\w.~$}])/(root|home/\w+|Users/\w+|work|opt|mnt|tmp/\w+)/[\w.]+")


def committed():
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        names = [ROOT / name for name in listed.split("\0") if name]
        return [path for path in names if path.is_file()]
    kept = (path for path in ROOT.rglob("*") if not UNKEPT.intersection(path.relative_to(ROOT).parts))
    return [path for path in kept if path.is_file()]


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE], ids=["registry", "machine"])
def test_no_file_names_a_place_that_is_ours_alone(pattern):
    found = []
    for path in committed():
        if path == OURS or path.suffix in {".png", ".gz", ".zip", ".parquet", ".npz"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if match := pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match.group()}")
    assert found == []


def test_no_tool_lock_is_committed():
    assert [path.name for path in committed() if path.name in {"uv.lock", "poetry.lock", "Pipfile.lock"}] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_locked_package_has_its_hashes_and_no_address(lock):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    assert all(re.match(r"[\w.\[\]-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)


def test_the_locks_agree_where_they_overlap():
    pins = [set(re.findall(r"^([\w.-]+==[^ ]+(?: ; [^\\]+)?) \\$", lock.read_text(), re.MULTILINE)) for lock in LOCKS]
    names = [{pin.split("==")[0] for pin in each} for each in pins]
    for i, left in enumerate(pins):
        for j, right in enumerate(pins):
            shared = names[i] & names[j]
            assert {p for p in left if p.split("==")[0] in shared} == {p for p in right if p.split("==")[0] in shared}
