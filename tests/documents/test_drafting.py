"""Drafts: who sees them, what they may say, when they may change."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core.models import AuditEntry
from documents import markings
from documents.models import Document, Recipient
from tests.documents.office import Office, content

MARKED = [
    "秘密★1年",
    "机密",
    "绝 密★",
    "【秘密】",
    "密级：机密★20年",
    "（绝密）",
    "秘\u200b密",
    "机密*",
]


def test_a_draft_is_seen_by_its_drafter_only(office: Office) -> None:
    document_id = office.drafted()
    seen = content(office.get("曾国强", str(document_id)))
    assert seen["title"] == "关于做好2026年度居家养老服务工作的通知"
    assert seen["document_type_name"] == "通知"
    assert seen["issuer_name"] == "西湖区民政局"
    assert seen["classification"] == "internal"
    assert [unit["name"] for unit in seen["main"]] == ["西湖区卫生健康局", "上城区民政局"]
    assert seen["rights"] == {
        "edit": True, "submit": True, "issue": False, "dispatch": False,
        "acknowledge": False, "see_readers": False,
    }  # fmt: skip
    for other in ("单小芳", "王伟民", "张晓梅", "赵卫东", "马科员"):
        answer = office.get(other, str(document_id))
        assert (answer.status_code, content(answer)["code"]) == (404, "DOCUMENT_NOT_FOUND")


@pytest.mark.parametrize("classification", ["confidential", "secret", "top_secret"])
def test_a_classified_document_is_refused_and_nothing_is_stored(
    office: Office, classification: str
) -> None:
    answer = office.send("曾国强", "", office.draft(classification=classification))
    assert (answer.status_code, content(answer)["code"]) == (403, "CLASSIFIED_REFUSED")
    assert "未作任何保存" in content(answer)["detail"]
    assert not Document.objects.exists()
    assert not Recipient.objects.exists()


@pytest.mark.parametrize("marking", MARKED)
@pytest.mark.parametrize("field", ["title", "body"])
def test_a_marking_at_the_head_is_refused(office: Office, field: str, marking: str) -> None:
    text = marking if field == "title" else f"\n{marking}\n关于有关事项的通知"
    answer = office.send("曾国强", "", office.draft(**{field: text}))
    assert (answer.status_code, content(answer)["code"]) == (403, "CLASSIFIED_REFUSED")
    assert not Document.objects.exists()


def test_the_refusal_is_audited_without_the_text(office: Office) -> None:
    office.send("曾国强", "", office.draft(title="秘密★1年", body="不该留下的内容"))
    denied = AuditEntry.objects.get(action="core.access.denied")
    assert denied.person_id == office.province.person("曾国强")
    assert denied.detail == {"code": "CLASSIFIED_REFUSED"}
    assert not AuditEntry.objects.filter(detail__icontains="不该留下").exists()


def test_a_revision_may_not_become_classified(office: Office) -> None:
    document_id = office.drafted()
    changed = {**office.draft(body="机密★10年\n内容"), "revision": 1}
    answer = office.send("曾国强", str(document_id), changed, method="put")
    assert content(answer)["code"] == "CLASSIFIED_REFUSED"
    assert Document.objects.get(pk=document_id).revision == 1


@pytest.mark.parametrize(
    "title",
    ["关于加强商业秘密保护工作的通知", "关于机密级计算机管理培训的通知", "秘密投票办法的通知"],
)
def test_the_words_in_running_text_are_no_marking(title: str) -> None:
    assert not markings.is_marked(title, f"{title}\n一、绝密级文件不得在本平台处理。")


def test_the_database_itself_holds_no_classified_document(office: Office) -> None:
    document_id = office.drafted()
    with pytest.raises(DatabaseError, match="documents_document_ceiling"), transaction.atomic():
        Document.objects.filter(pk=document_id).update(classification="secret")


def test_a_revision_raises_the_revision_and_changes_the_digest(office: Office) -> None:
    document_id = office.drafted()
    before = content(office.get("曾国强", str(document_id)))
    changed = {**office.draft(title="关于调整安排的通知"), "revision": 1}
    answer = office.send("曾国强", str(document_id), changed, method="put")
    assert (answer.status_code, content(answer)["revision"]) == (200, 2)
    assert content(answer)["digest"] != before["digest"]
    stale = office.send("曾国强", str(document_id), changed, method="put")
    assert (stale.status_code, content(stale)["code"]) == (409, "DOCUMENT_CHANGED")


def test_an_unchanged_revision_changes_nothing(office: Office) -> None:
    document_id = office.drafted()
    same = {**office.draft(), "revision": 1}
    assert content(office.send("曾国强", str(document_id), same, method="put"))["revision"] == 1


@pytest.mark.parametrize("state", ["submitted", "signed", "issued"])
def test_a_document_out_of_the_drafters_hands_is_not_edited(office: Office, state: str) -> None:
    made = getattr(office, state)()
    document_id = made[0] if isinstance(made, tuple) else made
    changed = {**office.draft(title="偷换的标题"), "revision": 1}
    answer = office.send("曾国强", str(document_id), changed, method="put")
    assert (answer.status_code, content(answer)["code"]) == (409, "DOCUMENT_NOT_EDITABLE")
    with pytest.raises(DatabaseError, match="with its reviewers or signed"), transaction.atomic():
        Document.objects.filter(pk=document_id).update(title="偷换的标题")
    assert content(office.get("曾国强", str(document_id)))["title"] == office.draft()["title"]


def test_only_a_registered_organ_drafts(office: Office) -> None:
    answer = office.send("周防疫", "", office.draft())
    assert (answer.status_code, content(answer)["code"]) == (422, "NOT_AN_ISSUING_UNIT")


@pytest.mark.parametrize("units", [["西湖区民政局/办公室"], ["西湖区卫生健康局"] * 2])
def test_recipients_are_organs_named_once(office: Office, units: list[str]) -> None:
    ids = [office.province.unit(name) for name in units]
    answer = office.send("曾国强", "", office.draft(main_unit_ids=ids))
    assert (answer.status_code, content(answer)["code"]) == (422, "RECIPIENT_INVALID")
    assert not Document.objects.exists()


def test_an_abolished_organ_is_no_recipient(office: Office) -> None:
    gone = office.abolished("西湖区旧局")
    main = [*office.draft()["main_unit_ids"], gone]
    answer = office.send("曾国强", "", office.draft(main_unit_ids=main))
    assert (answer.status_code, content(answer)["code"]) == (422, "RECIPIENT_INVALID")
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "fault",
    [{"title": ""}, {"title": "长" * 121}, {"body": ""}, {"body": "a\x00b"}, {"stray": 1},
     {"urgency": "soon"}, {"classification": "cosmic"}, {"main_unit_ids": [0]}],
)  # fmt: skip
def test_a_malformed_draft_is_refused(office: Office, fault: dict[str, Any]) -> None:
    answer = office.send("曾国强", "", office.draft(**fault))
    assert (answer.status_code, content(answer)["code"]) == (422, "SCHEMA_VIOLATED")
    assert not Document.objects.exists()
