"""The organisation as it stood on a day, what changed since, and where old codes lead."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from core.actor import system
from org.kinds import AppointmentKind, PostFunction, UnitKind
from org.models import UnitPast
from org.queries import history
from org.queries.visibility import EVERYTHING
from org.services import appointments, mergers, moves, units
from tests import factories
from tests.conftest import Budget
from tests.org.calls import ADMIN, get, send

pytestmark = pytest.mark.django_db

BY = system("test")
FEBRUARY = datetime(2025, 2, 1, 9, tzinfo=timezone.get_default_timezone())
MARCH = datetime(2025, 3, 1, 9, tzinfo=timezone.get_default_timezone())
APRIL = datetime(2025, 4, 1, 9, tzinfo=timezone.get_default_timezone())
MAY = datetime(2025, 5, 1, 9, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def province() -> factories.Province:
    """In February 一科 is renamed, in March it goes to 卫生健康局, in April into its 办公室."""
    province = factories.small_province()
    unit = province.unit("西湖区民政局/一科")
    units.rename(actor=BY, unit_id=unit, name="养老科", now=FEBRUARY)
    moves.move(actor=BY, unit_id=unit, parent_id=province.unit("西湖区卫生健康局"), now=MARCH)
    mergers.merge(
        actor=BY, unit_ids=[unit], into_id=province.unit("西湖区卫生健康局/办公室"), now=APRIL
    )
    return province


def shown(province: factories.Province, organ: str, day: str) -> list[tuple[str, int]]:
    client = province.client("王伟民")
    page = get(client, f"history/units/{province.unit(organ)}/children", as_of=day)
    return [(unit["name"], unit["people_count"]) for unit in page["items"]]


def test_each_day_shows_the_tree_of_that_day(province: factories.Province) -> None:
    civil, health = "西湖区民政局", "西湖区卫生健康局"
    assert shown(province, civil, "2025-01-31") == [("办公室", 1), ("一科", 2)]
    assert shown(province, civil, "2025-02-01") == [("办公室", 1), ("养老科", 2)]
    assert shown(province, civil, "2025-03-01") == [("办公室", 1)]
    assert shown(province, health, "2025-02-28") == [("办公室", 1), ("业务科", 2)]
    assert shown(province, health, "2025-03-31") == [("办公室", 1), ("业务科", 2), ("养老科", 2)]
    assert shown(province, health, "2025-04-01") == [("办公室", 3), ("业务科", 2)]
    today = timezone.localdate().isoformat()
    assert shown(province, health, today) == [("办公室", 3), ("业务科", 2)]
    assert shown(province, civil, "2023-12-31") == []


def test_a_unit_is_shown_with_its_name_and_place_of_the_day(
    province: factories.Province, budget: Budget
) -> None:
    client, unit = province.client("王伟民"), province.unit("西湖区民政局/一科")
    with budget("org.history.unit"):
        january = get(client, f"history/units/{unit}", as_of="2025-01-15")
    march = get(client, f"history/units/{unit}", as_of="2025-03-15")
    assert [one["name"] for one in january["path"]] == [
        "浙江省", "杭州市", "西湖区", "西湖区民政局", "一科",
    ]  # fmt: skip
    assert [one["name"] for one in march["path"]][-2:] == ["西湖区卫生健康局", "养老科"]
    for day in ("2025-04-02", "2023-06-01"):
        answer = client.get(f"/api/v1/org/history/units/{unit}", {"as_of": day})
        assert (answer.status_code, answer.json()["code"]) == (404, "ORG_UNIT_NOT_FOUND")


def test_people_are_shown_where_they_served_that_day(province: factories.Province) -> None:
    client, unit = province.client("王伟民"), province.unit("西湖区民政局/一科")
    office = province.unit("西湖区卫生健康局/办公室")
    path = f"history/units/{unit}/people"
    january = get(client, path, as_of="2025-01-15")["items"]
    assert [(one["name"], one["title"]) for one in january] == [
        ("曾国强", "科长"),
        ("单小芳", "科员"),
    ]
    april = get(client, f"history/units/{office}/people", as_of="2025-04-02")["items"]
    assert [one["name"] for one in april] == ["孙收文", "曾国强", "单小芳"]
    first = get(client, path, as_of="2025-01-15", limit=1)
    second = get(client, path, as_of="2025-01-15", limit=1, cursor=first["next_cursor"])
    assert [one["name"] for one in first["items"] + second["items"]] == ["曾国强", "单小芳"]
    assert second["next_cursor"] is None


def test_people_of_a_day_are_listed_with_all_that_stood_below_then(
    province: factories.Province,
) -> None:
    client, organ = province.client("王伟民"), province.unit("西湖区民政局")
    path = f"history/units/{organ}/people"
    january = get(client, path, as_of="2025-01-15", with_below="true")["items"]
    assert [(one["name"], one["unit_name"]) for one in january] == [
        ("王伟民", "西湖区民政局"),
        ("李建国", "西湖区民政局"),
        ("张晓梅", "办公室"),
        ("曾国强", "一科"),
        ("单小芳", "一科"),
    ]
    # In March 一科 stood below another organ, and its people with it.
    march = get(client, path, as_of="2025-03-15", with_below="true")["items"]
    assert [one["name"] for one in march] == ["王伟民", "李建国", "张晓梅"]
    there = f"history/units/{province.unit('西湖区卫生健康局')}/people"
    moved = get(client, there, as_of="2025-03-15", with_below="true")["items"]
    assert [one["unit_name"] for one in moved if one["name"] == "曾国强"] == ["养老科"]
    pages: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        part = get(client, path, as_of="2025-01-15", with_below="true", limit=2, cursor=cursor)
        pages += [one["name"] for one in part["items"]]
        cursor = part["next_cursor"]
    assert pages == [one["name"] for one in january]


def test_a_whole_province_of_another_day_is_refused_politely(
    province: factories.Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "UNITS_AT_MOST", 10)
    client, top = province.client("王伟民"), province.unit("浙江省")
    asked = {"as_of": "2025-01-15", "with_below": "true"}
    refused = client.get(f"/api/v1/org/history/units/{top}/people", asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "ORG_PAST_TOO_LARGE")
    page = client.get(f"/directory/units/{top}/people/", {"on": "2025-01-15", "scope": "below"})
    assert "当日该组织的下级超过 10 个" in page.content.decode()


def test_children_of_a_day_come_in_pages_that_meet(province: factories.Province) -> None:
    client = province.client("王伟民")
    path = f"history/units/{province.unit('西湖区卫生健康局')}/children"
    first = get(client, path, as_of="2025-03-31", limit=2)
    second = get(client, path, as_of="2025-03-31", limit=2, cursor=first["next_cursor"])
    names = [unit["name"] for unit in first["items"] + second["items"]]
    assert names == ["办公室", "业务科", "养老科"]
    other = client.get(f"/api/v1/org/{path}", {"as_of": "2025-03-31", "cursor": "forged"})
    assert other.status_code == 400


@pytest.mark.parametrize("day", ["", "yesterday", "2025-13-01", "1900-01-01", "2999-01-01"])
def test_a_day_that_is_none_is_refused(province: factories.Province, day: str) -> None:
    path = f"/api/v1/org/history/units/{province.unit('西湖区')}"
    assert province.client("王伟民").get(path, {"as_of": day}).status_code == 422


def test_the_order_of_siblings_is_that_of_the_day(province: factories.Province) -> None:
    moves.reorder(
        actor=BY,
        unit_id=province.unit("西湖区卫生健康局"),
        before_id=province.unit("西湖区人民政府办公室"),
        now=MAY,
    )
    assert [name for name, _ in shown(province, "西湖区", "2025-04-30")] == [
        "西湖区人民政府办公室", "西湖区民政局", "西湖区卫生健康局",
    ]  # fmt: skip
    assert [name for name, _ in shown(province, "西湖区", "2025-05-01")] == [
        "西湖区卫生健康局", "西湖区人民政府办公室", "西湖区民政局",
    ]  # fmt: skip


def test_two_changes_at_one_instant_leave_one_state(province: factories.Province) -> None:
    unit = province.unit("西湖区民政局/办公室")
    units.rename(actor=BY, unit_id=unit, name="综合科", now=MAY)
    units.rename(actor=BY, unit_id=unit, name="综合办", now=MAY)
    # A request that began earlier may come to its turn later.
    units.rename(actor=BY, unit_id=unit, name="综合处", now=MAY - timedelta(seconds=1))
    assert list(UnitPast.objects.filter(unit_id=unit).values_list("name", "valid_to")) == [
        ("办公室", MAY)
    ]
    found = history.unit_as_of(unit, at=MAY, viewer=EVERYTHING)
    assert found.name == "综合处"


def test_changes_are_told_newest_first_to_administrators(province: factories.Province) -> None:
    client, unit = province.client(ADMIN), province.unit("西湖区民政局/一科")
    first = get(client, f"units/{unit}/changes", limit=2)
    second = get(client, f"units/{unit}/changes", limit=2, cursor=first["next_cursor"])
    told = [(one["kind_name"], one["actor_name"]) for one in first["items"] + second["items"]]
    assert told == [("合并", "test"), ("移动", "test"), ("更名", "test")]
    assert second["items"][0]["before"] == {"name": "一科", "short_name": "一科"}
    whole = get(client, f"units/{province.unit('西湖区')}/changes", with_below=True)["items"]
    assert [one["kind"] for one in whole] == [
        "merge", "merge", "transfer", "transfer", "move", "rename",
    ]  # fmt: skip
    for person in ("马科员", "王伟民"):
        answer = province.client(person).get(f"/api/v1/org/units/{unit}/changes")
        assert (answer.status_code, answer.json()["code"]) == (404, "ORG_UNIT_NOT_FOUND")


def test_a_person_reads_the_own_history_and_nobody_elses(province: factories.Province) -> None:
    person = province.person("曾国强")
    own = get(province.client("曾国强"), f"people/{person}/changes")["items"]
    assert [(one["kind"], one["after"]["title"]) for one in own] == [("transfer", "科长")]
    assert get(province.client(ADMIN), f"people/{person}/changes")["items"] == own
    answer = province.client("单小芳").get(f"/api/v1/org/people/{person}/changes")
    assert (answer.status_code, answer.json()["code"]) == (404, "ORG_PERSON_NOT_FOUND")


def test_old_codes_lead_through_successors_of_successors(province: factories.Province) -> None:
    client = province.client("王伟民")
    office = province.unit("西湖区卫生健康局/办公室")
    (found,) = get(client, "codes/11TEST000000000004-2")
    assert found["id"] == office
    mergers.merge(
        actor=BY, unit_ids=[office], into_id=province.unit("西湖区卫生健康局/一科"), now=MAY
    )
    (found,) = get(client, "codes/11test000000000004-2")
    assert found["id"] == province.unit("西湖区卫生健康局/一科")
    then = history.resolve("11TEST000000000004-2", at=FEBRUARY, viewer=EVERYTHING)
    assert [unit.id for unit in then] == [province.unit("西湖区民政局/一科")]
    assert get(client, "codes/000000") == []


def test_a_renamed_code_still_finds_its_unit(province: factories.Province) -> None:
    county = province.unit("西湖区")
    units.set_code(actor=BY, unit_id=county, code="330199000000", now=MAY)
    client = province.client("王伟民")
    for code in ("330106", "330199"):
        assert [unit["id"] for unit in get(client, f"codes/{code}")] == [county]


def test_an_abolished_unit_may_name_who_goes_on(province: factories.Province) -> None:
    organ = province.unit("西湖区民政局")
    body = {"name": "临时科", "kind": "department"}
    client = province.client(ADMIN)
    unit = send(client, f"units/{organ}/children", body).json()["id"]
    successor = {"successor_id": province.unit("西湖区民政局/办公室")}
    assert send(client, f"units/{unit}/abolish", successor).status_code == 204
    code = history.changes(unit_id=unit).items[0].before["code"]
    assert [one["id"] for one in get(client, f"codes/{code}")] == [successor["successor_id"]]


def test_the_past_of_a_unit_added_later_is_empty(province: factories.Province) -> None:
    unit = units.add(
        actor=BY,
        parent_id=province.unit("西湖区民政局"),
        name="新科",
        kind=UnitKind.DEPARTMENT,
        now=MAY,
    )
    appointments.appoint(
        actor=BY,
        person_id=province.person("钱医"),
        unit_id=unit,
        title="顾问",
        function=PostFunction.STAFF,
        kind=AppointmentKind.CONCURRENT,
        now=timezone.now(),
    )
    assert shown(province, "西湖区民政局", "2025-04-30") == [("办公室", 1)]
    assert shown(province, "西湖区民政局", "2025-05-01") == [("办公室", 1), ("新科", 0)]


def test_a_further_post_elsewhere_does_not_open_the_whole_record(
    province: factories.Province,
) -> None:
    person = province.person("曾国强")
    appointments.appoint(
        actor=system("test"),
        person_id=person,
        unit_id=province.unit("上城区民政局"),
        title="联络员",
        function=PostFunction.STAFF,
        kind=AppointmentKind.CONCURRENT,
        now=timezone.now(),
    )
    path = f"/api/v1/org/people/{person}/changes"
    assert province.client("马科员").get(path).status_code == 404
    assert province.client(ADMIN).get(path).status_code == 200
    assert province.client("曾国强").get(path).status_code == 200
