"""Units move and take their place; nobody moves what is not his, nor to where he is nobody."""

import pytest
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from org import codes
from org.kinds import AppointmentKind, PostFunction, UnitKind
from org.models import AppointmentSearch, OrgChange, Unit, UnitPast
from org.queries import headcounts, people, units
from org.queries.visibility import EVERYTHING
from org.services import appointments, moves
from org.services import people as people_services
from org.services import units as unit_services
from org.writing import search_rows
from tests import factories
from tests.conftest import Budget
from tests.org.calls import (
    ADMIN,
    NEIGHBOUR,
    approve,
    assert_sound,
    everything,
    get,
    grant,
    refused,
    send,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def names_below(unit_id: int) -> list[str]:
    page = units.children(unit_id, at=timezone.now(), viewer=EVERYTHING)
    return [unit.name for unit in page.items]


def test_a_moved_unit_brings_parts_people_counts_and_its_past(
    province: factories.Province, budget: Budget
) -> None:
    office, target = province.unit("西湖区民政局/一科"), province.unit("西湖区卫生健康局")
    client = province.client(ADMIN)
    with budget("org.units.move"):
        body = {"parent_id": target, "basis": "西编〔2026〕3号"}
        moved = send(client, f"units/{office}/move", body)
    assert (moved.status_code, moved.json()) == (200, {"moved": 1})
    assert names_below(target) == ["办公室", "业务科", "一科"]
    now = timezone.now()
    below = headcounts.below([target, province.unit("西湖区民政局")], at=now)
    assert below == {target: 7, province.unit("西湖区民政局"): 3}
    change = OrgChange.objects.get(unit_id=office)
    assert (change.kind, change.basis, change.before, change.after) == (
        "move",
        "西编〔2026〕3号",
        {"parent_id": province.unit("西湖区民政局")},
        {"parent_id": target, "units": 1},
    )
    past = UnitPast.objects.get(unit_id=office)
    assert (past.parent_id, past.valid_from, past.valid_to) == (
        province.unit("西湖区民政局"),
        factories.FOUNDED,
        change.effective_at,
    )
    entry = AuditEntry.objects.get(action="org.unit.moved")
    assert entry.detail["basis"] == "西编〔2026〕3号"
    assert_sound()


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("西湖区民政局", "上城区"),
        ("西湖区民政局/一科", "上城区民政局"),
        ("西湖区", "宁波市"),
        ("上城区民政局", "西湖区"),
        ("杭州市民政局", "西湖区"),
        ("西湖区民政局", "杭州市"),
    ],
)
def test_nobody_moves_units_into_anothers_scope_or_above_himself(
    province: factories.Province, unit: str, target: str
) -> None:
    before = everything()
    body = {"parent_id": province.unit(target)}
    answer = send(province.client(ADMIN), f"units/{province.unit(unit)}/move", body)
    assert refused(answer) == (403, "ORG_OUT_OF_SCOPE")
    assert everything() == before


@pytest.mark.parametrize("target", ["西湖区民政局", "西湖区民政局/一科"])
def test_a_unit_under_itself_or_its_own_child_is_refused(
    province: factories.Province, target: str
) -> None:
    before = everything()
    path = f"units/{province.unit('西湖区民政局')}/move"
    answer = send(province.client(ADMIN), path, {"parent_id": province.unit(target)})
    assert refused(answer) == (422, "ORG_UNIT_BELOW_ITSELF")
    assert everything() == before


def test_a_unit_that_stands_there_already_is_refused(province: factories.Province) -> None:
    before = everything()
    path = f"units/{province.unit('西湖区民政局/一科')}/move"
    answer = send(province.client(ADMIN), path, {"parent_id": province.unit("西湖区民政局")})
    assert refused(answer) == (409, "ORG_UNIT_STANDS_THERE")
    assert answer.json()["detail"] == "该组织已在“西湖区民政局”之下"
    assert everything() == before


