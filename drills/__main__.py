"""Breaks a site of its own while people talk in it, and prints what was lost: nothing, one hopes.

make drills ARGS="--seconds 20 --only valkey"
"""

import argparse
import asyncio
import sys
from pathlib import Path

from core.localstack import product
from drills import faults, report, site
from drills.faults import Drill

DATA = product.ROOT / ".local-drills"


def main(arguments: list[str]) -> int:
    """Performs the drills and returns 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="make drills", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of load for each drill")
    parser.add_argument("--only", action="append", default=[], help="drills whose name has this")
    parser.add_argument("--quick", action="store_true", help="a few of each fault, 12 s each")
    parser.add_argument("--short-cut", action="store_true", help="the part that make test runs")
    parser.add_argument("--data", type=Path, default=DATA, help="folder, made anew and deleted")
    options = parser.parse_args(arguments)
    site.tidy_up_when_told_to_stop()
    chosen = [faults.SHORT_CUT] if options.short_cut else _chosen(options.only)
    seconds = min(options.seconds, 12.0) if options.quick or options.short_cut else options.seconds
    outcomes = perform(
        chosen, folder=options.data, seconds=seconds, quick=options.quick or options.short_cut
    )
    _explain(outcomes)
    return 0 if all(outcome.is_whole for outcome in outcomes) else 1


def perform(
    chosen: list[Drill], *, folder: Path, seconds: float, quick: bool
) -> list[report.Outcome]:
    """The outcomes of the drills, each printed as soon as it is known."""
    outcomes = []
    with site.running(folder) as running:
        print(report.HEAD, flush=True)
        for drill in chosen:
            if not drill.possible():
                print(f"| {drill.name} | not possible on this machine |", flush=True)
                continue
            outcome = asyncio.run(report.perform(running, drill, seconds=seconds, quick=quick))
            outcomes.append(outcome)
            print(outcome.line(), flush=True)
    print(f"\n{report.summary(outcomes)}", flush=True)
    return outcomes


def _chosen(words: list[str]) -> list[Drill]:
    found = [
        drill for drill in faults.DRILLS if not words or any(word in drill.name for word in words)
    ]
    if not found:
        raise SystemExit(f"no such drill; there are: {', '.join(d.name for d in faults.DRILLS)}")
    return found


def _explain(outcomes: list[report.Outcome]) -> None:
    for outcome in outcomes:
        said = [*outcome.notes, *outcome.lost[:5], *outcome.doubled[:5], *outcome.late[:5]]
        for line in said:
            print(f"{outcome.name}: {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
