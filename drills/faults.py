"""What is done to the site while people talk. Each fault is one function; the list is at the end.

To add one: write `async def my_fault(run: Run) -> None`, call `run.count()` for each thing that
was broken, leave the site whole again, and put a `Drill` into DRILLS.
"""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import redis

from drills import carrying, dinging, disks, strangers
from drills.client import Device, Doubt, Person
from drills.load import Manner
from drills.run import Run
from drills.site import Site, wait_for_postgres

REVOKED_SECONDS: Final = 1.0
"""P9: so long after a right was withdrawn the socket is closed."""
UNDER_FAULTS: Final = 5.0
"""The same where one fault follows another: a look may fail with its database."""
SILENTLY: Final = 35.0
"""M6: an entry is seen so long after its acknowledgement, even if the bus lost it silently."""
DOWN: Final = 5.0
NORMALLY: Final = 1.0

USUAL: Final = Manner()


@dataclass(frozen=True, slots=True)
class Drill:
    """A fault with its name, and how people talk meanwhile."""

    name: str
    act: Callable[[Run], Awaitable[None]]
    manner: Manner = USUAL
    within: float = SILENTLY
    """How soon a device online sees what was acknowledged; the slowest heartbeat is excused."""
    possible: Callable[[], bool] = lambda: True

    @property
    def is_calm(self) -> bool:
        """Whether nothing stands in the way of an entry: then one in a hundred may be late."""
        return self.within == NORMALLY


async def kill_web(run: Run) -> None:
    """One of the two web processes is killed, again and again, each in its turn."""
    for number in range(run.so_many(6, 1)):
        await run.do(run.site.kill_web, number % 2)
        await asyncio.sleep(1)
        await asyncio.to_thread(run.site.start_web, number % 2)
        await asyncio.sleep(run.seconds / 20)


async def kill_worker(run: Run) -> None:
    """The worker is killed and comes back."""
    await asyncio.to_thread(run.site.start_worker)
    for _ in range(run.so_many(5, 1)):
        await run.do(run.site.kill_worker)
        await asyncio.sleep(1)
        await asyncio.to_thread(run.site.start_worker)
        await asyncio.sleep(run.seconds / 20)


async def kill_valkey(run: Run) -> None:
    """Valkey is killed and comes back with its file."""
    await _valkey(run, keeping_file=True)


async def kill_valkey_and_its_file(run: Run) -> None:
    """Valkey is killed and comes back empty."""
    await _valkey(run, keeping_file=False)


async def _valkey(run: Run, *, keeping_file: bool) -> None:
    for _ in range(run.so_many(5, 1)):
        await run.do(partial(run.site.kill_valkey, keeping_file=keeping_file))
        await asyncio.sleep(run.seconds / 30)
        await asyncio.to_thread(run.site.start_valkey)
        await asyncio.sleep(run.seconds / 20)


async def flush(run: Run) -> None:
    """FLUSHALL, twenty times."""
    with redis.Redis.from_url(run.site.services.valkey.url(0)) as store:
        for _ in range(20):
            await run.do(store.flushall)
            await asyncio.sleep(run.seconds / 60)


async def restart_postgres(run: Run) -> None:
    """PostgreSQL stops at once, without a checkpoint, and recovers."""
    for _ in range(run.so_many(5, 1)):
        await run.do(run.site.stop_postgres_at_once)
        await asyncio.to_thread(run.site.start_postgres)
        await asyncio.sleep(run.seconds / 20)


async def kill_postgres(run: Run) -> None:
    """Every process of PostgreSQL is killed; it recovers."""
    for _ in range(run.so_many(10, 1)):
        await run.do(run.site.kill_postgres)
        await asyncio.to_thread(run.site.start_postgres)
        await asyncio.sleep(run.seconds / 40)


async def terminate_backends(run: Run) -> None:
    """Every two seconds all connections to the database are ended."""
    for _ in range(run.so_many(max(3, int(run.seconds / 4)), 3)):
        await run.do(_terminate, run.site)
        await asyncio.sleep(2 if not run.quick else 1)


def _terminate(site: Site) -> None:
    with site.superuser() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'tongwen' AND pid <> pg_backend_pid()"
        )


async def lose_on_the_bus(run: Run) -> None:
    """One in twenty published messages never arrives, and nobody is told."""
    for wire in run.site.wires:
        wire.lose(0.05)
    await asyncio.sleep(run.seconds / 2)
    for wire in run.site.wires:
        wire.lose(0)
    dropped = sum(wire.dropped for wire in run.site.wires)
    run.count(dropped)


