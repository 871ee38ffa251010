"""People of a unit, cards, search, and phone numbers."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org.models import AppointmentSearch, Person
from org.queries import people
from org.services import moves
from tests import factories
from tests.conftest import Budget
from tests.org import calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


@pytest.fixture
def client(province: factories.Province) -> Client:
    return province.client("王伟民")


def get(client: Client, path: str, **query: str | int) -> Any:
    answer = client.get(f"/api/v1/org/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_people_stand_by_rank_in_the_unit_itself_or_with_all_below(
    province: factories.Province, client: Client, budget: Budget
) -> None:
    path = f"units/{province.unit('西湖区民政局')}/people"
    with budget("org.people.in_unit"):
        own = get(client, path)
    assert [(p["name"], p["title"]) for p in own["items"]] == [
        ("王伟民", "局长"),
        ("李建国", "副局长"),
    ]
    with budget("org.people.in_subtree"):
        below = get(client, path, with_below=True)
    assert [(p["name"], p["unit_name"]) for p in below["items"]] == [
        ("王伟民", "西湖区民政局"),
        ("李建国", "西湖区民政局"),
        ("张晓梅", "办公室"),
        ("曾国强", "一科"),
        ("单小芳", "一科"),
    ]


def test_pages_of_people_meet_without_gap_or_repeat(
    province: factories.Province, client: Client
) -> None:
    path = f"units/{province.unit('浙江省')}/people"
    seen: list[str] = []
    cursor = ""
    while True:
        page = get(client, path, with_below=True, limit=8, cursor=cursor)
        seen += [person["name"] for person in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 35


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("曾国", ["曾国强"]),
        ("国强", ["曾国强"]),
        ("zengguoqiang", ["曾国强"]),
        ("zgq", ["曾国强"]),
        ("ZGQ", ["曾国强"]),
        ("shan", ["单小芳"]),
        ("dan", []),
        # Whoever is found by the post stands by reading, the own organ first.
        ("科员", ["单小芳", "吕安全", "吴健"]),
    ],
)
def test_people_are_found_by_infix_pinyin_and_initials(
    province: factories.Province, client: Client, text: str, names: list[str]
) -> None:
    found = get(client, "people/search", text=text, root_id=province.unit("西湖区"))
    assert [person["name"] for person in found] == names


def test_a_search_stays_within_its_subtree(
    province: factories.Province, client: Client, budget: Budget
) -> None:
    with budget("org.people.search"):
        everywhere = get(client, "people/search", text="科员")
    assert {person["unit_name"] for person in everywhere} == {"业务科"}
    assert [person["name"] for person in everywhere] == ["董科员", "罗科员", "马科员", "唐科员"]
    within = get(client, "people/search", text="科员", root_id=province.unit("上城区"))
    assert sorted(person["name"] for person in within) == ["罗科员", "马科员"]


def test_one_character_is_too_wide_for_a_province_and_fine_in_a_county(
    province: factories.Province, client: Client
) -> None:
    whole: dict[str, str | int] = {"text": "国", "root_id": province.unit("浙江省")}
    for query in ({"text": "国"}, whole):
        refused = client.get("/api/v1/org/people/search", query)
        assert (refused.status_code, refused.json()["code"]) == (422, "ORG_SEARCH_TOO_WIDE")
    found = get(client, "people/search", text="国", root_id=province.unit("西湖区"))
    assert {person["name"] for person in found} == {"李建国", "曾国强"}


@pytest.mark.parametrize("text", ["%", "%%%%", "__", "\\", "' OR 1=1 --", "  "])
def test_special_characters_find_nobody(
    province: factories.Province, client: Client, text: str
) -> None:
    query: dict[str, str | int] = {"text": text, "root_id": province.unit("西湖区")}
    answer = client.get("/api/v1/org/people/search", query)
    assert (answer.status_code, answer.json()) == (200, [])


def test_an_endless_or_nul_text_is_refused(client: Client) -> None:
    for text in ("王" * 10_000, "王\x00"):
        answer = client.get("/api/v1/org/people/search", {"text": text})
        assert answer.status_code == 422


def test_a_card_masks_the_phone_and_names_the_post(
    province: factories.Province, client: Client, budget: Budget
) -> None:
    with budget("org.people.card"):
        card = get(client, f"people/{province.person('曾国强')}")
    assert card["phone_masked"] == "138****0018"
    assert [(a["unit_path"], a["title"]) for a in card["appointments"]] == [
        ("浙江省 / 杭州市 / 西湖区 / 西湖区民政局 / 一科", "科长")
    ]
    assert client.get("/api/v1/org/people/999999").status_code == 404


def test_the_phone_is_stored_encrypted(province: factories.Province) -> None:
    person = Person.objects.get(pk=province.person("曾国强"))
    assert person.phone_cipher is not None
    assert person.phone_index is not None
    assert b"1380000" not in bytes(person.phone_cipher)
    assert len(bytes(person.phone_index)) == 32


def test_revealing_a_phone_is_for_the_county_and_is_audited(
    province: factories.Province,
) -> None:
    path = f"/api/v1/org/people/{province.person('曾国强')}/phone"
    shown = province.client("何管理").post(path, content_type="application/json")
    assert shown.json() == {"phone": "13800000018"}
    own = province.client("曾国强").post(path, content_type="application/json")
    assert own.json() == {"phone": "13800000018"}
    for stranger in ("马科员", "王伟民"):
        refused = province.client(stranger).post(path, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    revealed = AuditEntry.objects.filter(action="org.phone.revealed").order_by("id")
    assert sorted(revealed.values_list("actor_name", flat=True)) == ["何管理", "曾国强"]
    assert AuditEntry.objects.filter(action="core.access.denied").count() == 2


def test_names_tell_unit_and_title_of_the_instant(province: factories.Province) -> None:
    ids = [province.person("王伟民"), 999999]
    (named,) = people.names(ids, at=timezone.now()).values()
    assert (named.name, named.unit_name, named.title) == ("王伟民", "西湖区民政局", "局长")
    (before,) = people.names(ids, at=factories.FOUNDED.replace(year=2020)).values()
    assert (before.unit_id, before.unit_name) == (None, "")


def test_a_wrong_anchor_hides_a_person_and_never_leaks_one(
    province: factories.Province, client: Client
) -> None:
    row = AppointmentSearch.objects.filter(pk=province.appointments["曾国强"])
    row.update(county_id=province.unit("上城区"))
    for district in ("西湖区", "上城区"):
        query: dict[str, str | int] = {"text": "曾国", "root_id": province.unit(district)}
        assert client.get("/api/v1/org/people/search", query).json() == []


def test_people_of_a_moved_unit_are_found_in_their_new_place(
    province: factories.Province,
) -> None:
    moves.move(
        actor=actor.system("test"),
        unit_id=province.unit("西湖区民政局"),
        parent_id=province.unit("海曙区"),
        now=timezone.now(),
    )
    client = province.client("王伟民")
    found = get(client, "people/search", text="曾国", root_id=province.unit("宁波市"))
    assert [person["name"] for person in found] == ["曾国强"]
    assert get(client, "people/search", text="曾国", root_id=province.unit("西湖区")) == []


def patch(client: Client, person_id: int, **body: object) -> Any:
    return client.patch(f"/api/v1/org/people/{person_id}", body, content_type="application/json")


def test_a_changed_name_is_found_at_once_and_the_old_one_is_not(
    province: factories.Province,
) -> None:
    admin = province.client("何管理")
    person = province.person("曾国强")
    changed = patch(admin, person, name="单强", job_level="四级主任科员", staff_number="A-17")
    assert changed.status_code == 204, changed.content
    row = Person.objects.get(pk=person)
    assert (row.name, row.pinyin, row.initials) == ("单强", "shanqiang", "sq")
    assert (row.job_level, row.staff_number) == ("四级主任科员", "A-17")
    for text, names in (("单强", ["单强"]), ("shanqiang", ["单强"]), ("曾国", [])):
        found = get(admin, "people/search", text=text)
        assert [one["name"] for one in found] == names, text
    said = AuditEntry.objects.get(action="org.person.updated")
    assert said.detail["before"] == {"name": "曾国强", "job_level": "", "staff_number": ""}


def test_the_log_of_a_changed_phone_does_not_tell_the_number(
    province: factories.Province,
) -> None:
    person = province.person("曾国强")
    assert patch(province.client("何管理"), person, phone="13911112222").status_code == 204
    path = f"/api/v1/org/people/{person}/phone"
    shown = province.client("何管理").post(path, content_type="application/json")
    assert shown.json() == {"phone": "13911112222"}
    said = AuditEntry.objects.get(action="org.person.updated")
    assert said.detail == {"before": {}, "after": {}, "phone_changed": True}


def test_people_change_their_own_phone_and_nothing_else(province: factories.Province) -> None:
    own = province.client("曾国强")
    person = province.person("曾国强")
    assert patch(own, person, phone="13911112222").status_code == 204
    refused = patch(own, person, job_level="县处级正职")
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OWN_APPOINTMENT")
    admin = patch(province.client("何管理"), province.person("何管理"), job_level="县处级正职")
    assert (admin.status_code, admin.json()["code"]) == (403, "ORG_OWN_APPOINTMENT")
    for field in ("role", "clearance", "is_staff", "status", "public_id"):
        assert patch(own, person, **{field: "x"}).status_code == 422, field
    assert Person.objects.exclude(job_level="").count() == 0


def test_only_the_main_posts_administrators_change_a_person(
    province: factories.Province,
) -> None:
    person = province.person("曾国强")
    for stranger in ("马科员", "王伟民"):
        refused = patch(province.client(stranger), person, name="别名")
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert patch(province.client("何管理"), 999999, name="别名").status_code == 403
    assert Person.objects.get(pk=person).name == "曾国强"


def test_a_number_of_somebody_who_administers_more_is_not_changed(
    province: factories.Province,
) -> None:
    calls.grant(province, "沈副市", "people", "浙江省民政厅")
    client = province.client("沈副市")
    for person, status in (("卫二", 403), ("冯副厅", 403), ("郑省长", 204)):
        path = f"/api/v1/org/people/{province.person(person)}"
        answer = client.patch(path, {"staff_number": "A-1"}, content_type="application/json")
        assert answer.status_code == status, (person, answer.content)
    named = Person.objects.exclude(staff_number="").values_list("name", flat=True)
    assert list(named) == ["郑省长"]
