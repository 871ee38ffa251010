"""What a signed-in socket costs that only waits, and what its coming costs.

    bin/bench-messaging idle [--sockets 1000]

Memory is what the daphne holds for itself alone (Private_* of /proc/…/smaps_rollup), after a first
part of the sockets has brought everything into memory that is there once. Beside it the Channels
tutorial behind Django's sessions.

T8: an idle signed-in socket ≤ 40 KB. T9: setting one up with its sign-in ≤ 1.5 ms of CPU.
"""

import argparse
import time
from dataclasses import dataclass

from bench import hosts, machine
from bench.ears import Ears
from bench.hosts import Host, Ours
from bench.machine import Target

FIRST = 100


@dataclass(frozen=True)
class Cost:
    """Of one socket."""

    kilobytes: float
    milliseconds: float


def measure(host: Host, ears: Ears, sockets: int) -> Cost:
    doors = host.doors(FIRST + sockets)
    ears.open(doors[:FIRST])
    try:
        _rest()
        held, used = machine.memory(host.pid), machine.cpu(host.pid)
        ears.open(doors[FIRST:])
        used = machine.cpu(host.pid) - used
        _rest()
        held = machine.memory(host.pid) - held
        return Cost(held / sockets / 1024, used / sockets * 1000)
    finally:
        ears.close()


def _rest() -> None:
    """What is garbage has been collected, what was asked for has been answered."""
    time.sleep(3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    ears = Ears(hosts.CLIENT_CORE)
    with hosts.site(options.sockets + FIRST) as site:
        size = 300
        ours = Ours(site, options.sockets + FIRST)
        found = [ours, hosts.tutorial(site, options.sockets + FIRST, size)]
        servers: list[Host] = [host for host in found if host is not None]
        costs: dict[str, list[Cost]] = {host.name: [] for host in servers}
        try:
            for _ in range(options.rounds):
                for host in servers:
                    costs[host.name].append(measure(host, ears, options.sockets))
        finally:
            ears.end()
            for host in servers:
                host.stop()
    print(f"{options.sockets} sockets; of the rounds, the first fills what stays\n")
    print("| idle and signed in | KB per socket, first round | later | CPU ms to come |")
    print("|---|---|---|---|")
    for name, found_costs in costs.items():
        first, last = found_costs[0], found_costs[-1]
        coming = min(cost.milliseconds for cost in found_costs)
        print(f"| {name} | {first.kilobytes:.1f} | {last.kilobytes:.1f} | {coming:.2f} |")
    own = costs[ours.name]
    targets = [
        Target("T8, an idle socket", own[0].kilobytes, 40, unit=" KB"),
        Target("T9, coming with sign-in", min(one.milliseconds for one in own), 1.5, unit=" ms"),
    ]
    print(f"\n{machine.verdict(targets)}")


if __name__ == "__main__":
    main()
