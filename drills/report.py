"""One drill from its load to its checks, and the table of them all."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from drills import checks, deeds
from drills.client import Person
from drills.deeds import Receipts
from drills.faults import Drill
from drills.load import Load
from drills.run import Run
from drills.site import Site

SETTLE_SECONDS = 90.0
"""Whoever is still behind then lost something; that the audit finds takes 30 s at most."""

HEAD = (
    "| drill | devices | acknowledged | per s | faults | lost | doubled | unseen | late"
    " | slowest, s | settled, s |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass
class Outcome:
    """What a drill came to."""

    name: str
    devices: int = 0
    acknowledged: int = 0
    per_second: float = 0.0
    faults: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unseen: int = 0
    late: list[str] = field(default_factory=list)
    slowest: float = 0.0
    settled: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Nothing was lost, doubled, left unseen or late, and something was there to be lost."""
        broken = self.lost or self.doubled or self.unseen or self.late
        return not broken and self.acknowledged > 0

    def line(self) -> str:
        """Its line of the table."""
        return (
            f"| {self.name} | {self.devices} | {self.acknowledged} | {self.per_second:.0f}"
            f" | {self.faults} | {len(self.lost)} | {len(self.doubled)} | {self.unseen}"
            f" | {len(self.late)} | {self.slowest:.1f} | {self.settled:.1f} |"
        )


async def perform(site: Site, drill: Drill, *, seconds: float, quick: bool) -> Outcome:
    """Load, fault in its middle, rest, all checks."""
    load = Load(site, drill.manner)
    run = Run(site, load, seconds, quick=quick)
    try:
        await load.begin()
        began = time.monotonic()
        await asyncio.sleep(seconds / 4)
        await drill.act(run)
        await asyncio.sleep(max(seconds / 4, began + seconds - time.monotonic()))
        talked = time.monotonic() - began
        await load.hush()
        hushed = time.monotonic()
        unseen = await _settle(run)
        outcome = await asyncio.to_thread(_judge, run, drill, unseen)
        outcome.settled = time.monotonic() - hushed
        outcome.per_second = outcome.acknowledged / talked
        return outcome
    finally:
        await load.end()