async def partition(run: Run) -> None:
    """A web process does not reach Valkey, nor learns that it does not; then the wire breaks."""
    for number in range(run.so_many(4, 1)):
        wire = run.site.wires[number % 2]
        wire.hold_up()
        run.count()
        await asyncio.sleep(run.seconds / 10)
        if number % 2:
            await asyncio.to_thread(wire.cut)
        wire.let_flow()
        await asyncio.sleep(run.seconds / 20)


async def flap(run: Run) -> None:
    """Hundreds of clients come and break off at every stage of coming, or hang half-open."""
    count = run.so_many(500, 30)
    run.count(await strangers.flap(run.site, count, run.seconds / 2))


async def never_read(run: Run) -> None:
    """One socket in twenty reads nothing of what it is sent."""
    before = await asyncio.to_thread(run.site.web_memory)
    count = run.so_many(25, 5)
    async with strangers.deaf(run.site, run.site.crowd()[:count]):
        run.count(count)
        await asyncio.sleep(run.seconds / 2)
        after = await asyncio.to_thread(run.site.web_memory)
    run.notes.append(f"{(after - before) / 1024 / max(1, count):+.0f} KiB per deaf socket")


async def storm(run: Run) -> None:
    """Both processes are replaced, and everybody comes back at once."""
    listeners = [
        run.load.add(person, number)
        for number, person in enumerate(run.site.crowd()[: run.so_many(70, 20)])
    ]
    await run.load.all_online()
    for _ in range(run.so_many(3, 1)):
        for number in range(2):
            await run.do(run.site.stop_web, number)
        await asyncio.to_thread(run.site.start_web, 0)
        began = time.monotonic()
        await run.load.all_online()
        took = time.monotonic() - began
        await asyncio.to_thread(run.site.start_web, 1)
        run.notes.append(f"{len(listeners) + 20} devices back after {took:.1f} s")


async def crash_before_publishing(run: Run) -> None:
    """Processes die after the commit and before anybody was woken; their clients ask again.

    In the whole drill nobody else speaks there, so that only the comparing of heads can find it.
    """
    room, members = next(iter(run.load.rooms.items()))
    if not run.quick:
        members = members[:4]
        room = await asyncio.to_thread(run.load.open_room, members, "静")
    count = run.so_many(1000, 12)
    process = await asyncio.to_thread(
        run.site.run, "drills.crasher", str(room), str(members[0].id), str(count)
    )
    said, _ = await asyncio.to_thread(process.communicate)
    client_ids = [uuid.UUID(line) for line in said.split()]
    run.count(len(client_ids))
    if process.returncode or len(client_ids) < count:
        raise RuntimeError(f"only {len(client_ids)} of {count} crashes happened")
    device = next(one for one in run.load.devices if one.person == members[0])
    if not run.quick:
        await run.load.all_seen(room, count + 1)
    for client_id in random.Random(1).sample(client_ids, min(20, count)):
        await device.send(room, "已提交，未发布", client_id)


async def repeat_everything(run: Run) -> None:
    """Every message is sent again though it was acknowledged, in any order and over both ways."""
    await asyncio.sleep(run.seconds / 2)
    run.count(len(run.load.acks) - len({ack.client_message_id for ack in run.load.acks}))


