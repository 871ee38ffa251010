"""条块: a line of work runs across the tree, and each administrator keeps to the own units."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org.kinds import LineRelationKind, LineRole, UnitKind
from org.models import AdminGrant, Line, LineRelation, LineUnit
from org.queries import lines as queries
from org.queries.visibility import EVERYTHING
from org.services import lines, units
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

CIVIL = ("浙江省民政厅", "杭州市民政局", "上城区民政局", "西湖区民政局", "海曙区民政局")


@pytest.fixture
def province() -> factories.Province:
    """The small province, with 蒋市长 as organisation administrator of all of it."""
    province = factories.small_province()
    AdminGrant.objects.create(
        person_id=province.person("蒋市长"),
        role="org",
        root_id=province.unit("浙江省"),
        valid_from=factories.FOUNDED,
    )
    return province


@pytest.fixture
def civil(province: factories.Province) -> int:
    """The line 民政 of the province, with its five organs."""
    client = province.client("蒋市长")
    body = {"root_id": province.unit("浙江省"), "name": "民政", "code": "civil_affairs"}
    line_id = send(client, "lines", body).json()["id"]
    placed = send(
        client, f"lines/{line_id}/units", {"unit_ids": [province.unit(name) for name in CIVIL]}
    )
    assert placed.json() == {"placed": 5}
    return int(line_id)


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def get(client: Client, path: str, **query: str | int) -> Any:
    answer = client.get(f"/api/v1/org/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def competent(province: factories.Province, line_id: int, unit: str) -> str | None:
    found = queries.competent_unit(
        province.unit(unit), line_id, at=timezone.now(), viewer=EVERYTHING
    )
    return found.name if found else None


def rows() -> tuple[int, int, int]:
    held = {"valid_to__isnull": True}
    return (
        Line.objects.filter(ended_at__isnull=True).count(),
        LineUnit.objects.filter(**held).count(),
        LineRelation.objects.filter(**held).count(),
    )


def test_the_units_of_a_line_come_from_the_highest_down(
    province: factories.Province, civil: int
) -> None:
    client = province.client("张晓梅")
    page = get(client, f"lines/{civil}/units")
    assert [(unit["name"], unit["people_count"]) for unit in page["items"]] == [
        ("浙江省民政厅", 5),
        ("杭州市民政局", 5),
        ("西湖区民政局", 5),
        ("上城区民政局", 5),
        ("海曙区民政局", 5),
    ]
    first = get(client, f"lines/{civil}/units", limit=2)
    second = get(client, f"lines/{civil}/units", limit=3, cursor=first["next_cursor"])
    assert first["items"] + second["items"] == page["items"]
    below = get(client, f"lines/{civil}/units", root_id=province.unit("杭州市"))
    assert [unit["name"] for unit in below["items"]] == [
        "杭州市民政局", "西湖区民政局", "上城区民政局",
    ]  # fmt: skip


def test_the_people_of_a_line_are_those_of_its_units_and_below(
    province: factories.Province, civil: int
) -> None:
    client = province.client("张晓梅")
    page = get(client, f"lines/{civil}/people", root_id=province.unit("西湖区"))
    assert [(one["name"], one["unit_name"], one["line_unit_name"]) for one in page["items"]] == [
        ("王伟民", "西湖区民政局", "西湖区民政局"),
        ("李建国", "西湖区民政局", "西湖区民政局"),
        ("张晓梅", "办公室", "西湖区民政局"),
        ("曾国强", "一科", "西湖区民政局"),
        ("单小芳", "一科", "西湖区民政局"),
    ]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        part = get(client, f"lines/{civil}/people", limit=7, cursor=cursor)
        seen += [one["person_id"] for one in part["items"]]
        cursor = part["next_cursor"]
    assert len(seen) == len(set(seen)) == 25


def test_somebody_below_two_units_of_the_line_is_listed_once(
    province: factories.Province, civil: int
) -> None:
    section = province.unit("西湖区民政局/一科")
    body = {"unit_ids": [section], "role": "assist"}
    assert send(province.client("蒋市长"), f"lines/{civil}/units", body).json() == {"placed": 1}
    page = get(province.client("张晓梅"), f"lines/{civil}/people", root_id=province.unit("西湖区"))
    places = [(one["name"], one["line_unit_name"]) for one in page["items"]]
    assert sorted(places) == sorted(
        [
            ("王伟民", "西湖区民政局"), ("李建国", "西湖区民政局"), ("张晓梅", "西湖区民政局"),
            ("曾国强", "一科"), ("单小芳", "一科"),
        ]
    )  # fmt: skip
    assert competent(province, civil, "西湖区民政局/一科") == "西湖区民政局"
    card = queries.line(
        civil, root_id=province.unit("西湖区"), at=timezone.now(), viewer=EVERYTHING
    )
    assert (card.unit_count, card.people_count) == (2, 5)


def test_the_competent_unit_is_the_nearest_one_above(
    province: factories.Province, civil: int
) -> None:
    assert competent(province, civil, "西湖区民政局") == "杭州市民政局"
    assert competent(province, civil, "杭州市民政局") == "浙江省民政厅"
    assert competent(province, civil, "浙江省民政厅") is None
    # 宁波市 has no organ of the line: the province's is the nearest.
    assert competent(province, civil, "海曙区民政局") == "浙江省民政厅"
    # A unit that is not of the line has one all the same.
    assert competent(province, civil, "西湖区卫生健康局") == "杭州市民政局"
    assert competent(province, civil, "西湖区民政局/一科") == "西湖区民政局"


def test_a_relation_goes_before_the_place_in_the_tree(
    province: factories.Province, civil: int
) -> None:
    client = province.client("蒋市长")
    lower, upper = province.unit("海曙区民政局"), province.unit("杭州市民政局")
    body = {"lower_id": lower, "upper_id": upper, "kind": "guidance"}
    relation = send(client, f"lines/{civil}/relations", body).json()["id"]
    shown = get(client, f"lines/{civil}/units/{lower}/competent")
    assert (shown["name"], shown["relation_name"], shown["relation_id"]) == (
        "杭州市民政局", "业务指导", relation,
    )  # fmt: skip
    vertical = {**body, "upper_id": province.unit("浙江省民政厅"), "kind": "vertical"}
    send(client, f"lines/{civil}/relations", vertical)
    assert competent(province, civil, "海曙区民政局") == "浙江省民政厅"
    below = get(client, f"lines/{civil}/units/{upper}/subordinates")
    assert [unit["name"] for unit in below] == ["西湖区民政局", "上城区民政局"]
    assert send(client, f"line-relations/{relation}/end").status_code == 204
    assert send(client, f"line-relations/{relation}/end").status_code == 404
    assert rows() == (1, 5, 1)


def test_nobody_stands_above_himself(province: factories.Province, civil: int) -> None:
    client = province.client("蒋市长")
    one, two, three = (province.unit(name) for name in CIVIL[:3])
    path = f"lines/{civil}/relations"
    for lower, upper in ((two, one), (three, two)):
        body = {"lower_id": lower, "upper_id": upper, "kind": "leadership"}
        assert send(client, path, body).status_code == 201
    for lower, upper in ((one, three), (one, two), (one, one)):
        body = {"lower_id": lower, "upper_id": upper, "kind": "guidance"}
        refused = send(client, path, body)
        assert (refused.status_code, refused.json()["code"]) == (422, "ORG_LINE_RELATION_CIRCLE")
    again = {"lower_id": two, "upper_id": one, "kind": "dual"}
    assert send(client, path, again).json()["code"] == "ORG_LINE_RELATION_GIVEN"
    stranger = {"lower_id": province.unit("西湖区卫生健康局"), "upper_id": one, "kind": "dual"}
    assert send(client, path, stranger).json()["code"] == "ORG_NOT_IN_LINE"
    assert rows() == (1, 5, 2)


def test_a_unit_that_leaves_the_line_leaves_its_relations(
    province: factories.Province, civil: int
) -> None:
    client = province.client("蒋市长")
    lower, upper = province.unit("西湖区民政局"), province.unit("杭州市民政局")
    body = {"lower_id": lower, "upper_id": upper, "kind": "guidance"}
    send(client, f"lines/{civil}/relations", body)
    before = timezone.now()
    assert send(client, f"lines/{civil}/units/{upper}/withdraw").status_code == 204
    assert rows() == (1, 4, 0)
    assert competent(province, civil, "西湖区民政局") == "浙江省民政厅"
    then = queries.competent_unit(lower, civil, at=before, viewer=EVERYTHING)
    assert then is not None
    assert then.name == "杭州市民政局"
    assert send(client, f"lines/{civil}/units/{upper}/withdraw").status_code == 422


def test_a_county_places_its_own_units_only(province: factories.Province, civil: int) -> None:
    client = province.client("何管理")
    own = {"unit_ids": [province.unit("西湖区卫生健康局")], "role": "assist"}
    assert send(client, f"lines/{civil}/units", own).json() == {"placed": 1}
    before = rows()
    both = [province.unit("西湖区人民政府办公室"), province.unit("上城区")]
    attempts: list[tuple[str, dict[str, object]]] = [
        (f"lines/{civil}/units", {"unit_ids": both}),
        (f"lines/{civil}/units/{province.unit('上城区民政局')}/withdraw", {}),
        (f"lines/{civil}/end", {}),
        ("lines", {"root_id": province.unit("上城区"), "name": "教育", "code": "education"}),
        (
            f"lines/{civil}/relations",
            {
                "lower_id": province.unit("西湖区民政局"),
                "upper_id": province.unit("杭州市民政局"),
                "kind": "vertical",
            },
        ),
    ]
    for path, body in attempts:
        refused = send(client, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE"), path
    assert rows() == before
    plain = province.client("张晓梅")
    assert send(plain, f"lines/{civil}/units", own).status_code == 403
    assert rows() == before


def test_a_unit_outside_the_root_does_not_join(province: factories.Province) -> None:
    client = province.client("蒋市长")
    body = {"root_id": province.unit("西湖区"), "name": "区教育", "code": "education"}
    line_id = send(client, "lines", body).json()["id"]
    refused = send(client, f"lines/{line_id}/units", {"unit_ids": [province.unit("上城区民政局")]})
    assert (refused.status_code, refused.json()["detail"]) == (
        422, "“上城区民政局”不在“西湖区”范围内，不能加入该条线",
    )  # fmt: skip
    assert send(client, "lines", body).json()["code"] == "ORG_LINE_TAKEN"
    assert rows() == (1, 0, 0)


def test_an_ended_line_runs_no_more_and_its_name_is_free(
    province: factories.Province, civil: int
) -> None:
    client = province.client("蒋市长")
    assert send(client, f"lines/{civil}/end").status_code == 204
    assert rows() == (0, 0, 0)
    assert client.get(f"/api/v1/org/lines/{civil}/units").status_code == 404
    body = {"root_id": province.unit("浙江省"), "name": "民政", "code": "civil_affairs"}
    assert send(client, "lines", body).status_code == 201


def test_the_usual_lines_are_founded_once(province: factories.Province) -> None:
    call_command("seed_lines")
    assert rows()[0] == 23
    at = timezone.now()
    cards = queries.lines(province.unit("浙江省"), at=at, viewer=EVERYTHING)
    counts = {card.name: (card.unit_count, card.people_count) for card in cards}
    assert (counts["民政"], counts["卫健"], counts["教育"]) == ((5, 25), (1, 5), (0, 0))
    before = rows()
    call_command("seed_lines", root="33")
    assert rows() == before
    units.add(
        actor=province.actor("蒋市长"),
        parent_id=province.unit("西湖区"),
        name="西湖区教育局",
        kind=UnitKind.ORGAN,
        now=timezone.now(),
    )
    call_command("seed_lines")
    assert rows() == (23, before[1] + 1, 0)


def test_lines_are_named_by_unit(province: factories.Province, civil: int) -> None:
    unit = province.unit("西湖区民政局")
    shown = get(province.client("张晓梅"), f"units/{unit}/line-roles")
    assert [(one["line_name"], one["role_name"]) for one in shown] == [("民政", "主管")]
    county = get(province.client("张晓梅"), f"units/{province.unit('西湖区')}/lines")
    assert [(one["name"], one["unit_count"], one["people_count"]) for one in county] == [
        ("民政", 1, 5)
    ]
    assert LineRelationKind.GUIDANCE.label == "业务指导"


def test_acts_on_lines_are_in_the_audit_log(province: factories.Province, civil: int) -> None:
    lines.set_role(
        actor=province.actor("何管理"),
        line_id=civil,
        unit_id=province.unit("西湖区民政局"),
        role=LineRole.ASSIST,
        now=timezone.now(),
    )
    held = AuditEntry.objects.filter(object_kind="org.line").order_by("id")
    assert list(held.values_list("action", "actor_name")) == [
        ("org.line.defined", "蒋市长"),
        ("org.line.units_added", "蒋市长"),
        ("org.line.role_set", "何管理"),
    ]