async def _settle(run: Run) -> int:
    """How many entries the clients hold otherwise than the server, once no more comes."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        unseen = await asyncio.to_thread(_unseen, run)
        if not unseen or time.monotonic() > deadline:
            return unseen
        await asyncio.sleep(0.5)


def _unseen(run: Run) -> int:
    load = run.load
    rows = load.rows()
    logs: dict[int, list[int]] = {room: [] for room in load.rooms}
    for row in rows:
        logs[row.conversation_id].append(row.seq)
    members = {room: {one.id for one in people} for room, people in load.rooms.items()}
    count = 0
    for device in load.devices:
        visible = {room: seqs for room, seqs in logs.items() if device.person.id in members[room]}
        for room in run.unit_rooms:
            if (seqs := _pulled(run.site, device.person, room)) is not None:
                visible[room] = seqs
        count += checks.differing(device.screen, rows, visible)
    return count


def _pulled(site: Site, person: Person, room: int) -> list[int] | None:
    with site.http(person) as client:
        found: list[int] = []
        after, complete = 0, False
        while not complete:
            answer = client.get(f"/conversations/{room}/entries", params={"after": after})
            if answer.status_code == 404:
                return None
            page = answer.raise_for_status().json()
            found += [entry["seq"] for entry in page["entries"]]
            after, complete = page["through"], page["complete"]
        return found


def _judge(run: Run, drill: Drill, unseen: int) -> Outcome:
    load = run.load
    known = {**load.rooms, **{room: [] for room in run.unit_rooms}}
    rows, acks = load.rows(list(known)), load.acks
    delays = checks.delays(acks, (device.screen for device in load.devices))
    refusals = [code for device in load.devices for code in device.refusals]
    outside = [code for code in refusals if not run.unit_rooms]
    said = deeds.as_changed(acks, load.changes)
    return Outcome(
        name=drill.name,
        devices=len(load.devices),
        acknowledged=len({(ack.sender_id, ack.client_message_id) for ack in acks}),
        faults=load.faults,
        lost=[
            *checks.lost(said, rows),
            *checks.holes(rows, load.last_seqs()),
            *_deeds(run),
            *outside,
            *run.lost,
        ],
        doubled=checks.doubled(rows, acks),
        unseen=unseen,
        late=[*_late(run, drill), *run.late],
        slowest=delays[-1] if delays else 0.0,
        notes=[*run.notes, _told(run)],
    )


def _late(run: Run, drill: Drill) -> list[str]:
    """Entries that a device got later after it could have them than promised and excused."""
    devices = [(device.screen, device.came) for device in run.load.devices]
    waits = deeds.waits(run.load.acks, devices)
    excused = drill.within + run.load.slack
    return deeds.mostly_late(waits, excused) if drill.is_calm else deeds.late(waits, excused)


def _deeds(run: Run) -> list[str]:
    """What was acknowledged besides messages and is not so."""
    load, calling = run.load, run.load.calling
    members = {room: [one.id for one in people] for room, people in load.rooms.items()}
    cursors, marks = _cursors(run, "readcursor"), _cursors(run, "readmark")
    return [
        *deeds.unread_again(load.reads, cursors, marks, load.last_seqs()),
        *deeds.told_otherwise(_receipts(run), members, cursors),
        *deeds.miscalled(calling.calls, calling.stored(), calling.confirmed, calling.states()),
        *deeds.unnoticed(calling.notices, calling.listed()),
    ]


def _told(run: Run) -> str:
    load, calling = run.load, run.load.calling
    return (
        f"besides, {len(load.reads)} readings, {len(load.changes)} edits and recalls,"
        f" {len(calling.calls)} DINGs, {len(calling.confirmed)} confirmations and"
        f" {len(calling.notices)} notices acknowledged; slowest heartbeat {load.slack:.2f} s"
    )


def _cursors(run: Run, table: str) -> dict[tuple[int, int], int]:
    rows = run.site.rows(
        f"SELECT conversation_id, person_id, max(read_seq) FROM messaging_{table}"
        " WHERE conversation_id = ANY(%s) GROUP BY 1, 2",
        list(run.load.rooms),
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _receipts(run: Run) -> list[Receipts]:
    """What everybody is told of the newest text of hers in each conversation."""
    people = {person.id: person for person in run.site.people.values()}
    newest = run.site.rows(
        "SELECT DISTINCT ON (conversation_id, sender_id) conversation_id, sender_id, seq"
        "  FROM messaging_message"
        " WHERE conversation_id = ANY(%s) AND kind = 'text' AND recalled_at IS NULL"
        " ORDER BY conversation_id, sender_id, seq DESC",
        list(run.load.rooms),
    )
    found = []
    for room, sender_id, seq in newest:
        with run.site.http(people[sender_id]) as client:
            place = f"/conversations/{room}/messages/{seq}/receipts"
            read, counts = _list(client, place, "read")
            unread, _ = _list(client, place, "unread")
        found.append(Receipts(room, seq, sender_id, read, unread, counts))
    return found


def _list(client: httpx.Client, place: str, state: str) -> tuple[frozenset[int], tuple[int, int]]:
    ids: list[int] = []
    query = {"state": state, "limit": "100"}
    while True:
        page = client.get(place, params=query).raise_for_status().json()
        ids += [item["person_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return frozenset(ids), (page["read"], page["unread"])
        query["cursor"] = page["next_cursor"]


def summary(outcomes: Sequence[Outcome]) -> str:
    """What the table comes to."""
    whole = sum(outcome.is_whole for outcome in outcomes)
    late = sum(len(outcome.late) for outcome in outcomes)
    return (
        f"{whole} of {len(outcomes)} drills survived whole;"
        f" {sum(o.acknowledged for o in outcomes):,} messages acknowledged,"
        f" {sum(o.faults for o in outcomes):,} faults,"
        f" {sum(len(o.lost) for o in outcomes)} lost,"
        f" {sum(len(o.doubled) for o in outcomes)} doubled,"
        f" {sum(o.unseen for o in outcomes)} unseen, {late} late"
    )
