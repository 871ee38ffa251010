"""Apps send work notices: to people in their range, once per key, and to nobody else."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from messaging.queries import notices as inbox
from miniapps.models import AudienceRule, Grant, Subject
from miniapps.services import notices as services
from miniapps.services import publishing
from org.kinds import AdminRole
from org.models import AdminGrant
from org.services import appointments
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


def sub_of(province: Province, app: apps.Published, person: str) -> str:
    """The app's name for the person, who has signed in to it."""
    apps.code_for(province.client(person), app)
    return Subject.objects.get(app_id=app.app_id, person_id=province.person(person)).sub


def send(app: apps.Published, *, key: str | None = "k1", token: str = "", **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token or apps.own_token(app)}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    notice = {"title": "值班提醒", "body": "今天由您值班", "path": "/"} | body
    return Client().post(
        "/api/v1/apps/notices",
        json.dumps(notice),
        content_type="application/json",
        headers=headers,
    )


def unread(province: Province, *people: str) -> list[int]:
    return [inbox.unread_count(province.person(name)) for name in people]


def test_a_notice_arrives_and_leads_back_into_the_app(
    province: Province, roster: apps.Published
) -> None:
    sub = sub_of(province, roster, apps.VIEWER)
    answer = send(roster, recipients=[sub], path="/week")
    assert answer.status_code == 201
    assert answer.json()["recipients"] == 1
    assert answer.json()["repeated"] is False
    (notice,) = inbox.latest(province.person(apps.VIEWER), 5)
    assert (notice.title, notice.source_name) == ("值班提醒", "值班排班")
    assert notice.link == f"/apps/{roster.app_id}/open?to=%2Fweek"
    entry = AuditEntry.objects.get(action="miniapps.notice.sent")
    assert (entry.actor_kind, entry.app_id) == ("app", roster.app_id)


def test_the_same_key_sends_once(province: Province, roster: apps.Published) -> None:
    sub = sub_of(province, roster, apps.VIEWER)
    first, second = send(roster, recipients=[sub]), send(roster, recipients=[sub])
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["repeated"] is True
    assert unread(province, apps.VIEWER) == [1]


def test_a_repeated_call_gets_the_first_answer_after_the_recipient_has_left(
    province: Province, roster: apps.Published
) -> None:
    sub = sub_of(province, roster, apps.VIEWER)
    first = send(roster, recipients=[sub]).json()
    appointments.end(
        actor=province.actor(apps.REVIEWER),
        appointment_id=province.appointments[apps.VIEWER],
        now=timezone.now(),
    )
    again = send(roster, recipients=[sub])
    assert (again.status_code, again.json()) == (201, first | {"repeated": True})
    assert send(roster, recipients=[sub], key="k2").status_code == 403
    assert unread(province, apps.VIEWER) == [1]


def test_two_apps_may_use_the_same_key(province: Province, roster: apps.Published) -> None:
    other = apps.published(province, app_id="cn.gov.xihu.other", name="另一个应用")
    send(roster, recipients=[sub_of(province, roster, apps.VIEWER)])
    send(other, recipients=[sub_of(province, other, apps.VIEWER)])
    assert unread(province, apps.VIEWER) == [2]


def test_a_unit_is_reached_with_all_below_it(province: Province, roster: apps.Published) -> None:
    answer = send(roster, unit_codes=[apps.OWNER_CODE])
    assert answer.json()["recipients"] == 5
    assert unread(province, apps.VIEWER, apps.DEVELOPER, apps.NEIGHBOUR) == [1, 1, 0]


@pytest.mark.parametrize("code", ["330203", "3301", "33", "000000", "11TEST000000000007"])
def test_a_unit_outside_the_range_is_refused_as_if_it_were_absent(
    province: Province, roster: apps.Published, code: str
) -> None:
    answer = send(roster, unit_codes=[apps.OWNER_CODE, code])
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OUTSIDE_RANGE")
    assert unread(province, apps.VIEWER, apps.STRANGER) == [0, 0]


def test_another_apps_name_for_a_person_means_nothing(
    province: Province, roster: apps.Published
) -> None:
    other = apps.published(province, app_id="cn.gov.xihu.other", name="另一个应用")
    foreign = sub_of(province, other, apps.VIEWER)
    for recipients in ([foreign], ["x" * 24]):
        answer = send(roster, recipients=recipients)
        assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OUTSIDE_RANGE")
    assert unread(province, apps.VIEWER) == [0]


