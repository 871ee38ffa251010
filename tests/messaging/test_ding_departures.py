"""Whoever is gone is called no longer, and the DING says why."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Conversation
from messaging.services import unit_conversations
from org.kinds import PostFunction
from org.models import Account
from org.services import accounts, transfers
from org.services.transfers import Destination
from tests.factories import Province
from tests.messaging import dings as say
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("working_hours")


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


def test_a_disabled_account_ends_what_calls_it_before_the_next_rung(
    province: Province, wang: Phone, li: Phone, zhang: Phone, run_jobs: Callable[[], int]
) -> None:
    room = wang.group(li, zhang)
    waiting, confirmed = say.opened(wang, room, li, zhang), say.opened(wang, room, li)
    say.confirm(li, confirmed)
    accounts.disable(
        actor=province.actor("何管理"), account_id=province.accounts["李建国"], now=timezone.now()
    )
    run_jobs()
    assert say.states(waiting) == {li.person_id: "unreachable", zhang.person_id: "pending"}
    assert say.evidence(waiting, li)[-1] == ("end", "ended", "账号已停用，无法送达")
    assert say.states(confirmed) == {li.person_id: "confirmed"}
    counts = wang.get(f"/dings/{waiting}").json()["ding"]["counts"]
    assert (counts["pending"], counts["unreachable"]) == (1, 1)


def test_an_account_enabled_again_at_once_is_called_on(
    province: Province, wang: Phone, li: Phone, run_jobs: Callable[[], int]
) -> None:
    ding_id = say.opened(wang, wang.direct(li), li)
    actor, now = province.actor("何管理"), timezone.now()
    for switch in (accounts.disable, accounts.enable):
        switch(actor=actor, account_id=province.accounts["李建国"], now=now)
    run_jobs()
    assert say.states(ding_id) == {li.person_id: "pending"}