def test_departments_stand_three_deep_and_no_deeper(province: factories.Province) -> None:
    client = province.client(ADMIN)
    top = province.unit("西湖区民政局/一科")
    body = {"name": "救助股", "kind": "department"}
    second = send(client, f"units/{top}/children", body).json()["id"]
    third = send(client, f"units/{second}/children", body).json()["id"]
    before = everything()
    fourth = send(client, f"units/{third}/children", body)
    assert refused(fourth) == (422, "ORG_DEPARTMENTS_TOO_DEEP")
    # Two deep below another would be three; below one that is the second, four.
    other = province.unit("西湖区民政局/办公室")
    assert everything() == before
    moved = send(client, f"units/{second}/move", {"parent_id": other})
    assert moved.json() == {"moved": 2}
    deep = send(client, f"units/{top}/move", {"parent_id": third})
    assert refused(deep) == (422, "ORG_DEPARTMENTS_TOO_DEEP")
    assert_sound()


def test_an_organ_takes_the_level_of_its_new_place(province: factories.Province) -> None:
    grant(province, ADMIN, "org", "杭州市")
    organ = province.unit("西湖区民政局")
    moved = send(
        province.client(ADMIN), f"units/{organ}/move", {"parent_id": province.unit("杭州市")}
    )
    assert moved.json() == {"moved": 3}
    inside = [organ, province.unit("西湖区民政局/一科"), province.unit("西湖区民政局/办公室")]
    assert set(Unit.objects.filter(pk__in=inside).values_list("level", flat=True)) == {2}
    assert set(UnitPast.objects.values_list("unit_id", "level")) == {(one, 3) for one in inside}
    assert_sound()


def test_the_other_side_takes_a_unit_in(province: factories.Province) -> None:
    unit, target = province.unit("西湖区民政局/一科"), province.unit("上城区民政局")
    offered = send(province.client(ADMIN), f"units/{unit}/offer", {"parent_id": target})
    assert units.names([unit])[unit].parent_id == province.unit("西湖区民政局")
    approve(province, offered, by=NEIGHBOUR)
    assert units.names([unit])[unit].parent_id == target
    change = OrgChange.objects.get(kind="move")
    assert (change.actor_person_id, change.approved_by_id) == (
        province.person(ADMIN),
        province.person(NEIGHBOUR),
    )
    own = {"parent_id": province.unit("西湖区卫生健康局")}
    again = send(province.client(ADMIN), f"units/{province.unit('西湖区民政局')}/offer", own)
    assert refused(again) == (409, "ORG_OTHER_SIDE_IS_OWN")


def test_only_the_other_side_takes_a_unit_in(province: factories.Province) -> None:
    unit, target = province.unit("西湖区民政局/一科"), province.unit("上城区民政局")
    offered = send(province.client(ADMIN), f"units/{unit}/offer", {"parent_id": target})
    path = f"requests/{offered.json()['request_id']}/approve"
    for person in (ADMIN, "卫二", "王伟民"):
        assert send(province.client(person), path).status_code in {403, 404}
    assert units.names([unit])[unit].parent_id == province.unit("西湖区民政局")


def test_more_than_fifty_people_move_by_two_administrators(province: factories.Province) -> None:
    office = province.unit("西湖区民政局/一科")
    by, now = system("test"), timezone.now()
    for number in range(49):
        people_services.admit(
            actor=by,
            name=f"张{chr(0x4E00 + number)}",
            unit_id=office,
            title="科员",
            function=PostFunction.STAFF,
            now=now,
        )
    body = {"parent_id": province.unit("西湖区卫生健康局")}
    before = everything()
    asked = send(province.client(ADMIN), f"units/{office}/move", body)
    assert everything() == before
    approve(province, asked)
    assert units.names([office])[office].parent_id == province.unit("西湖区卫生健康局")
    found = people.in_unit(office, at=timezone.now(), viewer=EVERYTHING, limit=100).items
    assert len(found) == 51


