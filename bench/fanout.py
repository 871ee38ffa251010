"""What one delivery costs: ours beside a C server's, the Channels tutorial's and bun's.

    bin/bench-messaging fanout [--sockets 100 1000 2000] [--rounds 3]

Every run sends one message after the other, each once all have heard the last, and reads the
server's processor time from the kernel before and after; what the same server uses in that time
with nothing to deliver is taken off (it has a column). Ours are signed-in sockets of members; each
message goes through the service: rights, PostgreSQL, Valkey; what is measured is the daphne that
delivers. The others get a text of the same length. Servers share one
core, the listening process has the other, and they take turns.

T1: ≤ 2.0 × the C server's CPU per delivery. T2: ≥ 30 × less than the tutorial at 1,000. T5: one
message a second to 1,000, p99 ≤ 2 × bun's. T6: 32 queued messages to a room: ≥ 3 × what the C
server delivers with one write each.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from bench import hosts, machine
from bench.ears import Ears, Heard
from bench.hosts import Host, Ours
from bench.machine import Target

DELIVERIES = 40_000
SLOW_DELIVERIES = 6_000
WARM = 3
BACKGROUND_SECONDS = 4
QUEUED = 32
SLOW = "Channels tutorial"


@dataclass(frozen=True)
class Run:
    """One server with so many sockets."""

    cpu: float
    """Microseconds of the server for each delivery."""
    client: float
    """The same of the listening process."""
    per_second: float
    delays: list[float]


class Seat:
    """A server and the process that listens to it; its sockets stay open for all that is asked."""

    def __init__(self, host: Host) -> None:
        self.host, self.ears, self._count = host, Ears(hosts.CLIENT_CORE), 0
        self.background = 0.0
        """Seconds of processor that the server uses in a second with nothing to deliver."""

    def fill(self, count: int) -> None:
        self.ears.open(self.host.doors(count)[self._count :])
        self._count = count
        time.sleep(1)
        used, began = machine.cpu(self.host.pid), time.monotonic()
        time.sleep(BACKGROUND_SECONDS)
        took = time.monotonic() - began
        self.background = (machine.cpu(self.host.pid) - used) / took

    def one_by_one(self, messages: int) -> Run:
        for _ in range(WARM):
            self.heard(1)
        found, took, measured = [], 0.0, self._meter()
        for _ in range(messages):
            began = time.monotonic()
            found.append(self.heard(1))
            took += found[-1].last - began
        used = measured()
        deliveries = sum(one.deliveries for one in found)
        return Run(
            cpu=used / deliveries * 1e6,
            client=sum(one.cpu for one in found) / deliveries * 1e6,
            per_second=deliveries / took,
            delays=sorted(delay for one in found for delay in one.delays),
        )

    def queued(self, times: int) -> Run:
        """Bursts of 32 messages."""
        self.heard(QUEUED)
        found, took, measured = [], 0.0, self._meter()
        for _ in range(times):
            found.append(self.heard(QUEUED))
            took += found[-1].last - found[-1].first
        used = measured()
        deliveries = sum(one.deliveries for one in found)
        client = sum(one.cpu for one in found) / deliveries * 1e6
        return Run(used / deliveries * 1e6, client, deliveries / max(took, 1e-6), [])

    def _meter(self) -> Callable[[], float]:
        used, began = machine.cpu(self.host.pid), time.monotonic()

        def measured() -> float:
            spent, took = machine.cpu(self.host.pid) - used, time.monotonic() - began
            return max(0.0, spent - self.background * took)

        return measured

    def unloaded(self, seconds: int) -> list[float]:
        """One message a second: how long each took to each socket."""
        delays: list[float] = []
        self.heard(1)
        for _ in range(seconds):
            began = time.monotonic()
            delays += self.heard(1).delays
            time.sleep(max(0.0, began + 1 - time.monotonic()))
        return sorted(delays)

    def heard(self, count: int) -> Heard:
        self.ears.expect(count)
        if count == 1:
            self.host.say()
        else:
            self.host.say_at_once(count)
        try:
            return self.ears.heard()
        except OSError as fault:
            raise RuntimeError(f"{self.host.name} does not hold its sockets: {fault}") from fault

    def frame_size(self) -> int:
        """How long the real frame of such a message is, so that the others send as much."""
        self.fill(2)
        found = self.heard(1)
        return int(found.bytes / found.deliveries) - 4

    def end(self) -> None:
        self.ears.end()
        self.host.stop()


def at(delays: list[float], share: float) -> float:
    """A percentile, in milliseconds."""
    return delays[min(len(delays) - 1, int(len(delays) * share))] * 1000 if delays else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, nargs="+", default=[100, 1000, 2000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20, help="of one message a second")
    machine.offer_gate(parser)
    options = parser.parse_args()
    most = max(options.sockets)
    with hosts.site(most) as site:
        own = Seat(Ours(site, most))
        size = own.frame_size()
        print(f"{machine.load()}; a message is a frame of {size} bytes\n", flush=True)
        peers = [hosts.limit(size), hosts.bun(size), hosts.tutorial(site, most, size)]
        seats = [own, *(Seat(host) for host in peers if host is not None)]
        try:
            targets: list[Target] = []
            for sockets in sorted(options.sockets):
                targets += _fan_out(seats, sockets, options.rounds)
                if sockets == 1000 or sockets == most < 1000:
                    targets += _in_bursts(seats, options.rounds)
                    targets += _in_peace(seats, options.seconds)
            machine.conclude(targets, options)
        finally:
            for seat in seats:
                seat.end()


def _fan_out(seats: list[Seat], sockets: int, rounds: int) -> list[Target]:
    for seat in seats:
        seat.fill(sockets)
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for _ in range(rounds):
        for seat in seats:
            wanted = SLOW_DELIVERIES if seat.host.name == SLOW else DELIVERIES
            messages = min(200, max(3, wanted // sockets))
            runs[seat.host.name].append(seat.one_by_one(messages))
    cost = {name: statistics.median(run.cpu for run in found) for name, found in runs.items()}
    idle = {seat.host.name: seat.background * 1000 for seat in seats}
    base = cost.get("C limit")
    print(
        "\n| one message after the other | sockets | CPU µs/delivery | × C | deliveries/s"
        " | p50 ms | p99 ms | client µs | idle ms/s |\n|---|---|---|---|---|---|---|---|---|"
    )
    for name, found in runs.items():
        delays = sorted(delay for run in found for delay in run.delays)
        times = f"{cost[name] / base:.2f}" if base else "–"
        print(f"| {name} | {sockets} | {cost[name]:.2f} | {times}"
              f" | {statistics.median(run.per_second for run in found):,.0f}"
              f" | {at(delays, 0.5):.1f} | {at(delays, 0.99):.1f}"
              f" | {statistics.median(run.client for run in found):.2f}"
            f" | {idle[name]:.1f} |",
              flush=True)  # fmt: skip
    own, slow = cost["Tongwen"], cost.get(SLOW)
    ratio = own / base if base else None
    targets = [Target(f"T1, {sockets} sockets: CPU per delivery, × C", ratio, 2, by_cpu=True)]
    if sockets == 1000:
        ratio = slow / own if slow else None
        targets.append(Target("T2, less CPU than the tutorial, ×", ratio, 30, True, by_cpu=True))
    return targets


def _in_bursts(seats: list[Seat], rounds: int) -> list[Target]:
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for _ in range(rounds):
        for seat in seats:
            if seat.host.name != SLOW:
                runs[seat.host.name].append(seat.queued(3))
    cost = {name: statistics.median(run.cpu for run in found) for name, found in runs.items()}
    print(f"\n| {QUEUED} queued messages | CPU µs/delivery | deliveries/s |\n|---|---|---|")
    for name, found in runs.items():
        speed = statistics.median(run.per_second for run in found)
        print(f"| {name} | {cost[name]:.2f} | {speed:,.0f} |", flush=True)
    ratio = cost["C limit"] / cost["Tongwen"] if "C limit" in cost else None
    name = "T6, queued messages per CPU, × one write each in C"
    return [Target(name, ratio, 3, True, by_cpu=True)]


def _in_peace(seats: list[Seat], seconds: int) -> list[Target]:
    print(f"\n| one message a second, {seconds} s | p50 ms | p99 ms |\n|---|---|---|")
    p99 = {}
    for seat in seats:
        if seat.host.name != SLOW:
            delays = seat.unloaded(seconds)
            p99[seat.host.name] = at(delays, 0.99)
            print(f"| {seat.host.name} | {at(delays, 0.5):.1f} | {at(delays, 0.99):.1f} |",
                  flush=True)  # fmt: skip
    ratio = p99["Tongwen"] / p99["bun"] if "bun" in p99 else None
    return [Target("T5, p99 of one message a second, × bun", ratio, 2)]


if __name__ == "__main__":
    main()
