"""The people of a drill: they talk in groups, repeat themselves in doubt, and write all down."""

import asyncio
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import httpx

from drills.client import Device, Person
from drills.records import Ack, Row
from drills.site import Site

SMALL: Final = 3
"""Small groups, whose entries name their hearers; one large group besides."""
ABOVE_NAMED: Final = 70


@dataclass(frozen=True, slots=True)
class Manner:
    """How much is said, and how."""

    talkers: int = 16
    resting_seconds: float = 0.6
    """Between two messages of one person, on average."""
    repeated: float = 0.1
    """The share of messages that are sent again although they were acknowledged."""
    words: int = 20


@dataclass
class Load:
    """A drill's conversations and the devices that talk and listen in them."""

    site: Site
    manner: Manner
    rooms: dict[int, list[Person]] = field(default_factory=dict)
    """Conversation → members, for those in which everybody sees everything."""
    devices: list[Device] = field(default_factory=list)
    rest_acks: list[Ack] = field(default_factory=list)
    faults: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self) -> None:
        """Everybody is online, and talks."""
        talkers = self.site.province()[: self.manner.talkers]
        await asyncio.to_thread(self._open_rooms, talkers)
        for number, person in enumerate(talkers):
            self.add(person, number)
        for number, person in enumerate(talkers[:4]):
            self.add(person, number + 1)  # a second device, at the other process
        await self.all_online()
        for number, device in enumerate(self.devices[: len(talkers)]):
            work = self._talk_by_rest if number % 4 == 3 else self._talk
            self._tasks.append(asyncio.create_task(work(device, number)))

    def add(self, person: Person, number: int) -> Device:
        """One more device."""
        device = Device(person, self.site.addresses, first=number)
        device.begin()
        self.devices.append(device)
        return device

    async def all_online(self, seconds: float = 120.0) -> None:
        """Every device has been greeted."""
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(device.online.wait() for device in self.devices))

    async def hush(self, seconds: float = 120.0) -> None:
        """Nobody begins another message; those under way come to their acknowledgement."""
        self._ended.set()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*self._tasks)

    async def end(self) -> None:
        """All devices are gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(device.end() for device in self.devices))

    @property
    def acks(self) -> list[Ack]:
        """Everything that was acknowledged, over sockets and HTTP."""
        return [*self.rest_acks, *(ack for device in self.devices for ack in device.acks)]

    def rows(self, rooms: Sequence[int] | None = None) -> list[Row]:
        """The logs of the drill's conversations."""
        found = self.site.rows(
            "SELECT conversation_id, seq, sender_id, client_message_id, body, created_at"
            " FROM messaging_message WHERE conversation_id = ANY(%s) ORDER BY 1, 2",
            list(rooms or self.rooms),
        )
        return [Row(*row) for row in found]

    def last_seqs(self) -> dict[int, int]:
        """How far the conversations say that they reach."""
        found = self.site.rows(
            "SELECT id, last_seq FROM messaging_conversation WHERE id = ANY(%s)", list(self.rooms)
        )
        return {int(key): int(value) for key, value in found}

    def open_room(self, members: list[Person], title: str) -> int:
        """One more group, in which everybody sees everything."""
        with self.site.http(members[0]) as client:
            content = {"title": title, "person_ids": [one.id for one in members[1:]]}
            answer = client.post("/conversations/groups", json=content).raise_for_status()
            room = int(answer.json()["conversation_id"])
        self.rooms[room] = members
        return room

    async def all_seen(self, room: int, seq: int, seconds: float = 90.0) -> None:
        """Every device of its members holds the entry, or the time is over."""
        ids = {one.id for one in self.rooms[room]}
        devices = [one for one in self.devices if one.person.id in ids]
        until = time.monotonic() + seconds
        while time.monotonic() < until and any(  # noqa: ASYNC110  # screens are plain data
            seq not in one.screen[room] for one in devices
        ):
            await asyncio.sleep(0.2)

    def _open_rooms(self, talkers: list[Person]) -> None:
        sets = [talkers[number::SMALL] for number in range(SMALL)]
        sets.append([*talkers, *self.site.crowd()[:ABOVE_NAMED]])
        for number, members in enumerate(sets):
            self.open_room(members, f"演练{number}")

    def _of(self, person: Person) -> list[int]:
        return [room for room, members in self.rooms.items() if person in members]

    async def _talk(self, device: Device, number: int) -> None:
        chance = random.Random(number)
        rooms, said = self._of(device.person), defaultdict[int, list[tuple[UUID, str]]](list)
        while not self._ended.is_set():
            room = chance.choice(rooms)
            client_id, body = uuid.uuid4(), self._words(device.person, chance)
            await device.send(room, body, client_id)
            said[room].append((client_id, body))
            if chance.random() < self.manner.repeated:
                # Any of the last ones, so that repetitions come in another order.
                again, words = chance.choice(said[room][-10:])
                await device.send(room, words, again)
            await self._rest(chance)

    async def _talk_by_rest(self, device: Device, number: int) -> None:
        chance, turn = random.Random(number), number
        rooms = self._of(device.person)
        while not self._ended.is_set():
            room, client_id = chance.choice(rooms), uuid.uuid4()
            body, tries = self._words(device.person, chance), 0
            while not await self._post(device.person, room, client_id, body, turn + tries):
                tries += 1
                await asyncio.sleep(chance.uniform(0.1, 0.5))
            if chance.random() < self.manner.repeated:
                await self._post(device.person, room, client_id, body, turn + tries + 1)
            await self._rest(chance)

    async def _post(self, person: Person, room: int, client_id: UUID, body: str, turn: int) -> bool:
        content = {"client_message_id": str(client_id), "body": body}
        try:
            async with self.site.http_async(person, turn) as client:
                answer = await client.post(f"/conversations/{room}/messages", json=content)
        except httpx.HTTPError:
            return False
        if answer.status_code == 200:
            seq = int(answer.json()["seq"])
            self.rest_acks.append(Ack(room, person.id, client_id, seq, body, time.monotonic()))
            return True
        if answer.status_code == 429 or answer.status_code >= 500:
            return False
        raise PermissionError(answer.text[:300])

    def _words(self, person: Person, chance: random.Random) -> str:
        return f"{person.name} {chance.randrange(10**9)} " + "汛" * self.manner.words

    async def _rest(self, chance: random.Random) -> None:
        try:
            async with asyncio.timeout(chance.uniform(0.2, 1.8) * self.manner.resting_seconds):
                await self._ended.wait()
        except TimeoutError:
            return
