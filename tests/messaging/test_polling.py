"""Long polling against a real daphne: news at once, silence till the time is up, no thread held."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from core import actor as actors
from messaging import frames as finished
from messaging.gateway.polling import Waiter
from messaging.gateway.sign_in import Visitor
from org.queries.sessions import Hold
from tests.messaging import frames
from tests.messaging import site as sites
from tests.messaging.site import Site

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: here sign-ins end, and all that one person may hold is held."""
    folder = tmp_path_factory.mktemp("polling")
    with sites.running(folder) as running:
        yield running
    # Django takes over in the middle of a request, and is told no more than it understands.
    assert "Invalid ASGI message" not in (folder / "daphne.log").read_text(errors="replace")


@asynccontextmanager
async def poller(site: Site, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """The person's client, which may hold many requests at once."""
    async with httpx.AsyncClient(
        base_url=f"{site.url}/api/v1/messaging",
        cookies={"tongwen_session": site.sessions[name]},
        timeout=sites.PATIENCE * 2,
        limits=httpx.Limits(max_connections=None),
    ) as client:
        yield client


async def poll(client: httpx.AsyncClient, **query: str | int) -> dict[str, Any]:
    """What the site answers, every frame of it as declared."""
    answer = (await client.get("/sync", params=query)).raise_for_status()
    said: dict[str, Any] = answer.json()
    for frame in said["frames"]:
        frames.check(frame)
    # Hints of the process's own comparing may come at any time.
    said["frames"] = [frame for frame in said["frames"] if frame["type"] != "sync.hint"]
    return said


def send(site: Site, name: str, room: int, body: str) -> None:
    """Somebody says something over HTTP."""
    with site.http(name) as client:
        content = {"client_message_id": str(uuid.uuid4()), "body": body}
        client.post(f"/conversations/{room}/messages", json=content).raise_for_status()


async def waiting(site: Site, *names: str) -> None:
    """Returns when the site listens for these people."""
    with redis.from_url(site.store.url(0)) as store:
        for _ in range(1200):
            heard = {name.decode().rsplit(":", 1)[1] for name in store.pubsub_channels("*:p:*")}
            if {str(site.people[name]) for name in names} <= heard:
                return
            await asyncio.sleep(0.05)
    pytest.fail("nobody waits")


def threads_of(site: Site) -> int:
    """How many threads the web process has."""
    return len(list(Path(f"/proc/{site.process.pid}/task").iterdir()))


async def test_who_knows_nothing_is_told_everything_at_once(site: Site) -> None:
    room = site.direct("冯副厅", "卫二")
    send(site, "冯副厅", room, "第一条")
    async with poller(site, "卫二") as wei:
        said = await poll(wei, wait=25)
    assert (said["whole"], said["frames"], said["person_id"]) == (True, [], site.people["卫二"])
    head = next(head for head in said["heads"] if head["conversation_id"] == room)
    assert (head["unread"], head["last_seq"] >= 1) == (1, True)


async def test_news_end_the_waiting_and_bring_the_message_along(site: Site) -> None:
    room = site.direct("王伟民", "张晓梅")
    async with poller(site, "张晓梅") as zhang:
        said = await poll(zhang)
        # What is said in the moment between listening and comparing comes as a head only.
        for number in range(50):
            request = asyncio.create_task(poll(zhang, state=said["state"], wait=25))
            await waiting(site, "张晓梅")
            await asyncio.sleep(0.1)
            await asyncio.to_thread(send, site, "王伟民", room, f"第{number}条")
            said = await request
            if said["frames"]:
                break
        assert [frame["type"] for frame in said["frames"]] == ["message.created"]
        assert said["frames"][0]["data"]["body"] == f"第{number}条"
        assert (len(said["heads"]), said["whole"]) == (1, False)
        # What was told once is known: the next request waits.
        again = await poll(zhang, state=said["state"])
        assert (again["heads"], again["state"]) == ([], said["state"])


async def test_what_was_missed_between_two_requests_is_told_at_once(site: Site) -> None:
    room = site.direct("王伟民", "赵卫东")
    async with poller(site, "赵卫东") as zhao:
        state = (await poll(zhao))["state"]
        await asyncio.to_thread(send, site, "王伟民", room, "没人在听")
        said = await poll(zhao, state=state, wait=25)
    assert room in [head["conversation_id"] for head in said["heads"]]


async def test_silence_is_answered_when_the_time_is_up(site: Site) -> None:
    async with poller(site, "林上城") as lin:
        state = (await poll(lin))["state"]
        said = await poll(lin, state=state, wait=1)
    assert (said["state"], said["heads"], said["frames"]) == (state, [], [])


async def test_a_stranger_does_not_wait(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=sites.PATIENCE) as nobody:
        answer = await nobody.get("/api/v1/messaging/sync?wait=25")
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("query", ["wait=26", "wait=-1", "wait=x", f"wait=25&state={'a' * 65}"])
async def test_what_breaks_the_schema_is_refused_by_the_api(site: Site, query: str) -> None:
    async with poller(site, "林上城") as lin:
        answer = await lin.get(f"/sync?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "SCHEMA_VIOLATED")


async def test_a_session_that_ends_ends_the_waiting(site: Site) -> None:
    async with poller(site, "罗科员") as luo:
        state = (await poll(luo))["state"]
        request = asyncio.create_task(luo.get("/sync", params={"state": state, "wait": 25}))
        await waiting(site, "罗科员")
        await asyncio.to_thread(
            site.execute,
            "DELETE FROM django_session WHERE session_key = %s",
            site.sessions["罗科员"],
        )
        answer = await request
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")


async def test_a_request_holds_so_many_frames_and_instead_of_the_others_one_hint() -> None:
    actor = actors.system("王伟民")
    waiter = Waiter(Visitor(actor, 1, Hold(session_id=1, session_key="", appointment_id=None)))
    entry = finished.wire(finished.frame("message.created", {"body": "汛" * 5000}))
    for number in range(1, 101):
        assert waiter.push(entry, 7, number)
    await waiter.say_bye()
    told = [json.loads(text) for text in waiter.texts]
    assert [frame["type"] for frame in told] == [*["message.created"] * 4, "sync.hint", "bye"]
    assert told[4]["data"] == {}


async def test_more_than_ten_of_one_person_are_refused_and_others_are_not(site: Site) -> None:
    async with poller(site, "马科员") as ma, poller(site, "林上城") as lin:
        state = (await poll(ma))["state"]
        requests = [
            asyncio.create_task(ma.get("/sync", params={"state": state, "wait": 25}))
            for _ in range(11)
        ]
        done, rest = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
        answer = next(iter(done)).result()
        assert (answer.status_code, answer.json()["code"]) == (429, "SYNC_TOO_MANY_WAITING")
        assert answer.headers["content-type"] == "application/problem+json"
        assert (len(done), answer.headers["retry-after"]) == (1, "5")
        assert (await poll(lin, wait=1))["person_id"] == site.people["林上城"]
        for request in rest:
            request.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        # Who hung up makes room.
        for _ in range(600):
            answer = await ma.get("/sync", params={"state": "old", "wait": 25})
            if answer.status_code == 200:
                return
            await asyncio.sleep(0.05)
        pytest.fail("those who hung up are still counted")


async def test_many_may_wait_while_the_site_serves_everybody_else(site: Site) -> None:
    """Django has a thread for each request that it serves: these take none of them."""
    names = ["徐副局", "高收文", "吕安全", "秦主任", "尤副主", "许收发"]
    async with AsyncExitStack() as open_clients:
        requests = []
        for name in names:
            client = await open_clients.enter_async_context(poller(site, name))
            state = (await poll(client))["state"]
            requests += [
                asyncio.create_task(client.get("/sync", params={"state": state, "wait": 25}))
                for _ in range(10)
            ]
        await waiting(site, *names)
        async with poller(site, "蒋市长") as jiang:
            assert (await jiang.get("/heads")).status_code == 200
        assert threads_of(site) < len(requests)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
