"""Files of people checked: each fault is told, and nobody else is named, found or moved."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org.models import Appointment, ImportFault, ImportLine, Person
from tests import factories
from tests.org import files, importing
from tests.org.importing import OFFICE, Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def test_each_fault_is_told_with_its_row_and_cell(importer: Importer) -> None:
    content = files.people(
        ("", "13900000001", OFFICE, "科员", ""),
        ("甲", "123", OFFICE, "科员", ""),
        ("乙", "13900000002", "不存在的单位", "科员", ""),
        ("丙", "13900000003", OFFICE, "", ""),
        ("丁", "13900000004", OFFICE, "科员", "2026-13-40"),
        ("戊", "13900000005", OFFICE, "科员", "2999-01-01"),
        ("己", "13900000006", "办公室", "科员", ""),
        ("庚", "13900000007", OFFICE, "科员", ""),
        ("庚", "13900000007", OFFICE, "科员", ""),
        ("辛", "13900000007", OFFICE, "科员", ""),
        headings=(*files.HEADINGS, "任职日期"),
    )
    found = importer.check(content)
    assert importer.faults(found["id"]) == [
        (2, "姓名", "NAME_MISSING"),
        (3, "手机号", "BAD_PHONE"),
        (4, "单位", "UNKNOWN_UNIT"),
        (5, "职务", "TITLE_MISSING"),
        (6, "任职日期", "BAD_DATE"),
        (7, "任职日期", "DATE_OUT_OF_RANGE"),
        (8, "单位", "AMBIGUOUS_UNIT"),
        (10, "姓名", "REPEATED_ROW"),
        (11, "姓名", "NAMES_DIFFER"),
    ]
    assert found["error_count"] == 9
    assert found["counts"]["new"] == 1


def test_two_main_posts_and_a_new_person_without_one_are_refused(importer: Importer) -> None:
    content = files.people(
        ("赵新民", "13900000001", OFFICE, "科员", "主任职"),
        ("赵新民", "13900000001", "西湖区民政局", "科员", "主任职"),
        ("钱新", "13900000002", OFFICE, "内勤", "兼职"),
        ("孙新", "13900000003", OFFICE, "内勤", "常驻"),
        headings=(*files.HEADINGS, "任职方式"),
    )
    found = importer.check(content)
    assert importer.faults(found["id"]) == [
        (3, "任职方式", "TWO_MAIN_POSTS"),
        (4, "任职方式", "MAIN_POST_MISSING"),
        (5, "任职方式", "NOT_IN_LIST"),
    ]


def test_nothing_outside_the_scope_is_touched_or_told(
    importer: Importer, province: factories.Province
) -> None:
    stranger = Person.objects.get(name="马科员")
    content = files.people(
        ("马科员", "13800000028", OFFICE, "科员", ""),
        ("别人", "13800000028", OFFICE, "科员", ""),
        ("马科员", "", OFFICE, "科员", str(stranger.public_id)),
        ("新人", "13900000001", "上城区民政局", "科员", ""),
        headings=(*files.HEADINGS, "系统编号"),
    )
    before = importing.everything()
    found = importer.check(content)
    assert importer.faults(found["id"]) == [
        (2, "手机号", "PHONE_NOT_USABLE"),
        (3, "手机号", "PHONE_NOT_USABLE"),
        (4, "系统编号", "UNKNOWN_NUMBER"),
        (5, "单位", "UNKNOWN_UNIT"),
    ]
    told = " ".join(ImportFault.objects.values_list("text", flat=True))
    assert "上城区民政局”不存在，或不在您的管理范围内" in told
    assert "一科" not in told
    assert ImportLine.objects.count() == 0
    assert importing.everything() == before


def test_the_columns_are_guessed_chosen_and_remembered_for_the_unit(importer: Importer) -> None:
    rows: list[list[object]] = [["西湖区人员名册"], ["序号", "员工", "联络", "部门", "岗"],
            [1, "赵新民", "13900000001", OFFICE, "科员"]]  # fmt: skip
    opened = importer.upload(files.xlsx(rows)).json()["id"]
    found = importer.show(opened)
    assert (found["header_row"], found["columns"]) == (1, {})
    rows[1] = ["序号", "员工姓名", "联络", "部门", "岗"]
    found = importer.show(importer.upload(files.xlsx(rows)).json()["id"])
    assert (found["header_row"], found["columns"]) == (2, {"name": 1, "unit": 3})
    lacking = importer.send(found["id"], "columns", {"columns": found["columns"]})
    assert (lacking.status_code, lacking.json()["code"]) == (422, "ORG_COLUMNS_INCOMPLETE")
    assert lacking.json()["detail"] == "列的对应不完整：请为职务指定对应的列"
    whole = {"name": 1, "unit": 3, "phone": 2, "title": 4}
    assert importer.check_columns(found["id"], whole)["counts"]["new"] == 1
    again = importer.show(importer.upload(files.xlsx(rows)).json()["id"])
    assert again["columns"] == whole
    for wrong in ({"name": 1, "unit": 1, "title": 4}, {"name": 1, "unit": 99, "title": 4},
                  {"name": 1, "unit": 3, "title": 4, "password": 0}):  # fmt: skip
        answer = importer.send(again["id"], "columns", {"columns": wrong})
        assert answer.status_code == 422


def test_somebody_of_the_same_name_is_never_taken_for_another(importer: Importer) -> None:
    content = files.people(
        ("王伟民", "13900000001", "西湖区民政局", "科员", ""),
        ("王伟民", "13900000002", "西湖区民政局", "科员", "新增"),
        headings=(*files.HEADINGS, "系统编号"),
    )
    found = importer.check(content)
    assert importer.faults(found["id"]) == [(2, "手机号", "SAME_NAME")]
    importer.send(found["id"], "confirm", {})
    importer.run_jobs()
    assert importing.held("王伟民") == [
        ("西湖区民政局", "局长", "main"),
        ("西湖区民政局", "科员", "main"),
    ]
    assert importer.check(content)["counts"]["touched"] == 0


def test_nobody_imports_himself_into_another_post(importer: Importer) -> None:
    found = importer.check(files.people(("何管理", "13800000013", "西湖区民政局", "局长")))
    assert importer.faults(found["id"]) == [(2, "姓名", "OWN_APPOINTMENT")]
    assert found["counts"]["touched"] == 0


def test_posts_are_not_dated_back_for_years(importer: Importer) -> None:
    today = timezone.localdate()
    rows = [("甲", "13900000001", OFFICE, "科员", "2001-01-01"),
            ("乙", "13900000002", OFFICE, "科员", str(today - timedelta(days=30)))]  # fmt: skip
    done = importer.carry_out(files.people(*rows, headings=(*files.HEADINGS, "任职日期")))
    assert importer.faults(done["id"]) == [(2, "任职日期", "SINCE_LONG_PAST")]
    begun = dict(
        Appointment.objects.filter(person__name__in=("甲", "乙")).values_list(
            "person__name", "valid_from"
        )
    )
    assert timezone.localtime(begun["甲"]).date() == today
    assert timezone.localtime(begun["乙"]).date() == today - timedelta(days=30)
