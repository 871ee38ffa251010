"""Lists leave by right only, come back without a change, and never as formulas."""

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from core import crypto
from core.models import AuditEntry
from org.kinds import AdminRole, ExportState
from org.models import AdminGrant, DirectoryExport, OrgChange, Person, Unit
from tests import factories
from tests.org import files
from tests.org.importing import Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

NASTY = "=cmd|' /C calc'!A0"


def ask(client: Client, unit_id: int, **given: str) -> Any:
    body = {"subject": "people", "unit_id": unit_id, **given}
    return client.post("/api/v1/org/exports", body, content_type="application/json")


def export(importer: Importer, unit: str = "西湖区", **given: str) -> bytes:
    """The content of the file that the administrator asked for."""
    answer = ask(importer.client, importer.province.unit(unit), **given)
    assert answer.status_code == 201, answer.content
    importer.run_jobs()
    file = importer.client.get(f"/api/v1/org/exports/{answer.json()['id']}/file")
    assert file.status_code == 200, file.content
    assert file["Content-Disposition"].startswith("attachment; ")
    content: bytes = file.content
    return content


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_people_are_listed_in_their_order_with_masked_phones(importer: Importer) -> None:
    rows = table(export(importer, "西湖区民政局", file_format="csv"))
    assert rows[0][:3] == ["系统编号", "姓名", "手机号"]
    assert [(row[1], row[2], row[6]) for row in rows[1:]] == [
        ("王伟民", "138****0015", "局长"),
        ("李建国", "138****0016", "副局长"),
        ("张晓梅", "138****0017", "收发员"),
        ("曾国强", "138****0018", "科长"),
        ("单小芳", "138****0019", "科员"),
    ]


def test_whole_phone_numbers_are_given_by_right_and_recorded(importer: Importer) -> None:
    rows = table(export(importer, "西湖区民政局", file_format="csv", phones="full"))
    assert rows[1][2] == "13800000015"
    recorded = AuditEntry.objects.filter(object_kind="org.export").order_by("id")
    assert [(entry.action, entry.detail["phones"]) for entry in recorded] == [
        ("org.export.asked", "full"),
        ("org.export.written", "full"),
        ("org.export.fetched", "full"),
    ]


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
@pytest.mark.parametrize("phones", ["masked", "full"])
def test_an_export_of_people_comes_back_without_a_change(
    importer: Importer, file_format: str, phones: str, province: factories.Province
) -> None:
    Person.objects.filter(name="李建国").update(name=NASTY, job_level="特级", staff_number="-7")
    Person.objects.filter(name="曾国强").update(name="'=引号", phone_cipher=None, phone_index=None)
    Person.objects.filter(name="单小芳").update(
        name="  多  空格 ", phone_cipher=crypto.encrypt_text("+852-12345678"),
        phone_index=crypto.blind_index("+85212345678"),
    )  # fmt: skip
    Unit.objects.filter(pk=province.unit("西湖区民政局/一科")).update(name="一科/二科\u2028=@")
    content = export(importer, file_format=file_format, phones=phones)
    changes = OrgChange.objects.count()
    found = importer.check(content, name=f"名册.{file_format}")
    assert importer.faults(found["id"]) == []
    assert (found["counts"]["unchanged"], found["counts"]["touched"]) == (15, 0)
    synced = importer.check(content, name=f"名册.{file_format}", mode="sync")
    assert (synced["counts"]["unchanged"], synced["counts"]["ended"]) == (15, 0)
    assert OrgChange.objects.count() == changes


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_an_export_of_units_comes_back_without_a_change(
    importer: Importer, file_format: str, province: factories.Province
) -> None:
    Unit.objects.filter(pk=province.unit("西湖区民政局/一科")).update(
        name="@SUM(A1)/组", short_name="-1", phone="+86 571", address='="甲",\n"乙"', sort=-5
    )
    content = export(importer, subject="units", file_format=file_format)
    for mode in ("merge", "sync"):
        found = importer.check(content, name=f"组织.{file_format}", subject="units", mode=mode)
        assert importer.faults(found["id"]) == []
        assert (found["counts"]["unchanged"], found["counts"]["touched"]) == (10, 0)


