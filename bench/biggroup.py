"""A conversation of 100,000: what a message costs in it, and who has not read it.

    bin/bench-messaging biggroup [--members 100000] [--online 10000]

Rows written are counted by PostgreSQL itself (pg_stat_xact_user_tables, in the sender's own
transaction). The acknowledgement is timed where the service returns, PostgreSQL's commit and the
publishing included. The online sockets stand in two daphnes at most 5,000 each; when the last of
them has the message is told by the listening process. The exact list of unread people is asked for
whole, by id, and as its first page with names and both counts, which is what a sender opens.

T10: four rows a send; ack p99 ≤ 50 ms; the last of 10,000 online ≤ 2 s; unread list ≤ 150 ms.
"""

import argparse
import json
import resource
import subprocess
import sys

from bench import hosts, machine
from bench.ears import Ears
from bench.hosts import Ours
from bench.machine import Target
from core.localstack import product
from drills.site import Site


def beside(site: Site, *arguments: str) -> dict[str, float]:
    """What `bench.crowd` measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.crowd", *arguments],
        cwd=product.ROOT,
        env=site.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--online", type=int, default=10_000)
    parser.add_argument("--sends", type=int, default=300)
    options = parser.parse_args()
    online = min(options.online, _sockets_allowed())
    ears = Ears(hosts.CLIENT_CORE)
    with hosts.site(online, webs=2) as site:
        ours = Ours(site, online)
        made = beside(site, "fill", str(ours.room), str(options.members))
        print(f"{made['members']:,.0f} members, {online:,} online; {machine.load()}\n", flush=True)
        sent = beside(site, "send", str(ours.room), str(options.sends))
        lists = beside(site, "unread", str(ours.room))
        try:
            last = _last_of(ours, ears, online)
        finally:
            ears.end()
            ours.stop()
    print("| a conversation of so many | |\n|---|---|")
    for label, value in (
        ("rows written by a send", f"{sent['rows']:g}"),
        ("ack p50, ms", f"{sent['p50']:.2f}"),
        ("ack p99, ms", f"{sent['p99']:.2f}"),
        (f"the last of {online:,} sockets, s", f"{last:.2f}"),
        ("counts and first page of the unread, ms", f"{lists['page']:.1f}"),
        (f"all {lists['unread']:,.0f} unread, ms", f"{lists['list']:.1f}"),
    ):
        print(f"| {label} | {value} |")
    targets = [
        Target("T10, rows written by a send", sent["rows"], 4),
        Target("T10, ack p99", sent["p99"], 50, unit=" ms"),
        Target(f"T10, last of {online:,} online", last, 2, unit=" s"),
        Target("T10, exact unread list", lists["list"], 150, unit=" ms"),
        Target("T10, the same as a page with names and counts", lists["page"], 150, unit=" ms"),
    ]
    print(f"\n{machine.verdict(targets)}")


def _last_of(ours: Ours, ears: Ears, online: int) -> float:
    ears.open(ours.doors(online))
    worst = 0.0
    for _ in range(5):
        ears.expect(1)
        ours.say()
        worst = max(worst, *ears.heard().delays)
    ears.close()
    return worst


def _sockets_allowed() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(100, hard - 500)


if __name__ == "__main__":
    main()
