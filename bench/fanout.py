"""What one delivery costs: ours beside a C server's, the Channels tutorial's and bun's.

    bin/bench-messaging fanout [--sockets 100 1000 2000] [--rounds 3]

Every run opens its sockets, sends one message after the other, each once all have heard the last,
and reads the server's processor time from the kernel before and after. Ours are signed-in sockets
of members; each message goes through the service: rights, PostgreSQL, Valkey; the process that is
measured is the daphne that delivers. The others get a text of the same length. Servers share one
core, the listening process has the other, and they take turns.

T1: ≤ 2.0 × the C server's CPU per delivery. T2: ≥ 30 × less than the tutorial at 1,000. T5: one
message a second to 1,000, p99 ≤ 2 × bun's. T6: 32 queued messages to a room: ≥ 3 × what the C
server delivers with one write each.
"""

import argparse
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass

from bench import hosts, machine
from bench.ears import Ears, Heard
from bench.hosts import Host, Ours
from bench.machine import Target

DELIVERIES = 40_000
SLOW_DELIVERIES = 6_000
WARM = 3
QUEUED = 32


@dataclass(frozen=True)
class Run:
    """One server with so many sockets."""

    cpu: float
    """Microseconds of the server for each delivery."""
    client: float
    """The same of the listening process."""
    per_second: float
    delays: list[float]


def one_by_one(host: Host, ears: Ears, sockets: int, messages: int) -> Run:
    ears.open(host.doors(sockets))
    try:
        for _ in range(WARM):
            _heard(host, ears, 1)
        found, before, took = [], machine.cpu(host.pid), 0.0
        for _ in range(messages):
            began = time.monotonic()
            found.append(_heard(host, ears, 1))
            took += found[-1].last - began
        used = machine.cpu(host.pid) - before
    finally:
        ears.close()
    deliveries = sum(one.deliveries for one in found)
    return Run(
        cpu=used / deliveries * 1e6,
        client=sum(one.cpu for one in found) / deliveries * 1e6,
        per_second=deliveries / took,
        delays=sorted(delay for one in found for delay in one.delays),
    )


def queued(host: Host, ears: Ears, sockets: int, times: int) -> Run:
    """Bursts of 32 messages: deliveries for each second of the server's processor."""
    ears.open(host.doors(sockets))
    try:
        _heard(host, ears, QUEUED)
        found, before, took = [], machine.cpu(host.pid), 0.0
        for _ in range(times):
            found.append(_heard(host, ears, QUEUED))
            took += found[-1].last - found[-1].first
        used = machine.cpu(host.pid) - before
    finally:
        ears.close()
    deliveries = sum(one.deliveries for one in found)
    client = sum(one.cpu for one in found) / deliveries * 1e6
    return Run(used / deliveries * 1e6, client, deliveries / max(took, 1e-6), [])


def unloaded(host: Host, ears: Ears, sockets: int, seconds: int) -> Run:
    """One message a second."""
    ears.open(host.doors(sockets))
    delays: list[float] = []
    try:
        _heard(host, ears, 1)
        for _ in range(seconds):
            began = time.monotonic()
            delays += _heard(host, ears, 1).delays
            time.sleep(max(0.0, began + 1 - time.monotonic()))
    finally:
        ears.close()
    return Run(0.0, 0.0, 0.0, sorted(delays))


def _heard(host: Host, ears: Ears, count: int) -> Heard:
    ears.expect(count)
    if count == 1:
        host.say()
    else:
        host.say_at_once(count)
    return ears.heard()


def at(delays: list[float], share: float) -> float:
    """A percentile, in milliseconds."""
    return delays[min(len(delays) - 1, int(len(delays) * share))] * 1000 if delays else 0.0