def test_who_left_the_audience_is_not_reached_any_more(
    province: Province, roster: apps.Published
) -> None:
    sub = sub_of(province, roster, apps.NEIGHBOUR)
    AudienceRule.objects.update(unit_id=province.unit(apps.OWNER))
    assert send(roster, recipients=[sub]).status_code == 403
    assert unread(province, apps.NEIGHBOUR) == [0]


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        (None, {}, "SCHEMA_VIOLATED"),
        ("", {}, "SCHEMA_VIOLATED"),
        ("k" * 65, {}, "SCHEMA_VIOLATED"),
        ("k1", {"title": ""}, "SCHEMA_VIOLATED"),
        ("k1", {"colour": "red"}, "SCHEMA_VIOLATED"),
        ("k1", {"title": "a\x00b"}, "SCHEMA_VIOLATED"),
        ("k1", {"path": "//evil.example"}, "MINIAPPS_LINK_OUTSIDE_APP"),
        ("k1", {"path": "https://evil.example"}, "MINIAPPS_LINK_OUTSIDE_APP"),
        ("k1", {"unit_codes": []}, "MINIAPPS_RECIPIENTS_MISSING"),
    ],
)
def test_a_notice_that_says_too_little_or_too_much_is_refused(
    province: Province, roster: apps.Published, key: str | None, body: dict[str, Any], code: str
) -> None:
    answer = send(roster, key=key, **({"unit_codes": [apps.OWNER_CODE]} | body))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert unread(province, apps.VIEWER) == [0]


def test_a_token_without_the_scope_sends_nothing(
    province: Province, roster: apps.Published
) -> None:
    token = apps.own_token(roster, scope="org.member.read")
    answer = send(roster, token=token, unit_codes=[apps.OWNER_CODE])
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_SCOPE_NOT_GRANTED")
    assert unread(province, apps.VIEWER) == [0]


def test_a_persons_token_is_no_apps_token(province: Province, roster: apps.Published) -> None:
    browser = province.client(apps.VIEWER)
    person_token = apps.exchange(roster, apps.code_for(browser, roster)).json()["access_token"]
    answer = send(roster, token=person_token, unit_codes=[apps.OWNER_CODE])
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")
    assert browser.post("/api/v1/apps/notices").status_code == 401


def test_a_suspended_app_sends_nothing(province: Province, roster: apps.Published) -> None:
    token = apps.own_token(roster)
    publishing.suspend(
        actor=province.actor(apps.REVIEWER),
        app_id=roster.app_id,
        reason="检查",
        now=timezone.now(),
    )
    assert send(roster, token=token, unit_codes=[apps.OWNER_CODE]).status_code == 401
    assert unread(province, apps.VIEWER) == [0]


def ask(app: apps.Published, method: str, path: str, **query: Any) -> Any:
    headers = {"Authorization": f"Bearer {apps.own_token(app)}"}
    act = getattr(Client(), method)
    return act(f"/api/v1/apps/notices/{path}", query, headers=headers)


def test_an_app_sees_who_has_read_and_confirmed_its_notice(
    province: Province, roster: apps.Published
) -> None:
    sub = sub_of(province, roster, apps.VIEWER)
    sent = send(roster, unit_codes=[apps.OWNER_CODE], confirm=True).json()
    viewer = province.client(apps.VIEWER)
    path = f"/api/v1/messaging/notices/{sent['id']}/confirmation"
    assert viewer.put(path, {}, content_type="application/json").status_code == 200
    result = ask(roster, "get", "k1").json()
    assert (result["targets"], result["read"], result["confirmed"]) == (5, 1, 1)
    page = ask(roster, "get", "k1/receivers", state="confirmed").json()
    assert [one["sub"] for one in page["items"]] == [sub]
    others = ask(roster, "get", "k1/receivers", state="unread").json()["items"]
    assert [one["sub"] for one in others] == [""] * 4  # they never opened the app


