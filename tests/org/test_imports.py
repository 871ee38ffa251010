"""Files of people: checked, planned, confirmed and carried out, and never beyond one's scope."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core import crypto
from core.models import AuditEntry
from org.kinds import AdminRole, AppointmentKind, ImportState, PostFunction
from org.models import (
    AdminGrant,
    Appointment,
    AppointmentSearch,
    DirectoryImport,
    ImportFault,
    ImportLine,
    OrgChange,
    Person,
)
from org.queries import headcounts
from org.services import appointments, imports, transfers
from tests import factories
from tests.org import calls, files
from tests.org.importing import Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

OFFICE = "西湖区民政局/办公室"


def held(name: str) -> list[tuple[str, str, str]]:
    """Unit, title and kind of what people of the name hold now."""
    rows = Appointment.objects.filter(person__name=name, valid_to__isnull=True)
    return sorted(rows.values_list("unit__name", "post__title", "kind"))


def everything() -> dict[str, int]:
    models: tuple[Any, ...] = (Person, Appointment, AppointmentSearch, OrgChange)
    return {model.__name__: model.objects.count() for model in models}


def test_new_people_serve_are_found_and_counted(
    importer: Importer, province: factories.Province
) -> None:
    content = files.people(
        ("赵新民", "13900000001", OFFICE, "科员"), ("钱新", "139 0000 0002", OFFICE, "主任")
    )
    before = everything()
    done = importer.carry_out(content)
    assert (done["state"], done["error_count"]) == ("applied", 0)
    assert done["counts"]["new"] == 2
    assert held("赵新民") == [("办公室", "科员", "main")]
    person = Person.objects.get(name="钱新")
    assert crypto.decrypt_text(bytes(person.phone_cipher or b"")) == "13900000002"
    assert person.pinyin == "qianxin"
    assert AppointmentSearch.objects.filter(name="赵新民").count() == 1
    office = province.unit(OFFICE)
    assert headcounts.below([office], at=timezone.now()) == {office: 3}
    assert everything() == {name: count + 2 for name, count in before.items()}


def test_the_same_file_twice_changes_nothing(importer: Importer) -> None:
    content = files.people(
        ("赵新民", "13900000001", OFFICE, "科员"),
        ("钱无号", "", OFFICE, "主任"),
        ("王伟民", "", "西湖区民政局", "局长"),
    )
    importer.carry_out(content)
    before = everything()
    again = importer.check(content)
    assert again["counts"] == {
        "new": 0, "appointed": 0, "changed": 0, "moved": 0, "ended": 0, "unchanged": 3,
        "touched": 0,
    }  # fmt: skip
    refused = importer.send(again["id"], "confirm", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_CHANGES_NOTHING")
    assert everything() == before


def test_a_main_post_in_another_unit_is_a_transfer_that_history_keeps(importer: Importer) -> None:
    content = files.people(("李建国", "13800000016", "西湖区卫生健康局", "副局长"))
    done = importer.carry_out(content)
    assert done["counts"]["moved"] == 1
    assert held("李建国") == [("西湖区卫生健康局", "副局长", "main")]
    ended = Appointment.objects.get(person__name="李建国", valid_to__isnull=False)
    begun = Appointment.objects.get(person__name="李建国", valid_to__isnull=True)
    assert ended.valid_to == begun.valid_from
    change = OrgChange.objects.get(person__name="李建国")
    assert (change.kind, change.unit_id) == ("transfer", begun.unit_id)
    assert change.basis == "导入 人员.xlsx"


def test_titles_phones_and_second_posts_change_what_they_name_and_no_more(
    importer: Importer,
) -> None:
    content = files.people(
        ("张晓梅", "13800000017", OFFICE, "办公室主任", "主任职", "二级主任科员"),
        ("曾国强", "13900000009", "西湖区民政局/一科", "科长", "", ""),
        ("单小芳", "13800000019", OFFICE, "内勤", "兼职", ""),
        headings=(*files.HEADINGS, "任职方式", "职级"),
    )
    Person.objects.filter(name="曾国强").update(phone_cipher=None, phone_index=None)
    done = importer.carry_out(content)
    assert importer.faults(done["id"]) == []
    assert (done["counts"]["changed"], done["counts"]["appointed"]) == (2, 1)
    assert held("张晓梅") == [("办公室", "办公室主任", "main")]
    assert Person.objects.get(name="张晓梅").job_level == "二级主任科员"
    assert Person.objects.get(name="曾国强").phone_index == crypto.blind_index("13900000009")
    assert held("单小芳") == [("一科", "科员", "main"), ("办公室", "内勤", "concurrent")]


def test_another_title_leaves_the_planned_end_where_it_was(
    importer: Importer, province: factories.Province
) -> None:
    now = timezone.now()
    until = now + timedelta(days=30)
    appointments.appoint(
        actor=province.actor("何管理"),
        person_id=province.person("曾国强"),
        unit_id=province.unit("西湖区卫生健康局"),
        title="挂职干部",
        function=PostFunction.STAFF,
        kind=AppointmentKind.SECONDMENT,
        valid_to=until,
        now=now,
    )
    row = ("曾国强", "", "西湖区卫生健康局", "挂职副科长", str(AppointmentKind.SECONDMENT.label))
    done = importer.carry_out(files.people(row, headings=(*files.HEADINGS, "任职方式")))
    assert (done["state"], done["counts"]["changed"]) == ("applied", 1)
    terms = Appointment.objects.filter(person__name="曾国强", kind=AppointmentKind.SECONDMENT)
    stands = terms.get(post__title="挂职副科长")
    assert stands.valid_to == until
    assert terms.get(post__title="挂职干部").valid_to == stands.valid_from


def test_another_title_is_given_until_the_main_post_to_come(
    importer: Importer, province: factories.Province
) -> None:
    now = timezone.now()
    comes = now + timedelta(days=20)
    transfers.transfer(
        actor=province.actor("何管理"),
        person_id=province.person("曾国强"),
        to=transfers.Destination(
            unit_id=province.unit("西湖区卫生健康局"), title="科员", function=PostFunction.STAFF
        ),
        effective_at=comes,
        now=now,
    )
    row = ("曾国强", "", "西湖区民政局/一科", "一级科长")
    assert importer.carry_out(files.people(row))["state"] == "applied"
    mains = Appointment.objects.filter(person__name="曾国强").order_by("valid_from", "valid_to")
    assert list(mains.values_list("post__title", "valid_to"))[1:] == [
        ("一级科长", comes),
        ("科员", None),
    ]


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
    before = everything()
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
    assert everything() == before


def test_another_counties_administrator_sees_neither_import_nor_file(
    importer: Importer, province: factories.Province
) -> None:
    found = importer.check(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    other = province.client("马科员")
    base = f"/api/v1/org/imports/{found['id']}"
    for path in ("", "/faults", "/lines", "/progress", "/report"):
        answer = other.get(base + path)
        assert (answer.status_code, answer.json()["code"]) == (404, "ORG_IMPORT_NOT_FOUND")
    for verb, body in (("confirm", {}), ("cancel", {}), ("columns", {"columns": {"name": 0}})):
        answer = other.post(f"{base}/{verb}", body, content_type="application/json")
        assert answer.status_code == 404
    assert other.get("/api/v1/org/imports").json()["items"] == []
    assert importer.show(found["id"])["state"] == "checked"
    upload = Importer(province, other, importer.run_jobs).upload(files.people())
    assert (upload.status_code, upload.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")


def test_a_file_whose_plan_no_longer_holds_is_refused_and_can_be_checked_anew(
    importer: Importer, province: factories.Province
) -> None:
    found = importer.check(files.people(("李建国", "", "西湖区民政局", "调研员")))
    assert importer.send(found["id"], "confirm", {}).status_code == 200
    appointments.end(
        actor=province.actor("何管理"),
        appointment_id=province.appointments["李建国"],
        now=timezone.now(),
    )
    before = everything()
    importer.run_jobs()
    stale = importer.show(found["id"])
    assert stale["state"] == "checked"
    assert stale["refusal"] == "检查之后数据已有变动，未导入任何内容，请重新检查"
    assert everything() == before
    anew = importer.check_columns(found["id"], stale["columns"])
    assert (anew["refusal"], anew["counts"]["new"]) == ("", 1)


def test_a_cancelled_import_changes_nothing(importer: Importer) -> None:
    found = importer.check(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    importer.send(found["id"], "confirm", {})
    assert importer.send(found["id"], "cancel", {}).status_code == 204
    before = everything()
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "cancelled"
    assert everything() == before
    again = importer.send(found["id"], "cancel", {})
    assert (again.status_code, again.json()["code"]) == (409, "ORG_IMPORT_NOT_NOW")


def test_a_check_that_was_cancelled_leaves_no_plan(importer: Importer) -> None:
    opened = importer.upload(files.people(("赵新民", "13900000001", OFFICE, "科员"))).json()["id"]
    importer.send(opened, "columns", {"columns": importer.show(opened)["columns"]})
    assert importer.send(opened, "cancel", {}).status_code == 204
    importer.run_jobs()
    assert importer.show(opened)["state"] == "cancelled"
    assert importer.lines(opened) == []


def test_an_import_is_carried_out_once_however_often_its_news_arrives(
    importer: Importer, province: factories.Province
) -> None:
    found = importer.carry_out(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    DirectoryImport.objects.filter(pk=found["id"]).update(state=ImportState.APPLIED)
    again = importer.send(found["id"], "confirm", {})
    assert again.json()["code"] == "ORG_IMPORT_NOT_NOW"
    assert Person.objects.filter(name="赵新民").count() == 1


def test_full_synchronisation_stops_before_many_end_and_takes_a_word(importer: Importer) -> None:
    rows = [("王伟民", "", "西湖区民政局", "局长"), ("李建国", "", "西湖区民政局", "副局长")]
    found = importer.check(files.people(*rows), mode="sync", unit="西湖区民政局")
    assert found["counts"]["ended"] == 3
    assert found["guarded"][0] == {"name": "杭州市/西湖区/西湖区民政局", "ending": 3, "of": 5}
    refused = importer.send(found["id"], "confirm", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_ENDS_MANY")
    assert held("单小芳") != []
    meant = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert meant.status_code == 200
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "applied"
    assert [held(name) for name in ("张晓梅", "曾国强", "单小芳")] == [[], [], []]
    left = Person.objects.filter(name__in=("张晓梅", "曾国强", "单小芳"))
    assert set(left.values_list("status", flat=True)) == {"left"}
    assert held("王伟民") == [("西湖区民政局", "局长", "main")]


def test_full_synchronisation_with_a_fault_is_refused(importer: Importer) -> None:
    rows = [("王伟民", "", "西湖区民政局", "局长"), ("李建国", "坏", "西湖区民政局", "副局长")]
    found = importer.check(files.people(*rows), mode="sync", unit="西湖区民政局")
    refused = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_FAULTY")
    assert len(held("单小芳")) == 1


def test_nobody_with_greater_rights_is_left_out_of_a_full_synchronisation(
    importer: Importer, province: factories.Province
) -> None:
    calls.grant(province, "赵卫东", "apps", "浙江省")
    rows = [("钱医", "", "西湖区卫生健康局", "副局长")]
    found = importer.check(files.people(*rows), mode="sync", unit="西湖区卫生健康局")
    assert (0, "姓名", "HOLDS_GREATER_RIGHTS") in importer.faults(found["id"], "error")
    refused = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_FAULTY")
    assert len(held("赵卫东")) == 1


def test_more_than_fifty_take_a_second_person(
    importer: Importer, province: factories.Province
) -> None:
    AdminGrant.objects.create(
        person_id=province.person("尤副主"), role=AdminRole.PEOPLE,
        root_id=province.unit("西湖区"), valid_from=factories.FOUNDED,
    )  # fmt: skip
    rows = [(f"新人{n:02d}", f"139000001{n:02d}", OFFICE, "科员") for n in range(51)]
    found = importer.check(files.people(*rows))
    asked = importer.send(found["id"], "confirm", {})
    assert asked.status_code == 202
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "waiting"
    assert not Person.objects.filter(name="新人00").exists()
    path = f"/api/v1/org/requests/{asked.json()['request_id']}/approve"
    own = importer.client.post(path, {}, content_type="application/json")
    assert own.status_code == 403
    agreed = province.client("尤副主").post(path, {}, content_type="application/json")
    assert agreed.status_code == 200, agreed.content
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "applied"
    assert Person.objects.filter(name__startswith="新人").count() == 51
    change = OrgChange.objects.filter(kind="appoint").latest("id")
    assert change.approved_by_id == province.person("尤副主")


def test_an_import_that_the_second_person_rejects_can_be_submitted_anew(
    importer: Importer, province: factories.Province
) -> None:
    AdminGrant.objects.create(
        person_id=province.person("尤副主"), role=AdminRole.PEOPLE,
        root_id=province.unit("西湖区"), valid_from=factories.FOUNDED,
    )  # fmt: skip
    rows = [(f"新人{n:02d}", f"139000001{n:02d}", OFFICE, "科员") for n in range(51)]
    found = importer.check(files.people(*rows))
    asked = importer.send(found["id"], "confirm", {}).json()["request_id"]
    path = f"/api/v1/org/requests/{asked}/reject"
    body = {"remark": "名单不全"}
    rejected = province.client("尤副主").post(path, body, content_type="application/json")
    assert rejected.status_code == 200
    importer.run_jobs()
    again = importer.show(found["id"])
    assert (again["state"], again["refusal"]) == (
        "checked", "未经另一位管理员复核同意，可以重新提交",
    )  # fmt: skip
    assert not Person.objects.filter(name="新人00").exists()
    assert importer.send(found["id"], "confirm", {}).status_code == 202


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
    assert held("王伟民") == [("西湖区民政局", "局长", "main"), ("西湖区民政局", "科员", "main")]
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


def test_no_phone_number_stands_in_the_tables_of_imports(importer: Importer) -> None:
    content = files.people(("赵新民", "13912345678", OFFICE, "科员"))
    done = importer.carry_out(content)
    kept = str(DirectoryImport.objects.filter(pk=done["id"]).values())
    kept += str(list(ImportLine.objects.values())) + str(list(OrgChange.objects.values()))
    kept += str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert "13912345678" not in kept
    assert "139****5678" in kept


def test_every_step_stands_in_the_audit_log(importer: Importer) -> None:
    importer.carry_out(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    actions = AuditEntry.objects.filter(object_kind="org.import").order_by("id")
    assert list(actions.values_list("action", "actor_name")) == [
        ("org.import.uploaded", "何管理"),
        ("org.import.confirmed", "何管理"),
        ("org.import.applied", "何管理"),
    ]


def test_a_right_that_ended_meanwhile_stops_the_import(
    importer: Importer, province: factories.Province
) -> None:
    found = importer.check(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    importer.send(found["id"], "confirm", {})
    AdminGrant.objects.filter(person_id=province.person("何管理")).update(revoked_at=timezone.now())
    importer.run_jobs()
    batch = DirectoryImport.objects.get(pk=found["id"])
    assert (batch.state, batch.refusal) == ("checked", "该组织不在您的管理范围内")
    assert not Person.objects.filter(name="赵新民").exists()


def test_files_and_their_numbers_are_forgotten_after_a_month(
    importer: Importer, province: factories.Province
) -> None:
    from_then = timezone.now() - timedelta(days=31)
    found = importer.carry_out(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    DirectoryImport.objects.filter(pk=found["id"]).update(uploaded_at=from_then)
    imports.forget(actor=province.actor("何管理"), import_id=found["id"], now=timezone.now())
    answer = importer.client.get(f"/api/v1/org/imports/{found['id']}/report")
    assert (answer.status_code, answer.json()["code"]) == (404, "ORG_IMPORT_NOT_FOUND")