def frame_size(ours: Ours, ears: Ears) -> int:
    """How long the real frame of such a message is, so that the others send as much."""
    ears.open(ours.doors(2))
    try:
        found = _heard(ours, ears, 1)
        return int(found.bytes / found.deliveries) - 4
    finally:
        ears.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, nargs="+", default=[100, 1000, 2000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20, help="of one message a second")
    options = parser.parse_args()
    most = max(options.sockets)
    ears = Ears(hosts.CLIENT_CORE)
    with hosts.site(most) as site:
        ours = Ours(site, most)
        size = frame_size(ours, ears)
        found = [hosts.limit(size), hosts.bun(size), ours, hosts.tutorial(site, most, size)]
        servers: list[Host] = [host for host in found if host is not None]
        print(f"{machine.load()}; a message is a frame of {size} bytes\n", flush=True)
        try:
            targets = _fan_out(servers, ears, options.sockets, options.rounds)
            targets += _in_bursts(servers, ears, options.sockets, options.rounds)
            targets += _in_peace(servers, ears, options.sockets, options.seconds)
            print(f"\n{machine.verdict(targets)}")
        finally:
            ears.end()
            for host in servers:
                host.stop()


def _fan_out(servers: list[Host], ears: Ears, counts: list[int], rounds: int) -> list[Target]:
    print("| one message after the other | sockets | CPU µs/delivery | × C | deliveries/s | p50 ms"
          " | p99 ms | client µs |\n|---|---|---|---|---|---|---|---|", flush=True)  # fmt: skip
    targets = []
    for sockets in counts:
        runs: defaultdict[str, list[Run]] = defaultdict(list)
        for _ in range(rounds):
            for host in servers:
                wanted = SLOW_DELIVERIES if host.name == "Channels tutorial" else DELIVERIES
                messages = min(200, max(3, wanted // sockets))
                runs[host.name].append(one_by_one(host, ears, sockets, messages))
        cost = {name: statistics.median(run.cpu for run in found) for name, found in runs.items()}
        base = cost.get("C limit")
        for name, found in runs.items():
            delays = sorted(delay for run in found for delay in run.delays)
            times = f"{cost[name] / base:.2f}" if base else "–"
            print(f"| {name} | {sockets} | {cost[name]:.2f} | {times}"
                  f" | {statistics.median(run.per_second for run in found):,.0f}"
                  f" | {at(delays, 0.5):.1f} | {at(delays, 0.99):.1f}"
                  f" | {statistics.median(run.client for run in found):.2f} |",
                  flush=True)  # fmt: skip
        own = cost["Tongwen"]
        targets.append(
            Target(f"T1, {sockets} sockets: CPU per delivery, × C", own / base if base else None, 2)
        )
        if sockets == 1000:
            slow = cost.get("Channels tutorial")
            ratio = slow / own if slow else None
            targets.append(Target("T2, less CPU than the tutorial, ×", ratio, 30, True))
    return targets


def _in_bursts(servers: list[Host], ears: Ears, counts: list[int], rounds: int) -> list[Target]:
    sockets = 1000 if 1000 in counts else max(counts)
    fast = [host for host in servers if host.name != "Channels tutorial"]
    print(f"\n| {QUEUED} queued messages | sockets | CPU µs/delivery | deliveries/s |"
          "\n|---|---|---|---|", flush=True)  # fmt: skip
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for _ in range(rounds):
        for host in fast:
            runs[host.name].append(queued(host, ears, sockets, 3))
    cost = {name: statistics.median(run.cpu for run in found) for name, found in runs.items()}
    for name, found in runs.items():
        speed = statistics.median(run.per_second for run in found)
        print(f"| {name} | {sockets} | {cost[name]:.2f} | {speed:,.0f} |", flush=True)
    ratio = cost["C limit"] / cost["Tongwen"] if "C limit" in cost else None
    return [Target("T6, queued messages per CPU, × one write each in C", ratio, 3, True)]


def _in_peace(servers: list[Host], ears: Ears, counts: list[int], seconds: int) -> list[Target]:
    sockets = 1000 if 1000 in counts else max(counts)
    print(f"\n| one message a second, {seconds} s | sockets | p50 ms | p99 ms |"
          "\n|---|---|---|---|", flush=True)  # fmt: skip
    p99 = {}
    for host in servers:
        if host.name != "Channels tutorial":
            run = unloaded(host, ears, sockets, seconds)
            p99[host.name] = at(run.delays, 0.99)
            print(f"| {host.name} | {sockets} | {at(run.delays, 0.5):.1f} | {p99[host.name]:.1f} |",
                  flush=True)  # fmt: skip
    ratio = p99["Tongwen"] / p99["bun"] if "bun" in p99 else None
    return [Target("T5, p99 of one message a second, × bun", ratio, 2)]


if __name__ == "__main__":
    main()
