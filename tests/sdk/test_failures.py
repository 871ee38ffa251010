"""What the Python client does about its own faults: it says so, and nothing waits for ever."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.messaging.site import PATIENCE
from tests.sdk.conftest import QUICK
from tongwen_client import (
    Client,
    ClientError,
    Entry,
    Failed,
    MemoryStore,
    NotPossible,
    Refused,
    Session,
    Store,
    Ticket,
)
from tongwen_client.http import call
from tongwen_client.links import PollLink

NOWHERE = "http://127.0.0.1:9"
"""No socket opens there; requests are answered by the test."""
NOTHING_NEW = {"state": "a", "whole": True, "heads": [], "frames": []}
SENT = {"seq": 1, "created_at": "2026-11-23T00:00:00+00:00"}

Answer = Callable[[httpx.Request], httpx.Response]


def nothing_new(request: httpx.Request) -> httpx.Response:
    """The answer to every request but those that send."""
    if request.method == "POST":
        return httpx.Response(200, json=SENT)
    is_asked = request.url.path.endswith("/heads")
    return httpx.Response(200, json={"heads": [], "next": None} if is_asked else NOTHING_NEW)


def http_of(answer: Answer, url: str = NOWHERE) -> httpx.AsyncClient:
    async def after_waiting(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("wait", "0") != "0":
            await asyncio.Event().wait()  # no news, ever
        return answer(request)

    return httpx.AsyncClient(base_url=url, transport=httpx.MockTransport(after_waiting))


def polling_client(answer: Answer = nothing_new, store: Store | None = None) -> Client:
    """A client to which only long polling gets through."""
    timing = replace(QUICK, unopened=0)
    return Client(NOWHERE, Session("cookie"), store=store, timing=timing, http=http_of(answer))


class Broken(MemoryStore):
    """A store that fails in what it is told to."""

    def __init__(self, *broken: str) -> None:
        super().__init__()
        self.broken = broken

    def marks(self) -> Mapping[int, int]:
        """What is to be told."""
        found = super().marks()
        if found and "marks" in self.broken:
            raise OSError("disk full")
        return found

    def drop(self, item_id: str) -> None:
        """Forgets."""
        if "drop" in self.broken:
            raise OSError("disk full")
        super().drop(item_id)


async def first_entry(client: Client) -> Entry | None:
    async for entry in client.entries(1, after=0):
        return entry
    return None


async def first_event(client: Client) -> object:
    async for event in client.events():
        return event
    return None


async def assert_everybody_is_told(client: Client, cause: type[Exception]) -> None:
    """Who waits, and who asks afterwards."""
    async with asyncio.timeout(PATIENCE):
        for waiting in (first_event(client), first_entry(client), client.send(1, "还在吗")):
            with pytest.raises(Failed) as failed:
                await waiting
            assert failed.value.code == "CLIENT_FAILED"
            assert isinstance(failed.value.__cause__, cause)


async def test_a_fault_of_sending_ends_the_client_and_keeps_what_is_unsent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Broken("drop")
    async with polling_client(store=store) as client:
        assert (await client.send(1, "存不下")).seq == 1
        await assert_everybody_is_told(client, OSError)
    assert [item["content"]["body"] for item in store.waiting()] == ["存不下"]
    assert [record.message for record in caplog.records if record.exc_info] == [
        "the client has failed"
    ]


async def test_a_fault_of_telling_marks_ends_the_client() -> None:
    async with polling_client(store=Broken("marks")) as client:
        client.read(1, 1)
        await assert_everybody_is_told(client, OSError)


async def test_a_fault_of_the_programs_own_credentials_ends_the_client() -> None:
    async def ticket() -> str:
        raise LookupError("no ticket office")

    async with Client(NOWHERE, Ticket(ticket), timing=QUICK) as client:
        waiting = asyncio.create_task(client.send(1, "有人吗"))
        async with asyncio.timeout(PATIENCE):
            for told in (client.connected(), waiting):
                with pytest.raises(Failed) as failed:
                    await told
                assert isinstance(failed.value.__cause__, LookupError)


async def test_a_ticket_office_out_of_reach_is_asked_again() -> None:
    asked = asyncio.Semaphore(0)

    async def ticket() -> str:
        asked.release()
        raise httpx.ConnectError("not now")

    async with Client(NOWHERE, Ticket(ticket), timing=QUICK) as client:
        async with asyncio.timeout(PATIENCE):
            for _ in range(3):
                await asked.acquire()
        assert client._fault is None


async def test_what_only_sockets_can_do_is_refused_by_a_code() -> None:
    link = PollLink(http=http_of(nothing_new), told=lambda kind, data: None, timing=QUICK)
    with pytest.raises(NotPossible) as refused:
        await link.ask("receipt.watch", {"conversation_id": 1, "seqs": [1]})
    assert refused.value.code == "NOT_POSSIBLE"
    assert isinstance(refused.value, ClientError)


async def test_what_is_more_than_an_answer_of_the_poll_carries_is_compared() -> None:
    head = {"conversation_id": 3, "last_seq": 1}
    first_part = {**NOTHING_NEW, "heads": [head], "next": 3}
    told: list[tuple[str, object]] = []
    http = http_of(lambda request: httpx.Response(200, json=first_part))
    link = PollLink(http=http, told=lambda kind, data: told.append((kind, data)), timing=QUICK)
    await link.open()
    assert told == [("sync.hint", head), ("sync.hint", {})]


async def test_a_recalling_whose_answer_was_lost_has_happened() -> None:
    codes = ["MESSAGE_ALREADY_RECALLED", "RECALL_TOO_LATE"]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/recall"):
            return httpx.Response(409, json={"code": codes.pop(0)}, headers=PROBLEM)
        return nothing_new(request)

    async with polling_client(answer) as client:
        await client.recall(1, 1)
        with pytest.raises(Refused) as refused:
            await client.recall(1, 1)
    assert refused.value.code == "RECALL_TOO_LATE"


PROBLEM = {"content-type": "application/problem+json"}


@pytest.mark.parametrize(
    ("url", "session", "csrf"),
    [
        ("http://127.0.0.1:9", "tongwen_session", "tongwen_csrf"),
        ("http://localhost:9", "tongwen_session", "tongwen_csrf"),
        ("https://tongwen.example", "__Host-session", "__Host-csrf"),
    ],
)
async def test_cookies_that_the_server_sets_anew_take_the_place_of_the_given(
    url: str, session: str, csrf: str
) -> None:
    shown: list[tuple[list[str], str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies = request.headers["cookie"].split("; ")
        shown.append((sorted(cookies), request.headers["x-csrftoken"]))
        attributes = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" * url.startswith("https"))
        anew = [("set-cookie", f"{name}=newer; {attributes}") for name in (session, csrf)]
        return httpx.Response(200, json={}, headers=anew)

    async with http_of(answer, url) as http:
        http.cookies.set(session, "somebody else's")
        await Session("given").sign_in(http)
        token = str(http.cookies.get(csrf))
        for _ in range(2):
            await get(http)
    assert shown == [
        (sorted([f"{csrf}={token}", f"{session}=given"]), token),
        (sorted([f"{csrf}=newer", f"{session}=newer"]), "newer"),
    ]


async def get(http: httpx.AsyncClient) -> Any:
    """Any operation."""
    return await call(http, "GET", "/notices", patience=PATIENCE)
