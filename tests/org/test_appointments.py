"""Appointing people and ending appointments; who holds what when."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org.models import Appointment, Person
from org.queries import appointments
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

ADMIN = "何管理"


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def test_a_county_admin_admits_a_person_who_is_found_at_once(
    province: factories.Province,
) -> None:
    client = province.client(ADMIN)
    answer = send(
        client,
        f"units/{province.unit('西湖区民政局/一科')}/people",
        {"name": "欧阳思雨", "title": "科员", "function": "staff", "phone": "13900001234"},
    )
    assert answer.status_code == 201, answer.content
    for text in ("阳思", "ouyangsiyu", "oysy"):
        found = client.get("/api/v1/org/people/search", {"text": text}).json()
        assert [person["name"] for person in found] == ["欧阳思雨"], text
    held = appointments.of_person(answer.json()["person_id"], at=timezone.now())
    assert [(h.title, h.function, h.kind) for h in held] == [("科员", "staff", "main")]
    actions = AuditEntry.objects.filter(actor_name=ADMIN).values_list("action", flat=True)
    assert list(actions) == ["org.appointment.made", "org.person.admitted"]


def test_a_person_gets_a_second_post_and_it_ends(province: factories.Province) -> None:
    client = province.client(ADMIN)
    person = province.person("曾国强")
    body = {"person_id": person, "title": "联络员", "function": "staff", "kind": "concurrent"}
    unit = province.unit("西湖区卫生健康局")
    made = send(client, f"units/{unit}/appointments", body)
    assert made.status_code == 201
    now = timezone.now()
    assert [h.title for h in appointments.of_person(person, at=now)] == ["科长", "联络员"]
    again = send(client, f"units/{unit}/appointments", body)
    assert (again.status_code, again.json()["code"]) == (409, "ORG_ALREADY_APPOINTED")
    ended = send(client, f"appointments/{made.json()['id']}/end")
    assert ended.status_code == 204
    assert [h.title for h in appointments.of_person(person, at=timezone.now())] == ["科长"]
    assert [h.title for h in appointments.of_person(person, at=now)] == ["科长", "联络员"]
    gone = send(client, f"appointments/{made.json()['id']}/end")
    assert (gone.status_code, gone.json()["code"]) == (404, "ORG_APPOINTMENT_NOT_FOUND")


def test_a_person_has_one_main_appointment(province: factories.Province) -> None:
    person = province.person("曾国强")
    body = {"person_id": person, "title": "科员", "function": "staff"}
    path = f"units/{province.unit('西湖区卫生健康局/一科')}/appointments"
    refused = send(province.client(ADMIN), path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_MAIN_APPOINTMENT_EXISTS")
    assert Appointment.objects.filter(person_id=person).count() == 1
    # The database says so too.
    with pytest.raises(IntegrityError, match="org_appointment_one_main"), transaction.atomic():
        held = Appointment.objects.get(person_id=person)
        held.pk, held.unit_id = None, province.unit("西湖区")
        held.save()


def test_nobody_is_appointed_in_the_next_county(province: factories.Province) -> None:
    client = province.client(ADMIN)
    counts = (Person.objects.count(), Appointment.objects.count())
    next_county = province.unit("上城区民政局/一科")
    new = {"name": "新人", "title": "科员", "function": "staff"}
    mine = {
        "person_id": province.person("曾国强"), "title": "联络员", "function": "staff",
        "kind": "concurrent",
    }  # fmt: skip
    theirs = {**mine, "person_id": province.person("林上城")}
    for path, body in (
        (f"units/{next_county}/people", new),
        (f"units/{next_county}/appointments", mine),
        (f"units/{province.unit('西湖区民政局')}/appointments", theirs),
        (f"appointments/{province.appointments['林上城']}/end", {}),
    ):
        answer = send(client, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "ORG_OUT_OF_SCOPE"), path
    assert (Person.objects.count(), Appointment.objects.count()) == counts
    assert Appointment.objects.get(pk=province.appointments["林上城"]).valid_to is None
    assert AuditEntry.objects.filter(action="core.access.denied").count() == 4


def test_function_holders_look_into_inner_departments_only(
    province: factories.Province,
) -> None:
    now = timezone.now()
    organ = province.unit("西湖区民政局")
    named = {person_id: name for name, person_id in province.people.items()}

    def holders(unit: str, function: str) -> list[str]:
        found = appointments.function_holders(province.unit(unit), function, at=now)
        return [named[person_id] for person_id in found]

    assert holders("西湖区民政局", "head") == ["王伟民"]
    assert holders("西湖区民政局", "deputy") == ["李建国"]
    assert holders("西湖区民政局", "clerk") == ["张晓梅"]
    assert holders("西湖区民政局", "staff") == ["曾国强", "单小芳"]
    assert holders("西湖区", "head") == []  # organs below a region are not its departments
    assert appointments.head_of(organ, at=now) == province.person("王伟民")
    above = appointments.heads_above(province.unit("西湖区民政局/一科"), 3, at=now)
    assert [named[person_id] for person_id in above] == ["王伟民"]


def test_membership_is_asked_for_an_instant(province: factories.Province) -> None:
    district = province.unit("西湖区")
    before = timezone.now()
    Appointment.objects.filter(pk=province.appointments["曾国强"]).update(valid_to=before)
    assert province.person("曾国强") not in appointments.person_ids_in_subtree(district, at=before)
    earlier = before - timedelta(seconds=1)
    assert len(appointments.person_ids_in_subtree(district, at=earlier)) == 15
    assert len(appointments.person_ids_in_subtree(district, at=before)) == 14
    assert appointments.person_ids_in(district, at=before) == []
    organs = [province.unit("西湖区民政局"), province.unit("上城区民政局")]
    assert len(appointments.person_ids_in_subtrees(organs, at=earlier)) == 10


def test_an_appointment_begins_and_ends_at_its_days(province: factories.Province) -> None:
    person = province.person("曾国强")
    now = timezone.now()
    begins, ends = now + timedelta(days=5), now + timedelta(days=95)
    body = {
        "person_id": person, "title": "挂职副局长", "function": "deputy",
        "kind": "temporary_posting", "valid_from": begins.isoformat(),
        "valid_to": ends.isoformat(), "office_phone": "0571-87000000",
    }  # fmt: skip
    unit = province.unit("西湖区卫生健康局")
    made = send(province.client(ADMIN), f"units/{unit}/appointments", body)
    assert made.status_code == 201, made.content
    terms = {
        at: [held.title for held in appointments.of_person(person, at=at)]
        for at in (now, begins, ends - timedelta(seconds=1), ends)
    }
    assert list(terms.values()) == [
        ["科长"],
        ["科长", "挂职副局长"],
        ["科长", "挂职副局长"],
        ["科长"],
    ]
    # The page of the unit's administrators shows what is to come.
    lines = province.client(ADMIN).get(f"/api/v1/org/units/{unit}/roster").json()["items"]
    assert [(line["name"], line["is_coming"]) for line in lines] == [
        ("赵卫东", False),
        ("钱医", False),
        ("曾国强", True),
    ]
    # Ended before it begins, it never was.
    assert send(province.client(ADMIN), f"appointments/{made.json()['id']}/end").status_code == 204
    assert not Appointment.objects.filter(pk=made.json()["id"]).exists()


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(-93, None), (367, None), (0, -1), (5, 5), (0, 366 * 61)],
)
def test_terms_that_cannot_be_are_refused(
    province: factories.Province, begins: int, ends: int | None
) -> None:
    now = timezone.now()
    body = {
        "person_id": province.person("曾国强"), "title": "联络员", "function": "staff",
        "kind": "concurrent", "valid_from": (now + timedelta(days=begins)).isoformat(),
        "valid_to": (now + timedelta(days=ends)).isoformat() if ends is not None else None,
    }  # fmt: skip
    unit = province.unit("西湖区卫生健康局")
    refused = send(province.client(ADMIN), f"units/{unit}/appointments", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "ORG_APPOINTMENT_DATES")
    assert Appointment.objects.filter(unit_id=unit).count() == 2


def test_one_main_post_at_every_instant_past_and_to_come(province: factories.Province) -> None:
    client = province.client(ADMIN)
    person = province.person("曾国强")
    day = timezone.now() + timedelta(days=30)
    body = {"person_id": person, "title": "科员", "function": "staff"}
    path = f"units/{province.unit('西湖区卫生健康局')}/appointments"
    coming = body | {"valid_from": day.isoformat()}
    assert send(client, path, coming).json()["code"] == "ORG_MAIN_APPOINTMENT_EXISTS"
    end = f"appointments/{province.appointments['曾国强']}/end"
    assert send(client, end, {"ends_at": day.isoformat()}).status_code == 204
    assert send(client, path, body).json()["code"] == "ORG_MAIN_APPOINTMENT_EXISTS"
    assert send(client, path, coming).status_code == 201
    assert [held.title for held in appointments.of_person(person, at=day)] == ["科员"]


def test_an_end_is_not_put_off_beyond_the_main_post_to_come(province: factories.Province) -> None:
    client, person = province.client(ADMIN), province.person("曾国强")
    day = timezone.now() + timedelta(days=20)
    end = f"appointments/{province.appointments['曾国强']}/end"
    assert send(client, end, {"ends_at": day.isoformat()}).status_code == 204
    coming = {"person_id": person, "title": "科员", "function": "staff"}
    path = f"units/{province.unit('西湖区卫生健康局')}/appointments"
    assert send(client, path, coming | {"valid_from": day.isoformat()}).status_code == 201
    refused = send(client, end, {"ends_at": (day + timedelta(days=1)).isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_MAIN_APPOINTMENT_EXISTS")
    assert Appointment.objects.get(pk=province.appointments["曾国强"]).valid_to == day


def test_what_somebody_served_is_not_undone_by_an_early_end(province: factories.Province) -> None:
    held = Appointment.objects.get(pk=province.appointments["曾国强"])
    begun = timezone.now() - timedelta(days=60)
    Appointment.objects.filter(pk=held.pk).update(valid_from=begun)
    client = province.client(ADMIN)
    for days in (0, 1):
        body = {"ends_at": (begun - timedelta(days=days)).isoformat()}
        refused = send(client, f"appointments/{held.pk}/end", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "ORG_APPOINTMENT_DATES")
    stands = Appointment.objects.get(pk=held.pk)
    assert (stands.valid_from, stands.valid_to) == (begun, None)


def test_nobody_served_in_a_unit_before_it_was_there(province: factories.Province) -> None:
    client = province.client(ADMIN)
    body = {"name": "新科", "kind": "department"}
    made = send(client, f"units/{province.unit('西湖区民政局')}/children", body)
    assert made.status_code == 201, made.content
    unit_id = made.json()["id"]
    post = {
        "person_id": province.person("曾国强"), "title": "科员", "function": "staff",
        "kind": "concurrent",
    }  # fmt: skip
    early = post | {"valid_from": (timezone.now() - timedelta(days=30)).isoformat()}
    refused = send(client, f"units/{unit_id}/appointments", early)
    assert (refused.status_code, refused.json()["code"]) == (422, "ORG_APPOINTMENT_DATES")
    assert not Appointment.objects.filter(unit_id=unit_id).exists()
    assert send(client, f"units/{unit_id}/appointments", post).status_code == 201


def test_another_title_goes_on_as_another_appointment(province: factories.Province) -> None:
    client = province.client(ADMIN)
    held = province.appointments["曾国强"]
    address = f"/api/v1/org/appointments/{held}"
    quiet = client.patch(address, {"office_phone": "87001122"}, content_type="application/json")
    assert quiet.json() == {"id": held}
    before = timezone.now()
    body = {"title": "一级主任科员", "function": "staff", "rank": 60}
    told = client.patch(address, body, content_type="application/json")
    assert told.status_code == 200, told.content
    standing = Appointment.objects.select_related("post").get(pk=told.json()["id"])
    assert (standing.post.title, standing.post.rank) == ("一级主任科员", 60)
    assert standing.office_phone == "87001122"
    person = province.person("曾国强")
    assert [one.title for one in appointments.of_person(person, at=before)] == ["科长"]
    history = client.get(f"/api/v1/org/people/{person}/appointments").json()
    assert [(one["title"], one["standing"]) for one in history] == [
        ("一级主任科员", "present"),
        ("科长", "past"),
    ]
    for stranger, status in (("曾国强", 200), ("马科员", 404), ("单小芳", 404)):
        shown = province.client(stranger).get(f"/api/v1/org/people/{person}/appointments")
        assert shown.status_code == status, stranger


def test_people_of_one_rank_are_put_in_order(province: factories.Province) -> None:
    client = province.client(ADMIN)
    unit = province.unit("西湖区民政局/一科")
    ids = []
    for name in ("王一", "王二", "王三"):
        body = {"name": name, "title": "科员", "function": "staff"}
        ids.append(send(client, f"units/{unit}/people", body).json()["appointment_id"])

    def names() -> list[str]:
        lines = client.get(f"/api/v1/org/units/{unit}/roster").json()["items"]
        return [line["name"] for line in lines]

    assert names() == ["曾国强", "单小芳", "王一", "王二", "王三"]
    place = f"appointments/{ids[2]}/place"
    first = province.appointments["单小芳"]
    assert send(client, place, {"before_id": first}).status_code == 204
    assert names() == ["曾国强", "王三", "单小芳", "王一", "王二"]
    assert send(client, place, {"before_id": None}).status_code == 204
    assert names() == ["曾国强", "单小芳", "王一", "王二", "王三"]
    over = send(client, place, {"before_id": province.appointments["曾国强"]})
    assert (over.status_code, over.json()["code"]) == (422, "ORG_OTHER_RANK")
    strange = send(client, place, {"before_id": province.appointments["赵卫东"]})
    assert strange.json()["code"] == "ORG_APPOINTMENT_NOT_FOUND"
    theirs = send(province.client("马科员"), place, {"before_id": first})
    assert (theirs.status_code, theirs.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert names() == ["曾国强", "单小芳", "王一", "王二", "王三"]


def test_nobody_appoints_himself(province: factories.Province) -> None:
    body = {
        "person_id": province.person(ADMIN), "title": "局长", "function": "head",
        "kind": "concurrent",
    }  # fmt: skip
    unit = province.unit("西湖区民政局")
    refused = send(province.client(ADMIN), f"units/{unit}/appointments", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OWN_APPOINTMENT")
    assert Appointment.objects.filter(person_id=province.person(ADMIN)).count() == 1


def test_function_and_rank_are_those_of_a_new_title_alone(province: factories.Province) -> None:
    client = province.client("何管理")
    path = f"/api/v1/org/appointments/{province.appointments['曾国强']}"
    entries, held = AuditEntry.objects.count(), list(Appointment.objects.values_list())
    for body in (
        {"rank": 5},
        {"function": "head"},
        {"title": "科员", "function": "head"},  # others hold this post
        {"title": "科员", "rank": 5},
    ):
        refused = client.patch(path, body, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (409, "ORG_POST_DIFFERS"), body
    assert list(Appointment.objects.values_list()) == held
    assert AuditEntry.objects.count() == entries
    body = {"title": "副主任", "function": "deputy", "rank": 25}
    changed = client.patch(path, body, content_type="application/json")
    post = Appointment.objects.select_related("post").get(pk=changed.json()["id"]).post
    assert (post.title, post.function, post.rank) == ("副主任", "deputy", 25)
