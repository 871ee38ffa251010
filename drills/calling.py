"""DINGs and notices beside the talk of a drill: each asked for until there is an answer."""

import asyncio
import random
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from drills.client import Device, Person
from drills.deeds import Call
from drills.records import Ack, Called
from drills.site import Site

PAUSE: Final = 0.3
SPENT: Final = "DING_QUOTA_SPENT"
PAGE: Final = 100


@dataclass
class Calling:
    """What was acknowledged of DINGs and notices; `seconds` apart, none where that is 0."""

    site: Site
    seconds: float
    devices: Sequence[Device]
    calls: list[Call] = field(default_factory=list)
    confirmed: list[Called] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """Titles of those that were sent to everybody here."""

    def begin(
        self, rooms: Mapping[int, Sequence[Person]], acks: list[Ack], ended: asyncio.Event
    ) -> list[asyncio.Task[None]]:
        """The tasks that call and send until it is ended, and come to their end by themselves."""
        if not self.seconds:
            return []
        return [
            asyncio.create_task(self._call_for_ever(rooms, acks, ended)),
            asyncio.create_task(self._notify(ended)),
        ]

    def stored(self) -> dict[int, set[int]]:
        """Whom each of the DINGs calls by the database."""
        found: dict[int, set[int]] = {}
        for called in self.states():
            found.setdefault(called.ding_id, set()).add(called.person_id)
        return found

    def states(self) -> dict[Called, str]:
        """How each of those called stands by the database."""
        rows = self.site.rows(
            "SELECT ding_id, person_id, state FROM messaging_dingtarget WHERE ding_id = ANY(%s)",
            [one.ding_id for one in self.calls],
        )
        return {Called(row[0], row[1]): row[2] for row in rows}

    def listed(self) -> dict[int, list[str]]:
        """The titles of this drill's notices, as each person is shown them."""
        wanted = set(self.notices)
        return {
            device.person.id: [title for title in self._titles(device.person) if title in wanted]
            for device in self.devices
        }

    def _titles(self, person: Person) -> list[str]:
        titles: list[str] = []
        cursor: str | None = ""
        with self.site.http(person) as client:
            while cursor is not None:
                query: dict[str, Any] = {"limit": PAGE, "cursor": cursor}
                page = client.get("/notices", params=query).raise_for_status().json()
                titles += [item["title"] for item in page["items"]]
                cursor = page["next_cursor"]
        return titles

    async def _call_for_ever(
        self, rooms: Mapping[int, Sequence[Person]], acks: list[Ack], ended: asyncio.Event
    ) -> None:
        chance, by_person = random.Random(5), {one.person.id: one for one in self.devices}
        places = [room for room, members in rooms.items() if len(members) <= len(self.devices)]
        while not await _is_set(ended, self.seconds):
            room = chance.choice(places)
            caller, *others = chance.sample(list(rooms[room]), 3)
            client_id, body = uuid.uuid4(), f"请确认 {chance.randrange(10**9)}"
            content = {
                "conversation_id": room,
                "client_message_id": str(client_id),
                "body": body,
                "person_ids": [one.id for one in others],
            }
            answer = await self._insist(caller, "/dings", content)
            if answer is None:
                return
            ding_id, seq = int(answer["ding_id"]), int(answer["seq"])
            acks.append(Ack(room, caller.id, client_id, seq, body, time.monotonic()))
            self.calls.append(Call(ding_id, client_id, tuple(one.id for one in others)))
            for other in others:
                device = by_person[other.id]
                await device.insist("ding.confirm", {"ding_id": ding_id}, answer="ding.confirm.ack")
                self.confirmed.append(Called(ding_id, other.id))

    async def _insist(self, person: Person, path: str, content: object) -> Any:
        """The answer of whichever process gives one; None once no more may be called today."""
        turn = 0
        while True:
            turn += 1
            try:
                async with self.site.http_async(person, turn) as client:
                    answer = await client.post(path, json=content)
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE)
                continue
            if answer.status_code == 429 and SPENT in answer.text:
                return None
            if answer.status_code < 500 and answer.status_code != 429:
                return answer.raise_for_status().json()
            await asyncio.sleep(PAUSE)

    async def _notify(self, ended: asyncio.Event) -> None:
        ids = [str(device.person.id) for device in self.devices]
        process = self.site.run("drills.noticer", str(self.seconds), *ids)
        try:
            await ended.wait()
        finally:
            process.terminate()
            self.notices += await asyncio.to_thread(_lines, process)


def _lines(process: "subprocess.Popen[str]") -> list[str]:
    said, _ = process.communicate()
    # A process that was told to end in the middle of a line had nothing acknowledged by it.
    return [line.rstrip("\n") for line in said.splitlines(keepends=True) if line.endswith("\n")]


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set within the time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
