"""Runs jobs one at a time, the repeats interleaved, each in a process of its own, and keeps what they answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import environments
from benchmarks.peers.task import envs

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "benchmarks" / "peers"
LIMIT_S = 900
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Job:
    """One configuration of one system; `environment` None is our own code."""

    label: str
    environment: str | None
    arguments: tuple[str, ...]

    def command(self) -> list[str]:
        """The process to start."""
        if self.environment is None:
            return [sys.executable, "-m", *self.arguments]
        script, *rest = self.arguments
        return [str(environments.ALL[self.environment].python), str(PEERS / script), *rest]


@dataclass(slots=True)
class Outcome:
    """What the repeats of a job answered, and why the job does not count, if it does not."""

    job: Job
    answers: list[dict[str, Any]] = field(default_factory=list)
    failure: str | None = None

    @property
    def run_s(self) -> float:
        """The median seconds of the run proper."""
        return median(answer["run_s"] for answer in self.answers)

    @property
    def trades(self) -> int | None:
        """How many positions it opened."""
        return self.answers[0].get("trades")

    def middle(self, name: str) -> Any:
        """The median of another figure, None where it was not given."""
        given = [answer[name] for answer in self.answers if answer.get(name) is not None]
        return median(given) if given else None


def once(job: Job) -> dict[str, Any]:
    """The answer of one run, or `{"failure": why}`."""
    environ = dict(os.environ, GAL_FRIDAY_BENCH_ENVS=str(envs()), PYTHONDONTWRITEBYTECODE="1")
    start = time.perf_counter()
    try:
        done = subprocess.run(
            job.command(), cwd=ROOT, env=environ, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"took more than {LIMIT_S} s"}
    answer = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if answer is None:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing was said"]
        return {"failure": f"exit status {done.returncode}: {said[-1][:200]}"}
    wall_s = round(time.perf_counter() - start, 3)
    return {**json.loads(answer.removeprefix("RESULT ")), "wall_s": wall_s, "load": round(os.getloadavg()[0], 2)}


def interleaved(jobs: Sequence[Job], repeats: int) -> list[Outcome]:
    """Every job once, then every job again: what disturbs the machine disturbs all alike."""
    outcomes = [Outcome(job) for job in jobs]
    for outcome in outcomes:
        if outcome.job.environment is not None:
            outcome.failure = environments.ensure(environments.ALL[outcome.job.environment])
    for repeat in range(repeats):
        for outcome in outcomes:
            if outcome.failure is not None:
                continue
            answer = once(outcome.job)
            outcome.failure = answer.pop("failure", None)
            if outcome.failure is None:
                outcome.answers.append(answer)
                print(f"  {repeat + 1}/{repeats} {outcome.job.label}: {answer['run_s']:.3f} s", flush=True)
            else:
                print(f"  {repeat + 1}/{repeats} {outcome.job.label}: {outcome.failure}", flush=True)
    return outcomes


def disqualify(outcomes: Sequence[Outcome], reference: str) -> None:
    """Fail every job whose trade count is more than one percent from the reference's."""
    standard = next((o for o in outcomes if o.job.label == reference and o.failure is None), None)
    for outcome in outcomes:
        if outcome.failure is not None:
            continue
        if standard is None or not standard.trades:
            outcome.failure = f"no trade count of {reference} to compare with"
        elif outcome.trades is None or abs(outcome.trades - standard.trades) > TOLERANCE * standard.trades:
            outcome.failure = f"{outcome.trades} trades where {reference} made {standard.trades}"


def machine() -> Mapping[str, Any]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    system = os.uname()
    return {
        "cpu": names[0] if names else system.machine,
        "cores": os.cpu_count(),
        "system": f"{system.sysname} {system.release}",
        "python": sys.version.split()[0],
    }


def save(name: str, outcomes: Sequence[Outcome], verdicts: Sequence[str]) -> Path:
    """Write everything that was answered to out/bench/NAME.json."""
    path = ROOT / "out" / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"label": o.job.label, "arguments": o.job.arguments, "failure": o.failure, "answers": o.answers}
        for o in outcomes
    ]
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    body = {"measured_at": at, "machine": machine(), "verdicts": list(verdicts), "jobs": rows}
    path.write_text(json.dumps(body, indent=1) + "\n")
    return path
