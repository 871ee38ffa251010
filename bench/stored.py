"""Stored first, then delivered: how fast a room of a thousand is spoken in, beside its peers.

    bin/bench-messaging stored [--sockets 1000] [--messages 200] [--matrix 50]

Each server keeps every message in the same PostgreSQL before it delivers it. 32 members speak,
each as soon as it has heard its own last message; the others listen. Server, database and bus share
one core, the clients have the other; CPU is that of all the server's processes. Synapse is asked by
long polls and given few members, which is to its advantage: a delivery is a delivery.

T3: deliveries per second ≥ 3 × ejabberd's, ≥ 15 × Prosody's, ≥ 200 × Synapse's; p99 at this load
≤ 0.5 × ejabberd's.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from bench import hosts, machine, stores
from bench.ears import Ears
from bench.fanout import at
from bench.machine import Target
from bench.stores import OurStore, Store
from bench.synapse import Synapse
from drills.site import Site

SPEAKERS = 32


@dataclass(frozen=True)
class Run:
    """One server under as much as it takes."""

    messages: float
    deliveries: float
    cpu: float
    delays: list[float]
    client: float


def saturate(store: Store, ears: Ears, mouths: Ears, sockets: int, messages: int) -> Run:
    ears.open(store.listeners(sockets))
    mouths.open(store.speakers(SPEAKERS))
    ears.expect(messages)
    kept, before, began = store.kept(), store.cpu(), time.monotonic()
    mouths.talk(store.words, messages)
    found = ears.heard()
    mouths.talked()
    took, used = found.last - began, store.cpu() - before
    if store.kept() - kept != messages:
        raise AssertionError(f"{store.name} kept {store.kept() - kept} of {messages}")
    deliveries = found.deliveries + SPEAKERS * messages
    return Run(
        messages / took,
        deliveries / took,
        used / deliveries * 1e6,
        sorted(found.delays),
        found.cpu / found.deliveries * 1e6,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--matrix", type=int, default=50, help="members of Synapse's room")
    options = parser.parse_args()
    with hosts.site(options.sockets + SPEAKERS) as site:
        runs = _alternating(site, options.sockets, options.messages, options.rounds)
        if options.matrix and (synapse := Synapse.there(site)) is not None:
            try:
                runs["Synapse"] = [Run(*synapse.saturate(options.matrix, 40))]
            finally:
                synapse.stop()
    print("| stored, then delivered | messages/s | deliveries/s | CPU µs/delivery | p50 ms | p99 ms"
          " | client µs |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for name, found in runs.items():
        delays = sorted(delay for run in found for delay in run.delays)
        print(f"| {name} | {_of(found, 'messages'):,.1f} | {_of(found, 'deliveries'):,.0f}"
              f" | {_of(found, 'cpu'):.1f} | {at(delays, 0.5):.0f} | {at(delays, 0.99):.0f}"
              f" | {_of(found, 'client'):.1f} |")  # fmt: skip
    print(f"\n{machine.verdict(_targets(runs))}")


def _alternating(site: Site, sockets: int, messages: int, rounds: int) -> dict[str, list[Run]]:
    people = sockets + SPEAKERS
    makers: list[Callable[[], Store | None]] = [
        lambda: OurStore(site, people),
        lambda: stores.ejabberd(site, people),
        lambda: stores.prosody(site, people),
    ]
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for _ in range(rounds):
        for make in makers:
            store = make()
            if store is None:
                continue
            ears, mouths = Ears(hosts.CLIENT_CORE), Ears(hosts.CLIENT_CORE)
            try:
                run = saturate(store, ears, mouths, sockets, messages)
                runs[store.name].append(run)
                print(f"{store.name}: {run.deliveries:,.0f} deliveries/s", flush=True)
            except (OSError, AssertionError) as fault:
                print(f"{store.name} gave up: {fault}", flush=True)
            finally:
                ears.end()
                mouths.end()
                store.stop()
    return dict(runs)


def _of(found: list[Run], field: str) -> float:
    return statistics.median(getattr(run, field) for run in found)


def _targets(runs: dict[str, list[Run]]) -> list[Target]:
    own = _of(runs["Tongwen"], "deliveries")
    targets = [
        Target(
            f"T3, deliveries per second, × {name}",
            own / _of(runs[name], "deliveries") if name in runs else None,
            wanted,
            more_is_better=True,
        )
        for name, wanted in (("ejabberd", 3.0), ("Prosody", 15.0), ("Synapse", 200.0))
    ]
    delays = {name: sorted(d for run in found for d in run.delays) for name, found in runs.items()}
    ratio = (
        at(delays["Tongwen"], 0.99) / at(delays["ejabberd"], 0.99) if "ejabberd" in runs else None
    )
    return [*targets, Target("T3, p99 at saturation, × ejabberd", ratio, 0.5)]


if __name__ == "__main__":
    main()