def test_no_cell_of_an_export_is_a_formula(importer: Importer) -> None:
    Person.objects.filter(name="李建国").update(name=NASTY)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(export(importer))).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert f"'{NASTY}" in {cell.value for cell in cells}
    for row in table(export(importer, file_format="csv")):
        assert not [cell for cell in row if cell[:1] in "=+-@" and cell]


def test_an_export_never_lists_what_the_administrator_does_not_manage(
    importer: Importer, province: factories.Province
) -> None:
    AdminGrant.objects.filter(person_id=province.person("何管理"), role="people").update(
        root_id=province.unit("西湖区民政局"), subtree=False
    )
    rows = table(export(importer, "西湖区民政局", file_format="csv"))
    assert [row[1] for row in rows[1:]] == ["王伟民", "李建国"]
    refused = ask(importer.client, province.unit("上城区"))
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert ask(province.client("许收发"), province.unit("西湖区")).status_code == 403
    assert DirectoryExport.objects.count() == 1


def test_nobody_else_fetches_the_file(importer: Importer, province: factories.Province) -> None:
    AdminGrant.objects.create(
        person_id=province.person("尤副主"), role=AdminRole.PEOPLE,
        root_id=province.unit("西湖区"), valid_from=factories.FOUNDED,
    )  # fmt: skip
    export(importer)
    made = DirectoryExport.objects.get()
    path = f"/api/v1/org/exports/{made.pk}"
    for name in ("马科员", "许收发", "尤副主"):
        for address in (path, f"{path}/file"):
            answer = province.client(name).get(address)
            assert (answer.status_code, answer.json()["code"]) == (404, "ORG_EXPORT_NOT_FOUND")
    AdminGrant.objects.filter(person_id=province.person("何管理")).update(revoked_at=timezone.now())
    assert importer.client.get(f"{path}/file").status_code == 403


def test_a_file_is_gone_after_seven_days(importer: Importer) -> None:
    export(importer)
    made = DirectoryExport.objects.get()
    assert made.expires_at is not None
    assert made.ready_at is not None
    assert made.expires_at - made.ready_at == timedelta(days=7)
    DirectoryExport.objects.update(expires_at=timezone.now())
    answer = importer.client.get(f"/api/v1/org/exports/{made.pk}/file")
    assert (answer.status_code, answer.json()["code"]) == (409, "ORG_EXPORT_NOT_READY")


def test_more_than_fifty_people_leave_only_when_a_second_person_agrees(
    importer: Importer, province: factories.Province
) -> None:
    AdminGrant.objects.create(
        person_id=province.person("尤副主"), role=AdminRole.PEOPLE,
        root_id=province.unit("西湖区"), valid_from=factories.FOUNDED,
    )  # fmt: skip
    rows = [(f"新{n}", f"139000001{n:02d}", "西湖区民政局", "科员") for n in range(36)]
    importer.carry_out(files.people(*rows))
    asked = ask(importer.client, province.unit("西湖区"), phones="full")
    assert asked.status_code == 202
    importer.run_jobs()
    made = DirectoryExport.objects.get()
    assert (made.state, made.file_key) == (ExportState.WAITING, "")
    early = importer.client.get(f"/api/v1/org/exports/{made.pk}/file")
    assert early.json()["code"] == "ORG_EXPORT_NOT_READY"
    path = f"/api/v1/org/requests/{asked.json()['request_id']}"
    shown = province.client("尤副主").get(path).json()
    assert shown["summary"] == "导出“西湖区”及下级的 51 人（含完整手机号）"
    agreed = province.client("尤副主").post(f"{path}/approve", {}, content_type="application/json")
    assert agreed.status_code == 200
    importer.run_jobs()
    made.refresh_from_db()
    assert (made.state, made.row_count) == (ExportState.READY, 51)
    assert made.approved_by_id == province.person("尤副主")
