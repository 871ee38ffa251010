"""Drafts and reviews of somebody who left go over, where the successor may have them."""

import pytest

from core.models import AuditEntry
from documents.models import Document, Participant
from tests import handovers
from tests.documents.office import Office, content

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

DRAFTER, REVIEWER, SIGNATORY, HEIR = "曾国强", "张晓梅", "王伟民", "单小芳"


def test_a_draft_goes_over_to_somebody_of_the_issuing_organ_only(office: Office) -> None:
    province = office.province
    document_id = office.drafted()
    handovers.leave(province, DRAFTER, office.run_jobs)
    outside = handovers.settle(province, DRAFTER, "草拟中", "赵卫东", office.run_jobs)
    assert outside == "已转交草稿 0 件；1 件未转交：接手人不在发文单位任职，请重开本项另行指定"
    assert office.get("赵卫东", str(document_id)).status_code == 404
    handovers.reopen(province, DRAFTER, "草拟中")
    said = handovers.settle(province, DRAFTER, "草拟中", HEIR, office.run_jobs)
    assert said == "已转交草稿 1 件"
    changed = {**office.draft(title="关于调整安排的通知"), "revision": 1}
    assert office.send(HEIR, str(document_id), changed, method="put").status_code == 200
    entry = AuditEntry.objects.get(action="documents.document.handed_over")
    assert entry.detail == {
        "from_id": province.person(DRAFTER), "to_id": province.person(HEIR),
    }  # fmt: skip


def test_a_returned_document_goes_on_in_its_case_under_the_successor(office: Office) -> None:
    province = office.province
    document_id, case_id = office.submitted()
    office.decide(REVIEWER, case_id, "send_back")
    handovers.leave(province, DRAFTER, office.run_jobs)
    said = handovers.settle(province, DRAFTER, "退回修改", HEIR, office.run_jobs)
    assert said == "已转交草稿 1 件"
    again = office.send(HEIR, f"{document_id}/submission", office.route())
    assert content(again)["case_id"] == case_id
    office.decide(REVIEWER, case_id)
    office.decide(SIGNATORY, case_id)
    assert Document.objects.get(pk=document_id).state == "signed"


def test_a_review_goes_over_and_its_successor_sees_the_paper(office: Office) -> None:
    province = office.province
    document_id, case_id = office.submitted()
    handovers.leave(province, REVIEWER, office.run_jobs)
    assert office.get(HEIR, str(document_id)).status_code == 404
    said = handovers.settle(province, REVIEWER, "待核签", HEIR, office.run_jobs)
    assert said == "已转交核签 1 件"
    assert office.get(HEIR, str(document_id)).status_code == 200
    office.decide(HEIR, case_id)
    office.decide(SIGNATORY, case_id)
    assert Document.objects.get(pk=document_id).state == "signed"


def test_only_a_leader_of_the_organ_inherits_a_signature(office: Office) -> None:
    province = office.province
    document_id, case_id = office.submitted()
    office.decide(REVIEWER, case_id)
    handovers.leave(province, SIGNATORY, office.run_jobs)
    refused = handovers.settle(province, SIGNATORY, "待核签", HEIR, office.run_jobs)
    assert refused.startswith("已转交核签 0 件；1 件未转交：接手人不能承担该环节")
    assert not Participant.objects.filter(person=province.person(HEIR)).exists()
    handovers.reopen(province, SIGNATORY, "待核签")
    said = handovers.settle(province, SIGNATORY, "待核签", "李建国", office.run_jobs)
    assert said == "已转交核签 1 件"
    office.decide("李建国", case_id)
    signed = Document.objects.get(pk=document_id)
    assert (signed.state, signed.signatory_id) == ("signed", province.person("李建国"))
