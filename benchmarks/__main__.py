"""`python -m benchmarks WHAT`: all of the comparison and of the parts, from one command."""

from __future__ import annotations

import argparse

from benchmarks import bus, environments, growth, kernels, market, report, systems
from benchmarks.peers.task import envs

PARTS = ("setup", "w1", "sparse", "memory", "growth", "kernels", "bus", "report")


def setup() -> None:
    """Make every environment and the input."""
    print(f"environments and input in {envs()}")
    for pair in (0, 1):
        market.ensure(market.FIVE_YEARS, pair)
    for environment in environments.ALL.values():
        print(f"{environment.name}: {environments.ensure(environment) or 'ready'}", flush=True)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="+", choices=("all", *PARTS))
    parser.add_argument("--repeats", type=int, default=3, help="counted runs of each job (default 3)")
    parser.add_argument("--only", nargs="*", default=[], help="words in the names of the systems that w1 runs")
    chosen = parser.parse_args()
    wanted = PARTS if "all" in chosen.what else chosen.what
    work = {
        "setup": setup,
        "w1": lambda: systems.w1(chosen.repeats, tuple(chosen.only)),
        "sparse": lambda: systems.sparse(chosen.repeats),
        "memory": lambda: growth.memory(chosen.repeats),
        "growth": lambda: growth.growth(chosen.repeats),
        "kernels": lambda: kernels.run(chosen.repeats),
        "bus": lambda: bus.run(chosen.repeats),
        "report": lambda: report.run(chosen.repeats),
    }
    for part in wanted:
        print(f"\n== {part}", flush=True)
        work[part]()


if __name__ == "__main__":
    main()
