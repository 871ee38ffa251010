"""Files of units: new below new, described, moved, abolished; by two people where it matters."""

import pytest

from org import codes
from org.kinds import AdminRole
from org.models import AdminGrant, OrgChange, Unit, UnitPast
from org.queries import tree
from tests import factories
from tests.org import files
from tests.org.importing import Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

HEADINGS = ("组织编码", "名称", "类型", "上级编码", "上级", "排序", "联系电话")
CREDIT = codes.credit_code("330106", 77)


def units(*rows: tuple[object, ...]) -> bytes:
    return files.xlsx([HEADINGS, *rows], title="组织")


def unit(name: str) -> Unit:
    return Unit.objects.get(name=name)


def test_new_units_stand_below_known_and_new_ones_whatever_their_order(
    importer: Importer, province: factories.Province
) -> None:
    content = units(
        ("", "综合组", "内设机构", "", "西湖区教育局/督导室", "", ""),
        ("", "督导室", "内设机构", "", "西湖区教育局", "", ""),
        (CREDIT, "西湖区教育局", "单位", "330106", "", "7", "0571-1"),
    )
    done = importer.carry_out(content, subject="units")
    assert importer.faults(done["id"]) == []
    assert (done["state"], done["counts"]["new"]) == ("applied", 3)
    bureau = unit("西湖区教育局")
    assert (bureau.code, bureau.parent_id, bureau.level, bureau.sort, bureau.phone) == (
        CREDIT, province.unit("西湖区"), 3, 7, "0571-1",
    )  # fmt: skip
    assert unit("督导室").parent_id == bureau.pk
    assert unit("综合组").parent_id == unit("督导室").pk
    assert tree.check().faults == ()
    again = importer.check(content, subject="units")
    assert (again["counts"]["touched"], again["counts"]["unchanged"]) == (0, 3)


def test_units_are_described_and_coded_with_their_history(
    importer: Importer, province: factories.Province
) -> None:
    temporary = codes.temporary_code()
    Unit.objects.filter(pk=province.unit("西湖区民政局")).update(code=temporary)
    content = units(
        (CREDIT, "西湖区民政局", "单位", "330106", "", "3", "0571-9"),
        ("", "一科", "内设机构", CREDIT, "", "", ""),
    )
    found = importer.check(content, subject="units")
    assert importer.faults(found["id"]) == [(3, "上级编码", "UNKNOWN_PARENT")]
    importer.send(found["id"], "confirm", {})
    importer.run_jobs()
    bureau = unit("西湖区民政局")
    assert (bureau.code, bureau.sort, bureau.phone) == (CREDIT, 3, "0571-9")
    kinds = (
        OrgChange.objects.filter(unit_id=bureau.pk).order_by("id").values_list("kind", flat=True)
    )
    assert list(kinds) == ["code", "update", "reorder"]
    again = importer.check(content, subject="units")
    assert (importer.faults(again["id"]), again["counts"]["touched"]) == ([], 0)


def test_what_may_not_stand_is_told_row_by_row(importer: Importer) -> None:
    content = units(
        ("91330106MA2XXXXXX0", "甲局", "单位", "330106", "", "", ""),
        ("11TEST000000000006", "乙局", "单位", "330106", "", "", ""),
        ("", "丙科", "内设机构", "330106", "", "", ""),
        ("", "丁科", "内设机构", "", "上城区民政局", "", ""),
        ("", "戊科", "科室", "", "西湖区民政局", "", ""),
        ("330106001", "己街道", "行政区划", "", "西湖区民政局", "", ""),
        ("", "庚科", "内设机构", "", "", "", ""),
        ("330106", "西湖新区", "行政区划", "", "", "", ""),
        ("", "一科", "单位", "", "西湖区民政局", "", ""),
        ("", "办公室", "内设机构", "", "西湖区民政局", "x", ""),
    )
    found = importer.check(content, subject="units")
    assert importer.faults(found["id"]) == [
        (2, "组织编码", "BAD_CODE"),
        (3, "组织编码", "BAD_CODE"),
        (4, "类型", "KIND_NOT_ALLOWED_HERE"),
        (5, "上级", "UNKNOWN_PARENT"),
        (6, "类型", "NOT_IN_LIST"),
        (7, "组织编码", "BAD_CODE"),
        (7, "类型", "KIND_NOT_ALLOWED_HERE"),
        (8, "上级", "PARENT_MISSING"),
        (9, "名称", "TOP_FIXED"),
        (10, "类型", "KIND_FIXED"),
        (11, "排序", "BAD_ORDER"),
    ]
    assert found["counts"]["touched"] == 0


