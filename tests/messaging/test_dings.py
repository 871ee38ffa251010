"""DING: whom it calls, and how it is confirmed, recalled and opened again."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from messaging import ding_errors
from messaging.kinds import DingAudience
from messaging.models import Ding, DingTarget, Message
from messaging.services import dings
from messaging.services.dings import Call
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging import dings as say
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("working_hours")


def test_a_ding_is_a_message_that_asks_for_confirmation(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    answer = say.send(wang, room, li).json()
    entry = li.page(room)["entries"][-1]
    assert (entry["seq"], entry["body"], entry["receipt"]) == (answer["seq"], "立即到岗", "confirm")
    assert (answer["targets"], answer["repeated"]) == (1, False)
    (called,) = li.get("/dings/received").json()["items"]
    assert (called["id"], called["sender_name"], called["excerpt"], called["state"]) == (
        answer["ding_id"], "王伟民", "立即到岗", "pending",
    )  # fmt: skip
    assert say.evidence(answer["ding_id"], li) == [("app", "listed", dings.LISTED)]


def test_the_same_client_id_opens_one_ding(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), str(uuid.uuid4())
    first = say.send(wang, room, li, client_message_id=client_id).json()
    again = say.send(wang, room, li, client_message_id=client_id).json()
    assert again == {**first, "repeated": True}
    assert (Ding.objects.count(), Message.objects.filter(conversation_id=room).count()) == (1, 1)
    say.of_message(wang, room, 1, li, client_ding_id=(other := str(uuid.uuid4())))
    assert say.of_message(wang, room, 1, li, client_ding_id=other).json()["repeated"] is True
    assert Ding.objects.count() == 2


def test_the_id_of_another_message_is_a_conflict(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), str(uuid.uuid4())
    wang.send(room, "一")
    wang.send(room, "二")
    assert say.of_message(wang, room, 1, li, client_ding_id=client_id).status_code == 200
    answer = say.of_message(wang, room, 2, li, client_ding_id=client_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "CLIENT_MESSAGE_CONFLICT")
    assert Ding.objects.count() == 1


def test_everybody_but_the_caller_and_the_sender_is_called(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    li.send(room, "水位超警戒")
    seq = li.page(room)["last_seq"]
    answer = say.of_message(wang, room, seq, audience="everybody").json()
    assert say.states(answer["ding_id"]) == {zhang.person_id: "pending"}


def test_the_unread_of_a_message_are_those_of_that_moment(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    seq = wang.send(room, "水位超警戒").json()["seq"]
    li.read(room, seq)
    ding_id = say.of_message(wang, room, seq, audience="unread").json()["ding_id"]
    zhang.read(room, seq)
    assert say.states(ding_id) == {zhang.person_id: "pending"}
    nobody = say.of_message(wang, room, seq, audience="unread")
    assert (nobody.status_code, nobody.json()["code"]) == (409, "DING_NOBODY")


def test_the_unread_of_anothers_message_are_not_told(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    seq = wang.send(room, "水位超警戒").json()["seq"]
    answer = say.of_message(li, room, seq, audience="unread")
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_THE_SENDER")
    assert Ding.objects.count() == 0


def test_whoever_is_not_in_the_conversation_and_nobody_look_alike(
    wang: Phone, li: Phone, lin: Phone
) -> None:
    room = wang.direct(li)
    foreign = say.send(wang, room, li, lin)
    absent = say.send(wang, room, person_ids=[li.person_id, 2**40])
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["code"] == absent.json()["code"] == "DING_PEOPLE_UNKNOWN"
    assert foreign.json()["detail"] == absent.json()["detail"]
    assert (Ding.objects.count(), Message.objects.filter(conversation_id=room).count()) == (0, 0)


def test_whoever_came_after_a_message_is_not_called_to_it(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    seq = wang.send(room, "水位超警戒").json()["seq"]
    invited = wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    assert invited.status_code == 200
    answer = say.of_message(wang, room, seq, li, zhang)
    assert answer.json()["code"] == "DING_PEOPLE_UNKNOWN"
    assert Ding.objects.count() == 0


def test_strangers_ding_nothing_and_learn_nothing(wang: Phone, li: Phone, lin: Phone) -> None:
    room = wang.direct(li)
    ding_id = say.opened(wang, room, li)
    before = DingTarget.objects.get()
    for answer in (
        say.send(lin, room, li),
        say.of_message(lin, room, 1, li),
        lin.get(f"/dings/{ding_id}"),
        lin.get(f"/dings/{ding_id}/call"),
        lin.get(f"/dings/{ding_id}/targets"),
        lin.get(f"/dings/{ding_id}/file"),
        say.confirm(lin, ding_id),
        lin.call("post", f"/dings/{ding_id}/recall", {}),
        lin.call("post", f"/dings/{ding_id}/again", {"client_ding_id": str(uuid.uuid4())}),
    ):
        assert answer.status_code == 404, answer.content
        assert answer.json()["code"] in {"DING_NOT_FOUND", "CONVERSATION_NOT_FOUND"}
    assert (
        lin.get("/dings/received").json()["items"] == lin.get("/dings/sent").json()["items"] == []
    )
    after = DingTarget.objects.get()
    assert (before.state, before.ended_at) == (after.state, after.ended_at) == ("pending", None)


def test_whom_a_ding_calls_neither_recalls_it_nor_sees_the_others(wang: Phone, li: Phone) -> None:
    ding_id = say.opened(wang, wang.direct(li), li)
    for answer in (
        li.call("post", f"/dings/{ding_id}/recall", {}),
        li.get(f"/dings/{ding_id}"),
        li.get(f"/dings/{ding_id}/targets"),
        li.get(f"/dings/{ding_id}/file"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "DING_NOT_THE_SENDER")
    assert say.states(ding_id) == {li.person_id: "pending"}


def test_who_may_not_speak_may_not_ding(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    seq = wang.send(room, "请勿发言").json()["seq"]
    wang.call("patch", f"/conversations/{room}/policy", {"mute_all": True})
    answer = say.of_message(li, room, seq, zhang)
    assert (answer.status_code, answer.json()["code"]) == (403, "CONVERSATION_MUTED")
    assert Ding.objects.count() == 0


def test_a_recalled_message_calls_nobody(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "发错了")
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    answer = say.of_message(wang, room, 1, li)
    assert (answer.status_code, answer.json()["code"]) == (409, "MESSAGE_ALREADY_RECALLED")


def test_a_recalled_message_calls_nobody_by_the_id_it_was_sent_under(
    wang: Phone, li: Phone
) -> None:
    room, client_id = wang.direct(li), str(uuid.uuid4())
    said = {"client_message_id": client_id, "body": "立即到岗", "receipt": "confirm"}
    assert wang.call("post", f"/conversations/{room}/messages", said).status_code == 200
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    answer = say.send(wang, room, li, client_message_id=client_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "MESSAGE_ALREADY_RECALLED")
    assert (Ding.objects.count(), li.get("/dings/received").json()["items"]) == (0, [])


def test_a_repeated_ding_of_a_message_recalled_since_is_answered_as_at_first(
    wang: Phone, li: Phone
) -> None:
    room, client_id = wang.direct(li), str(uuid.uuid4())
    first = say.send(wang, room, li, client_message_id=client_id).json()
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    again = say.send(wang, room, li, client_message_id=client_id)
    assert again.json() == {**first, "repeated": True}
    assert say.states(first["ding_id"]) == {li.person_id: "recalled"}


def test_quiet_hours_keep_no_ding_away(wang: Phone, li: Phone) -> None:
    li.call("put", "/quiet-hours", {"begins": "00:00", "ends": "23:59"})
    ding_id = say.opened(wang, wang.direct(li), li)
    assert say.evidence(ding_id, li) == [("app", "listed", dings.LISTED)]


def test_a_person_and_a_unit_open_so_many_dings_a_day(
    province: Province, wang: Phone, li: Phone, zhang: Phone, settings: Any
) -> None:
    settings.DING_PER_PERSON_DAILY = 2
    room, now = wang.group(li, zhang), timezone.now()

    def ding() -> None:
        dings.send(
            actor=province.actor("王伟民"), conversation_id=room, client_message_id=uuid.uuid4(),
            body="立即到岗", call=Call(DingAudience.EVERYBODY), now=now,
        )  # fmt: skip

    ding()
    ding()
    with pytest.raises(ding_errors.DingQuotaSpent) as spent:
        ding()
    assert (spent.value.status, spent.value.code) == (429, "DING_QUOTA_SPENT")
    assert Ding.objects.count() == 2
    settings.DING_PER_PERSON_DAILY, settings.DING_PER_UNIT_DAILY = 50, 2
    with pytest.raises(ding_errors.DingQuotaSpent):
        ding()
    assert Ding.objects.count() == 2


def test_a_confirmation_ends_it_for_one_and_a_second_changes_nothing(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    first = say.confirm(li, ding_id).json()
    assert say.confirm(li, ding_id).json() == first
    assert say.states(ding_id) == {li.person_id: "confirmed", zhang.person_id: "pending"}
    assert say.evidence(ding_id, li)[-1] == ("end", "ended", "本人确认")
    counts = wang.get(f"/dings/{ding_id}").json()["ding"]["counts"]
    assert counts == {
        "pending": 1, "confirmed": 1, "recalled": 0, "unreachable": 0, "exhausted": 0,
    }  # fmt: skip
    assert li.get("/dings/received", state="pending").json()["items"] == []


def test_a_recall_ends_it_for_all_who_had_not_confirmed(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    say.confirm(li, ding_id)
    assert wang.call("post", f"/dings/{ding_id}/recall", {}).json() == {"ended": 1}
    assert say.states(ding_id) == {li.person_id: "confirmed", zhang.person_id: "recalled"}
    late = say.confirm(zhang, ding_id)
    assert (late.status_code, late.json()["code"]) == (409, "DING_OVER")
    again = wang.call("post", f"/dings/{ding_id}/recall", {})
    assert (again.status_code, again.json()["code"]) == (409, "DING_ALREADY_RECALLED")


def test_recalling_the_message_recalls_its_dings(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    ding_id = say.opened(wang, room, li)
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert say.states(ding_id) == {li.person_id: "recalled"}
    assert say.evidence(ding_id, li)[-1] == ("end", "ended", "原消息已撤回")
    (called,) = li.get("/dings/received").json()["items"]
    assert (called["state"], called["excerpt"]) == ("recalled", "")


def test_whoever_did_not_confirm_is_called_again(wang: Phone, li: Phone, zhang: Phone) -> None:
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    say.confirm(li, ding_id)
    content = {"client_ding_id": str(uuid.uuid4()), "level": "sms"}
    again = wang.call("post", f"/dings/{ding_id}/again", content).json()
    assert say.states(again["ding_id"]) == {zhang.person_id: "pending"}
    assert say.states(ding_id) == {li.person_id: "confirmed", zhang.person_id: "recalled"}
    repeated = wang.call("post", f"/dings/{ding_id}/again", content).json()
    assert repeated == {**again, "repeated": True}
    assert Ding.objects.count() == 2


def test_the_queries_of_dings_are_budgeted(
    wang: Phone, li: Phone, zhang: Phone, budget: Budget
) -> None:
    room = wang.group(li, zhang)
    with budget("messaging.dings.send"):
        ding_id = say.opened(wang, room, li, zhang)
    with budget("messaging.dings.received"):
        li.get("/dings/received")
    with budget("messaging.dings.sent"):
        wang.get("/dings/sent")
    with budget("messaging.dings.targets"):
        wang.get(f"/dings/{ding_id}/targets")
    with budget("messaging.dings.confirm"):
        say.confirm(li, ding_id)


def test_a_waiting_ding_stands_above_all_that_waits_on_the_workbench(
    wang: Phone, li: Phone
) -> None:
    ding_id = say.opened(wang, wang.direct(li), li)
    assert li.client.get("/counters/").json()["dings"] == 1
    today = li.client.get("/today/").content.decode()
    assert "立即到岗" in today
    assert "DING 待确认" in today
    say.confirm(li, ding_id)
    assert li.client.get("/counters/").json()["dings"] == 0
    assert "DING 待确认" not in li.client.get("/today/").content.decode()


def test_only_a_device_of_the_person_proves_that_a_ding_was_shown(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    ding_id = say.opened(wang, room, li)
    for other in (wang, zhang):
        assert other.call("put", f"/dings/{ding_id}/shown", {}).status_code == 404
    assert say.evidence(ding_id, li) == [("app", "listed", dings.LISTED)]
    for _ in range(2):
        assert li.call("put", f"/dings/{ding_id}/shown", {}).status_code == 204
    assert say.evidence(ding_id, li) == [("app", "delivered", dings.SHOWN)]
    say.confirm(li, ding_id)
    assert [step for step, _, _ in say.evidence(ding_id, li)] == ["app", "end"]
