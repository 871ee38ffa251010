"""Files of people carried out: what changes, what history, tables and log keep of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import crypto
from core.models import AuditEntry
from org.kinds import AppointmentKind, PostFunction
from org.models import (
    Appointment,
    AppointmentSearch,
    DirectoryImport,
    ImportLine,
    OrgChange,
    Person,
)
from org.queries import headcounts
from org.services import appointments, imports, transfers
from tests import factories
from tests.org import files, importing
from tests.org.importing import OFFICE, Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def test_new_people_serve_are_found_and_counted(
    importer: Importer, province: factories.Province
) -> None:
    content = files.people(
        ("赵新民", "13900000001", OFFICE, "科员"),
        ("钱新", "139 0000 0002", OFFICE, "主任"),
    )
    before = importing.everything()
    done = importer.carry_out(content)
    assert (done["state"], done["error_count"]) == ("applied", 0)
    assert done["counts"]["new"] == 2
    assert importing.held("赵新民") == [("办公室", "科员", "main")]
    person = Person.objects.get(name="钱新")
    assert crypto.decrypt_text(bytes(person.phone_cipher or b"")) == "13900000002"
    assert person.pinyin == "qianxin"
    assert AppointmentSearch.objects.filter(name="赵新民").count() == 1
    office = province.unit(OFFICE)
    assert headcounts.below([office], at=timezone.now()) == {office: 3}
    assert importing.everything() == {name: count + 2 for name, count in before.items()}


def test_the_same_file_twice_changes_nothing(importer: Importer) -> None:
    content = files.people(
        ("赵新民", "13900000001", OFFICE, "科员"),
        ("钱无号", "", OFFICE, "主任"),
        ("王伟民", "", "西湖区民政局", "局长"),
    )
    importer.carry_out(content)
    before = importing.everything()
    again = importer.check(content)
    assert again["counts"] == {
        "new": 0, "appointed": 0, "changed": 0, "moved": 0, "ended": 0, "unchanged": 3,
        "touched": 0,
    }  # fmt: skip
    refused = importer.send(again["id"], "confirm", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_CHANGES_NOTHING")
    assert importing.everything() == before


def test_a_main_post_in_another_unit_is_a_transfer_that_history_keeps(importer: Importer) -> None:
    content = files.people(("李建国", "13800000016", "西湖区卫生健康局", "副局长"))
    done = importer.carry_out(content)
    assert done["counts"]["moved"] == 1
    assert importing.held("李建国") == [("西湖区卫生健康局", "副局长", "main")]
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
    assert importing.held("张晓梅") == [("办公室", "办公室主任", "main")]
    assert Person.objects.get(name="张晓梅").job_level == "二级主任科员"
    assert Person.objects.get(name="曾国强").phone_index == crypto.blind_index("13900000009")
    assert importing.held("单小芳") == [("一科", "科员", "main"), ("办公室", "内勤", "concurrent")]


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


def test_files_and_their_numbers_are_forgotten_after_a_month(
    importer: Importer, province: factories.Province
) -> None:
    from_then = timezone.now() - timedelta(days=31)
    found = importer.carry_out(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    DirectoryImport.objects.filter(pk=found["id"]).update(uploaded_at=from_then)
    imports.forget(actor=province.actor("何管理"), import_id=found["id"], now=timezone.now())
    answer = importer.client.get(f"/api/v1/org/imports/{found['id']}/report")
    assert (answer.status_code, answer.json()["code"]) == (404, "ORG_IMPORT_NOT_FOUND")
