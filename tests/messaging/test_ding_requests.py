"""A DING to more people than one person calls alone: asked for, decided, called in parts."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEntry
from messaging import handlers
from messaging.events import DingSpread
from messaging.models import Ding, DingEvidence, DingRequest, DingTarget, Message
from messaging.services import _ding_ends, ding_spreads
from org.events import RequestDecided, RequestDue
from org.models import Account, ReviewRequest
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging import dings as say
from tests.messaging.conftest import Phone, phone_of

pytestmark = pytest.mark.usefixtures("sound_audit", "working_hours")

REASON = "台风红色预警，全员到岗"
RunJobs = Callable[[], int]


@pytest.fixture(autouse=True)
def few(settings: Any) -> None:
    """One person alone calls one."""
    settings.DING_PEOPLE = 1


@pytest.fixture
def he(province: Province) -> Phone:
    """何管理 administers the units of 西湖区."""
    return phone_of(province, "何管理")


@pytest.fixture
def room(wang: Phone, li: Phone, zhang: Phone) -> int:
    """Three people."""
    return wang.group(li, zhang)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One person is a part."""
    monkeypatch.setattr(ding_spreads, "AT_ONCE", 1)
    monkeypatch.setattr(_ding_ends, "AT_ONCE", 1)


def ask(phone: Phone, room: int, **more: Any) -> Any:
    """The answer to a DING of everybody by a new message."""
    return say.send(phone, room, audience="everybody", **{"reason": REASON, **more})


def asked(phone: Phone, room: int, **more: Any) -> int:
    """The id of the request for it."""
    answer = ask(phone, room, **more)
    assert answer.status_code == 202, answer.content
    return int(answer.json()["request_id"])


def decide(phone: Phone, request_id: int, act: str = "approve", remark: str = "") -> Any:
    """The answer to a decision."""
    return phone.client.post(
        f"/api/v1/org/requests/{request_id}/{act}",
        {"remark": remark},
        content_type="application/json",
    )


def titles(phone: Phone) -> list[str]:
    """Of the person's work notices, the newest first."""
    return [str(one["title"]) for one in phone.get("/notices").json()["items"]]


def test_without_a_reason_nothing_is_asked_for(wang: Phone, room: int) -> None:
    answer = ask(wang, room, reason=" ")
    assert (answer.status_code, answer.json()["code"]) == (422, "DING_NEEDS_APPROVAL")
    assert (answer.json()["people"], answer.json()["limit"]) == (2, 1)
    assert not DingRequest.objects.exists()
    assert not Message.objects.filter(conversation_id=room, body="立即到岗").exists()


def test_what_one_person_calls_alone_is_opened_at_once(
    wang: Phone, li: Phone, zhang: Phone, room: int, settings: Any
) -> None:
    answer = say.send(wang, room, li, reason=REASON)
    assert (answer.status_code, answer.json()["targets"]) == (200, 1)
    settings.DING_PEOPLE = 2
    answer = ask(wang, room)
    assert (answer.status_code, answer.json()["targets"]) == (200, 2)
    assert not ReviewRequest.objects.exists()


def test_more_than_may_ever_be_called_are_refused(wang: Phone, room: int, settings: Any) -> None:
    settings.DING_PEOPLE_APPROVED = 1
    answer = ask(wang, room)
    assert (answer.status_code, answer.json()["code"]) == (422, "DING_TOO_MANY_PEOPLE")
    assert (Ding.objects.count(), ReviewRequest.objects.count()) == (0, 0)


