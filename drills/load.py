"""The people of a drill: they talk in groups, repeat themselves in doubt, and write all down."""

import asyncio
import contextlib
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import httpx

from drills.calling import Calling
from drills.client import Device, Person
from drills.deeds import Change, Read
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
    changed: float = 0.1
    recalled: float = 0.05
    read: float = 0.4
    """The share of messages behind which everything is read."""
    calling_seconds: float = 5.0
    """Between two DINGs, and between two notices; 0: none."""
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
    rest_reads: list[Read] = field(default_factory=list)
    faults: int = 0
    calling: Calling = field(init=False)
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
        self.calling = Calling(self.site, self.manner.calling_seconds, self.devices[: len(talkers)])
        self._tasks += self.calling.begin(self.rooms, self.rest_acks, self._ended)
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
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*self._tasks)
        except TimeoutError as silence:
            away = [one.plight() for one in self.devices if not one.online.is_set()]
            raise RuntimeError(f"somebody still waits for an answer; away: {away}") from silence

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

    @property
    def reads(self) -> list[Read]:
        """All readings that were acknowledged."""
        return [*self.rest_reads, *(read for device in self.devices for read in device.reads)]

    @property
    def changes(self) -> list[Change]:
        """All edits and recalls that were acknowledged, each message's in their order."""
        return [change for device in self.devices for change in device.changes]

    @property
    def slack(self) -> float:
        """The slowest heartbeat: by so much the machine itself delays what is promised."""
        return max((beat for device in self.devices for beat in device.beats), default=0.0)

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
            ack = await device.send(room, body, client_id)
            said[room].append((client_id, body))
            await self._think_again(device, ack, chance)
            if chance.random() < self.manner.repeated:
                # Any of the last ones, so that repetitions come in another order.
                again, words = chance.choice(said[room][-10:])
                await device.send(room, words, again)
            await self._rest(chance)

    async def _think_again(self, device: Device, ack: Ack, chance: random.Random) -> None:
        """Changes or recalls what was said just now, and reads what others said, or does not."""
        thought = chance.random()
        if thought < self.manner.changed:
            for again in range(chance.randrange(1, 3)):
                await device.change(ack.conversation_id, ack.seq, f"{ack.body} 改{again}")
        elif thought < self.manner.changed + self.manner.recalled:
            await device.recall(ack.conversation_id, ack.seq)
        if chance.random() < self.manner.read:
            await device.read(ack.conversation_id)

    async def _put_cursor(self, device: Device, room: int, turn: int) -> None:
        """What stands on the screen is read; asked over HTTP once, and that may fail."""
        seq = max(device.screen[room], default=0)
        if not seq:
            return
        with contextlib.suppress(httpx.HTTPError):
            async with self.site.http_async(device.person, turn) as client:
                answer = await client.put(f"/conversations/{room}/cursor", json={"seq": seq})
            if answer.status_code == 200:
                told = int(answer.json()["read_seq"])
                self.rest_reads.append(Read(room, device.person.id, told))
            elif answer.status_code < 500 and answer.status_code != 429:
                raise PermissionError(answer.text[:300])

    async def _talk_by_rest(self, device: Device, number: int) -> None:
        chance, turn = random.Random(number), number
        rooms = self._of(device.person)
        while not self._ended.is_set():
            room, client_id = chance.choice(rooms), uuid.uuid4()
            body, tries = self._words(device.person, chance), 0
            await self._put_cursor(device, room, turn)
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
