"""What takes two people happens once, by two people, or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from messaging.queries import notices
from org import errors, policies
from org.kinds import AdminRole, RequestKind
from org.models import Account, AdminGrant, ReviewRequest
from org.policies import Wanted
from org.queries import authority as authority_queries
from org.queries import requests as queries
from org.services import authority, decisions, requests
from tests import factories
from tests.conftest import Budget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

ASKED = "授予马科员“浙江省”的系统管理员权限"


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def ask(province: factories.Province, for_whom: str = "马科员") -> int:
    """The system administrator asks to make another one; the security administrator decides."""
    body = {"person_id": province.person(for_whom), "role": "system"}
    answer = send(province.client("褚一"), f"units/{province.unit('浙江省')}/grants", body)
    assert answer.status_code == 202, answer.json()
    return int(answer.json()["request_id"])


def is_system_administrator(province: factories.Province) -> bool:
    return authority_queries.administers(
        province.person("马科员"), "system", province.unit("浙江省"), at=timezone.now()
    )


def told(province: factories.Province, name: str) -> list[tuple[str, str, bool]]:
    """The titles and links of the person's work notices, and whether they count as read."""
    told = notices.latest(province.person(name), 10)
    return [(notice.title, notice.link, notice.read_at is not None) for notice in told]


def test_nothing_happens_before_the_second_person_agrees(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    request_id = ask(province)
    run_jobs()
    link = f"/administration/requests/{request_id}/"
    assert not is_system_administrator(province)
    assert told(province, "卫二") == [(f"待复核：{ASKED}", link, False)]
    approved = send(province.client("卫二"), f"requests/{request_id}/approve", {"remark": "可以"})
    assert (approved.status_code, approved.json()) == (
        200,
        {"request_id": request_id, "state": "approved"},
    )
    assert is_system_administrator(province)
    run_jobs()
    assert told(province, "卫二") == [(f"待复核：{ASKED}", link, True)]
    assert told(province, "褚一") == [(f"复核已同意：{ASKED}", link, False)]
    given = AdminGrant.objects.get(person_id=province.person("马科员"), role="system")
    assert given.granted_by_id == province.person("褚一")
    entry = AuditEntry.objects.get(action="org.grant.given")
    assert entry.person_id == province.person("褚一")
    assert entry.detail["approved_by"] == province.person("卫二")


def test_whoever_asked_does_not_decide(province: factories.Province) -> None:
    request_id = ask(province)
    client = province.client("褚一")
    for act in ("approve", "reject"):
        refused = send(client, f"requests/{request_id}/{act}", {"remark": "好"})
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OWN_REQUEST")
    assert not is_system_administrator(province)
    assert ReviewRequest.objects.get().state == "waiting"


def test_whoever_would_gain_the_right_does_not_decide(province: factories.Province) -> None:
    authority.grant(
        actor=system("test"),
        person_id=province.person("林上城"),
        wanted=Wanted(AdminRole.SECURITY, province.unit("浙江省")),
        now=timezone.now(),
    )
    body = {"person_id": province.person("林上城"), "role": "apps", "delegation_depth": 0}
    answer = send(province.client("冯副厅"), f"units/{province.unit('杭州市')}/grants", body)
    request_id = answer.json()["request_id"]
    refused = send(province.client("林上城"), f"requests/{request_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (404, "ORG_REQUEST_NOT_FOUND")
    assert send(province.client("卫二"), f"requests/{request_id}/approve").status_code == 200


def test_others_neither_see_nor_decide(province: factories.Province) -> None:
    request_id = ask(province)
    for name in ("何管理", "陈省收", "马科员"):
        client = province.client(name)
        assert client.get(f"/api/v1/org/requests/{request_id}").status_code == 404
        assert client.get("/api/v1/org/requests").json()["items"] == []
        for act in ("approve", "reject", "withdraw"):
            body = {} if act == "withdraw" else {"remark": "好"}
            refused = send(client, f"requests/{request_id}/{act}", body)
            assert refused.status_code == 404, (name, act)
    assert ReviewRequest.objects.get().state == "waiting"


def test_a_refusal_says_why(province: factories.Province, run_jobs: Callable[[], int]) -> None:
    request_id = ask(province)
    client = province.client("卫二")
    unsaid = send(client, f"requests/{request_id}/reject", {"remark": "  "})
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "ORG_REASON_MISSING")
    assert send(client, f"requests/{request_id}/reject", {"remark": "人选未定"}).status_code == 200
    run_jobs()
    assert not is_system_administrator(province)
    (notice,) = notices.latest(province.person("褚一"), 10)
    assert notice.title == f"复核未同意：{ASKED}"
    assert notice.body == "复核人：卫二\n意见：人选未定"


@pytest.mark.parametrize("first", ["approve", "reject", "withdraw"])
@pytest.mark.parametrize("then", ["approve", "reject", "withdraw"])
def test_a_request_is_settled_once(province: factories.Province, first: str, then: str) -> None:
    request_id = ask(province)
    by = {"approve": "卫二", "reject": "卫二", "withdraw": "褚一"}

    def act(verb: str) -> Any:
        body = {} if verb == "withdraw" else {"remark": "理由"}
        return send(province.client(by[verb]), f"requests/{request_id}/{verb}", body)

    assert act(first).status_code == 200
    late = act(then)
    assert (late.status_code, late.json()["code"]) == (409, "ORG_REQUEST_SETTLED")
    assert is_system_administrator(province) == (first == "approve")
    assert AuditEntry.objects.filter(action__startswith="org.request.").count() == 2


def test_a_request_lapses_after_seven_days(province: factories.Province) -> None:
    request_id = ask(province)
    late = timezone.now() + timedelta(days=7)
    second = province.actor("卫二")
    with pytest.raises(errors.RequestExpired), transaction.atomic():
        decisions.approve(actor=second, request_id=request_id, now=late)
    with pytest.raises(errors.RequestExpired), transaction.atomic():
        decisions.withdraw(actor=province.actor("褚一"), request_id=request_id, now=late)
    assert not is_system_administrator(province)
    assert queries.count_awaiting(province.person("卫二"), at=late) == 0
    (listed,) = queries.asked_by(province.person("褚一"), at=late).items
    assert (listed.state, listed.state_name) == ("expired", "已过期")


def test_the_requesters_right_is_judged_again(province: factories.Province) -> None:
    request_id = ask(province)
    AdminGrant.objects.filter(person_id=province.person("褚一")).update(revoked_at=timezone.now())
    refused = send(province.client("卫二"), f"requests/{request_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_GRANT_BEYOND_OWN")
    assert ReviewRequest.objects.get().state == "waiting"
    Account.objects.filter(person_id=province.person("褚一")).update(is_active=False)
    refused = send(province.client("卫二"), f"requests/{request_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_REQUESTER_UNABLE")
    assert not is_system_administrator(province)


def test_nothing_is_asked_of_nobody(province: factories.Province) -> None:
    AdminGrant.objects.filter(role="security").update(revoked_at=timezone.now())
    body = {"person_id": province.person("马科员"), "role": "system"}
    path = f"units/{province.unit('浙江省')}/grants"
    refused = send(province.client("褚一"), path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_NOBODY_TO_DECIDE")
    assert ReviewRequest.objects.count() == 0
    assert not AuditEntry.objects.filter(action="org.request.opened").exists()


def test_the_other_side_of_a_move_is_asked_and_nobody_else(
    province: factories.Province,
) -> None:
    now = timezone.now()

    def asked() -> requests.Asked:
        return requests.ask(
            actor=province.actor("何管理"),
            kind=RequestKind.MOVE_UNIT,
            unit_id=province.unit("上城区"),
            role=AdminRole.ORG,
            payload={},
            summary="将“西湖区民政局”移入“上城区”",
            now=now,
        )

    request_id = asked().request_id
    assert queries.deciders(request_id, at=now) == [province.person("马科员")]
    security = province.person("卫二")
    assert queries.count_awaiting(security, at=now) == 0
    assert not policies.may_decide(security, request_id, at=now)


def test_the_three_boxes(province: factories.Province, budget: Budget) -> None:
    first, second = ask(province), ask(province, "林上城")
    asker, decider = province.client("褚一"), province.client("卫二")
    path = "/api/v1/org/requests"
    with budget("org.requests.awaiting"):
        page = decider.get(path, {"limit": 1}).json()
    assert [item["id"] for item in page["items"]] == [second]
    following = decider.get(path, {"limit": 1, "cursor": page["next_cursor"]}).json()
    assert [item["id"] for item in following["items"]] == [first]
    assert following["next_cursor"] is None
    assert send(decider, f"requests/{first}/reject", {"remark": "否"}).status_code == 200
    assert [i["id"] for i in decider.get(path).json()["items"]] == [second]
    decided = decider.get(path, {"box": "decided"}).json()["items"]
    assert [(i["id"], i["state_name"], i["remark"]) for i in decided] == [(first, "未同意", "否")]
    asked = asker.get(path, {"box": "asked"}).json()["items"]
    assert [(i["id"], i["state"]) for i in asked] == [(second, "waiting"), (first, "rejected")]
    assert asked[0]["effects"] == ["管理范围含全部下级", "不可再授权", "长期有效"]
    assert asker.get(path).json()["items"] == []


def test_the_second_person_is_another_even_by_hand(province: factories.Province) -> None:
    request_id = ask(province)
    with pytest.raises(IntegrityError, match="org_request_second_person"), transaction.atomic():
        ReviewRequest.objects.filter(pk=request_id).update(
            state="approved",
            decided_by_id=province.person("褚一"),
            decided_at=timezone.now(),
        )
