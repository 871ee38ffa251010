"""The Python client against a running site: what it promises when everything works."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import factories
from tests.messaging.site import PATIENCE, Site
from tests.sdk.conftest import PATIENT, QUICK, MakeClient, until
from tongwen_client import (
    Client,
    Closed,
    Entry,
    Event,
    MemoryStore,
    Password,
    Refused,
    Session,
    SignedOut,
    SqliteStore,
    Ticket,
    TooLong,
)

pytestmark = pytest.mark.live


async def take(client: Client, room: int, count: int, **begin: int) -> list[Entry]:
    """So many of the conversation's next entries."""
    found: list[Entry] = []
    async with asyncio.timeout(PATIENCE):
        async for entry in client.entries(room, **begin):
            found.append(entry)
            if len(found) == count:
                break
    return found


async def test_a_message_is_acknowledged_and_comes_to_the_other_in_order(
    site: Site, client_of: MakeClient
) -> None:
    room = site.direct("王伟民", "李建国")
    async with client_of("王伟民") as wang, client_of("李建国") as li:
        sent = [await wang.send(room, f"第{number}条") for number in range(3)]
        entries = await take(li, room, 3, after=sent[0].seq - 1)
    assert [(entry.seq, entry.body) for entry in entries] == [
        (ack.seq, f"第{number}条") for number, ack in enumerate(sent)
    ]
    assert entries[0].client_message_id == sent[0].client_message_id
    assert entries[0].sender_id == site.people["王伟民"]


async def test_without_a_beginning_only_what_is_said_from_now_on_comes(
    site: Site, client_of: MakeClient
) -> None:
    room = site.group("王伟民", "张晓梅")
    async with client_of("王伟民") as wang, client_of("张晓梅") as zhang:
        await wang.send(room, "以前的")
        reading = asyncio.create_task(take(zhang, room, 1))
        await until(lambda: zhang._store.cursor(room) is not None)
        await wang.send(room, "现在的")
        assert [entry.body for entry in await reading] == ["现在的"]


async def test_an_editing_and_a_recalling_are_entries_in_their_place(
    site: Site, client_of: MakeClient
) -> None:
    room = site.direct("王伟民", "赵卫东")
    async with client_of("王伟民") as wang, client_of("赵卫东") as zhao:
        first = await wang.send(room, "初稿")
        await wang.edit(room, first.seq, "定稿")
        await wang.recall(room, first.seq)
        entries = await take(zhao, room, 3, after=first.seq - 1)
    assert [entry.verb for entry in entries] == ["", "edited", "recalled"]
    assert [entry.seq for entry in entries] == [first.seq, first.seq + 1, first.seq + 2]


async def test_an_editing_names_whom_it_says_and_else_whom_the_message_named(
    site: Site, client_of: MakeClient
) -> None:
    room = site.group("王伟民", "张晓梅")
    zhang_id = site.people["张晓梅"]
    async with client_of("王伟民") as wang:
        first = await wang.send(room, "@张晓梅 初稿", mentions=[zhang_id])
        await wang.edit(room, first.seq, "@张晓梅 定稿")
        kept, _ = await take(wang, room, 2, after=first.seq - 1)
        await wang.edit(room, first.seq, "定稿", mentions=[])
    async with client_of("王伟民") as wang:
        let_go = (await take(wang, room, 3, after=first.seq - 1))[0]
    assert (kept.body, kept.raw["mentions"]) == ("@张晓梅 定稿", [zhang_id])
    assert (let_go.body, let_go.raw["mentions"]) == ("定稿", [])


async def test_the_same_id_of_the_programs_own_is_stored_once(
    site: Site, client_of: MakeClient
) -> None:
    room, case = site.direct("王伟民", "钱医"), uuid.uuid4()
    async with client_of("王伟民") as wang:
        first = await wang.send(room, "办结通知", client_message_id=case)
        again = await wang.send(room, "办结通知", client_message_id=case)
        with pytest.raises(Refused) as refused:
            await wang.send(room, "别的内容", client_message_id=case)
    assert (first.seq, first.created_at) == (again.seq, again.created_at)
    assert refused.value.code == "CLIENT_MESSAGE_CONFLICT"


