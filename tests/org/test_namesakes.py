"""No two units of one name stand below one unit; where a merger joins them they differ."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org.errors import UnitNameTaken
from org.kinds import UnitKind
from org.models import Unit
from org.queries import impact
from org.services import mergers, units
from tests.factories import Province

pytestmark = pytest.mark.django_db


def _send(client: Client, path: str, **body: object) -> Any:
    return client.post(f"/api/v1/org/{path}", body, content_type="application/json")


def _refused(answer: Any) -> None:
    assert (answer.status_code, answer.json()["code"]) == (409, "ORG_UNIT_NAME_TAKEN")


def _names_below(unit_id: int) -> list[str]:
    rows = Unit.objects.filter(parent_id=unit_id, valid_to=None).order_by("sort", "id")
    return list(rows.values_list("name", flat=True))


def test_an_equal_name_is_refused_on_add_rename_and_move(province: Province) -> None:
    client = province.client("何管理")
    county, organ = province.unit("西湖区"), province.unit("西湖区民政局")
    before = _names_below(organ)
    _refused(_send(client, f"units/{county}/children", name="西湖区民政局", kind="organ"))
    _refused(_send(client, f"units/{province.unit('西湖区民政局/一科')}/names", name="办公室"))
    other = province.unit("西湖区卫生健康局/办公室")
    _refused(_send(client, f"units/{other}/move", parent_id=organ))
    assert _names_below(organ) == before
    page = client.post(
        f"/administration/units/{province.unit('西湖区民政局/一科')}/rename/", {"name": "办公室"}
    )
    assert page.status_code == 422
    assert "“西湖区民政局”之下已有名为“办公室”的组织，请换一个名称" in page.content.decode()


def test_the_name_of_an_abolished_unit_is_free(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    actor, now = province.actor("何管理"), timezone.now()
    gone = units.add(actor=actor, parent_id=organ, name="二科", kind=UnitKind.DEPARTMENT, now=now)
    assert _send(client, f"units/{gone}/abolish").status_code == 204
    again = _send(client, f"units/{organ}/children", name="二科", kind="department")
    assert again.status_code == 201


def test_parts_of_merged_units_that_meet_bear_the_former_name(province: Province) -> None:
    merged, into = province.unit("西湖区卫生健康局"), province.unit("西湖区民政局")
    now = timezone.now()
    foreseen = impact.impact_of_merge([merged], into_id=into, at=now)
    warned = [note for note in foreseen.notes if "同名的下级组织" in note]
    assert len(warned) == 1
    assert "“西湖区卫生健康局办公室”" in warned[0]
    mergers.merge(
        actor=province.actor("何管理"),
        unit_ids=[merged],
        into_id=into,
        approved_by=province.person("吕安全"),
        now=now,
    )
    assert _names_below(into) == [
        "办公室",
        "一科",
        "西湖区卫生健康局办公室",
        "业务科",
    ]


def test_a_new_unit_may_bear_the_name_of_one_that_it_replaces(province: Province) -> None:
    merged = [province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")]
    actor, second = province.actor("何管理"), province.person("吕安全")
    with pytest.raises(UnitNameTaken):
        mergers.merge(
            actor=actor, unit_ids=merged, new=mergers.NewUnit("西湖区人民政府办公室"),
            approved_by=second, now=timezone.now(),
        )  # fmt: skip
    done = mergers.merge(
        actor=actor, unit_ids=merged, new=mergers.NewUnit("西湖区民政局"),
        approved_by=second, now=timezone.now(),
    )  # fmt: skip
    assert isinstance(done, mergers.Merged)
    assert _names_below(done.unit_id) == [
        "西湖区民政局办公室",
        "一科",
        "西湖区卫生健康局办公室",
        "业务科",
    ]