def test_an_app_sees_of_its_notice_what_its_range_covers_now(
    province: Province, roster: apps.Published
) -> None:
    send(roster, recipients=[sub_of(province, roster, apps.NEIGHBOUR)])
    assert ask(roster, "get", "k1").json()["targets"] == 1
    AudienceRule.objects.update(unit_id=province.unit(apps.OWNER))
    assert ask(roster, "get", "k1").json()["targets"] == 0
    assert ask(roster, "get", "k1/receivers").json()["items"] == []


def test_an_app_takes_its_own_notice_back_and_no_other(
    province: Province, roster: apps.Published
) -> None:
    other = apps.published(province, app_id="cn.gov.xihu.other", name="另一个应用")
    send(roster, recipients=[sub_of(province, roster, apps.VIEWER)])
    for method, path in (("post", "k1/recall"), ("get", "k1"), ("get", "k1/receivers")):
        answer = ask(other, method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOTICE_NOT_FOUND")
    assert unread(province, apps.VIEWER) == [1]
    assert ask(roster, "post", "k1/recall").json() == {"recalled": True}
    assert ask(roster, "post", "k1/recall").json() == {"recalled": False}
    assert unread(province, apps.VIEWER) == [0]
    (notice,) = inbox.latest(province.person(apps.VIEWER), 5)
    assert notice.title == inbox.RECALLED
    assert AuditEntry.objects.filter(action="miniapps.notice.recalled").count() == 1


def test_an_app_sends_so_many_notices_a_day(
    province: Province, roster: apps.Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PER_DAY", 1)
    sub = sub_of(province, roster, apps.VIEWER)
    assert send(roster, recipients=[sub]).status_code == 201
    answer = send(roster, recipients=[sub], key="k2")
    assert (answer.status_code, answer.json()["code"]) == (429, "NOTICE_QUOTA_SPENT")
    assert send(roster, recipients=[sub]).json()["repeated"] is True
    assert unread(province, apps.VIEWER) == [1]


def test_a_role_of_a_unit_is_reached_alone(province: Province, roster: apps.Published) -> None:
    answer = send(roster, unit_codes=[apps.OWNER_CODE], functions=["head"])
    assert answer.json()["recipients"] == 1
    assert unread(province, "王伟民", apps.VIEWER) == [1, 0]


def test_a_grant_for_a_whole_subtree_reaches_it_and_nothing_beside_it(
    province: Province, roster: apps.Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_RECIPIENTS", 1)
    Grant.objects.filter(scope="notice.send").update(org_range="owner_subtree")
    assert send(roster, unit_codes=[apps.OWNER_CODE]).json()["recipients"] == 5
    answer = send(roster, unit_codes=["330106"], key="k2")
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OUTSIDE_RANGE")
    assert unread(province, apps.VIEWER, apps.NEIGHBOUR) == [1, 0]


def _administer(province: Province, person: str, role: AdminRole, unit: str) -> None:
    AdminGrant.objects.create(
        person_id=province.person(person), role=role, root_id=province.unit(unit),
        subtree=True, valid_from=timezone.now() - timedelta(days=1),
    )  # fmt: skip


@pytest.mark.parametrize("org_range", ["audience", "owner_subtree"])
def test_whoever_administers_a_unit_is_reached_as_far_as_the_range_goes(
    province: Province, roster: apps.Published, org_range: str
) -> None:
    Grant.objects.filter(scope="notice.send").update(org_range=org_range)
    AudienceRule.objects.update(unit_id=province.unit(apps.OWNER))
    roles: dict[str, Any] = {"unit_codes": [apps.OWNER_CODE], "admin_roles": ["people"]}
    # 何管理 administers the district, and with it the owner; he serves outside of the range.
    assert send(roster, **roles).status_code == 422
    _administer(province, apps.VIEWER, AdminRole.PEOPLE, apps.OWNER)
    assert send(roster, **roles).json()["recipients"] == 1
    assert send(roster, **roles, functions=["head"], key="k2").json()["recipients"] == 2
    assert unread(province, apps.VIEWER, "王伟民", apps.REVIEWER) == [2, 1, 0]


def test_who_keeps_security_and_audit_is_nobodys_to_address(
    province: Province, roster: apps.Published
) -> None:
    for role in ("security", "audit", "system", "king"):
        answer = send(roster, unit_codes=[apps.OWNER_CODE], admin_roles=[role])
        assert (answer.status_code, answer.json()["code"]) == (422, "SCHEMA_VIOLATED")
    assert unread(province, apps.VIEWER) == [0]
