"""Files of people confirmed: once, by whoever may, with a second person, or given up."""

import pytest
from django.utils import timezone

from org.kinds import ImportState
from org.models import AdminGrant, DirectoryImport, OrgChange, Person
from org.services import appointments
from tests import factories
from tests.org import calls, files, importing
from tests.org.importing import OFFICE, Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

FIFTY_ONE = files.people(
    *((f"新人{n:02d}", f"139000001{n:02d}", OFFICE, "科员") for n in range(51))
)
"""One more than an administrator may take in alone."""


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
    before = importing.everything()
    importer.run_jobs()
    stale = importer.show(found["id"])
    assert stale["state"] == "checked"
    assert stale["refusal"] == "检查之后数据已有变动，未导入任何内容，请重新检查"
    assert importing.everything() == before
    anew = importer.check_columns(found["id"], stale["columns"])
    assert (anew["refusal"], anew["counts"]["new"]) == ("", 1)


def test_a_cancelled_import_changes_nothing(importer: Importer) -> None:
    found = importer.check(files.people(("赵新民", "13900000001", OFFICE, "科员")))
    importer.send(found["id"], "confirm", {})
    assert importer.send(found["id"], "cancel", {}).status_code == 204
    before = importing.everything()
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "cancelled"
    assert importing.everything() == before
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
    assert importing.held("单小芳") != []
    meant = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert meant.status_code == 200
    importer.run_jobs()
    assert importer.show(found["id"])["state"] == "applied"
    assert [importing.held(name) for name in ("张晓梅", "曾国强", "单小芳")] == [[], [], []]
    left = Person.objects.filter(name__in=("张晓梅", "曾国强", "单小芳"))
    assert set(left.values_list("status", flat=True)) == {"left"}
    assert importing.held("王伟民") == [("西湖区民政局", "局长", "main")]


def test_full_synchronisation_with_a_fault_is_refused(importer: Importer) -> None:
    rows = [("王伟民", "", "西湖区民政局", "局长"), ("李建国", "坏", "西湖区民政局", "副局长")]
    found = importer.check(files.people(*rows), mode="sync", unit="西湖区民政局")
    refused = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_FAULTY")
    assert len(importing.held("单小芳")) == 1


def test_nobody_with_greater_rights_is_left_out_of_a_full_synchronisation(
    importer: Importer, province: factories.Province
) -> None:
    calls.grant(province, "赵卫东", "apps", "浙江省")
    rows = [("钱医", "", "西湖区卫生健康局", "副局长")]
    found = importer.check(files.people(*rows), mode="sync", unit="西湖区卫生健康局")
    assert (0, "姓名", "HOLDS_GREATER_RIGHTS") in importer.faults(found["id"], "error")
    refused = importer.send(found["id"], "confirm", {"ending_is_meant": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_IMPORT_FAULTY")
    assert len(importing.held("赵卫东")) == 1


def test_more_than_fifty_take_a_second_person(
    importer: Importer, province: factories.Province
) -> None:
    calls.grant(province, "尤副主", "people", "西湖区")
    found = importer.check(FIFTY_ONE)
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
    calls.grant(province, "尤副主", "people", "西湖区")
    found = importer.check(FIFTY_ONE)
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
