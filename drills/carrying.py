"""Files on their way while the object store is killed: what was acknowledged can be had whole."""

import asyncio
import hashlib
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx

from drills.client import Person
from drills.run import Run
from drills.site import Site

SENDERS: Final = 4
LARGEST: Final = 400_000
PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that the server said it holds, in a message that it said stands in the log."""

    conversation_id: int
    seq: int
    file_id: int
    digest: str


async def kill_s3(run: Run) -> None:
    """The object store is killed, again and again, while people send files."""
    await asyncio.to_thread(run.site.start_s3)
    people = run.site.province()[:SENDERS]
    room = await asyncio.to_thread(run.load.open_room, people, "传送文件")
    carried: list[Carried] = []
    ended = asyncio.Event()
    senders = [
        asyncio.create_task(_keep_sending(run.site, person, room, carried, ended))
        for person in people
    ]
    for _ in range(run.so_many(6, 2)):
        await asyncio.sleep(run.seconds / 20)
        await run.do(run.site.kill_s3)
        await asyncio.sleep(run.seconds / 20)
        await asyncio.to_thread(run.site.start_s3)
    await asyncio.sleep(run.seconds / 20)
    ended.set()
    await asyncio.gather(*senders)
    for one in carried:
        if fault := await _fault(run.site, people[-1], one):
            run.lost.append(fault)
    run.notes.append(f"{len(carried)} files acknowledged, each fetched again and compared")
    await asyncio.to_thread(run.site.stop_s3)


async def _keep_sending(
    site: Site, person: Person, room: int, carried: list[Carried], ended: asyncio.Event
) -> None:
    chance = random.Random(person.id)
    async with site.http_async(person) as client:
        while not ended.is_set():
            content = chance.randbytes(chance.randrange(1_000, LARGEST)).hex().encode()
            file_id = await _hand_over(client, room, content)
            seq = await _say(client, room, file_id)
            carried.append(Carried(room, seq, file_id, hashlib.sha256(content).hexdigest()))


async def _hand_over(client: httpx.AsyncClient, room: int, content: bytes) -> int:
    form = {"upload_id": str(uuid.uuid4())}
    answer = await _answered(
        lambda: client.post(
            f"/conversations/{room}/files",
            data=form,
            files={"file": ("值班记录.txt", content, "text/plain")},
        )
    )
    return int(answer.json()["file_id"])


async def _say(client: httpx.AsyncClient, room: int, file_id: int) -> int:
    content = {
        "client_message_id": str(uuid.uuid4()),
        "body": "",
        "kind": "file",
        "file_id": file_id,
    }
    answer = await _answered(lambda: client.post(f"/conversations/{room}/messages", json=content))
    return int(answer.json()["seq"])


async def _answered(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The first answer that is one; asked again as long as the server cannot."""
    while True:
        try:
            answer = await ask()
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE)
            continue
        if "FILE_QUOTA_SPENT" in answer.text:  # until tomorrow
            raise PermissionError(answer.text)
        if answer.status_code == 429 or answer.status_code >= 500:
            await asyncio.sleep(PAUSE)
            continue
        return answer.raise_for_status()


async def _fault(site: Site, reader: Person, one: Carried) -> str:
    """What is wrong with the file as another member has it; nothing, one hopes."""
    place = f"/conversations/{one.conversation_id}/messages/{one.seq}/files/{one.file_id}"
    async with site.http_async(reader) as client:
        answer = await _answered(lambda: client.get(place))
    if hashlib.sha256(answer.content).hexdigest() == one.digest:
        return ""
    return f"another content: file {one.file_id} of entry {one.seq}"
