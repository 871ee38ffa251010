"""What the kernel says of a process, and how a bench says whether a target was met."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid: int, *, children: bool = True) -> float:
    """Seconds of processor that the process has used, with those of its living descendants."""
    total = _own(pid)
    if children:
        total += sum(_own(one) for one in descendants(pid))
    return total


def _own(pid: int) -> float:
    # Nanoseconds where the kernel keeps them for each thread; ticks of 10 ms elsewhere.
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e9
    except (OSError, IndexError):
        pass
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


def descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            above = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(above, []).append(int(stat.parent.name))
    found, look = [], [pid]
    while look:
        below = parents.get(look.pop(), [])
        found += below
        look += below
    return found


def memory(pid: int) -> int:
    """Bytes that are the process's alone."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = [int(line.split()[1]) for line in rollup if line.startswith("Private_")]
    return sum(kilobytes) * 1024


def load() -> str:
    return "load average " + ", ".join(f"{one:.1f}" for one in os.getloadavg())


@dataclass(frozen=True)
class Target:
    """A figure with what was wanted of it."""

    name: str
    reached: float | None
    wanted: float
    more_is_better: bool = False
    unit: str = ""
    by_cpu: bool = False
    """Whether it is a ratio of processor times: it holds on a busy machine, or never did."""

    @property
    def is_met(self) -> bool | None:
        if self.reached is None:
            return None
        return self.reached >= self.wanted if self.more_is_better else self.reached <= self.wanted

    def line(self) -> str:
        sign = "≥" if self.more_is_better else "≤"
        wanted = f"{sign} {self.wanted:g}{self.unit}"
        if self.reached is None:
            return f"| {self.name} | not measured | {wanted} | – |"
        word = "met" if self.is_met else "missed"
        return f"| {self.name} | {self.reached:.4g}{self.unit} | {wanted} | {word} |"


def offer_gate(parser: argparse.ArgumentParser) -> None:
    """The bench's command can be made to fail."""
    parser.add_argument("--gate", action="store_true", help="exit 1 if a ratio of CPU is missed")


def conclude(targets: Sequence[Target], options: argparse.Namespace) -> None:
    """Prints the verdict. As a gate, ends the process with 1 unless ratios of CPU hold."""
    print(f"\n{verdict(targets)}")
    if options.gate and (fault := gate_fault(targets)):
        sys.exit(fault)


def gate_fault(targets: Sequence[Target]) -> str:
    """Why the gate stays shut; nothing if it opens. What nobody could measure opens nothing."""
    judged = [target for target in targets if target.by_cpu and target.is_met is not None]
    missed = [target.name for target in judged if not target.is_met]
    if not judged:
        return "gate: no ratio of CPU was measured"
    return f"gate: missed {'; '.join(missed)}" if missed else ""


def verdict(targets: Sequence[Target]) -> str:
    """The table of targets, and how many hold."""
    judged = [target for target in targets if target.is_met is not None]
    held = sum(bool(target.is_met) for target in judged)
    head = "| target | reached | wanted | |\n|---|---|---|---|"
    lines = [target.line() for target in targets]
    return "\n".join([head, *lines, "", f"{held} of {len(judged)} targets hold; {load()}"])