async def test_what_the_server_will_not_have_is_raised_and_does_not_stop_the_rest(
    site: Site, client_of: MakeClient
) -> None:
    foreign, own = site.direct("李建国", "张晓梅"), site.direct("林上城", "王伟民")
    async with client_of("林上城") as lin:
        with pytest.raises(Refused) as refused:
            await lin.send(foreign, "不该看到")
        with pytest.raises(TooLong):
            await lin.send(own, "字" * 6000)
        assert (await lin.send(own, "还能说话")).seq >= 1
        assert list(lin.waiting()) == []
    assert refused.value.status == 404


async def test_more_than_the_rate_allows_is_sent_later_and_in_order(
    site: Site, client_of: MakeClient
) -> None:
    room = site.direct("蒋市长", "沈副市")
    async with client_of("蒋市长") as jiang:
        acks = await asyncio.gather(*(jiang.send(room, str(number)) for number in range(30)))
    assert [ack.seq for ack in acks] == list(range(acks[0].seq, acks[0].seq + 30))


async def test_read_marks_move_the_cursor_and_tell_the_other_device(
    site: Site, client_of: MakeClient
) -> None:
    room = site.direct("王伟民", "周防疫")
    async with (
        client_of("王伟民") as wang,
        client_of("周防疫") as desk,
        client_of("周防疫") as phone,
    ):
        await phone.connected()
        heard = asyncio.create_task(_first(phone, "message.read"))
        await asyncio.sleep(0)
        seq = (await wang.send(room, "请阅")).seq
        desk.read(room, seq)
        async with asyncio.timeout(PATIENCE):
            assert (await heard)["read_seq"] == seq
            await until(lambda: not desk._store.marks())
        head = next(head for head in await desk.heads() if head["conversation_id"] == room)
    assert (head["read_seq"], head["unread"]) == (seq, 0)


async def _first(client: Client, kind: str) -> dict[str, object]:
    async for event in client.events():
        if event.type == kind:
            return dict(event.data)
    raise AssertionError


async def test_a_restarted_program_goes_on_where_it_was(
    site: Site, client_of: MakeClient, tmp_path: Path
) -> None:
    room = site.direct("王伟民", "吴健")
    async with client_of("王伟民") as wang:
        first = (await wang.send(room, "一")).seq
        async with client_of("吴健", store=SqliteStore(tmp_path / "own.db")) as wu:
            assert [entry.body for entry in await take(wu, room, 1, after=first - 1)] == ["一"]
        await wang.send(room, "二")
        # "一" was taken, but the program never asked for the next: it comes again.
        async with client_of("吴健", store=SqliteStore(tmp_path / "own.db")) as wu:
            assert [entry.body for entry in await take(wu, room, 2)] == ["一", "二"]


async def test_what_a_program_could_not_send_goes_with_its_next_run(
    site: Site, client_of: MakeClient, tmp_path: Path
) -> None:
    room = site.direct("王伟民", "曾国强")
    async with client_of("王伟民", url="http://127.0.0.1:9", store=_file(tmp_path)) as nowhere:
        lost = [asyncio.create_task(nowhere.send(room, body)) for body in ("甲", "乙")]
        await until(lambda: len(list(nowhere.waiting())) == 2)
    for task in lost:
        with pytest.raises(Closed):
            await task
    async with client_of("王伟民", store=_file(tmp_path)) as wang:
        last = await wang.send(room, "丙")
        entries = await take(wang, room, 3, after=last.seq - 3)
    assert [entry.body for entry in entries] == ["甲", "乙", "丙"]


def _file(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "outbox.db")


async def test_a_session_that_has_ended_is_said_so(site: Site, client_of: MakeClient) -> None:
    async with Client(site.url, Session("x" * 32), timing=PATIENT) as stranger:
        with pytest.raises(SignedOut):
            await stranger.send(1, "有人吗")
        with pytest.raises(SignedOut):
            await take(stranger, 1, 1)


async def test_a_ticket_opens_the_socket_without_a_session(site: Site) -> None:
    room = site.direct("王伟民", "单小芳")

    async def ticket() -> str:
        cookies = {"tongwen_session": site.sessions["王伟民"], "tongwen_csrf": "a" * 32}
        async with httpx.AsyncClient(base_url=site.url, cookies=cookies) as http:
            answer = await http.post(
                "/api/v1/messaging/ws-ticket",
                headers={"X-CSRFToken": "a" * 32, "Origin": site.url},
            )
            return str(answer.raise_for_status().json()["ticket"])

    async with Client(site.url, Ticket(ticket), timing=PATIENT) as wang:
        assert (await wang.send(room, "凭票入场")).seq >= 1


