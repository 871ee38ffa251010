"""DING: whom it calls, how it climbs, and that it ends for everybody with evidence."""

import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from messaging import channels_out, climbing, ladder
from messaging.channels_out.recording import Recording
from messaging.events import DingDue
from messaging.kinds import DingStep, StepOutcome
from messaging.models import (
    Conversation,
    Ding,
    DingEvidence,
    DingTarget,
    DutyShift,
    Message,
    NoticeTarget,
    WorkNotice,
)
from messaging.queries import ding_climbs as climb_queries
from messaging.services import ding_climbs, dings, unit_conversations
from org.kinds import PostFunction
from org.models import Account, Person
from org.services import transfers
from org.services.transfers import Destination
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging import dings as say
from tests.messaging.conftest import Phone

RECORDING = "messaging.channels_out.recording.Recording"


@pytest.fixture
def recorded(settings: Any) -> dict[str, Any]:
    """Push, SMS and voice are written down; what was asked for, by key."""
    settings.DING_CHANNELS = dict.fromkeys(("push", "sms", "voice"), RECORDING)
    Recording.delivered.clear()
    return Recording.delivered


@pytest.fixture(autouse=True)
def working_hours(settings: Any) -> None:
    """It is always working time, unless a test says otherwise."""
    settings.DING_LADDER_OFF_HOURS = settings.DING_LADDER
    settings.DING_LEVELS_OFF_HOURS = settings.DING_LEVELS


# ── opening ────────────────────────────────────────────────────────────────────────────


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
    assert say.evidence(answer["ding_id"], li) == [("app", "delivered", dings.IN_APP)]


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


def test_more_people_than_one_ding_calls_take_an_approval(
    wang: Phone, li: Phone, zhang: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dings, "TARGETS_AT_MOST", 1)
    room = wang.group(li, zhang)
    answer = say.send(wang, room, audience="everybody")
    assert (answer.status_code, answer.json()["code"]) == (422, "DING_NEEDS_APPROVAL")
    assert Ding.objects.count() == 0


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
    assert say.evidence(ding_id, li) == [("app", "delivered", dings.IN_APP)]


def test_a_person_and_a_unit_open_so_many_dings_a_day(
    wang: Phone, li: Phone, zhang: Phone, settings: Any
) -> None:
    settings.DING_PER_PERSON_DAILY = 2
    room = wang.group(li, zhang)
    say.opened(wang, room, li)
    say.opened(wang, room, li)
    answer = say.send(wang, room, li)
    assert (answer.status_code, answer.json()["code"]) == (429, "DING_QUOTA_SPENT")
    assert Ding.objects.count() == 2
    settings.DING_PER_PERSON_DAILY, settings.DING_PER_UNIT_DAILY = 50, 2
    assert say.send(wang, room, li).json()["code"] == "DING_QUOTA_SPENT"
    assert Ding.objects.count() == 2


# ── confirming and recalling ───────────────────────────────────────────────────────────


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


# ── climbing ───────────────────────────────────────────────────────────────────────────


def test_the_ladder_is_climbed_rung_by_rung_and_ends(
    wang: Phone, li: Phone, zhang: Phone, recorded: dict[str, Any]
) -> None:
    ding_id = say.opened(wang, wang.direct(zhang), zhang, level="phone")
    reached = []
    for minutes in (0, 1.9, 2, 5, 8, 12, 20, 1439, 1440):
        say.pass_minutes(ding_id, minutes)
        reached.append([step for step, _, _ in say.evidence(ding_id, zhang)])
    assert [len(steps) for steps in reached] == [1, 1, 2, 3, 4, 5, 6, 6, 7]
    assert reached[-1] == ["app", "push", "sms", "voice", "duty", "leader", "end"]
    assert [(step, outcome) for step, outcome, _ in say.evidence(ding_id, zhang)] == [
        ("app", "delivered"), ("push", "delivered"), ("sms", "delivered"), ("voice", "delivered"),
        ("duty", "skipped"), ("leader", "delivered"), ("end", "ended"),
    ]  # fmt: skip
    assert say.states(ding_id) == {zhang.person_id: "exhausted"}
    assert say.evidence(ding_id, zhang)[-1][2] == ding_climbs.EXHAUSTED
    assert sorted(recorded) == [
        f"ding:{ding_id}:{zhang.person_id}:{step}" for step in ("push", "sms", "voice")
    ]


