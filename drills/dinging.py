"""DINGs that climb their ladder while the worker, and a web process, are killed over and over.

A ladder takes a day: here its timers are brought forward, first the rungs, and the end once no rung
is left to be climbed. What the schedules do within minutes is done by drills.minute.
"""

import asyncio
import random
import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx

from drills import checks, gateway
from drills.client import Person
from drills.records import Called, DingEnd, Proof
from drills.run import Run
from drills.site import Site

PATIENCE: Final = 240.0
LADDER: Final = ("push", "sms", "voice", "duty", "leader")
CALLED: Final = 40

_UNDER_WAY: Final = (
    "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    " AND args ->> 'event' = 'messaging.ding_due' AND args -> 'payload' ->> 'step' <> 'end'"
)
_IN_HAND: Final = (
    "SELECT count(*) FROM procrastinate_jobs j JOIN procrastinate_workers w ON w.id = j.worker_id"
    " WHERE j.status = 'doing' AND j.args ->> 'event' = 'messaging.ding_due'"
    " AND w.last_heartbeat > now() - interval '30 minutes'"
)
_BRING_FORWARD: Final = (
    "UPDATE procrastinate_jobs SET scheduled_at = now() + %s * interval '1 second'"
    " WHERE status = 'todo' AND args ->> 'event' = 'messaging.ding_due'"
    " AND args -> 'payload' ->> 'step' = %s"
)
_CLOSE: Final = (
    "UPDATE messaging_ding SET closes_at = greatest(now(), opened_at + interval '1 microsecond')"
    " WHERE id = ANY(%s)"
)
_WORKERS_SILENT: Final = (
    "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A DING that the server said it has opened."""

    id: int
    sender: Person
    person_ids: tuple[int, ...]


async def kill_worker_under_dings(run: Run) -> None:
    """Every target of every DING ends once, with evidence of all that was done for it."""
    site, book = run.site, run.site.folder / "gateway.txt"
    book.unlink(missing_ok=True)
    besides = {"DING_CHANNELS": gateway.CHANNELS, gateway.BOOK: str(book)}
    start = partial(site.start_worker, besides)
    await _kill_worker(run)
    await asyncio.to_thread(start)
    dings = await _open(run)
    for number, step in enumerate(LADDER):
        site.execute(_BRING_FORWARD, number, step)
    confirming = asyncio.create_task(_confirm(run, dings))
    for number in range(run.so_many(8, 1)):
        if not await _in_hand(site):
            break
        await asyncio.sleep(random.Random(number).uniform(0, 0.5))
        await _kill_worker(run)
        if number % 2:
            await run.do(site.kill_web, 1)
            await asyncio.to_thread(site.start_web, 1)
        await asyncio.to_thread(start)
        await _pass_a_minute(site)
    confirmed = await confirming
    await _until(run, _UNDER_WAY)
    site.execute(_CLOSE, [one.id for one in dings])
    site.execute(_BRING_FORWARD, 0, "end")
    await _kill_worker(run)
    await asyncio.to_thread(start)
    await _until(run, "SELECT count(*) FROM messaging_dingtarget WHERE state = 'pending'")
    called = [Called(one.id, person_id) for one in dings for person_id in one.person_ids]
    run.lost += checks.dings(
        called, confirmed, _ends(site), _proofs(site), gateway.asked(book), LADDER
    )
    run.notes.append(_told(called, confirmed, gateway.asked(book)))
    await asyncio.to_thread(site.kill_worker)


async def _kill_worker(run: Run) -> None:
    """The worker is gone, and everybody sees at once that it is silent."""
    await run.do(run.site.kill_worker)
    await asyncio.to_thread(run.site.execute, _WORKERS_SILENT)


async def _open(run: Run) -> list[Opened]:
    """As many DINGs of the large conversation, each asked for until there is an answer."""
    room, members = list(run.load.rooms.items())[-1]
    opened = []
    for number in range(run.so_many(10, 2)):
        sender = members[number % 4]
        others = tuple(one.id for one in members if one != sender)[:CALLED]
        content = {
            "conversation_id": room,
            "client_message_id": str(uuid.uuid4()),
            "body": f"立即到岗 {number}",
            "person_ids": others,
            "level": "phone",
        }
        answer = await _ask(run.site, sender, "POST", "/dings", content)
        opened.append(Opened(int(answer["ding_id"]), sender, others))
    return opened


async def _confirm(run: Run, dings: list[Opened]) -> list[Called]:
    """Some confirm while it climbs; those whose confirmation was answered."""
    chance = random.Random(7)
    people = {person.id: person for person in run.site.people.values()}
    confirmed = []
    for one in dings:
        for person_id in chance.sample(one.person_ids, 5):
            await _ask(run.site, people[person_id], "PUT", f"/dings/{one.id}/confirmation", {})
            confirmed.append(Called(one.id, person_id))
    return confirmed


async def _ask(site: Site, person: Person, method: str, path: str, content: object) -> Any:
    """The answer, of whichever web process gives one."""
    turn = 0
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with site.http_async(person, turn) as client:
                    answer = await client.request(method, path, json=content)
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer.raise_for_status().json()
            except httpx.TransportError:
                pass  # killed: the other one answers
            turn += 1
            await asyncio.sleep(0.3)


async def _until(run: Run, count: str) -> None:
    """Nothing is left of what is counted; meanwhile minutes pass for the schedules."""
    deadline = time.monotonic() + PATIENCE
    while run.site.rows(count)[0][0]:
        if time.monotonic() > deadline:
            return  # the checks name what is left
        await _pass_a_minute(run.site)
        await asyncio.sleep(1)


async def _in_hand(site: Site) -> bool:
    """A worker that lives has a rung in hand; False where none is left to be climbed."""
    deadline = time.monotonic() + PATIENCE
    while site.rows(_UNDER_WAY)[0][0] and time.monotonic() < deadline:
        if site.rows(_IN_HAND)[0][0]:
            return True
        await asyncio.sleep(0.05)
    return False


async def _pass_a_minute(site: Site) -> None:
    process = await asyncio.to_thread(site.run, "drills.minute")
    await asyncio.to_thread(process.communicate)


def _ends(site: Site) -> list[DingEnd]:
    rows = site.rows("SELECT ding_id, person_id, state, ended_at FROM messaging_dingtarget")
    return [DingEnd(Called(row[0], row[1]), row[2], row[3]) for row in rows]


def _proofs(site: Site) -> list[Proof]:
    rows = site.rows(
        "SELECT ding_id, person_id, step, outcome, to_person_id, at FROM messaging_dingevidence"
    )
    return [Proof(Called(row[0], row[1]), *row[2:]) for row in rows]


def _told(called: list[Called], confirmed: list[Called], asked: list[str]) -> str:
    again = len(asked) - len(set(asked))
    return (
        f"M8: {len(called)} targets, {len(confirmed)} confirmed,"
        f" {len(set(asked))} deliveries, {again} asked for again under their key"
    )
