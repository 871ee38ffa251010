"""Who is online and who types: only for those who may know, and only while they look."""

import asyncio
import time
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from core import redis as store
from messaging import bus, outage, presence
from messaging.gateway import leaving
from messaging.models import Conversation
from org.kinds import VisibilityEffect
from org.services import visibility
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone
from tests.messaging.site import PATIENCE, Device, Site


def _online(phone: Phone, *others: Phone, room: int | None = None) -> dict[int, bool]:
    query = [("person_ids", str(other.person_id)) for other in others]
    query += [("conversation_id", str(room))] if room else []
    path = "&".join(f"{key}={value}" for key, value in query)
    answer = phone.client.get(f"/api/v1/messaging/presence?{path}")
    assert answer.status_code == 200, answer.content
    return {one["person_id"]: one["online"] for one in answer.json()["people"]}


@pytest.fixture(autouse=True)
def nobody_here() -> None:
    """What other tests left in Valkey is forgotten, and that it was lost to one of them."""
    outage.over()
    for kind in ("signs", "looking", "typing"):
        pattern = bus.presence_key(0).replace(":signs:0", f":{kind}:*")
        for key in store.connection().scan_iter(match=pattern):
            store.connection().delete(key)


def test_whoever_gave_a_sign_of_life_is_online(wang: Phone, li: Phone, zhang: Phone) -> None:
    assert _online(wang, li, zhang) == {li.person_id: False, zhang.person_id: False}
    _online(li)
    assert _online(wang, zhang, li) == {zhang.person_id: False, li.person_id: True}


def test_whoever_left_one_process_is_online_while_another_has_a_socket_of_hers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    presence.beat([1, 2], now=now)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(presence, "_PROCESS", "elsewhere")
        presence.beat([1], now=now)
    presence.leave([1, 2])
    assert presence.here([1, 2], now=now) == {1}
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(presence, "_PROCESS", "elsewhere")
        presence.leave([1])
    assert presence.here([1, 2], now=now) == set()


def test_a_sign_counts_for_a_minute_and_one_by_http_is_not_taken_away(
    wang: Phone, li: Phone
) -> None:
    now = timezone.now()
    _online(li)
    presence.leave([li.person_id])
    assert _online(wang, li) == {li.person_id: True}
    later = now + timedelta(seconds=presence.SECONDS + 30)
    assert presence.here([li.person_id], now=later) == set()


async def test_whoever_comes_back_in_time_was_never_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    people = {1, 2, 3}
    presence.beat(people, now=timezone.now())
    gone = leaving.Leaving(lambda person_id: person_id in people)
    people -= {1, 2}
    for person_id in (1, 2, 3):  # the third has another socket
        gone.note(person_id)
    monkeypatch.setattr(leaving, "GRACE_SECONDS", 3600.0)
    await gone.settle()
    assert presence.here([1, 2, 3], now=timezone.now()) == {1, 2, 3}
    people.add(1)
    monkeypatch.setattr(leaving, "GRACE_SECONDS", 0.0)
    await gone.settle()
    assert presence.here([1, 2, 3], now=timezone.now()) == {1, 3}


@pytest.mark.live
async def test_whoever_closes_the_last_of_several_devices_is_soon_offline(site: Site) -> None:
    li, zhang = site.people["李建国"], site.people["张晓梅"]

    async def online() -> set[int]:
        state = await wang.ask(
            "presence.subscribe", {"person_ids": [li, zhang]}, answer="presence.state"
        )
        return {one["person_id"] for one in state["people"] if one["online"]}

    began = time.monotonic()
    async with Device(site, "王伟民") as wang, Device(site, "李建国"):
        async with Device(site, "李建国"), Device(site, "张晓梅"):
            assert await online() == {li, zhang}
        while zhang in await online():
            assert time.monotonic() < began + PATIENCE
            await asyncio.sleep(0.2)
        assert await online() == {li}