def test_what_leaves_the_platform_says_nothing_of_the_message(
    wang: Phone, li: Phone, recorded: dict[str, Any]
) -> None:
    ding_id = say.opened(wang, wang.direct(li), li, body="机密内容", level="phone")
    say.pass_minutes(ding_id, 20)
    recipient, content = recorded[f"ding:{ding_id}:{li.person_id}:sms"]
    assert (recipient.person_id, bool(recipient.phone)) == (li.person_id, True)
    assert content.text == "王伟民 向您发出 DING，请登录平台查看并确认。"
    assert recorded[f"ding:{ding_id}:{li.person_id}:push"][0].phone == ""
    revealed = AuditEntry.objects.filter(action="org.phone.revealed")
    assert revealed.count() == 2  # SMS and voice: whoever uses a number stands in the audit log
    told = "".join(WorkNotice.objects.values_list("body", flat=True))
    assert "机密内容" not in told


def test_a_rung_without_a_channel_is_passed_over_with_evidence(wang: Phone, li: Phone) -> None:
    ding_id = say.opened(wang, wang.direct(li), li, level="sms")
    say.pass_minutes(ding_id, 30)
    assert say.evidence(ding_id, li)[1:] == [
        ("push", "skipped", channels_out.NOT_CONFIGURED),
        ("sms", "skipped", channels_out.NOT_CONFIGURED),
    ]


@pytest.mark.parametrize(
    ("level", "steps"),
    [
        ("app", ["app", "push"]),
        ("sms", ["app", "push", "sms"]),
        ("phone", ["app", "push", "sms", "voice", "duty", "leader"]),
    ],
)
def test_a_level_climbs_so_far(wang: Phone, li: Phone, level: str, steps: list[str]) -> None:
    ding_id = say.opened(wang, wang.direct(li), li, level=level)
    say.pass_minutes(ding_id, 30)
    assert [step for step, _, _ in say.evidence(ding_id, li)] == steps


def test_whoever_confirmed_is_not_called_any_further(
    wang: Phone, li: Phone, zhang: Phone, recorded: dict[str, Any]
) -> None:
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang, level="sms")
    say.pass_minutes(ding_id, 2)
    say.confirm(li, ding_id)
    say.pass_minutes(ding_id, 2000)
    assert [step for step, _, _ in say.evidence(ding_id, li)] == ["app", "push", "end"]
    assert [step for step, _, _ in say.evidence(ding_id, zhang)] == ["app", "push", "sms", "end"]
    assert f"ding:{ding_id}:{li.person_id}:sms" not in recorded
    assert say.states(ding_id) == {li.person_id: "confirmed", zhang.person_id: "exhausted"}


class Refusing:
    """A gateway that is down."""

    def deliver(self, **_: object) -> channels_out.Evidence:
        raise channels_out.Undelivered("运营商拒绝")


def test_a_channel_that_refuses_is_evidence_and_the_next_rung_comes(
    wang: Phone, li: Phone, settings: Any
) -> None:
    settings.DING_CHANNELS = {"push": "tests.messaging.test_dings.Refusing", "sms": RECORDING}
    Recording.delivered.clear()
    ding_id = say.opened(wang, wang.direct(li), li, level="sms")
    say.pass_minutes(ding_id, 5)
    assert say.evidence(ding_id, li)[1] == ("push", "failed", "通道未能送达：运营商拒绝")
    assert say.evidence(ding_id, li)[2][:2] == ("sms", "delivered")


