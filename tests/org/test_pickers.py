"""Pickers of 系统管理 search within the administrator's own units, however many stand elsewhere."""

import pytest
from django.utils import timezone

from core import actor
from org.kinds import PostFunction, UnitKind
from org.services import people, units
from tests import factories

pytestmark = pytest.mark.django_db

ADMIN = "何管理"  # administers units and people of 西湖区
ELSEWHERE = 21


def add_unit(parent_id: int, name: str) -> int:
    return units.add(
        actor=actor.system("test"),
        parent_id=parent_id,
        name=name,
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )


def admit(province: factories.Province, unit: str, name: str, title: str) -> None:
    people.admit(
        actor=actor.system("test"),
        name=name,
        unit_id=province.unit(unit),
        title=title,
        function=PostFunction.STAFF,
        now=timezone.now(),
    )


def test_units_of_the_same_name_elsewhere_do_not_hide_the_own_one(
    province: factories.Province,
) -> None:
    for number in range(ELSEWHERE):
        group = add_unit(province.unit("浙江省民政厅"), f"第{number}组")
        add_unit(group, "综合处")
    add_unit(province.unit("西湖区卫生健康局"), "综合处")
    address = "/picker/parents/"
    shown = province.client(ADMIN).get(address, {"q": "综合处"}).content.decode()
    assert "西湖区卫生健康局" in shown
    assert "浙江省民政厅" not in shown


def test_people_of_the_same_name_elsewhere_do_not_hide_the_own_one(
    province: factories.Province,
) -> None:
    for _ in range(ELSEWHERE):
        admit(province, "浙江省民政厅", "丁一", "厅里的科员")
    admit(province, "西湖区卫生健康局", "丁一", "区里的科员")
    address = "/picker/appointees/"
    shown = province.client(ADMIN).get(address, {"q": "丁一"}).content.decode()
    assert "区里的科员" in shown
    assert "厅里的科员" not in shown
