"""A transfer: the main post ends here and begins there, with the right at both ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core import errors
from org.kinds import AdminRole, PostFunction
from org.models import AdminGrant, Appointment, OrgChange, ReviewRequest
from org.queries import appointments, headcounts
from org.services import transfers
from tests import factories

ADMIN = "何管理"


def send(client: Client, path: str, body: object) -> Any:
    return client.post(f"/api/v1/org/{path}", body, content_type="application/json")


def order(province: factories.Province, unit: str, **more: object) -> dict[str, object]:
    return {
        "from_appointment_id": province.appointments["曾国强"],
        "unit_id": province.unit(unit),
        "title": "主任",
        "function": "head",
        **more,
    }


def places(person_id: int) -> list[tuple[int, str]]:
    held = appointments.of_person(person_id, at=timezone.now())
    return [(one.unit_id, one.title) for one in held]


def test_the_main_post_moves_at_one_instant_and_the_other_posts_stay(
    province: factories.Province, sound_audit: None
) -> None:
    client = province.client(ADMIN)
    person = province.person("曾国强")
    target = province.unit("西湖区卫生健康局/办公室")
    second = {"person_id": person, "title": "联络员", "function": "staff", "kind": "concurrent"}
    assert send(client, f"units/{province.unit('西湖区')}/appointments", second).status_code == 201
    answer = send(client, f"people/{person}/transfer", order(province, "西湖区卫生健康局/办公室"))
    assert answer.status_code == 200, answer.content
    made = Appointment.objects.get(pk=answer.json()["appointment_id"])
    old = Appointment.objects.get(pk=province.appointments["曾国强"])
    assert (made.unit_id, made.kind, made.valid_to) == (target, "main", None)
    assert old.valid_to == made.valid_from
    assert places(person) == [(target, "主任"), (province.unit("西湖区"), "联络员")]
    section = province.unit("西湖区民政局/一科")
    assert headcounts.below([target, section], at=made.valid_from) == {target: 2, section: 1}
    change = OrgChange.objects.get(kind="transfer")
    assert change.before == {"unit_id": old.unit_id, "title": "科长"}
    assert change.after["title"] == "主任"


def test_a_transfer_takes_effect_at_its_day(province: factories.Province) -> None:
    person = province.person("曾国强")
    day = (timezone.now() + timedelta(days=10)).replace(microsecond=0)
    body = order(province, "西湖区卫生健康局", effective_at=day.isoformat())
    assert send(province.client(ADMIN), f"people/{person}/transfer", body).status_code == 200
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]
    (then,) = appointments.of_person(person, at=day)
    assert then.unit_id == province.unit("西湖区卫生健康局")
    (before,) = appointments.of_person(person, at=day - timedelta(microseconds=1))
    assert before.title == "科长"


def test_a_transfer_in_the_distant_past_is_refused(province: factories.Province) -> None:
    person = province.person("曾国强")
    for days in (-93, 367):
        day = timezone.now() + timedelta(days=days)
        body = order(province, "西湖区卫生健康局", effective_at=day.isoformat())
        refused = send(province.client(ADMIN), f"people/{person}/transfer", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "ORG_APPOINTMENT_DATES")
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]


def test_the_same_unit_is_no_transfer(province: factories.Province) -> None:
    person = province.person("曾国强")
    body = order(province, "西湖区民政局/一科")
    refused = send(province.client(ADMIN), f"people/{person}/transfer", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "ORG_SAME_UNIT")


def test_the_other_side_is_asked_and_its_word_carries_the_transfer_out(
    province: factories.Province, run_jobs: Callable[[], int], sound_audit: None
) -> None:
    person = province.person("曾国强")
    answer = send(
        province.client(ADMIN), f"people/{person}/transfer", order(province, "上城区民政局/一科")
    )
    assert answer.status_code == 202, answer.content
    request = ReviewRequest.objects.get(pk=answer.json()["request_id"])
    assert request.unit_id == province.unit("上城区民政局/一科")
    assert request.summary == "将曾国强由“一科”科长调动到“业务科”任主任"
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]
    run_jobs()
    own = send(province.client(ADMIN), f"requests/{request.pk}/approve", {})
    assert own.status_code == 403
    agreed = send(province.client("马科员"), f"requests/{request.pk}/approve", {})
    assert agreed.status_code == 200, agreed.content
    assert places(person) == [(province.unit("上城区民政局/一科"), "主任")]
    assert OrgChange.objects.get(kind="transfer").approved_by_id == province.person("马科员")


def test_the_receiving_side_asks_the_sending_one(province: factories.Province) -> None:
    person = province.person("曾国强")
    answer = send(
        province.client("马科员"), f"people/{person}/transfer", order(province, "上城区民政局")
    )
    assert answer.status_code == 202, answer.content
    request = ReviewRequest.objects.get(pk=answer.json()["request_id"])
    assert request.unit_id == province.unit("西湖区民政局/一科")


def test_nobody_transfers_between_two_places_of_others(province: factories.Province) -> None:
    person = province.person("曾国强")
    AdminGrant.objects.create(
        person_id=province.person("董科员"),
        role=AdminRole.PEOPLE,
        root_id=province.unit("海曙区"),
        valid_from=factories.FOUNDED,
    )
    body = order(province, "上城区民政局")
    refused = send(province.client("董科员"), f"people/{person}/transfer", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]
    assert not ReviewRequest.objects.exists()


def test_nobody_transfers_himself(province: factories.Province) -> None:
    body = order(province, "西湖区民政局") | {
        "from_appointment_id": province.appointments[ADMIN],
    }
    refused = send(province.client(ADMIN), f"people/{province.person(ADMIN)}/transfer", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OWN_APPOINTMENT")


def test_a_transfer_from_a_post_that_stands_no_longer_is_refused(
    province: factories.Province,
) -> None:
    client = province.client(ADMIN)
    person = province.person("曾国强")
    path = f"people/{person}/transfer"
    assert send(client, path, order(province, "西湖区卫生健康局")).status_code == 200
    again = send(client, path, order(province, "西湖区民政局"))
    assert (again.status_code, again.json()["code"]) == (409, "ORG_APPOINTMENT_CHANGED")
    assert places(person) == [(province.unit("西湖区卫生健康局"), "主任")]


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_of_two_transfers_at_once_one_wins() -> None:
    province = factories.small_province()
    person = province.person("曾国强")
    actor = province.actor(ADMIN)
    now = timezone.now()

    def go(unit: str) -> str:
        try:
            transfers.transfer(
                actor=actor,
                person_id=person,
                to=transfers.Destination(province.unit(unit), "主任", PostFunction.HEAD),
                from_appointment_id=province.appointments["曾国强"],
                now=now,
            )
        except errors.Conflict as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    targets = ["西湖区卫生健康局", "西湖区民政局", "西湖区", "西湖区卫生健康局/一科"]
    with ThreadPoolExecutor(len(targets)) as pool:
        outcomes = sorted(pool.map(go, targets))
    assert outcomes == ["ORG_APPOINTMENT_CHANGED"] * 3 + ["done"]
    assert Appointment.objects.filter(person_id=person).count() == 2
    assert len(places(person)) == 1


def test_nobody_but_the_other_side_agrees(province: factories.Province) -> None:
    person = province.person("曾国强")
    answer = send(
        province.client(ADMIN), f"people/{person}/transfer", order(province, "上城区民政局/一科")
    )
    request_id = answer.json()["request_id"]
    for stranger in ("卫二", "王伟民", "仇海生"):
        refused = send(province.client(stranger), f"requests/{request_id}/approve", {})
        assert refused.status_code in (403, 404), stranger
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]
    said = send(province.client("马科员"), f"requests/{request_id}/reject", {"remark": "编制已满"})
    assert said.status_code == 200, said.content
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]


def test_a_transfer_that_was_overtaken_is_not_carried_out(province: factories.Province) -> None:
    person = province.person("曾国强")
    client = province.client(ADMIN)
    path = f"people/{person}/transfer"
    request_id = send(client, path, order(province, "上城区民政局")).json()["request_id"]
    assert send(client, path, order(province, "西湖区卫生健康局")).status_code == 200
    late = send(province.client("马科员"), f"requests/{request_id}/approve", {})
    assert (late.status_code, late.json()["code"]) == (409, "ORG_APPOINTMENT_CHANGED")
    assert places(person) == [(province.unit("西湖区卫生健康局"), "主任")]


def test_nobody_agrees_to_his_own_transfer(province: factories.Province) -> None:
    person = province.person("曾国强")
    AdminGrant.objects.create(
        person_id=person,
        role=AdminRole.PEOPLE,
        root_id=province.unit("上城区民政局"),
        valid_from=factories.FOUNDED,
    )
    answer = send(
        province.client(ADMIN), f"people/{person}/transfer", order(province, "上城区民政局")
    )
    request_id = answer.json()["request_id"]
    own = send(province.client("曾国强"), f"requests/{request_id}/approve", {})
    assert own.status_code in (403, 404)
    assert places(person) == [(province.unit("西湖区民政局/一科"), "科长")]