class Faulty:
    """An adapter with a fault that shows for one person only."""

    faulty_for = 0

    def deliver(self, *, recipient: channels_out.Recipient, **given: Any) -> channels_out.Evidence:
        if recipient.person_id == self.faulty_for:
            raise KeyError("token")
        return Recording().deliver(recipient=recipient, **given)


def test_a_fault_for_one_keeps_no_other_from_being_called(
    wang: Phone, li: Phone, zhang: Phone, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DING_CHANNELS = {"push": "tests.messaging.test_dings.Faulty"}
    monkeypatch.setattr(Faulty, "faulty_for", min(li.person_id, zhang.person_id))
    Recording.delivered.clear()
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    say.pass_minutes(ding_id, 2)
    found = {phone.person_id: say.evidence(ding_id, phone)[1][1:] for phone in (li, zhang)}
    assert found[min(found)] == ("failed", channels_out.FAULTY)
    assert found[max(found)][0] == "delivered"


def test_a_repeated_timer_delivers_nothing_twice(
    wang: Phone, li: Phone, recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ding_id = say.opened(wang, wang.direct(li), li, level="sms")
    now, due = timezone.now(), DingDue(ding_id=ding_id, step="sms")
    asked: list[str] = []
    deliver = Recording.deliver

    def counted(self: Recording, **given: Any) -> channels_out.Evidence:
        asked.append(given["key"])
        return deliver(self, **given)

    monkeypatch.setattr(Recording, "deliver", counted)
    climbing.climb(due, now)
    climbing.climb(due, now)
    key = f"ding:{ding_id}:{li.person_id}:sms"
    assert (asked, list(recorded)) == ([key], [key])
    # The worker died after delivering, before the evidence was kept: the same key again.
    DingEvidence.objects.filter(ding_id=ding_id, step="sms").delete()
    climbing.climb(due, now)
    assert (asked, list(recorded)) == ([key, key], [key])
    assert say.evidence(ding_id, li)[-1][:2] == ("sms", "delivered")


def test_evidence_of_a_rung_is_kept_once(wang: Phone, li: Phone) -> None:
    ding_id = say.opened(wang, wang.direct(li), li, level="sms")
    now = timezone.now()
    part = climb_queries.next_part(ding_id, DingStep.SMS, after=0, at=now)
    for said in ("先", "后"):
        ding_climbs.keep(
            actor=system("test"), ding_id=ding_id, step=DingStep.SMS, reach=part.reaches[0],
            outcome=StepOutcome.DELIVERED, said=said, reference="", now=now,
        )  # fmt: skip
    assert say.evidence(ding_id, li)[1:] == [("sms", "delivered", "先")]


def test_many_people_are_called_in_parts(
    wang: Phone, li: Phone, zhang: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(climb_queries, "AT_ONCE", 1)
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    say.pass_minutes(ding_id, 2)
    for phone in (li, zhang):
        assert [step for step, _, _ in say.evidence(ding_id, phone)] == ["app", "push"]


# ── duty and leaders ───────────────────────────────────────────────────────────────────


def _shift(province: Province, unit: str, person: str) -> None:
    now = timezone.now()
    DutyShift.objects.create(
        unit_id=province.unit(unit),
        person_id=province.person(person),
        begins_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=8),
        set_by_id=province.person(person),
    )


def test_the_officer_on_duty_of_the_unit_or_above_is_told(
    province: Province, wang: Phone, li: Phone, zhang: Phone
) -> None:
    _shift(province, "西湖区", "林上城")
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang, level="phone")
    say.pass_minutes(ding_id, 12)
    officer = province.person("林上城")
    rows = DingEvidence.objects.filter(ding_id=ding_id, step="duty")
    assert set(rows.values_list("outcome", "to_person_id")) == {("delivered", officer)}
    (target,) = NoticeTarget.objects.filter(person_id=officer).select_related("notice")
    assert {"李建国", "张晓梅"} == set(
        target.notice.title.removeprefix("DING 未确认：").split("、")
    )
    (listed, _) = wang.get(f"/dings/{ding_id}/targets").json()["items"]
    duty = next(proof for proof in listed["evidence"] if proof["step"] == "duty")
    assert duty["to_name"] == "林上城"


def test_the_leader_is_the_head_of_the_unit_or_the_next_above(
    province: Province, wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = zhang.group(wang, li)
    ding_id = say.opened(zhang, room, wang, li, level="phone")
    say.pass_minutes(ding_id, 20)
    told = dict(
        DingEvidence.objects.filter(ding_id=ding_id, step="leader").values_list(
            "person_id", "to_person_id"
        )
    )
    assert told[li.person_id] == wang.person_id  # the head of his bureau
    assert told[wang.person_id] != wang.person_id  # a head is not his own leader


def test_outside_working_hours_another_ladder_holds(wang: Phone, li: Phone, settings: Any) -> None:
    settings.DING_LADDER_OFF_HOURS = {**settings.DING_LADDER, "duty": 1}
    settings.DING_LEVELS_OFF_HOURS = {**settings.DING_LEVELS, "sms": ("push", "sms", "duty")}
    settings.DING_WORKING_HOURS = (("00:00", "00:01"),)
    settings.DING_HOLIDAYS = frozenset({timezone.localtime(timezone.now()).date().isoformat()})
    ding_id = say.opened(wang, wang.direct(li), li, level="sms")
    say.pass_minutes(ding_id, 1)
    assert [step for step, _, _ in say.evidence(ding_id, li)] == ["app", "duty"]
    steps = [step["step"] for step in wang.get(f"/dings/{ding_id}").json()["steps"]]
    assert steps == ["app", "duty", "push", "sms", "end"]


@pytest.mark.parametrize(
    ("local", "working"),
    [
        ("2026-11-23T08:29:59", False),
        ("2026-11-23T08:30:00", True),
        ("2026-11-23T12:00:00", False),
        ("2026-11-23T17:29:59", True),
        ("2026-11-22T10:00:00", False),
        ("2026-11-21T10:00:00", True),
        ("2026-11-24T10:00:00", False),
    ],
)
def test_working_time_knows_weekends_holidays_and_worked_saturdays(
    settings: Any, local: str, working: bool
) -> None:
    settings.DING_WORKING_HOURS = (("08:30", "12:00"), ("14:00", "17:30"))
    settings.DING_WORKDAYS = frozenset({"2026-11-21"})
    settings.DING_HOLIDAYS = frozenset({"2026-11-24"})
    at = datetime.fromisoformat(f"{local}+08:00").astimezone(UTC)
    assert ladder.is_working_time(at) is working


# ── those who are gone ─────────────────────────────────────────────────────────────────


def test_whoever_leaves_the_group_cannot_be_reached(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    ding_id = say.opened(wang, room, li, zhang)
    li.call("post", f"/conversations/{room}/leave", {})
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    assert set(say.states(ding_id).values()) == {"unreachable"}
    assert say.evidence(ding_id, li)[-1] == ("end", "ended", "已不在会话中，无法送达")
    assert say.confirm(li, ding_id).json()["code"] == "DING_OVER"


def test_a_disabled_account_cannot_be_reached(
    wang: Phone, li: Phone, zhang: Phone, recorded: dict[str, Any]
) -> None:
    Account.objects.filter(person_id=zhang.person_id).update(is_active=False)
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang, level="sms")
    assert say.states(ding_id) == {li.person_id: "pending", zhang.person_id: "unreachable"}
    assert say.evidence(ding_id, zhang) == [("end", "ended", "账号已停用，无法送达")]
    Account.objects.filter(person_id=li.person_id).update(is_active=False)
    say.pass_minutes(ding_id, 5)
    assert say.states(ding_id)[li.person_id] == "unreachable"
    assert recorded == {}


def test_a_lost_timer_is_made_good(wang: Phone, li: Phone) -> None:
    ding_id = say.opened(wang, wang.direct(li), li)
    ding = Ding.objects.get(pk=ding_id)
    climbing.close_overdue(ding.closes_at - timedelta(seconds=1))
    assert say.states(ding_id) == {li.person_id: "pending"}
    climbing.close_overdue(ding.closes_at)
    assert say.states(ding_id) == {li.person_id: "exhausted"}


# ── lists and the file ─────────────────────────────────────────────────────────────────


def test_the_sender_sees_each_state_alone_in_pages(wang: Phone, li: Phone, zhang: Phone) -> None:
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    say.confirm(li, ding_id)
    names = {}
    for state in ("pending", "confirmed", "recalled"):
        rows = wang.get(f"/dings/{ding_id}/targets", state=state).json()["items"]
        names[state] = [row["name"] for row in rows]
    assert names == {"pending": ["张晓梅"], "confirmed": ["李建国"], "recalled": []}
    first = wang.get(f"/dings/{ding_id}/targets", limit=1).json()
    second = wang.get(f"/dings/{ding_id}/targets", limit=1, cursor=first["next_cursor"]).json()
    found = {row["name"] for page in (first, second) for row in page["items"]}
    assert (found, second["next_cursor"]) == ({"李建国", "张晓梅"}, None)


def test_lists_go_back_in_time(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    ids = [say.opened(wang, room, li, body=f"第{number}次") for number in range(3)]
    for phone, path in ((wang, "/dings/sent"), (li, "/dings/received")):
        first = phone.get(path, limit=2).json()
        second = phone.get(path, limit=2, cursor=first["next_cursor"]).json()
        assert [row["id"] for row in first["items"]] == [ids[2], ids[1]]
        assert [row["id"] for row in second["items"]] == [ids[0]]


def test_the_file_runs_no_formula(wang: Phone, li: Phone) -> None:
    Person.objects.filter(pk=li.person_id).update(name="=cmd()")
    ding_id = say.opened(wang, wang.direct(li), li)
    say.confirm(li, ding_id)
    answer = wang.get(f"/dings/{ding_id}/file")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f"attachment; filename*=UTF-8''DING-{ding_id}.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    heading, row = list(sheet.iter_rows(values_only=True))
    assert heading[:5] == ("姓名", "单位", "部门", "职务", "状态")
    assert (row[0], row[4]) == ("'=cmd()", "已确认")
    assert "应用内提醒 已送达" in str(row[6])
    assert "本人确认" in str(row[6])
    assert AuditEntry.objects.filter(action="messaging.ding.exported").count() == 1


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


@pytest.mark.parametrize("rows_at_most", [3000, 1])
def test_a_units_conversation_calls_its_members_and_lets_go_who_serves_elsewhere(
    province: Province,
    wang: Phone,
    li: Phone,
    zhang: Phone,
    monkeypatch: pytest.MonkeyPatch,
    run_jobs: Callable[[], int],
    rows_at_most: int,
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", rows_at_most)
    monkeypatch.setattr(unit_conversations, "ROWS_AGAIN", 0)
    unit = province.unit("西湖区民政局")
    founded = wang.call("post", f"/units/{unit}/conversations", {"scope": "subtree"})
    room = int(founded.json()["conversation_id"])
    assert Conversation.objects.get(pk=room).is_virtual is (rows_at_most == 1)
    ding_id = say.opened(wang, room, audience="everybody")
    assert set(say.states(ding_id).values()) == {"pending"}
    assert {li.person_id, zhang.person_id} < say.states(ding_id).keys()
    transfers.transfer(
        actor=province.actor("何管理"),
        person_id=zhang.person_id,
        to=Destination(province.unit("西湖区卫生健康局"), "科员", PostFunction.STAFF),
        approved_by=province.person("马科员"),
        now=timezone.now(),
    )
    run_jobs()
    assert say.states(ding_id)[zhang.person_id] == "unreachable"
    assert say.states(ding_id)[li.person_id] == "pending"


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