def test_the_directory_follows_the_order(province: factories.Province) -> None:
    client, county = province.client(ADMIN), province.unit("西湖区")
    health, office = province.unit("西湖区卫生健康局"), province.unit("西湖区人民政府办公室")
    first = send(client, f"units/{health}/order", {"before_id": office})
    assert first.status_code == 204
    assert names_below(county) == ["西湖区卫生健康局", "西湖区人民政府办公室", "西湖区民政局"]
    assert send(client, f"units/{health}/order", {"before_id": None}).status_code == 204
    assert names_below(county) == ["西湖区人民政府办公室", "西湖区民政局", "西湖区卫生健康局"]
    between = {"before_id": province.unit("西湖区民政局")}
    assert send(client, f"units/{health}/order", between).status_code == 204
    assert names_below(county) == ["西湖区人民政府办公室", "西湖区卫生健康局", "西湖区民政局"]
    changes = OrgChange.objects.filter(unit_id=health).order_by("id")
    assert list(changes.values_list("kind", "before", "after")) == [
        ("reorder", {"position": 3}, {"position": 1}),
        ("reorder", {"position": 1}, {"position": 3}),
        ("reorder", {"position": 3}, {"position": 2}),
    ]
    shown = get(client, f"units/{county}/children")["items"]
    assert [unit["name"] for unit in shown] == names_below(county)


def test_putting_a_unit_where_it_stands_changes_nothing(province: factories.Province) -> None:
    before = everything()
    organ = province.unit("西湖区人民政府办公室")
    body = {"before_id": province.unit("西湖区民政局")}
    assert send(province.client(ADMIN), f"units/{organ}/order", body).status_code == 204
    assert everything() == before


def test_only_siblings_of_the_own_scope_are_put_in_order(province: factories.Province) -> None:
    client, before = province.client(ADMIN), everything()
    organ = province.unit("西湖区民政局")
    for sibling, refusal in [
        ("西湖区民政局/一科", (422, "ORG_NOT_SIBLINGS")),
        ("西湖区民政局", (422, "ORG_NOT_SIBLINGS")),
        ("上城区民政局", (422, "ORG_NOT_SIBLINGS")),
    ]:
        answer = send(client, f"units/{organ}/order", {"before_id": province.unit(sibling)})
        assert refused(answer) == refusal
    county = send(
        client, f"units/{province.unit('西湖区')}/order", {"before_id": province.unit("上城区")}
    )
    assert refused(county) == (403, "ORG_OUT_OF_SCOPE")
    assert everything() == before


def test_a_system_move_needs_nobody(province: factories.Province) -> None:
    unit_id = unit_services.add(
        actor=system("test"),
        parent_id=province.unit("西湖区"),
        name="数据局",
        kind=UnitKind.ORGAN,
        code=codes.credit_code("330106", 9),
        now=timezone.now(),
    )
    appointments.appoint(
        actor=system("test"),
        person_id=province.person("吕安全"),
        unit_id=unit_id,
        title="顾问",
        function=PostFunction.STAFF,
        kind=AppointmentKind.CONCURRENT,
        now=timezone.now(),
    )
    outcome = moves.move(
        actor=system("test"),
        unit_id=unit_id,
        parent_id=province.unit("上城区"),
        now=timezone.now(),
    )
    assert outcome == moves.Moved(units=1)


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("西湖区民政局/一科", "上城区民政局"),
        ("西湖区民政局", "海曙区"),
        ("西湖区民政局", "杭州市"),
        ("西湖区", "宁波市"),
        ("杭州市民政局", "西湖区"),
    ],
)
def test_search_rows_after_a_move_are_what_writing_them_anew_makes_them(
    province: factories.Province, unit: str, target: str
) -> None:
    moves.move(
        actor=system("test"),
        unit_id=province.unit(unit),
        parent_id=province.unit(target),
        now=timezone.now(),
    )
    moved = list(AppointmentSearch.objects.order_by("pk").values_list())
    search_rows.write([row[0] for row in moved])
    assert list(AppointmentSearch.objects.order_by("pk").values_list()) == moved