async def wrong_clocks(run: Run) -> None:
    """The clock of one process goes half a minute ahead, then half a minute behind."""
    library = _faketime()
    for shift in ("+30s", "-30s"):
        await asyncio.to_thread(run.site.kill_web, 1)
        besides = {
            "LD_PRELOAD": str(library),
            "FAKETIME": shift,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        await run.do(run.site.start_web, 1, besides)
        await asyncio.sleep(run.seconds / 4)
    await asyncio.to_thread(run.site.kill_web, 1)
    await asyncio.to_thread(run.site.start_web, 1)


def _faketime() -> Path | None:
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


async def move_units(run: Run) -> None:
    """A unit moves out of the part whose conversation its people talk in, and back."""
    site = run.site
    await asyncio.to_thread(site.start_worker)
    [administrator] = site.named("何管理")
    organ, other = site.units["西湖区民政局"], site.units["西湖区卫生健康局"]
    people = site.named("王伟民", "李建国", "张晓梅", "曾国强", "单小芳")
    room = await asyncio.to_thread(_found, site, administrator, organ)
    run.unit_rooms.append(room)
    devices = [run.load.add(person, number) for number, person in enumerate(people)]
    await run.load.all_online()
    account = site.rows("SELECT id FROM org_account WHERE person_id = %s", administrator.id)[0][0]
    times = run.so_many(20, 4)
    process = await asyncio.to_thread(
        site.run, "drills.mover", str(account), str(site.units["西湖区民政局/一科"]),
        str(organ), str(other), str(times),
    )  # fmt: skip
    while process.poll() is None:
        for device in devices:
            with contextlib.suppress(PermissionError):  # who is out at the moment may not speak
                await device.send(room, f"{device.person.name} 在岗")
        await asyncio.sleep(0.2)
    moved, _ = process.communicate()
    run.count(len(moved.split()))
    if process.returncode:
        raise RuntimeError("the unit could not be moved")


def _found(site: Site, administrator: Person, unit_id: int) -> int:
    with site.http(administrator) as client:
        content = {"scope": "subtree", "title": "演练单位群"}
        answer = client.post(f"/units/{unit_id}/conversations", json=content).raise_for_status()
        return int(answer.json()["conversation_id"])


async def withdraw(run: Run) -> None:
    """Sessions end and accounts are disabled; P9: their sockets are closed within a second."""
    each = run.so_many(15, 3)
    people = run.site.crowd()[-2 * each :]
    devices = [Device(person, run.site.addresses, first=n) for n, person in enumerate(people)]
    for device in devices:
        device.begin()
    await asyncio.gather(*(asyncio.wait_for(device.online.wait(), 60) for device in devices))
    control = run.load.devices[0]
    took: list[tuple[float, float]] = []
    for number, device in enumerate(devices):
        statement, value = _withdrawal(number, device)
        await run.do(run.site.execute, statement, value)
        began = time.monotonic()
        slowest = await _beat_until(control, device.closed)
        code, at = device.closings[0]
        took.append((at - began, slowest))
        if code != 4003:
            run.late.append(f"{device.person.name} was closed with {code}")
    await asyncio.gather(*(device.end() for device in devices))
    longest = max(seconds for seconds, _ in took)
    run.notes.append(f"P9: {longest:.2f} s at most, of {len(took)}")
    within = UNDER_FAULTS if run.quick else REVOKED_SECONDS
    run.late += [
        f"a socket stood {seconds:.2f} s longer, while a heartbeat took {slowest:.2f} s"
        for seconds, slowest in took
        if seconds > within + slowest
    ]


async def _beat_until(control: Device, closed: asyncio.Event) -> float:
    """How long the slowest answer to somebody else took meanwhile: the machine's own share."""
    known = len(control.beats)
    async with asyncio.timeout(60):
        while not closed.is_set():
            with contextlib.suppress(Doubt):
                await control.beat()
            await asyncio.sleep(0.05)
    return max(control.beats[known:], default=0.0)


def _withdrawal(number: int, device: Device) -> tuple[str, object]:
    if number % 2:
        return "UPDATE org_account SET is_active = FALSE WHERE person_id = %s", device.person.id
    return "DELETE FROM django_session WHERE session_key = %s", device.person.session


async def all_at_once(run: Run) -> None:
    """The short cut: one fault after another under one load."""
    for act in (
        flush, terminate_backends, kill_web, kill_valkey, kill_valkey_and_its_file,
        crash_before_publishing, restart_postgres, flap, dinging.kill_worker_under_dings, withdraw,
    ):  # fmt: skip
        await act(run)
        await asyncio.to_thread(wait_for_postgres, run.site)


REPEATING: Final = Manner(repeated=1.0, resting_seconds=1.2)
FEW: Final = Manner(talkers=9)
LONG_WORDS: Final = Manner(words=1000, resting_seconds=0.4)
SILENT: Final = Manner(calling_seconds=0)

DRILLS: Final = (
    Drill("kill -9 of a web process", kill_web),
    Drill("kill -9 of the worker", kill_worker),
    Drill("kill -9 of the worker under DINGs", dinging.kill_worker_under_dings, SILENT),
    Drill("kill -9 of Valkey", kill_valkey, within=DOWN),
    Drill("kill -9 of Valkey, file lost", kill_valkey_and_its_file, within=DOWN),
    Drill("FLUSHALL × 20", flush, within=NORMALLY),
    Drill("PostgreSQL stopped at once", restart_postgres),
    Drill("kill -9 of PostgreSQL", kill_postgres),
    Drill("all backends ended every 2 s", terminate_backends),
    Drill("database's disk full", disks.fill_up, possible=disks.possible),
    Drill("kill -9 of S3", carrying.kill_s3, within=NORMALLY),
    Drill("bus loses 5 %", lose_on_the_bus),
    Drill("partition from the bus", partition),
    Drill("flapping and half-open clients", flap),
    Drill("clients that never read", never_read, LONG_WORDS),
    Drill("reconnect storm", storm),
    Drill("crash between commit and publish", crash_before_publishing),
    Drill("everything sent again", repeat_everything, REPEATING, NORMALLY),
    Drill("clock ± 30 s", wrong_clocks, possible=lambda: _faketime() is not None),
    Drill("units move", move_units),
    Drill("rights withdrawn", withdraw, within=NORMALLY),
)
SHORT_CUT: Final = Drill("short cut: one after another", all_at_once, FEW)