def test_moving_and_abolishing_units_takes_a_second_person(
    importer: Importer, province: factories.Province
) -> None:
    AdminGrant.objects.create(
        person_id=province.person("尤副主"), role=AdminRole.ORG,
        root_id=province.unit("西湖区"), valid_from=factories.FOUNDED,
    )  # fmt: skip
    moved = province.unit("西湖区民政局/一科")
    code = Unit.objects.get(pk=moved).code
    content = units((code, "一科", "内设机构", "", "西湖区卫生健康局", "", ""))
    found = importer.check(content, subject="units")
    assert found["counts"]["moved"] == 1
    asked = importer.send(found["id"], "confirm", {})
    assert asked.status_code == 202
    assert Unit.objects.get(pk=moved).parent_id == province.unit("西湖区民政局")
    path = f"/api/v1/org/requests/{asked.json()['request_id']}/approve"
    agreed = province.client("尤副主").post(path, {}, content_type="application/json")
    assert agreed.status_code == 200
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "applied"
    assert Unit.objects.get(pk=moved).parent_id == province.unit("西湖区卫生健康局")
    assert tree.check().faults == ()


def test_a_unit_is_never_moved_below_itself_or_out_of_the_scope(importer: Importer) -> None:
    content = units(
        ("11TEST000000000004", "西湖区民政局", "单位", "", "西湖区民政局/一科", "", ""),
        ("11TEST000000000005", "西湖区卫生健康局", "单位", "330102", "", "", ""),
    )
    found = importer.check(content, subject="units")
    assert importer.faults(found["id"]) == [
        (2, "上级", "BELOW_ITSELF"),
        (2, "类型", "KIND_NOT_ALLOWED_HERE"),
        (3, "上级编码", "UNKNOWN_PARENT"),
    ]


def test_full_synchronisation_keeps_units_with_people(importer: Importer) -> None:
    content = units(("", "二科", "内设机构", "", "西湖区民政局", "", ""))
    found = importer.check(content, subject="units", mode="sync", unit="西湖区民政局")
    assert importer.faults(found["id"]) == [(0, "名称", "UNIT_IN_USE"), (0, "名称", "UNIT_IN_USE")]
    refused = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert refused.json()["code"] == "ORG_IMPORT_FAULTY"


def test_the_order_of_before_is_kept_where_a_file_gives_another(importer: Importer) -> None:
    bureau = unit("西湖区民政局")
    row = (bureau.code, bureau.name, "单位", "330106", "", "999", "")
    assert importer.carry_out(units(row), subject="units")["state"] == "applied"
    assert unit("西湖区民政局").sort == 999
    assert list(UnitPast.objects.filter(unit_id=bureau.pk).values_list("sort", flat=True)) == [
        bureau.sort
    ]


def test_rows_with_characters_that_cannot_be_seen_are_not_imported(importer: Importer) -> None:
    content = units(("", "督\u200b导室", "内设机构", "", "西湖区民政局", "", ""))
    found = importer.check(content, subject="units")
    assert importer.faults(found["id"]) == [(2, "名称", "UNSEEN_CHARACTERS")]
    headed = files.people(
        ("赵\u202e新", "13900000001", "西湖区民政局", "科员"),
        ("钱新", "13900000002", "西湖区民政局", "科\ufeff员"),
    )
    found = importer.check(headed)
    assert importer.faults(found["id"]) == [
        (2, "姓名", "UNSEEN_CHARACTERS"),
        (3, "职务", "UNSEEN_CHARACTERS"),
    ]
