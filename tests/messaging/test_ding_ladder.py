"""A DING climbs its ladder rung by rung, with evidence of each, and ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from messaging import channels_out, climbing, ladder
from messaging.channels_out.recording import Recording
from messaging.events import DingDue
from messaging.kinds import DingStep, StepOutcome
from messaging.models import Ding, DingEvidence, WorkNotice
from messaging.queries import ding_climbs as climb_queries
from messaging.services import ding_climbs
from tests.messaging import dings as say
from tests.messaging.conftest import RECORDING, Phone

pytestmark = pytest.mark.usefixtures("working_hours")


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
        ("app", "listed"), ("push", "delivered"), ("sms", "delivered"), ("voice", "delivered"),
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
    settings.DING_CHANNELS = {"push": "tests.messaging.test_ding_ladder.Refusing", "sms": RECORDING}
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
    settings.DING_CHANNELS = {"push": "tests.messaging.test_ding_ladder.Faulty"}
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


def test_outside_working_hours_another_ladder_holds(wang: Phone, li: Phone, settings: Any) -> None:
    settings.DING_LADDER_OFF_HOURS = {**settings.DING_LADDER, "duty": 1}
    settings.DING_LEVELS_OFF_HOURS = {**settings.DING_LEVELS, "sms": ("push", "sms", "duty")}
    settings.DING_WORKING_HOURS = ()
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


def test_a_lost_timer_is_made_good(wang: Phone, li: Phone) -> None:
    ding_id = say.opened(wang, wang.direct(li), li)
    ding = Ding.objects.get(pk=ding_id)
    climbing.close_overdue(ding.closes_at - timedelta(seconds=1))
    assert say.states(ding_id) == {li.person_id: "pending"}
    climbing.close_overdue(ding.closes_at)
    assert say.states(ding_id) == {li.person_id: "exhausted"}