async def test_a_server_that_starts_anew_is_waited_for() -> None:
    answers = [
        httpx.Response(502, text="<html>Bad Gateway</html>"),
        httpx.Response(503, json={"code": "UNAVAILABLE", "retry_after": 0.05}),
        httpx.Response(429, json={"code": "TOO_MANY_WAITING", "retry_after": 0.05}),
    ]
    nothing_new = {"state": "a", "whole": True, "heads": [], "frames": []}

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(float(request.url.params.get("wait", "0")))
        return answers.pop(0) if answers else httpx.Response(200, json=nothing_new)

    async with Client(
        "http://127.0.0.1:9",  # no socket opens there
        Session("cookie"),
        timing=replace(QUICK, unopened=0),
        http=httpx.AsyncClient(
            base_url="http://127.0.0.1:9", transport=httpx.MockTransport(answer)
        ),
    ) as client:
        async with asyncio.timeout(PATIENCE):
            await client.connected()
        assert (answers, client.is_polling) == ([], True)


async def test_too_many_sign_ins_are_no_wrong_password() -> None:
    server = httpx.MockTransport(lambda request: httpx.Response(429 if request.content else 200))
    with pytest.raises(httpx.TransportError):
        await Password("wang", "secret").sign_in(
            httpx.AsyncClient(base_url="http://127.0.0.1:9", transport=server)
        )


async def test_a_wrong_password_is_not_tried_again(site: Site) -> None:
    async with Client(site.url, Password("nobody", "wrong"), timing=PATIENT) as nobody:
        with pytest.raises(SignedOut):
            await nobody.connected()


async def test_a_password_signs_in_and_signs_in_anew_when_the_session_ends(site: Site) -> None:
    room = site.direct("何管理", "王伟民")
    ((username,),) = site.rows(
        "SELECT username FROM org_account WHERE person_id = %s", site.people["何管理"]
    )
    async with Client(site.url, Password(username, factories.PASSWORD), timing=PATIENT) as he:
        first = await he.send(room, "早")
        held = he._http.cookies["tongwen_session"]
        await asyncio.to_thread(
            site.execute, "DELETE FROM django_session WHERE session_key = %s", held
        )
        assert (await he.send(room, "又来了")).seq == first.seq + 1


def test_both_stores_keep_the_newest_and_forget_what_is_done(tmp_path: Path) -> None:
    for store in (MemoryStore(), SqliteStore(tmp_path / "s.db")):
        assert store.cursor(1) is None
        for seq in (5, 3):
            store.advance(1, seq)
            store.mark(1, seq)
        assert (store.cursor(1), store.marks()) == (5, {1: 5})
        store.unmark(1, 4)
        assert store.marks() == {1: 5}
        store.unmark(1, 5)
        assert store.marks() == {}
        for name in ("b", "a", "b"):
            store.put({"id": name, "content": {"n": name}})
        assert [item["id"] for item in store.waiting()] == ["b", "a"]
        store.drop("b")
        assert [item["content"] for item in store.waiting()] == [{"n": "a"}]
        store.close()


class Slow(Client):
    """A client whose comparing takes until it is let go."""

    asked = 0
    may_end: asyncio.Event

    async def heads(self) -> list[Mapping[str, Any]]:
        """Where each conversation stands, as soon as one may know."""
        self.asked += 1
        await self.may_end.wait()
        return []


async def test_two_hundred_hints_at_once_are_one_more_comparing(site: Site) -> None:
    session = Session(site.sessions["王伟民"])
    async with Slow(site.url, session, origin=site.url, timing=PATIENT) as client:
        client.may_end = asyncio.Event()
        await until(lambda: client.asked == 1)
        for _ in range(200):
            client._told("sync.hint", {})
        assert client.asked == 1
        client.may_end.set()
        await until(lambda: client.asked == 2)
        comparing = client._comparing._task
        assert comparing is not None
        await comparing
        assert client.asked == 2


async def test_each_heartbeat_says_how_notices_and_dings_stand(
    site: Site, client_of: MakeClient
) -> None:
    async with client_of("王伟民") as client, asyncio.timeout(PATIENCE):
        heard = [event.data async for event in _bells(client, 2)]
    for bells in heard:
        assert bells.keys() == {
            "notices_unread", "newest_notice", "notices_muted", "dings", "dings_mark", "resting",
        }  # fmt: skip


async def _bells(client: Client, count: int) -> AsyncIterator[Event]:
    """So many of the next heartbeats' answers."""
    async for event in client.events():
        if event.type == "bells":
            count -= 1
            yield event
        if count == 0:
            return
