"""Searching the directory: by name, reading, post, place, code and number, near things first."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.actor import system
from org.kinds import AdminRole, AppointmentKind, MaskedField, PostFunction, VisibilityEffect
from org.models import AdminGrant
from org.policies import Administrator
from org.queries import directory, matching, visibility
from org.services import appointments, people
from org.services import visibility as visibility_services
from tests import factories
from tests.factories import Province

pytestmark = pytest.mark.django_db

VIEWER = "王伟民"  # heads 西湖区民政局


@pytest.fixture
def client(province: Province) -> Client:
    return province.client(VIEWER)


def search(client: Client, text: str, **query: str | int) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/org/people/search", {"text": text, **query})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()
    return found


def names(client: Client, text: str, **query: str | int) -> list[str]:
    return [person["name"] for person in search(client, text, **query)]


def unit_names(client: Client, text: str, **query: str | int) -> list[str]:
    answer = client.get("/api/v1/org/units/search", {"text": text, **query})
    assert answer.status_code == 200, answer.content
    return [unit["name"] for unit in answer.json()]


def admit(province: Province, name: str, unit: str, title: str = "科员", phone: str = "") -> None:
    people.admit(
        actor=system("test"),
        name=name,
        unit_id=province.unit(unit),
        title=title,
        function=PostFunction.STAFF,
        phone=phone,
        now=timezone.now() - timedelta(seconds=1),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("张 西湖区民政局", ["张晓梅"]),
        ("西湖区民政局 张", ["张晓梅"]),
        ("民政局 局长", ["王伟民", "李建国", "蒋市长"]),
        ("西湖 副局长", ["李建国", "钱医", "尤副主"]),
        ("王伟民 局长", ["王伟民"]),
        ("wwm 局长", ["王伟民"]),
        ("王伟民 上城区", []),
        ("赵 卫健局", ["赵卫东"]),
        ("王 伟民", ["王伟民"]),
        ("一科 曾", ["曾国强"]),
        ("杭州市 国强", ["曾国强"]),
    ],
)
def test_words_together_name_a_person_a_post_and_a_place(
    text: str, found: list[str], client: Client
) -> None:
    assert names(client, text)[: len(found)] == found
    if not found:
        assert names(client, text) == []


def test_a_post_alone_is_looked_for_in_ones_own_county(client: Client, province: Province) -> None:
    assert set(names(client, "收发员")) == {"张晓梅", "孙收文", "许收发"}
    elsewhere = names(client, "收发员", root_id=province.unit("海曙区"))
    assert elsewhere == ["宋收文"]


def test_exact_names_then_ones_own_organ_then_ones_county_come_first(
    client: Client, province: Province
) -> None:
    for unit in ("浙江省民政厅", "西湖区卫生健康局", "西湖区民政局"):
        admit(province, "欧阳海", unit)
    admit(province, "欧阳海生", "西湖区民政局")
    found = search(client, "欧阳海")
    assert [(person["name"], person["organ_name"]) for person in found] == [
        ("欧阳海", "西湖区民政局"),
        ("欧阳海", "西湖区卫生健康局"),
        ("欧阳海", "浙江省民政厅"),
        ("欧阳海生", "西湖区民政局"),
    ]
    assert names(client, "oyh")[:2] == ["欧阳海", "欧阳海生"]


def test_a_main_post_comes_before_a_concurrent_one(client: Client, province: Province) -> None:
    appointments.appoint(
        actor=system("test"),
        person_id=province.person("赵卫东"),
        unit_id=province.unit("西湖区人民政府办公室"),
        title="党组成员",
        function=PostFunction.STAFF,
        kind=AppointmentKind.CONCURRENT,
        now=timezone.now() - timedelta(seconds=1),
    )
    assert [held["kind"] for held in search(client, "赵卫东")] == ["main", "concurrent"]


def test_whoever_left_the_post_is_not_found_by_it(client: Client, province: Province) -> None:
    appointments.end(
        actor=system("test"),
        appointment_id=province.appointments["曾国强"],
        now=timezone.now() - timedelta(seconds=1),
    )
    assert names(client, "曾国强") == []


def test_a_masked_title_finds_nobody(client: Client, province: Province) -> None:
    visibility_services.make(
        actor=system("test"),
        subject=visibility_services.Subject(unit_id=province.unit("上城区民政局")),
        terms=visibility_services.Terms(VisibilityEffect.MASK, masked=[MaskedField.TITLE]),
        now=timezone.now(),
    )
    assert names(client, "上城区民政局 局长") == []
    assert names(client, "林上城") == ["林上城"]


@pytest.mark.parametrize("text", ["国", "国 ", "杭州市 国", "浙江省 局长"])
def test_too_wide_a_search_is_refused_politely(text: str, client: Client) -> None:
    answer = client.get("/api/v1/org/people/search", {"text": text})
    assert (answer.status_code, answer.json()["code"]) == (422, "ORG_SEARCH_TOO_WIDE")


def test_a_whole_number_is_found_by_administrators_among_their_own(province: Province) -> None:
    number = "13800000019"  # 孙收文, in 西湖区
    person = search(province.client("何管理"), number)
    assert len(person) == 1
    assert person[0]["unit_name"] in ("办公室", "一科", "西湖区民政局", "西湖区卫生健康局")
    for stranger in (VIEWER, "马科员", "卫二"):
        assert search(province.client(stranger), number) == []
    assert search(province.client("何管理"), number[:10]) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("民政局", "西湖区民政局"),
        ("卫健局", "西湖区卫生健康局"),
        ("xhqmzj", "西湖区民政局"),
        ("mzj", "西湖区民政局"),
        ("西湖 民政", "西湖区民政局"),
        ("上城 业务科", "业务科"),
        ("330106", "西湖区"),
        ("西湖区", "西湖区"),
    ],
)
def test_units_are_found_by_names_initials_and_codes_near_ones_first(
    text: str, first: str, client: Client
) -> None:
    assert unit_names(client, text)[0] == first


def test_a_unit_is_found_by_its_short_and_other_names(client: Client, province: Province) -> None:
    administrator = province.client("何管理")
    path = f"/api/v1/org/units/{province.unit('西湖区卫生健康局')}"
    described = {"short_name": "西湖卫健", "other_names": ["爱国卫生办"]}
    answer = administrator.post(f"{path}/details", described, content_type="application/json")
    assert answer.status_code == 204, answer.content
    assert unit_names(client, "西湖卫健") == ["西湖区卫生健康局"]
    assert unit_names(client, "爱国卫生") == ["西湖区卫生健康局"]
    assert unit_names(client, "agws") == ["西湖区卫生健康局"]
    named = {"name": "西湖区卫健委", "short_name": "西湖卫委"}
    answer = administrator.post(f"{path}/names", named, content_type="application/json")
    assert answer.status_code == 204, answer.content
    assert unit_names(client, "卫生健康局") == []
    assert unit_names(client, "爱国卫生") == unit_names(client, "xhww") == ["西湖区卫健委"]
    (shown,) = client.get("/api/v1/org/people/search", {"text": "赵卫东"}).json()
    assert shown["unit_name"] == "西湖区卫健委"


def test_an_administrator_with_many_grants_finds_in_all_of_them_and_nowhere_else(
    province: Province,
) -> None:
    holder = province.person("宋收文")
    roots = ["西湖区民政局/一科", "上城区民政局/一科"]
    AdminGrant.objects.bulk_create(
        AdminGrant(
            person_id=holder,
            role=AdminRole.PEOPLE,
            root_id=province.unit(root),
            valid_from=factories.FOUNDED,
        )
        for root in roots
    )
    found = directory.search_people(
        "科员",
        at=timezone.now(),
        viewer=visibility.EVERYTHING,
        administrator=Administrator(holder, AdminRole.PEOPLE),
    )
    assert [person.name for person in found] == ["罗科员", "马科员"]


@pytest.mark.parametrize(
    "text", ["%%%%", "' OR 1=1 --", "\\", "_ _ _", "a b c d e f g h", "()[]{}"]
)
def test_hostile_text_finds_nobody(text: str, client: Client) -> None:
    for address in ("people/search", "units/search"):
        answer = client.get(f"/api/v1/org/{address}", {"text": text})
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("text", ["王" * 10_000, "王\x00"])
def test_endless_text_and_nul_are_refused(text: str, client: Client) -> None:
    for address in ("people/search", "units/search"):
        assert client.get(f"/api/v1/org/{address}", {"text": text}).status_code == 422


def test_beyond_four_words_the_rest_is_one() -> None:
    query = matching.read(" 甲 乙\x00 丙 丁 戊 ")
    assert query is not None
    assert [term.text for term in query.terms] == ["甲", "乙", "丙", "丁戊"]
    assert query.whole.text == "甲乙丙丁戊"
    assert matching.read(" \x00 ") is None
