"""Leaving ends everything at once and opens a list; coming back begins anew."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from messaging import handlers
from messaging.services import conversations
from org.events import AppointmentEnded
from org.kinds import AdminRole, VisibilityEffect
from org.models import (
    Account,
    AccountSession,
    AdminGrant,
    Appointment,
    Handover,
    HandoverItem,
    Person,
)
from org.queries import appointments, departures
from org.services import visibility
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

ADMIN = "何管理"
RETIRED = {"reason": "retired", "note": "到龄退休", "basis": "西人社〔2026〕12号"}


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def listed(handover_id: int) -> list[tuple[str, str]]:
    return [(item.kind, item.title) for item in departures.items(handover_id)]


def test_leaving_ends_posts_account_and_sessions(province: factories.Province) -> None:
    client = province.client(ADMIN)
    leaver = province.client("王伟民")
    person = province.person("王伟民")
    second = {"person_id": person, "title": "召集人", "function": "staff", "kind": "concurrent"}
    assert send(client, f"units/{province.unit('西湖区')}/appointments", second).status_code == 201
    assert leaver.get("/api/v1/org/grants/mine").status_code == 200
    answer = send(client, f"people/{person}/departure", RETIRED)
    assert answer.status_code == 201, answer.content
    assert Person.objects.get(pk=person).status == "left"
    assert appointments.of_person(person, at=timezone.now()) == []
    assert Appointment.objects.filter(person_id=person, valid_to__isnull=True).count() == 0
    assert Account.objects.get(pk=province.accounts["王伟民"]).is_active is False
    assert leaver.get("/api/v1/org/grants/mine").status_code == 401
    assert listed(answer.json()["id"]) == [("headship", "西湖区民政局 局长，暂缺")]
    left = AuditEntry.objects.get(action="org.person.left")
    assert left.detail["after"] == {"reason": "retired", "note": "到龄退休"}
    assert left.detail["basis"] == "西人社〔2026〕12号"


def test_an_account_that_nobody_administers_is_disabled_under_the_name_of_who_did_it(
    province: factories.Province,
) -> None:
    client, person = province.client(ADMIN), province.person("曾国强")
    end = f"appointments/{province.appointments['曾国强']}/end"
    assert send(client, end).status_code == 204
    session = factories.sign_in_row(province.accounts["曾国强"])
    assert send(client, f"people/{person}/departure", RETIRED).status_code == 201
    account = Account.objects.get(person_id=person)
    assert account.is_active is False
    assert AccountSession.objects.get(pk=session).end == "disabled"
    (entry,) = AuditEntry.objects.filter(action="org.account.disabled")
    assert (entry.actor_name, entry.object_id) == (ADMIN, str(account.pk))


def test_the_preview_says_what_would_end_and_changes_nothing(
    province: factories.Province,
) -> None:
    person = province.person("王伟民")
    path = f"/api/v1/org/people/{person}/departure/consequences"
    assert province.client(ADMIN).get(path).json() == {
        "appointments": ["浙江省 / 杭州市 / 西湖区 / 西湖区民政局 局长"],
        "vacant_headships": ["西湖区民政局 局长，暂缺"],
        "grants": [],
        "has_account": True,
    }
    assert province.client("马科员").get(path).status_code == 404
    assert Person.objects.get(pk=person).status == "active"


def test_rights_are_revoked_and_stand_on_the_list(province: factories.Province) -> None:
    person = province.person("曾国强")
    grant = AdminGrant.objects.create(
        person_id=person,
        role=AdminRole.PEOPLE,
        root_id=province.unit("西湖区民政局"),
        valid_from=factories.FOUNDED,
    )
    answer = send(province.client(ADMIN), f"people/{person}/departure", RETIRED)
    assert answer.status_code == 201
    grant.refresh_from_db()
    assert grant.revoked_at is not None
    assert listed(answer.json()["id"]) == [("grant", "西湖区民政局 人员管理员")]


def test_nobody_throws_out_whoever_may_do_more(province: factories.Province) -> None:
    person = province.person("曾国强")
    for role, root in ((AdminRole.PEOPLE, "杭州市"), (AdminRole.AUDIT, "西湖区民政局")):
        grant = AdminGrant.objects.create(
            person_id=person,
            role=role,
            root_id=province.unit(root),
            valid_from=factories.FOUNDED,
        )
        refused = send(province.client(ADMIN), f"people/{person}/departure", RETIRED)
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_HOLDS_GREATER_RIGHTS")
        grant.delete()
    assert Person.objects.get(pk=person).status == "active"
    assert not Handover.objects.exists()


def test_leaving_is_for_the_county_and_for_others(province: factories.Province) -> None:
    person = province.person("曾国强")
    refused = send(province.client("马科员"), f"people/{person}/departure", RETIRED)
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    own = send(province.client(ADMIN), f"people/{province.person(ADMIN)}/departure", RETIRED)
    assert (own.status_code, own.json()["code"]) == (409, "ORG_OWN_DEPARTURE")
    assert Person.objects.filter(status="left").count() == 0


def test_whoever_left_cannot_leave_again(province: factories.Province) -> None:
    client = province.client(ADMIN)
    path = f"people/{province.person('曾国强')}/departure"
    assert send(client, path, RETIRED).status_code == 201
    assert send(client, path, RETIRED).status_code == 404
    assert Handover.objects.count() == 1


def test_apps_tell_what_the_person_owned_and_tell_it_once(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    person = province.person("曾国强")
    conversations.create_group(
        actor=province.actor("曾国强"),
        title="防汛值守",
        person_ids=[province.person("单小芳"), province.person("张晓梅")],
        now=timezone.now(),
    )
    answer = send(province.client(ADMIN), f"people/{person}/departure", RETIRED)
    handover = answer.json()["id"]
    assert listed(handover) == []
    assert Handover.objects.get(pk=handover).closed_at is not None
    run_jobs()
    assert listed(handover) == [("messaging", "群“防汛值守”的群主")]
    assert Handover.objects.get(pk=handover).closed_at is None


def test_items_are_given_to_a_successor_and_the_list_closes(
    province: factories.Province,
) -> None:
    client = province.client(ADMIN)
    person = province.person("王伟民")
    handover = send(client, f"people/{person}/departure", RETIRED).json()["id"]
    (item,) = departures.items(handover)
    path = f"handover-items/{item.id}"
    unfit = send(client, f"{path}/settle", {"successor_id": person})
    assert (unfit.status_code, unfit.json()["code"]) == (422, "ORG_SUCCESSOR_UNFIT")
    strange = send(province.client("马科员"), f"{path}/settle", {})
    assert (strange.status_code, strange.json()["code"]) == (404, "ORG_HANDOVER_NOT_FOUND")
    successor = province.person("李建国")
    assert send(client, f"{path}/settle", {"successor_id": successor}).status_code == 204
    shown = client.get(f"/api/v1/org/people/{person}/departure").json()
    assert [(one["title"], one["successor_name"]) for one in shown["listed"]] == [
        ("西湖区民政局 局长，暂缺", "李建国")
    ]
    assert shown["closed_at"] is not None
    assert send(client, f"{path}/reopen").status_code == 204
    assert HandoverItem.objects.get(pk=item.id).done_at is None
    assert Handover.objects.get(pk=handover).closed_at is None


def test_nobody_makes_himself_the_heir(province: factories.Province) -> None:
    client = province.client(ADMIN)
    person = province.person("王伟民")
    handover = send(client, f"people/{person}/departure", RETIRED).json()["id"]
    (item,) = departures.items(handover)
    body = {"successor_id": province.person(ADMIN)}
    refused = send(client, f"handover-items/{item.id}/settle", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OWN_SUCCESSION")
    assert departures.items(handover) == [item]
    form = client.post(f"/administration/handover-items/{item.id}/", body)
    assert "不能指定自己接手" in form.content.decode()
    assert departures.items(handover) == [item]


def test_what_is_not_handed_over_by_itself_says_who_must_do_what(
    province: factories.Province,
) -> None:
    client = province.client(ADMIN)
    person = province.person("王伟民")
    organ = province.unit("西湖区民政局")
    AdminGrant.objects.create(
        person_id=person, role=AdminRole.PEOPLE, root_id=organ, valid_from=factories.FOUNDED
    )
    send(client, f"people/{person}/departure", RETIRED)
    shown = client.get(f"/api/v1/org/people/{person}/departure").json()["listed"]
    assert [(one["kind"], one["address"], one["advice"]) for one in shown] == [
        (
            "headship",
            f"/administration/?unit={organ}",
            "职务不随交接转移：请该组织的人员管理员任命新的负责人",
        ),
        (
            "grant",
            f"/administration/grants/units/?unit={organ}",
            "权限不随交接转移：请有权的管理员在该组织的权限页重新授予",
        ),
    ]
    page = client.get(f"/administration/people/{person}/").content.decode()
    assert "权限不随交接转移" in page
    assert f'href="/administration/grants/units/?unit={organ}"' in page
    assert client.get(shown[1]["address"]).status_code == 200
    settled = {"successor_id": province.person("李建国")}
    answer = send(client, f"handover-items/{shown[1]['id']}/settle", settled)
    assert answer.status_code == 204
    assert not AdminGrant.objects.filter(person_id=province.person("李建国")).exists()


def test_coming_back_takes_the_right_over_the_last_place(province: factories.Province) -> None:
    person = province.person("曾国强")
    client = province.client(ADMIN)
    assert send(client, f"people/{person}/departure", RETIRED).status_code == 201
    theirs = {"unit_id": province.unit("上城区民政局"), "title": "科员", "function": "staff"}
    lured = send(province.client("马科员"), f"people/{person}/return", theirs)
    assert (lured.status_code, lured.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    mine = theirs | {"unit_id": province.unit("西湖区民政局/一科")}
    assert send(client, f"people/{person}/return", mine).status_code == 201
    assert Person.objects.get(pk=person).status == "active"
    (held,) = appointments.of_person(person, at=timezone.now())
    assert held.title == "科员"
    # The account stays as it was left: whoever answers for it opens it again.
    assert Account.objects.get(pk=province.accounts["曾国强"]).is_active is False
    again = send(client, f"people/{person}/return", mine)
    assert (again.status_code, again.json()["code"]) == (409, "ORG_STILL_SERVES")


def test_the_next_county_does_not_take_up_whoever_left(province: factories.Province) -> None:
    person = province.person("曾国强")
    client = province.client(ADMIN)
    end = f"appointments/{province.appointments['曾国强']}/end"
    assert send(client, end).status_code == 204
    body = {"person_id": person, "title": "科员", "function": "staff"}
    unit = province.unit("上城区民政局")
    lured = send(province.client("马科员"), f"units/{unit}/appointments", body)
    assert (lured.status_code, lured.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert appointments.of_person(person, at=timezone.now()) == []


def test_whoever_lost_a_post_is_told_and_told_once(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    client = province.client(ADMIN)
    person = province.person("曾国强")
    body = {"person_id": person, "title": "联络员", "function": "staff", "kind": "concurrent"}
    made = send(client, f"units/{province.unit('西湖区卫生健康局')}/appointments", body).json()[
        "id"
    ]
    run_jobs()
    own = province.client("曾国强")
    assert own.get("/api/v1/messaging/notices").json()["items"] == []
    assert send(client, f"appointments/{made}/end").status_code == 204
    run_jobs()
    handlers.on_appointment_ended(
        AppointmentEnded(appointment_id=made, person_id=person), timezone.now()
    )
    told = own.get("/api/v1/messaging/notices").json()["items"]
    assert [(one["title"], one["body"]) for one in told] == [
        ("任职结束", "您的“西湖区卫生健康局”联络员（兼职）任职已结束。")
    ]


def test_an_end_that_was_put_off_is_not_told(province: factories.Province) -> None:
    handlers.on_appointment_ended(
        AppointmentEnded(
            appointment_id=province.appointments["曾国强"], person_id=province.person("曾国强")
        ),
        timezone.now(),
    )
    told = province.client("曾国强").get("/api/v1/messaging/notices").json()["items"]
    assert told == []


def test_nobody_hidden_is_named_as_a_successor(province: factories.Province) -> None:
    client, person = province.client(ADMIN), province.person("王伟民")
    handover = send(client, f"people/{person}/departure", RETIRED).json()["id"]
    (item,) = departures.items(handover)
    hidden = province.person("仇海生")
    visibility.make(
        actor=province.actor("卫二"),
        subject=visibility.Subject(person_id=hidden),
        terms=visibility.Terms(effect=VisibilityEffect.HIDE),
        now=timezone.now(),
    )
    refused = send(client, f"handover-items/{item.id}/settle", {"successor_id": hidden})
    assert (refused.status_code, refused.json()["code"]) == (422, "ORG_SUCCESSOR_UNFIT")
    assert HandoverItem.objects.get(pk=item.id).done_at is None
