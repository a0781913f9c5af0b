"""Runs the acceptance tests part by part and remembers what passed: `make acceptance`, or `PART=name` for one.

A part is a test file with tests marked `acceptance`, named for the file. A part that passed is not run again
until the product's source or the part itself changes; an interrupted run continues with the part it was in.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / ".acceptance"
MARK = re.compile(r"pytest\.mark\.acceptance\b|pytestmark\s*=.*acceptance")
COUNTS = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)\b")


def parts() -> dict[str, Path]:
    """Name and file of every part."""
    files = (path for path in sorted((ROOT / "tests").rglob("test_*.py")) if MARK.search(path.read_text()))
    return {path.stem.removeprefix("test_"): path for path in files}


def fingerprint(part: Path) -> str:
    """A hash of everything that the part's outcome depends on here."""
    digest = hashlib.sha256(os.environ.get("GAL_FRIDAY_MARKET_DATA", "").encode())
    for path in (part, ROOT / "locks" / "development.txt", *sorted((ROOT / "src").rglob("*.py"))):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def run(name: str, part: Path) -> dict[str, object]:
    """Run one part in the foreground; its counts and seconds."""
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-m", "acceptance", "-rs", str(part)]
    environ = dict(os.environ, GAL_FRIDAY_ACCEPTANCE=str(RECORDS / name))
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    counts: dict[str, int] = {}
    for line in process.stdout:
        print("   ", line, end="", flush=True)
        if found := COUNTS.findall(line):
            counts = {word: int(number) for number, word in found}
    code = process.wait()
    return {"ok": code == 0, "counts": counts, "seconds": round(time.monotonic() - start, 1)}


def main(wanted: list[str]) -> int:
    """Run the wanted parts, all without names; 1 when one failed."""
    found = parts()
    unknown = [name for name in wanted if name not in found]
    if unknown:
        print(f"no part {', '.join(unknown)}; there are {', '.join(found) or 'none'}")
        return 2
    if "GAL_FRIDAY_MARKET_DATA" not in os.environ:
        print("GAL_FRIDAY_MARKET_DATA is not set: tests on recorded markets will be skipped")
    RECORDS.mkdir(exist_ok=True)
    good = True
    for name in wanted or found:
        record, print_of_now = RECORDS / f"{name}.json", fingerprint(found[name])
        kept = json.loads(record.read_text()) if record.exists() else {}
        fresh = not (kept.get("ok") and kept.get("fingerprint") == print_of_now)
        if fresh:
            print(f"{name} ...", flush=True)
            kept = {"fingerprint": print_of_now, **run(name, found[name])}
            record.write_text(json.dumps(kept) + "\n")
        counts = ", ".join(f"{number} {word}" for word, number in kept["counts"].items()) or "nothing ran"
        print(f"{name}: {counts} in {kept['seconds']} s{'' if fresh else ' (kept)'}", flush=True)
        good = good and bool(kept["ok"])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