def test_the_message_stands_and_nobody_is_called_before_the_decision(
    wang: Phone, li: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    answer = ask(wang, room).json()
    run_jobs()
    entry = li.page(room)["entries"][-1]
    assert (entry["seq"], entry["body"]) == (answer["seq"], "立即到岗")
    assert (answer["targets"], answer["state"], answer["repeated"]) == (2, "waiting", False)
    assert Ding.objects.count() == 0
    assert li.get("/dings/received").json()["items"] == []
    assert titles(he)[0] == "待复核：向“防汛工作群”的 2 人发出 DING"
    opened = AuditEntry.objects.get(action="org.request.opened")
    assert (opened.actor_name, opened.detail["kind"]) == ("王伟民", "ding")


def test_the_same_id_asks_once(wang: Phone, room: int) -> None:
    client_id = str(uuid.uuid4())
    first = ask(wang, room, client_message_id=client_id)
    again = ask(wang, room, client_message_id=client_id)
    assert (again.status_code, again.json()) == (202, {**first.json(), "repeated": True})
    assert (ReviewRequest.objects.count(), DingRequest.objects.count()) == (1, 1)
    other = say.of_message(
        wang, room, 1, audience="everybody", reason=REASON, client_ding_id=client_id
    )
    assert (other.status_code, other.json()["code"]) == (409, "CLIENT_MESSAGE_CONFLICT")


def test_one_request_of_a_person_about_a_message_waits_at_a_time(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li, zhang, lin)
    wang.call("patch", f"/conversations/{room}/policy", {"mentioning_all": "members"})
    seq = wang.send(room, "水位超警戒").json()["seq"]
    first = say.of_message(wang, room, seq, audience="everybody", reason=REASON)
    again = say.of_message(wang, room, seq, audience="unread", reason="再催")
    assert (first.status_code, again.status_code) == (202, 409)
    assert again.json()["code"] == "ORG_ASKED_ALREADY"
    # It says nothing of itself to somebody else.
    others = say.of_message(li, room, seq, audience="everybody", reason=REASON)
    assert (others.status_code, others.json()["targets"]) == (202, 2)


def test_with_the_second_person_it_opens_as_the_askers(
    wang: Phone, li: Phone, zhang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    client_id = str(uuid.uuid4())
    request_id = asked(wang, room, client_message_id=client_id)
    assert decide(he, request_id).json() == {"request_id": request_id, "state": "approved"}
    run_jobs()
    ding = Ding.objects.get()
    assert (ding.sender_id, str(ding.client_ding_id)) == (wang.person_id, client_id)
    assert say.states(ding.pk) == {li.person_id: "pending", zhang.person_id: "pending"}
    for phone in (li, zhang):
        (called,) = phone.get("/dings/received").json()["items"]
        assert (called["sender_name"], called["excerpt"]) == ("王伟民", "立即到岗")
        assert [step for step, *_ in say.evidence(ding.pk, phone)] == ["app"]
    assert titles(wang)[0] == "复核已同意：向“防汛工作群”的 2 人发出 DING"
    opened = AuditEntry.objects.get(action="messaging.ding.opened")
    assert opened.actor_name == "王伟民"
    assert opened.detail == {
        "message": f"{room}#{ding.seq}", "people": 2, "level": "app",
        "request_id": request_id, "approved_by": "何管理", "reason": REASON,
    }  # fmt: skip
    assert AuditEntry.objects.get(action="org.request.approved").actor_name == "何管理"
    repeated = ask(wang, room, client_message_id=client_id)
    assert (repeated.status_code, repeated.json()["ding_id"]) == (200, ding.pk)


def test_twice_approved_and_twice_heard_opens_once(
    wang: Phone, he: Phone, province: Province, room: int, run_jobs: RunJobs
) -> None:
    request_id = asked(wang, room)
    assert decide(he, request_id).status_code == 200
    for phone in (he, phone_of(province, "卫二")):
        late = decide(phone, request_id)
        assert (late.status_code, late.json()["code"]) == (409, "ORG_REQUEST_SETTLED")
    run_jobs()
    handlers.open_approved_ding(RequestDecided(request_id=request_id), timezone.now())
    run_jobs()
    assert (Ding.objects.count(), DingTarget.objects.count()) == (1, 2)
    assert AuditEntry.objects.filter(action="messaging.ding.opened").count() == 1


def test_whoever_asked_does_not_decide_and_strangers_see_nothing(
    wang: Phone, li: Phone, lin: Phone, he: Phone, room: int
) -> None:
    request_id = asked(wang, room)
    own = decide(wang, request_id)
    assert (own.status_code, own.json()["code"]) == (403, "ORG_OWN_REQUEST")
    for phone in (li, lin):
        refused = decide(phone, request_id)
        assert (refused.status_code, refused.json()["code"]) == (404, "ORG_REQUEST_NOT_FOUND")
        hidden = phone.get(f"/ding-requests/{request_id}")
        absent = phone.get(f"/ding-requests/{request_id + 1}")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "DING_REQUEST_NOT_FOUND")
        assert hidden.json()["detail"] == absent.json()["detail"]
        assert phone.get("/ding-requests").json()["items"] == []
    assert ReviewRequest.objects.get().state == "waiting"


def test_who_decides_reads_what_is_called_to_while_he_decides(
    wang: Phone, he: Phone, room: int
) -> None:
    request_id = asked(wang, room, level="sms")
    shown = he.get(f"/ding-requests/{request_id}").json()
    assert (
        shown["said"], shown["targets"], shown["conversation_title"], shown["audience_name"],
        shown["level_name"], shown["reason"], shown["sender_name"], shown["state"],
    ) == ("立即到岗", 2, "防汛工作群", "全体成员", "短信", REASON, "王伟民", "waiting")  # fmt: skip
    page = he.client.get(f"/administration/requests/{request_id}/").content.decode()
    for words in ("立即到岗", "防汛工作群", "全体成员，提交时共 2 人", REASON, "同意并执行"):
        assert words in page
    decide(he, request_id, "reject", "先核实水情")
    assert he.get(f"/ding-requests/{request_id}").json()["said"] == ""
    (own,) = wang.get("/ding-requests").json()["items"]
    assert (own["said"], own["state"], own["remark"]) == ("立即到岗", "rejected", "先核实水情")


def test_refused_withdrawn_or_expired_it_never_opens(
    wang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    refused = asked(wang, room)
    assert decide(he, refused, "reject", "先核实").status_code == 200
    run_jobs()
    assert titles(wang)[0] == "复核未同意：向“防汛工作群”的 2 人发出 DING"
    withdrawn = asked(wang, room)
    assert decide(he, withdrawn, "withdraw").json()["code"] == "ORG_REQUEST_NOT_FOUND"
    assert decide(wang, withdrawn, "withdraw").json()["state"] == "withdrawn"
    assert decide(he, withdrawn).json()["code"] == "ORG_REQUEST_SETTLED"
    expired = asked(wang, room)
    ReviewRequest.objects.filter(pk=expired).update(
        asked_at=timezone.now() - timedelta(days=8), expires_at=timezone.now() - timedelta(days=1)
    )
    assert decide(he, expired).json()["code"] == "ORG_REQUEST_EXPIRED"
    handlers.on_request_due(RequestDue(request_id=expired), timezone.now())
    assert titles(wang)[0] == "复核已过期：向“防汛工作群”的 2 人发出 DING"
    run_jobs()
    assert Ding.objects.count() == 0
    states = [one["state"] for one in wang.get("/ding-requests").json()["items"]]
    assert states == ["expired", "withdrawn", "rejected"]


def test_with_the_message_its_request_is_over(
    wang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    answer = ask(wang, room).json()
    recalled = wang.call("post", f"/conversations/{room}/messages/{answer['seq']}/recall", {})
    assert recalled.status_code == 200
    assert decide(he, answer["request_id"]).json()["code"] == "ORG_REQUEST_SETTLED"
    shown = he.get(f"/ding-requests/{answer['request_id']}").json()
    assert (shown["said"], shown["state"]) == ("", "lapsed")
    run_jobs()
    assert titles(wang)[0] == "复核已失效：向“防汛工作群”的 2 人发出 DING"
    assert Ding.objects.count() == 0


def test_a_message_recalled_between_approval_and_opening_calls_nobody(
    wang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    answer = ask(wang, room).json()
    assert decide(he, answer["request_id"]).status_code == 200
    wang.call("post", f"/conversations/{room}/messages/{answer['seq']}/recall", {})
    run_jobs()
    handlers.open_approved_ding(RequestDecided(request_id=answer["request_id"]), timezone.now())
    (own,) = wang.get("/ding-requests").json()["items"]
    assert (own["state"], own["ding_id"], own["refusal"]) == ("approved", None, "消息已被撤回")
    assert titles(wang)[0] == "DING 没有发出：向“防汛工作群”的 2 人发出 DING"
    assert titles(wang).count(titles(wang)[0]) == 1
    (refused,) = AuditEntry.objects.filter(action="messaging.ding.refused")
    assert refused.detail["reason"] == "消息已被撤回"
    assert Ding.objects.count() == 0


def test_it_is_judged_anew_when_it_is_opened(
    wang: Phone, li: Phone, zhang: Phone, he: Phone, room: int, run_jobs: RunJobs, settings: Any
) -> None:
    """Those who left are not called, the quota holds, and whoever left calls nobody."""
    request_id = asked(wang, room)
    assert li.call("post", f"/conversations/{room}/leave", {}).status_code == 200
    decide(he, request_id)
    run_jobs()
    assert say.states(Ding.objects.get().pk) == {zhang.person_id: "pending"}
    assert wang.call("post", f"/conversations/{room}/members", {"person_ids": [li.person_id]})
    settings.DING_PER_PERSON_DAILY = 1
    spent = asked(wang, room)
    decide(he, spent)
    run_jobs()
    (own, _) = wang.get("/ding-requests").json()["items"]
    assert own["refusal"] == "今天的 DING 次数已用完（每人每天 1 次）"
    assert Ding.objects.count() == 1


def test_whoever_can_sign_in_no_longer_calls_nobody(
    wang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    request_id = asked(wang, room)
    Account.objects.filter(person_id=wang.person_id).update(is_active=False)
    unable = decide(he, request_id)
    assert (unable.status_code, unable.json()["code"]) == (409, "ORG_REQUESTER_UNABLE")
    run_jobs()
    assert Ding.objects.count() == 0


@pytest.mark.usefixtures("small_parts")
def test_part_by_part_everybody_is_called_once_and_the_ladder_follows(
    wang: Phone, li: Phone, zhang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    decide(he, asked(wang, room, level="sms"))
    run_jobs()
    ding = Ding.objects.get()
    assert ding.is_wide
    assert DingRequest.objects.get().still_to_call == []
    say.pass_minutes(ding.pk, 5)
    for phone in (li, zhang):
        assert [step for step, *_ in say.evidence(ding.pk, phone)] == ["app", "push", "sms"]
    assert say.confirm(li, ding.pk).status_code == 200
    say.pass_minutes(ding.pk, 24 * 60)
    assert say.states(ding.pk) == {li.person_id: "confirmed", zhang.person_id: "exhausted"}
    assert [row[0] for row in say.evidence(ding.pk, zhang)] == ["app", "push", "sms", "end"]


@pytest.mark.usefixtures("small_parts")
def test_a_repeated_part_calls_nobody_twice(
    wang: Phone, li: Phone, zhang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    decide(he, asked(wang, room))
    run_jobs()
    ding = Ding.objects.get()
    DingRequest.objects.update(still_to_call=sorted([li.person_id, zhang.person_id]))
    say.confirm(li, ding.pk)
    for done in (0, 0, 1):
        handlers.on_ding_spread(DingSpread(ding_id=ding.pk, done=done), timezone.now())
    assert say.states(ding.pk) == {li.person_id: "confirmed", zhang.person_id: "pending"}
    assert DingEvidence.objects.filter(ding=ding, step="app").count() == 2


@pytest.mark.usefixtures("small_parts")
def test_recalled_while_it_spreads_it_calls_nobody_any_more(
    wang: Phone, li: Phone, zhang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    request_id = asked(wang, room)
    decide(he, request_id)
    now = timezone.now()
    handlers.open_approved_ding(RequestDecided(request_id=request_id), now)
    ding = Ding.objects.get()
    handlers.on_ding_spread(DingSpread(ding_id=ding.pk), now)
    first = min(li.person_id, zhang.person_id)
    assert say.states(ding.pk) == {first: "pending"}
    assert wang.call("post", f"/dings/{ding.pk}/recall", {}).json() == {"ended": 1}
    late = say.confirm(li if first == li.person_id else zhang, ding.pk)
    assert (late.status_code, late.json()["code"]) == (409, "DING_OVER")
    run_jobs()
    assert say.states(ding.pk) == {first: "recalled"}
    assert DingRequest.objects.get().still_to_call == []


@pytest.mark.usefixtures("small_parts")
def test_whoever_leaves_between_two_parts_is_called_no_longer(
    wang: Phone, li: Phone, zhang: Phone, he: Phone, room: int, run_jobs: RunJobs
) -> None:
    request_id = asked(wang, room)
    decide(he, request_id)
    handlers.open_approved_ding(RequestDecided(request_id=request_id), timezone.now())
    li.call("post", f"/conversations/{room}/leave", {})
    run_jobs()
    ding = Ding.objects.get()
    assert say.states(ding.pk) == {li.person_id: "unreachable", zhang.person_id: "pending"}


def test_many_are_called_again_with_an_approval_and_not_who_confirmed(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone, he: Phone, run_jobs: RunJobs
) -> None:
    room = wang.group(li, zhang, lin)
    decide(he, asked(wang, room))
    run_jobs()
    first = Ding.objects.get().pk
    say.confirm(lin, first)
    content = {"client_ding_id": str(uuid.uuid4()), "level": "sms"}
    refused = wang.call("post", f"/dings/{first}/again", content)
    assert (refused.status_code, refused.json()["code"]) == (422, "DING_NEEDS_APPROVAL")
    waiting = wang.call("post", f"/dings/{first}/again", {**content, "reason": REASON})
    assert (waiting.status_code, waiting.json()["targets"]) == (202, 2)
    assert say.states(first)[li.person_id] == "pending"
    say.confirm(zhang, first)
    decide(he, waiting.json()["request_id"])
    run_jobs()
    second = Ding.objects.exclude(pk=first).get()
    assert say.states(second.pk) == {li.person_id: "pending"}
    assert say.states(first) == {
        li.person_id: "recalled", zhang.person_id: "confirmed", lin.person_id: "confirmed",
    }  # fmt: skip


def test_the_queries_of_requests_are_budgeted(
    wang: Phone, he: Phone, room: int, budget: Budget
) -> None:
    with budget("messaging.ding_requests.ask"):
        request_id = asked(wang, room)
    with budget("messaging.ding_requests.own"):
        wang.get("/ding-requests")
    with budget("messaging.ding_requests.shown"):
        he.get(f"/ding-requests/{request_id}")
