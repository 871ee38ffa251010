"""Reading what messages said before: two people, one day, and a record of each reading."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEntry
from messaging import errors
from messaging.services import histories
from org import errors as org_errors
from org.kinds import AdminRole
from org.models import AdminGrant
from org.services import decisions
from tests.factories import FOUNDED, Province
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("sound_audit")

REASON = "信访件第12号核查"


@pytest.fixture
def auditor(province: Province, zhang: Phone, lin: Phone) -> Phone:
    """张晓梅 audits the province, and so does 林上城."""
    for phone in (zhang, lin):
        AdminGrant.objects.filter(person_id=phone.person_id).delete()
        AdminGrant.objects.create(
            person_id=phone.person_id,
            role=AdminRole.AUDIT,
            root_id=province.units["浙江省"],
            valid_from=FOUNDED,
        )
    return zhang


def test_two_auditors_together_read_what_was_edited_and_recalled(
    wang: Phone, li: Phone, lin: Phone, auditor: Phone, province: Province
) -> None:
    room = spoken(wang, li)
    request_id = ask(auditor, room).json()["request_id"]
    assert read(auditor, request_id).json()["code"] == "MESSAGE_HISTORY_NOT_READABLE"
    approve(province, "林上城", request_id)
    history = read(auditor, request_id).json()
    assert [(one["version"], one["body"], one["end"]) for one in history["versions"]] == [
        (1, "原话", "edited"), (2, "改过的话", "recalled"),
    ]  # fmt: skip
    assert (history["sender_name"], history["approved_by_name"], history["reason"]) == (
        "王伟民", "林上城", REASON,
    )  # fmt: skip


def test_each_reading_is_recorded_with_both_names(
    wang: Phone, li: Phone, lin: Phone, auditor: Phone, province: Province
) -> None:
    room = spoken(wang, li)
    request_id = ask(auditor, room).json()["request_id"]
    approve(province, "林上城", request_id)
    for _ in range(2):
        read(auditor, request_id)
    entries = AuditEntry.objects.filter(action="messaging.message.history_read")
    assert [
        (one.actor_name, one.object_id, one.detail["approved_by"], one.detail["reason"])
        for one in entries
    ] == [("张晓梅", f"{room}#1", "林上城", REASON)] * 2


def test_nobody_else_asks_or_reads(
    wang: Phone, li: Phone, lin: Phone, auditor: Phone, province: Province
) -> None:
    room = spoken(wang, li)
    for phone in (wang, li):
        assert ask(phone, room).json()["code"] == "MESSAGE_NOT_FOUND"
    assert ask(auditor, room, seq=99).json()["code"] == "MESSAGE_NOT_FOUND"
    assert ask(auditor, room, seq=2).json()["code"] == "MESSAGE_NOT_FOUND"
    request_id = ask(auditor, room).json()["request_id"]
    approve(province, "林上城", request_id)
    for phone in (wang, lin):
        assert read(phone, request_id).json()["code"] == "MESSAGE_HISTORY_NOT_FOUND"
    assert not AuditEntry.objects.filter(action="messaging.message.history_read").exists()


def test_whoever_asks_does_not_agree_to_it(
    wang: Phone, li: Phone, auditor: Phone, province: Province
) -> None:
    request_id = ask(auditor, spoken(wang, li)).json()["request_id"]
    with pytest.raises(org_errors.OwnRequest):
        approve(province, "张晓梅", request_id)
    assert read(auditor, request_id).json()["code"] == "MESSAGE_HISTORY_NOT_READABLE"


def test_a_day_after_the_agreement_nothing_is_shown(
    wang: Phone, li: Phone, lin: Phone, auditor: Phone, province: Province
) -> None:
    request_id = ask(auditor, spoken(wang, li)).json()["request_id"]
    now = timezone.now()
    approve(province, "林上城", request_id, now=now)
    late = now + timedelta(hours=24)
    with pytest.raises(errors.HistoryNotReadable):
        histories.read(actor=province.actor("张晓梅"), request_id=request_id, now=late)


def test_whoever_is_no_auditor_any_more_reads_nothing(
    wang: Phone, li: Phone, lin: Phone, auditor: Phone, province: Province
) -> None:
    request_id = ask(auditor, spoken(wang, li)).json()["request_id"]
    approve(province, "林上城", request_id)
    AdminGrant.objects.filter(person_id=auditor.person_id).update(revoked_at=timezone.now())
    assert read(auditor, request_id).json()["code"] == "MESSAGE_HISTORY_NOT_FOUND"


def spoken(wang: Phone, li: Phone) -> int:
    """The conversation in which a message was edited and then recalled."""
    room = wang.direct(li)
    wang.send(room, "原话")
    path = f"/conversations/{room}/messages/1"
    assert wang.call("patch", path, {"body": "改过的话"}).status_code == 200
    assert wang.call("post", f"{path}/recall", {}).status_code == 200
    return room


def ask(phone: Phone, room: int, seq: int = 1) -> Any:
    """The answer to asking."""
    path = f"/conversations/{room}/messages/{seq}/history-readings"
    return phone.call("post", path, {"reason": REASON})


def read(phone: Phone, request_id: int) -> Any:
    """The answer to reading."""
    return phone.get(f"/history-readings/{request_id}")


def approve(province: Province, name: str, request_id: int, *, now: datetime | None = None) -> None:
    """The person agrees."""
    decisions.approve(actor=province.actor(name), request_id=request_id, now=now or timezone.now())