def test_whoever_hides_is_left_out(wang: Phone, li: Phone) -> None:
    _online(li)
    assert li.get("/presence/own").json() == {"hidden": False}
    assert li.call("put", "/presence/own", {"hidden": True}).json() == {"hidden": True}
    assert _online(wang, li) == {}
    li.call("put", "/presence/own", {"hidden": False})
    assert _online(wang, li) == {li.person_id: True}


def test_whoever_is_hidden_by_the_directorys_rules_is_left_out(
    province: Province, wang: Phone, lin: Phone
) -> None:
    _online(lin)
    assert _online(wang, lin) == {lin.person_id: True}
    visibility.make(
        actor=province.actor("卫二"),
        subject=visibility.Subject(person_id=lin.person_id),
        terms=visibility.Terms(effect=VisibilityEffect.HIDE),
        now=timezone.now(),
    )
    assert _online(wang, lin) == {}


def test_at_most_a_hundred_people_are_asked_about(wang: Phone) -> None:
    ids = "&".join(f"person_ids={number}" for number in range(1, 102))
    assert wang.client.get(f"/api/v1/messaging/presence?{ids}").status_code == 422
    assert wang.client.get("/api/v1/messaging/presence?person_ids=999999999").json() == {
        "people": []
    }


def test_only_members_who_have_it_open_hear_of_typing(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li, zhang)
    now = timezone.now()
    _online(li, room=room)
    presence.look_at(room, lin.person_id, now=now)
    members = {wang.person_id, li.person_id, zhang.person_id}
    assert presence.looking_at(room, members - {wang.person_id}, now=now) == [li.person_id]
    assert wang.call("post", f"/conversations/{room}/typing").status_code == 204
    assert presence.may_tell_typing(room, wang.person_id) is False
    assert presence.may_tell_typing(room, li.person_id) is True
    answer = lin.call("post", f"/conversations/{room}/typing")
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    answer = lin.get("/presence", conversation_id=room)
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")


@pytest.mark.parametrize("change", [{"member_count": 65}, {"dissolved_at": timezone.now()}])
def test_large_and_dissolved_conversations_do_not_tell(
    wang: Phone, li: Phone, change: dict[str, object]
) -> None:
    room = wang.group(li)
    Conversation.objects.filter(pk=room).update(**change)
    assert wang.call("post", f"/conversations/{room}/typing").status_code == 204
    assert presence.may_tell_typing(room, wang.person_id) is True


def test_without_valkey_nobody_is_online(
    wang: Phone, li: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = wang.direct(li)
    _online(li, room=room)
    lost = redis.Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr(store, "connection", lambda: lost)
    assert _online(wang, li, room=room) == {li.person_id: False}
    assert wang.call("post", f"/conversations/{room}/typing").status_code == 204


def test_the_queries_of_presence_are_budgeted(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.direct(li)
    with budget("messaging.presence.state"):
        _online(wang, li, room=room)


@pytest.mark.live
async def test_typing_reaches_the_other_screen_and_nobody_elses(site: Site) -> None:
    room = site.group("王伟民", "李建国", "张晓梅")
    async with (
        Device(site, "王伟民") as wang,
        Device(site, "李建国") as li,
        Device(site, "张晓梅") as zhang,
    ):
        people = [site.people["李建国"]]
        state = await wang.ask(
            "presence.subscribe", {"person_ids": people}, answer="presence.state"
        )
        assert state == {"people": [{"person_id": people[0], "online": True}]}
        opened = {"conversation_id": room}
        assert await li.ask("presence.subscribe", opened, answer="presence.state") == {"people": []}
        await wang.ask("typing", opened, answer="typing.ack")
        assert await li.hear("typing") == {
            "conversation_id": room,
            "person_id": site.people["王伟民"],
            "name": "王伟民",
        }
        await wang.send(room, "好了")
        await zhang.hear("message.created", conversation_id=room)
        assert "typing" not in {frame["type"] for frame in zhang.received}
