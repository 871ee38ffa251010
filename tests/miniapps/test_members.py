"""Apps read people: those in their range, under names of their own."""

from typing import Any

import pytest
from django.utils import timezone

from miniapps.models import Subject
from org.kinds import Scene, VisibilityEffect
from org.services import visibility
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db

HIDDEN_CODE = f"{apps.OWNER_CODE}-2"


def members(app: apps.Published, query: str = "", scope: str = "org.member.read") -> Any:
    return apps.bearer(apps.own_token(app, scope)).get(f"/api/v1/apps/members{query}")


def test_an_app_learns_who_it_is(roster: apps.Published) -> None:
    told = apps.bearer(apps.own_token(roster)).get("/api/v1/apps/me").json()
    assert told["app_id"] == "cn.gov.xihu.duty"
    assert told["name"] == "值班排班"
    assert told["scopes"] == ["notice.send"]


def test_the_people_of_the_range_are_listed_and_nobody_else(
    province: Province, roster: apps.Published
) -> None:
    listed = members(roster).json()
    assert {member["name"] for member in listed} == {
        "王伟民", "李建国", apps.VIEWER, apps.DEVELOPER, "单小芳",
    }  # fmt: skip
    viewer = next(member for member in listed if member["name"] == apps.VIEWER)
    assert viewer["unit_name"] == "西湖区民政局 办公室"
    assert set(viewer) == {"sub", "name", "unit_name", "title"}


def test_a_person_keeps_the_name_an_app_knows(province: Province, roster: apps.Published) -> None:
    first, again = members(roster).json(), members(roster).json()
    assert first == again
    assert Subject.objects.filter(app_id=roster.app_id).count() == 5


def test_one_unit_of_the_range_can_be_asked_for(province: Province, roster: apps.Published) -> None:
    listed = members(roster, f"?unit_code={apps.OWNER_CODE}-2").json()
    assert {member["name"] for member in listed} == {apps.DEVELOPER, "单小芳"}


@pytest.mark.parametrize("code", ["330106", "11TEST000000000005", "11TEST000000000007", "nope"])
def test_a_unit_outside_the_range_is_refused(roster: apps.Published, code: str) -> None:
    answer = members(roster, f"?unit_code={code}")
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OUTSIDE_RANGE")
    assert Subject.objects.count() == 0


def test_without_the_scope_nobody_is_listed(roster: apps.Published) -> None:
    answer = members(roster, scope="notice.send")
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_SCOPE_NOT_GRANTED")


def hide(province: Province, subject: visibility.Subject, effect: VisibilityEffect) -> None:
    visibility.make(
        actor=province.actor("卫二"),
        subject=subject,
        terms=visibility.Terms(effect, scenes=[Scene.APPS]),
        now=timezone.now(),
    )


def test_a_hidden_unit_is_outside_and_its_people_are_not_listed(
    province: Province, roster: apps.Published
) -> None:
    hide(
        province,
        visibility.Subject(unit_id=province.unit("西湖区民政局/一科")),
        VisibilityEffect.HIDE,
    )
    listed = members(roster).json()
    assert {member["name"] for member in listed} == {"王伟民", "李建国", apps.VIEWER}
    hidden, absent = (members(roster, f"?unit_code={code}") for code in (HIDDEN_CODE, "nope"))
    assert (hidden.status_code, hidden.json()["code"]) == (403, "MINIAPPS_OUTSIDE_RANGE")
    assert hidden.json()["detail"] == absent.json()["detail"]


def test_an_app_of_the_unit_itself_sees_its_own_people(
    province: Province, roster: apps.Published
) -> None:
    unit = visibility.Subject(unit_id=province.unit("西湖区民政局"))
    hide(province, unit, VisibilityEffect.HIDE)
    assert len(members(roster).json()) == 5


def test_restricted_people_have_no_title_for_apps(
    province: Province, roster: apps.Published
) -> None:
    person = visibility.Subject(person_id=province.person("单小芳"))
    hide(province, person, VisibilityEffect.RESTRICT)
    titles = {member["name"]: member["title"] for member in members(roster).json()}
    assert (titles["单小芳"], titles["李建国"]) == ("", "副局长")
