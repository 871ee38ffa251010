"""The sockets of this process, and that each is still allowed to be here."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

import structlog
from django.db import Error as DatabaseFault
from django.utils import timezone

from core import errors
from core.actor import system
from messaging import hub, policies, presence, sockets, threads
from messaging.gateway import draining, incoming
from messaging.gateway.leaving import Leaving
from messaging.gateway.sign_in import Visitor
from messaging.queries import bells
from messaging.queries.bells import Bells
from messaging.services import receipts
from messaging.services.receipts import Outcome, Reading, ReadTo
from messaging.together import Together
from org.queries import sessions as queries
from org.services import sessions as services

SESSIONS_LIMIT: Final = 10
CHECK_SECONDS: Final = 0.5
"""With its query well within the second in which a withdrawn right must bite."""
MARK_SECONDS: Final = 0.5
"""What people read is written at most so often, for all of them at once."""
FINISH_SECONDS: Final = 5.0
"""How long a process that stops waits for what it still writes."""
PRESENT_SECONDS: Final = 3.0
BELLS_SECONDS: Final = 3.0
"""A heartbeat's answer waits so long for Valkey and for the database: less than its client does."""
_BATCH: Final = 500
_GATEWAY: Final = system("gateway")

log = structlog.get_logger(__name__)


class Guest(sockets.Socket, Protocol):
    """A connection that can be asked for its session, and told to go."""

    visitor: Visitor

    def was_used(self) -> bool:
        """Whether its person did something since this was asked last."""

    async def revoke(self) -> None:
        """Closes the socket because its session or account has ended."""

    async def renew(self) -> None:
        """Closes the socket because its person acts from another post now."""

    async def say_bye(self) -> None:
        """Closes the socket because the process stops."""


class Sessions:
    """The hub with its guests. Once a second their sessions are looked up, in batches."""

    def __init__(self) -> None:
        self.hub = hub.Hub()
        self._guests: set[Guest] = set()
        self._present: Together[int, None] = Together(_note_present)
        self._leaving = Leaving(lambda person_id: person_id in self.hub.people)
        self._marks: Together[Reading, Outcome] = Together(_mark, every=MARK_SECONDS)
        self._bells: Together[int, Bells] = Together(_bells)
        self._rounds = [
            asyncio.create_task(_for_ever(CHECK_SECONDS, self._check)),
            asyncio.create_task(_for_ever(CHECK_SECONDS, self._leaving.settle)),
        ]
        draining.on_shutdown(self._drain)

    def has_room(self, guest: Guest) -> bool:
        """Whether the person may hold one more socket in this process."""
        return len(self.hub.people.get(guest.person_id, ())) < SESSIONS_LIMIT

    async def enter(self, guest: Guest) -> None:
        """The guest hears everything from now on."""
        self._guests.add(guest)
        await self.hub.register(guest)

    async def leave(self, guest: Guest) -> None:
        """The guest is gone; one that never entered makes no difference."""
        if guest in self._guests:
            self._guests.discard(guest)
            await self.hub.unregister(guest)
            self._leaving.note(guest.person_id)

    async def note_present(self, guest: Guest) -> None:
        """The guest's person is here for the next minute, if Valkey hears of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PRESENT_SECONDS):
                await self._present.take(guest.person_id)

    async def bells(self, guest: Guest) -> Bells | None:
        """How what calls the guest's person stands; None where the database does not say now.

        A heartbeat is answered all the same: a socket outlives a database that starts anew.
        """
        try:
            async with asyncio.timeout(BELLS_SECONDS):
                return await self._bells.take(guest.person_id)
        except (DatabaseFault, TimeoutError):
            log.warning("a heartbeat was answered without bells")
            return None

    async def mark_read(self, guest: Guest, wanted: incoming.Read) -> ReadTo:
        """What the guest's person has read is written, with what others have read meanwhile.

        Whoever asks by any way after this has returned is told so.
        """
        seen = Reading(guest.person_id, wanted.conversation_id, wanted.seq, timezone.now())
        outcome = await self._marks.take(seen)
        if isinstance(outcome, ReadTo):
            return outcome
        raise outcome or errors.Unavailable

    def hurry_marks(self) -> None:
        """What waits to be written is written now: somebody goes, or asks how far she has read."""
        self._marks.hurry()

    async def watch(self, guest: Guest, wanted: incoming.Watch) -> None:
        """The guest hears new read counts of these messages."""
        await threads.run(policies.require_member, guest.actor, wanted.conversation_id)
        await self.hub.watch(guest, wanted.conversation_id, frozenset(wanted.seqs))

    async def _drain(self) -> None:
        await _all([guest.say_bye() for guest in list(self._guests)])
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                # Of those who had gone before they were answered.
                await self._marks.finish()
        # One more turn of the loop, in which the last frames leave.
        await asyncio.sleep(0.05)
        await self.hub.close()

    async def _check(self) -> None:
        await check(list(self._guests))


async def _for_ever(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """One kind of round never waits for another kind."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:  # supervisor: logged, then tried again
            log.exception("a round failed", work=work.__qualname__)


async def check(guests: Sequence[Guest]) -> None:
    """Whoever of them may not be here any more has been told to go: one round.

    Nobody stays because another one's socket cannot be closed.
    """
    for start in range(0, len(guests), _BATCH):
        batch = guests[start : start + _BATCH]
        used = {guest.visitor.hold.session_id for guest in batch if guest.was_used()}
        holds = {guest.visitor.hold for guest in batch}
        standing = await threads.look(_look_after, used, holds, timezone.now())
        closings = []
        for guest in batch:
            if guest.visitor.hold not in standing.signed_in:
                closings.append(guest.revoke())
            elif guest.visitor.hold not in standing.at_post:
                closings.append(guest.renew())
        await _all(closings)


async def _all(closings: Sequence[Coroutine[None, None, None]]) -> None:
    """Each of them is done, whatever another one does."""
    for fault in await asyncio.gather(*closings, return_exceptions=True):
        if isinstance(fault, Exception):
            log.error("a socket was not closed", exc_info=fault)


def _look_after(
    used: Collection[int], holds: Collection[queries.Hold], now: datetime
) -> queries.Standing:
    """How the sockets stand; sign-ins that were used over them are noted as seen."""
    if used:
        services.note_seen(actor=_GATEWAY, session_ids=used, now=now)
    return queries.standing(holds, at=now)


async def _mark(readings: Sequence[Reading]) -> dict[Reading, Outcome]:
    outcomes: dict[Reading, Outcome] = {}
    for start in range(0, len(readings), _BATCH):
        batch = readings[start : start + _BATCH]
        outcomes |= await threads.run(receipts.mark_read_together, actor=_GATEWAY, readings=batch)
    return outcomes


async def _bells(person_ids: Sequence[int]) -> dict[int, Bells]:
    found: dict[int, Bells] = {}
    for start in range(0, len(person_ids), _BATCH):
        batch = person_ids[start : start + _BATCH]
        found |= await threads.look(bells.of_people, batch, at=timezone.now())
    return found


async def _note_present(person_ids: Sequence[int]) -> None:
    await threads.signal(presence.beat, set(person_ids), now=timezone.now())


_here: list[Sessions] = []


def of_this_process() -> Sessions:
    """The sessions of this process, made when the first socket comes."""
    if not _here:
        _here.append(Sessions())
    return _here[0]
