"""The tree over HTTP: lazy reading, and changes within an administrator's scope."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org import codes
from org.models import AdminGrant, Unit
from org.queries import tree as tree_queries
from org.queries import units, visibility
from tests import factories
from tests.conftest import Budget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

ADMIN = "何管理"  # administers units and people of 西湖区


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def get(client: Client, path: str, **query: str | int) -> Any:
    answer = client.get(f"/api/v1/org/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def snapshot() -> list[tuple[object, ...]]:
    fields = ("id", "parent_id", "lft", "rght", "name", "valid_to")
    return list(Unit.objects.order_by("id").values_list(*fields))


def test_the_tree_opens_level_by_level_with_counts(
    province: factories.Province, budget: Budget
) -> None:
    client = province.client("王伟民")
    with budget("org.units.roots"):
        (top,) = get(client, "units")
    assert (top["name"], top["child_count"], top["people_count"]) == ("浙江省", 3, 35)
    with budget("org.units.children"):
        page = get(client, f"units/{top['id']}/children")
    assert [(u["name"], u["child_count"], u["people_count"]) for u in page["items"]] == [
        ("杭州市", 3, 25),
        ("宁波市", 1, 5),
        ("浙江省民政厅", 2, 5),
    ]
    assert page["next_cursor"] is None


def test_children_come_in_pages_that_meet(province: factories.Province) -> None:
    client = province.client("王伟民")
    path = f"units/{province.unit('西湖区')}/children"
    first = get(client, path, limit=2)
    second = get(client, path, limit=2, cursor=first["next_cursor"])
    names = [unit["name"] for unit in first["items"] + second["items"]]
    assert names == ["西湖区人民政府办公室", "西湖区民政局", "西湖区卫生健康局"]
    assert second["next_cursor"] is None
    assert client.get(f"/api/v1/org/{path}", {"cursor": "forged"}).status_code == 400


def test_a_unit_shows_its_path_from_the_root(province: factories.Province, budget: Budget) -> None:
    client = province.client("王伟民")
    with budget("org.units.show"):
        card = get(client, f"units/{province.unit('西湖区民政局/一科')}")
    assert [unit["name"] for unit in card["path"]] == [
        "浙江省", "杭州市", "西湖区", "西湖区民政局", "一科",
    ]  # fmt: skip
    assert (card["kind_name"], card["people_count"], card["people_below_count"]) == (
        "内设机构", 2, 2,
    )  # fmt: skip


def test_an_unknown_unit_is_not_found(province: factories.Province) -> None:
    client = province.client("王伟民")
    for path in ("units/999999", "units/999999/people"):
        answer = client.get(f"/api/v1/org/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "ORG_UNIT_NOT_FOUND")


def test_units_are_found_by_two_characters_and_by_code(
    province: factories.Province, budget: Budget
) -> None:
    client = province.client("王伟民")
    with budget("org.units.search"):
        found = get(client, "units/search", text="民政局", root_id=province.unit("杭州市"))
    assert [unit["name"] for unit in found] == ["西湖区民政局", "杭州市民政局", "上城区民政局"]
    assert found[0]["path"] == "浙江省 / 杭州市 / 西湖区"
    assert [u["name"] for u in get(client, "units/search", text="330106")] == ["西湖区"]
    assert get(client, "units/search", text="100%_民") == []


def test_a_county_admin_adds_renames_moves_and_abolishes_within_the_county(
    province: factories.Province,
) -> None:
    client = province.client(ADMIN)
    added = send(
        client,
        f"units/{province.unit('西湖区民政局')}/children",
        {"name": "养老服务科", "kind": "department"},
    )
    assert added.status_code == 201
    unit_id = added.json()["id"]
    assert [u.name for u in units.path(unit_id)][-2:] == ["西湖区民政局", "养老服务科"]
    renamed = send(client, f"units/{unit_id}/names", {"name": "养老和残疾人服务科"})
    assert renamed.status_code == 204
    moved = send(client, f"units/{unit_id}/move", {"parent_id": province.unit("西湖区卫生健康局")})
    assert moved.json() == {"moved": 1}
    assert [u.name for u in units.path(unit_id)][-2:] == ["西湖区卫生健康局", "养老和残疾人服务科"]
    assert send(client, f"units/{unit_id}/abolish").status_code == 204
    assert units.card(unit_id, at=timezone.now(), viewer=visibility.EVERYTHING).abolished
    shown = get(client, f"units/{province.unit('西湖区卫生健康局')}/children")["items"]
    assert [unit["name"] for unit in shown] == ["办公室", "业务科"]
    actions = AuditEntry.objects.filter(object_kind="org.unit").order_by("id")
    assert list(actions.values_list("action", "actor_name", "object_id")) == [
        ("org.unit.added", ADMIN, str(unit_id)),
        ("org.unit.renamed", ADMIN, str(unit_id)),
        ("org.unit.moved", ADMIN, str(unit_id)),
        ("org.unit.abolished", ADMIN, str(unit_id)),
    ]
    assert tree_queries.check().faults == ()


def test_an_admin_adds_an_organ_with_a_right_credit_code_only(
    province: factories.Province,
) -> None:
    client = province.client(ADMIN)
    path = f"units/{province.unit('西湖区')}/children"
    body = {"name": "西湖区数据局", "kind": "organ", "code": codes.credit_code("330106", 9)}
    wrong = send(client, path, {**body, "code": body["code"][:-1] + "0"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "ORG_BAD_UNIT_CODE")
    assert send(client, path, body).status_code == 201
    again = send(client, path, {**body, "name": "西湖区第二数据局"})
    assert (again.status_code, again.json()["code"]) == (409, "ORG_UNIT_CODE_TAKEN")
    assert Unit.objects.filter(name__startswith="西湖区第二").count() == 0


@pytest.mark.parametrize("person", [ADMIN, "王伟民"])
def test_nothing_can_be_changed_in_the_next_county(
    province: factories.Province, person: str
) -> None:
    client = province.client(person)
    next_county = province.unit("上城区民政局")
    before = snapshot()
    attempts = [
        (f"units/{next_county}/children", {"name": "新科", "kind": "department"}),
        (f"units/{next_county}/names", {"name": "改名"}),
        (f"units/{next_county}/move", {"parent_id": province.unit("西湖区")}),
        (f"units/{province.unit('西湖区民政局')}/move", {"parent_id": province.unit("上城区")}),
        (f"units/{next_county}/abolish", {}),
        (f"units/{province.unit('西湖区')}/abolish", {}),
        (f"units/{province.unit('西湖区')}/move", {"parent_id": province.unit("宁波市")}),
    ]
    for path, body in attempts:
        answer = send(client, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "ORG_OUT_OF_SCOPE"), path
    assert snapshot() == before
    denied = AuditEntry.objects.filter(action="core.access.denied", actor_name=person)
    assert denied.count() == len(attempts)


def test_a_regions_name_is_for_those_above_it(province: factories.Province) -> None:
    county, city = province.unit("西湖区"), province.unit("杭州市")
    refused = send(province.client(ADMIN), f"units/{county}/names", {"name": "西子区"})
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert units.names([county])[county].name == "西湖区"
    AdminGrant.objects.create(
        person_id=province.person("蒋市长"), role="org", root_id=city, valid_from=factories.FOUNDED
    )
    renamed = send(province.client("蒋市长"), f"units/{county}/names", {"name": "西子区"})
    assert renamed.status_code == 204


def test_a_unit_below_itself_is_refused_and_the_tree_unchanged(
    province: factories.Province,
) -> None:
    organ = province.unit("西湖区民政局")
    before = snapshot()
    for target in (organ, province.unit("西湖区民政局/一科")):
        answer = send(province.client(ADMIN), f"units/{organ}/move", {"parent_id": target})
        assert (answer.status_code, answer.json()["code"]) == (422, "ORG_UNIT_BELOW_ITSELF")
    assert snapshot() == before


def test_kinds_that_do_not_belong_below_a_unit_are_refused(
    province: factories.Province,
) -> None:
    before = snapshot()
    answer = send(
        province.client(ADMIN),
        f"units/{province.unit('西湖区民政局/一科')}/children",
        {"name": "西湖村", "kind": "region", "code": "330106001001"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "ORG_KIND_NOT_ALLOWED_HERE")
    assert answer.json()["detail"] == "“内设机构”之下不能设立“行政区划”"
    assert snapshot() == before


def test_a_unit_with_people_or_parts_is_not_abolished(province: factories.Province) -> None:
    client = province.client(ADMIN)
    before = snapshot()
    for name in ("西湖区民政局", "西湖区民政局/一科"):
        answer = send(client, f"units/{province.unit(name)}/abolish")
        assert (answer.status_code, answer.json()["code"]) == (409, "ORG_UNIT_IN_USE")
    assert snapshot() == before


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "kind": "department"},
        {"name": "一" * 201, "kind": "department"},
        {"name": "a\x00b", "kind": "department"},
        {"name": "科", "kind": "ministry"},
        {"name": "科", "kind": "department", "lft": 1},
        {"name": "科", "kind": "department", "code": "' OR 1=1"},
    ],
)
def test_a_malformed_unit_is_refused(province: factories.Province, body: object) -> None:
    before = snapshot()
    path = f"units/{province.unit('西湖区民政局')}/children"
    assert send(province.client(ADMIN), path, body).status_code == 422
    assert snapshot() == before


def test_reading_and_writing_need_a_session(province: factories.Province) -> None:
    stranger = Client()
    assert stranger.get("/api/v1/org/units").status_code == 401
    before = snapshot()
    path = f"units/{province.unit('西湖区民政局')}/children"
    assert send(stranger, path, {"name": "科", "kind": "department"}).status_code == 401
    assert snapshot() == before


def test_queries_place_units(province: factories.Province) -> None:
    office = province.unit("西湖区民政局/办公室")
    assert units.organ_of(office).name == "西湖区民政局"
    assert units.organ_of(province.unit("西湖区")).name == "西湖区"
    assert units.is_within(office, province.unit("杭州市"))
    assert units.is_within(office, office)
    assert not units.is_within(office, province.unit("上城区"))
    assert not units.is_within(province.unit("杭州市"), office)
    roots = [province.unit("上城区"), province.unit("杭州市"), province.unit("西湖区")]
    assert units.within_any(office, roots) == [province.unit("西湖区"), province.unit("杭州市")]
    assert units.names([office, 999999])[office].kind == "department"
    assert len(units.names([office, 999999])) == 1
    assert units.path(999999) == []
    organs = units.organs_in(province.unit("西湖区"), at=timezone.now())
    assert len(organs) == 3


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten_unread(
    province: factories.Province,
) -> None:
    unit_id = province.unit("西湖区民政局")
    path = f"/api/v1/org/units/{unit_id}"
    he = province.client("何管理")

    def send(what: str, **body: object) -> tuple[int, str]:
        answer = he.post(f"{path}/{what}", body, content_type="application/json")
        return answer.status_code, "" if answer.status_code == 204 else answer.json()["code"]

    seen = {"name": "西湖区民政局", "phone": ""}
    assert send("details", phone="0571-1", seen=seen) == (204, "")
    refused = (409, "ORG_UNIT_CHANGED")
    assert send("details", phone="0571-2", seen=seen) == refused
    assert send("names", name="西湖区民政和社会工作局", seen=seen) == refused
    assert (row := Unit.objects.get(pk=unit_id)).name == "西湖区民政局"
    assert row.phone == "0571-1"
    assert send("names", name="西湖区社会工作局", seen={**seen, "phone": "0571-1"}) == (204, "")
    assert send("details", note="已核", seen={"name": "西湖区民政局"}) == refused
    assert send("details", note="已核") == (204, "")
