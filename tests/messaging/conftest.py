"""People in a small province, and what the tests of messaging say to each other."""

import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from messaging import subscription, threads
from messaging.channels_out.recording import Recording
from messaging.hub import Hub
from messaging.services import unit_conversations
from tests import factories
from tests.factories import Province
from tests.messaging import site as sites
from tests.messaging.office import Office
from tests.messaging.site import Site

API = "/api/v1/messaging"
RECORDING = "messaging.channels_out.recording.Recording"


class Phone:
    """One person's client, speaking the HTTP API."""

    def __init__(self, client: Client, person_id: int) -> None:
        self.client = client
        self.person_id = person_id

    def get(self, path: str, **query: str | int) -> Any:
        """The answer to a GET below the API."""
        return self.client.get(f"{API}{path}", query)

    def call(self, method: str, path: str, content: object = None) -> Any:
        """The answer to another method, with a JSON body."""
        act = getattr(self.client, method)
        return act(f"{API}{path}", content, content_type="application/json")

    def direct(self, other: "Phone") -> int:
        """The id of the direct conversation with the other."""
        answer = self.call("post", "/conversations/direct", {"person_id": other.person_id})
        assert answer.status_code == 200, answer.content
        return int(answer.json()["conversation_id"])

    def group(self, *others: "Phone", title: str = "防汛工作群") -> int:
        """The id of a new group."""
        content = {"title": title, "person_ids": [other.person_id for other in others]}
        answer = self.call("post", "/conversations/groups", content)
        assert answer.status_code == 200, answer.content
        return int(answer.json()["conversation_id"])

    def send(self, conversation_id: int, body: str, client_id: uuid.UUID | None = None) -> Any:
        """The answer to sending a text."""
        content = {"client_message_id": str(client_id or uuid.uuid4()), "body": body}
        return self.call("post", f"/conversations/{conversation_id}/messages", content)

    def read(self, conversation_id: int, seq: int) -> Any:
        """The answer to having read up to an entry."""
        return self.call("put", f"/conversations/{conversation_id}/cursor", {"seq": seq})

    def page(self, conversation_id: int, **query: str | int) -> Any:
        """A page of the conversation, decoded."""
        answer = self.get(f"/conversations/{conversation_id}/messages", **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def card(self, conversation_id: int) -> Any:
        """The conversation as it stands in the person's list."""
        items = self.get("/conversations").json()["items"]
        return next(item for item in items if item["id"] == conversation_id)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real site for all tests over sockets; whoever loses a sign-in there is nobody else's."""
    with sites.running(tmp_path_factory.mktemp("sockets")) as running:
        yield running


@pytest.fixture
def no_connection_stays() -> Iterator[None]:
    """The test database can be dropped: each of the sockets' threads has let go of it."""
    yield
    for pool, size in ((threads._pool, threads.SIZE), (threads._lookouts, threads.LOOKING)):
        _let_go(pool, size)


def _let_go(pool: Executor, size: int) -> None:
    all_at_once = threading.Barrier(size, timeout=sites.PATIENCE)

    def let_go() -> None:
        all_at_once.wait()
        connections.close_all()

    for done in [pool.submit(let_go) for _ in range(size)]:
        done.result()


@pytest.fixture
def surely_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is registered is heard by then, however slow the machine."""
    monkeypatch.setattr(subscription, "_CONFIRMED_WITHIN", sites.PATIENCE)


@pytest.fixture
async def hub(no_connection_stays: None, surely_heard: None) -> AsyncIterator[Hub]:
    """A hub that compares heads all the time."""
    held = Hub(audit_seconds=0.05)
    yield held
    await held.close()


@pytest.fixture
async def calm_hub(no_connection_stays: None, surely_heard: None) -> AsyncIterator[Hub]:
    """A hub that never compares heads, so that only delivery itself can be right or wrong."""
    held = Hub(audit_seconds=3600)
    yield held
    await held.close()


@pytest.fixture
def province(db: None) -> Province:
    """The people."""
    return factories.small_province()


@pytest.fixture
def wang(province: Province) -> Phone:
    """王伟民, head of the 民政局."""
    return phone_of(province, "王伟民")


@pytest.fixture
def li(province: Province) -> Phone:
    """李建国, his deputy."""
    return phone_of(province, "李建国")


@pytest.fixture
def zhang(province: Province) -> Phone:
    """张晓梅, their clerk."""
    return phone_of(province, "张晓梅")


@pytest.fixture
def lin(province: Province) -> Phone:
    """林上城, of another district."""
    return phone_of(province, "林上城")


@pytest.fixture
def office(province: Province, run_jobs: Callable[[], int]) -> Office:
    """The administrator of 西湖区."""
    return Office(province, run_jobs)


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten people are many."""
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    monkeypatch.setattr(unit_conversations, "ROWS_AGAIN", 1)


@pytest.fixture
def recorded(settings: Any) -> dict[str, Any]:
    """Push, SMS and voice are written down; what was asked for, by key."""
    settings.DING_CHANNELS = dict.fromkeys(("push", "sms", "voice"), RECORDING)
    Recording.delivered.clear()
    return Recording.delivered


@pytest.fixture
def working_hours(settings: Any) -> None:
    """DINGs climb as in working time, whenever the test runs."""
    settings.DING_LADDER_OFF_HOURS = settings.DING_LADDER
    settings.DING_LEVELS_OFF_HOURS = settings.DING_LEVELS


def phone_of(province: Province, name: str) -> Phone:
    """Anybody's client."""
    return Phone(province.client(name), province.person(name))
