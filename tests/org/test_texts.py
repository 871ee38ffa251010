"""Texts that the tables cannot hold are refused as such, and what just fits is kept."""

from typing import Any

import pytest
from django.utils import timezone

from org.models import Appointment, Person, Post, Unit
from org.queries import directory, visibility
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

ADMIN = "何管理"  # administers units and people of 西湖区


def send(province: factories.Province, path: str, body: object) -> Any:
    return province.client(ADMIN).post(f"/api/v1/org/{path}", body, content_type="application/json")


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Unit, Person, Post, Appointment))


UNIT = {"name": "二科", "kind": "department"}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "长" * 121},
        {"name": "二\x00科"},
        {"short_name": "短" * 61},
        {"short_name": "二\x00科"},
        {"address": "路" * 201},
        {"address": "路\x00"},
    ],
    ids=["name", "name-nul", "short", "short-nul", "address", "address-nul"],
)
def test_a_unit_with_texts_beyond_the_table_is_refused(
    province: factories.Province, change: dict[str, str]
) -> None:
    before = counts()
    unit = province.unit("西湖区民政局")
    added = send(province, f"units/{unit}/children", UNIT | change)
    assert (added.status_code, added.json()["code"]) == (422, "SCHEMA_VIOLATED")
    assert counts() == before
    if "address" not in change:
        renamed = send(province, f"units/{unit}/names", {"name": "民政局"} | change)
        assert renamed.status_code == 422
        assert Unit.objects.get(pk=unit).name == "西湖区民政局"


def test_a_long_name_lends_its_beginning_as_the_short_one(province: factories.Province) -> None:
    name = "长" * 119 + "科"
    unit = province.unit("西湖区民政局")
    added = send(province, f"units/{unit}/children", UNIT | {"name": name})
    assert added.status_code == 201
    made = Unit.objects.get(pk=added.json()["id"])
    assert (made.name, made.short_name) == (name, "长" * 60)
    assert send(province, f"units/{unit}/names", {"name": name}).status_code == 204
    assert Unit.objects.get(pk=unit).short_name == "长" * 60


def test_the_page_takes_a_long_name_too(province: factories.Province) -> None:
    unit = province.unit("西湖区民政局")
    client = province.client(ADMIN)
    answer = client.post(f"/administration/units/{unit}/rename/", {"name": "长" * 120})
    assert answer.status_code == 204
    assert Unit.objects.get(pk=unit).short_name == "长" * 60


PERSON = {"name": "丁一", "title": "科员", "function": "staff"}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "长" * 61},
        {"name": "丁\x00"},
        {"title": "长" * 81},
        {"title": "科\x00员"},
        {"job_level": "长" * 41},
        {"job_level": "\x00"},
    ],
    ids=["name", "name-nul", "title", "title-nul", "level", "level-nul"],
)
def test_a_person_with_texts_beyond_the_table_is_refused(
    province: factories.Province, change: dict[str, str]
) -> None:
    before = counts()
    path = f"units/{province.unit('西湖区民政局')}/people"
    answer = send(province, path, PERSON | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "SCHEMA_VIOLATED")
    assert counts() == before


def test_a_post_title_beyond_the_table_is_refused(province: factories.Province) -> None:
    before = counts()
    body = {"person_id": province.person("曾国强"), "title": "长" * 81, "function": "staff"}
    body["kind"] = "concurrent"
    path = f"units/{province.unit('西湖区民政局')}/appointments"
    assert send(province, path, body).status_code == 422
    assert counts() == before


@pytest.mark.parametrize("name", ["庄" * 60, "İ" * 60], ids=["庄", "İ"])
def test_a_person_of_sixty_characters_is_admitted_and_found(
    province: factories.Province, name: str
) -> None:
    unit = province.unit("西湖区民政局")
    admitted = send(province, f"units/{unit}/people", PERSON | {"name": name})
    assert admitted.status_code == 201, admitted.content
    stored = Person.objects.get(pk=admitted.json()["person_id"])
    assert stored.name == name
    if name.startswith("庄"):
        assert (stored.pinyin, stored.initials) == (("zhuang" * 60)[:200], "z" * 30)
        found = directory.search_people(
            "zzzz", at=timezone.now(), viewer=visibility.EVERYTHING, root_id=unit
        )
        assert [person.name for person in found] == [name]


UNSEEN = {
    "zero-width": "\u200b",
    "joiner": "\u2060",
    "bidi": "\u202e",
    "bom": "\ufeff",
    "line": "\n",
    "delete": "\x7f",
    "filler": "\u3164",
}


@pytest.mark.parametrize("letter", UNSEEN.values(), ids=UNSEEN.keys())
def test_names_hold_nothing_that_cannot_be_seen(province: factories.Province, letter: str) -> None:
    before = counts()
    unit = province.unit("西湖区民政局")
    name = f"二{letter}科"
    refused = [
        send(province, f"units/{unit}/children", UNIT | {"name": name}),
        send(province, f"units/{unit}/children", UNIT | {"short_name": name}),
        send(province, f"units/{unit}/names", {"name": name}),
        send(province, f"units/{unit}/people", PERSON | {"name": name}),
        send(province, f"units/{unit}/people", PERSON | {"title": name}),
        send(province, f"units/{unit}/posts", {"title": name, "function": "staff"}),
        province.client("曾国强").post(
            "/api/v1/messaging/conversations/groups",
            {"title": name, "person_ids": [province.person("王伟民")]},
            content_type="application/json",
        ),
    ]
    assert [answer.status_code for answer in refused] == [422] * len(refused)
    reasons = [fault["reason"] for answer in refused for fault in answer.json()["faults"]]
    assert "不能含有换行、零宽或控制字符，请重新键入" in reasons
    assert counts() == before
    assert Unit.objects.get(pk=unit).name == "西湖区民政局"


def test_pages_say_at_the_field_that_something_cannot_be_seen(province: factories.Province) -> None:
    unit, client = province.unit("西湖区民政局"), province.client(ADMIN)
    for path in ("rename/", "add/"):
        sent = {"name": "二\u200b科", "kind": "department"}
        answer = client.post(f"/administration/units/{unit}/{path}", sent)
        assert answer.status_code == 422, path
        assert "不能含有换行、零宽或控制字符，请重新键入" in answer.content.decode()
    assert Unit.objects.get(pk=unit).name == "西湖区民政局"
    assert not Unit.objects.filter(name__contains="\u200b").exists()


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2199-10-25T17:27:04-19:12", 200),
        ("0347-10-25T17:27:04-19:12", 422),
        ("0001-01-01T00:00:00+19:12", 422),
        ("9999-12-31T23:59:59-23:59", 422),
    ],
)
def test_moments_of_odd_offsets_reach_the_database_in_utc_or_not_at_all(
    province: factories.Province, moment: str, status: int
) -> None:
    unit, person = province.unit("西湖区民政局"), province.person("张晓梅")
    body = {"person_id": person, "role": "people", "subtree": True, "valid_until": moment}
    answer = send(province, f"units/{unit}/grants", body)
    assert answer.status_code // 100 == status // 100, answer.content
