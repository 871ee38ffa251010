"""Sign-off: a document is signed by exactly the case that saw exactly its text."""

import json
from typing import Any

import pytest
from django.utils import timezone

from approvals import errors as approval_errors
from approvals.events import CaseEnded
from approvals.queries import cases as case_queries
from approvals.queries import tasks, timelines
from approvals.services import cases
from core import actor as actors
from core.models import AuditEntry
from documents import handlers
from documents.models import Document, Version
from documents.queries import details
from documents.services import sign_off
from messaging.queries import notices
from tests.documents.office import Office, content

PAGE = "/approvals/tasks/{}/resubmit/"


def test_a_document_is_reviewed_and_then_signed(office: Office, sound_audit: None) -> None:
    document_id, case_id = office.submitted()
    assert office.state(document_id) == "in_review"
    office.decide("张晓梅", case_id)
    assert office.state(document_id) == "in_review"
    office.decide("王伟民", case_id)
    seen = content(office.get("曾国强", str(document_id)))
    assert (seen["state"], seen["signatory_name"]) == ("signed", "王伟民")
    assert seen["signed_at"] is not None
    actions = AuditEntry.objects.filter(
        object_kind="documents.document", object_id=str(document_id)
    )
    assert list(actions.order_by("id").values_list("action", flat=True)) == [
        "documents.document.drafted",
        "documents.document.submitted",
        "documents.document.signed",
    ]


def test_the_organs_clerks_hear_once_of_a_document_to_be_numbered(office: Office) -> None:
    document_id = office.signed()
    clerk = office.province.person("张晓梅")
    heard = _told(clerk, "待编号：")
    assert [(one.title, one.link) for one in heard] == [
        (f"待编号：{office.draft()['title']}", f"/documents/{document_id}/")
    ]
    handlers.on_case_ended(_ended(office, document_id), timezone.now())
    assert len(_told(clerk, "待编号：")) == 1
    assert _told(office.province.person("孙收文"), "待编号：") == []


def test_what_is_numbered_waits_in_nobodys_notices(office: Office) -> None:
    document_id = office.signed()
    clerk = office.province.person("张晓梅")
    assert [one.read_at for one in _told(clerk, "待编号：")] == [None]
    office.send("曾国强", f"{document_id}/issue")
    assert [one.read_at is None for one in _told(clerk, "待编号：")] == [False]


def test_nobody_numbers_what_was_not_signed(office: Office) -> None:
    _document_id, case_id = office.submitted()
    office.decide("张晓梅", case_id, "reject")
    assert _told(office.province.person("张晓梅"), "待编号：") == []


def test_all_countersigners_must_agree_before_it_is_signed(office: Office) -> None:
    document_id = office.drafted()
    two = [office.province.person("赵卫东"), office.province.person("李建国")]
    answer = office.send("曾国强", f"{document_id}/submission", office.route(countersigner_ids=two))
    case_id = content(answer)["case_id"]
    office.decide("张晓梅", case_id)
    office.decide("赵卫东", case_id)
    assert office.get("赵卫东", str(document_id)).status_code == 200
    assert "王伟民" not in {entry.person_name for entry in _waiting(office, document_id)}
    office.decide("李建国", case_id)
    office.decide("王伟民", case_id)
    assert office.state(document_id) == "signed"


def test_the_reviewers_pdf_is_kept_with_its_digests(office: Office) -> None:
    document_id, _case_id = office.submitted()
    office.run_jobs()
    version = Version.objects.get(document=document_id)
    assert (version.kind, version.revision, version.pages) == ("draft", 1, 1)
    assert len(version.sha256) == len(version.sm3) == 64
    assert "　号" in version.paper["number"]


def test_a_document_sent_back_is_changed_and_goes_on_in_its_case(office: Office) -> None:
    document_id, case_id = office.submitted()
    office.decide("张晓梅", case_id, "send_back")
    assert office.state(document_id) == "returned"
    changed = {**office.draft(title="关于调整安排的通知"), "revision": 1}
    assert office.send("曾国强", str(document_id), changed, method="put").status_code == 200
    again = office.send("曾国强", f"{document_id}/submission", office.route())
    assert content(again) == {"id": document_id, "case_id": case_id, "revision": 2}
    office.decide("张晓梅", case_id)
    office.decide("王伟民", case_id)
    assert office.state(document_id) == "signed"


@pytest.mark.parametrize("page", ["/api/v1/approvals/tasks/{}/resubmit", PAGE])
def test_a_document_sent_back_does_not_go_on_past_its_route(office: Office, page: str) -> None:
    document_id, case_id = office.submitted()
    office.decide("张晓梅", case_id, "send_back")
    drafter, stranger = office.province.person("曾国强"), office.province.person("仇海生")
    task = tasks.open_task_of(case_id, drafter)
    assert task is not None
    form = _form_of(office, case_id)
    client = office.province.client("曾国强")
    if page == PAGE:
        typed = {f"form.{name}": value for name, value in form.items()}
        chosen = {"chosen.review": stranger, "chosen.sign": stranger}
        answer = client.post(page.format(task.task_id), {**typed, **chosen})
    else:
        body = {"form": form, "chosen": {"review": [stranger], "sign": [stranger]}}
        answer = client.post(
            page.format(task.task_id),
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": "past-its-route"},
        )
        assert answer.json()["code"] == "APPROVAL_OTHER_ACT_EXPECTED"
    assert answer.status_code == 409
    assert tasks.open_task_of(case_id, stranger) is None
    assert tasks.open_task_of(case_id, drafter) == task
    office.run_jobs()
    assert office.state(document_id) == "returned"


def test_a_case_about_another_subject_does_not_go_on_for_this_one(office: Office) -> None:
    document_id, case_id = office.submitted()
    office.decide("张晓梅", case_id, "send_back")
    task = tasks.open_task_of(case_id, office.province.person("曾国强"))
    assert task is not None
    with pytest.raises(approval_errors.OtherActExpected):
        cases.resubmit(
            actor=office.province.actor("曾国强"),
            task_id=task.task_id,
            form=_form_of(office, case_id),
            chosen=None,
            subject=cases.Subject(sign_off.SUBJECT_KIND, document_id + 1, "0" * 64),
            remark="",
            idempotency_key="another",
            now=timezone.now(),
        )
    assert tasks.open_task_of(case_id, office.province.person("曾国强")) == task


def test_nobody_signs_who_was_not_asked_to(office: Office) -> None:
    document_id, _case_id = office.submitted()
    digest = Document.objects.get(pk=document_id).digest
    _outcome(office, document_id, digest=digest, decider="张晓梅")
    seen = Document.objects.get(pk=document_id)
    assert (seen.state, seen.signatory_id, seen.signed_at) == ("draft", None, None)


@pytest.mark.parametrize("act", ["reject", "withdraw"])
def test_a_document_not_signed_is_a_draft_again(office: Office, act: str) -> None:
    document_id, case_id = office.submitted()
    if act == "reject":
        office.decide("张晓梅", case_id, "reject")
    else:
        cases.withdraw(
            actor=office.province.actor("曾国强"), case_id=case_id, remark="",
            idempotency_key="w", now=timezone.now(),
        )  # fmt: skip
        office.run_jobs()
    assert office.state(document_id) == "draft"
    again = office.send("曾国强", f"{document_id}/submission", office.route())
    assert content(again)["case_id"] != case_id


def test_a_case_that_saw_another_text_signs_nothing(office: Office) -> None:
    document_id, _case_id = office.submitted()
    _outcome(office, document_id, digest="0" * 64)
    assert office.state(document_id) == "draft"


def test_hearing_the_outcome_twice_changes_nothing(office: Office) -> None:
    document_id, case_id = office.submitted()
    office.decide("张晓梅", case_id)
    office.decide("王伟民", case_id)
    before = Document.objects.values().get(pk=document_id)
    _outcome(office, document_id, digest=before["digest"])
    assert Document.objects.values().get(pk=document_id) == before


def test_submitting_twice_is_refused(office: Office) -> None:
    document_id, _case_id = office.submitted()
    answer = office.send("曾国强", f"{document_id}/submission", office.route())
    assert (answer.status_code, content(answer)["code"]) == (409, "DOCUMENT_NOT_EDITABLE")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reviewer_ids": []}, "REVIEWER_INVALID"),
        ({"reviewer_ids": ["曾国强"]}, "REVIEWER_INVALID"),
        ({"reviewer_ids": ["赵卫东"]}, "REVIEWER_INVALID"),
        ({"signatory_id": "单小芳"}, "SIGNATORY_INVALID"),
        ({"signatory_id": "赵卫东"}, "SIGNATORY_INVALID"),
    ],
)
def test_a_route_that_the_rules_forbid_is_refused(
    office: Office, change: dict[str, object], code: str
) -> None:
    document_id = office.drafted()
    ids = {
        name: [office.province.person(str(one)) for one in value]
        if isinstance(value, list)
        else office.province.person(str(value))
        for name, value in change.items()
    }
    answer = office.send("曾国强", f"{document_id}/submission", office.route(**ids))
    assert (answer.status_code, content(answer)["code"]) == (422, code)
    assert Document.objects.get(pk=document_id).state == "draft"


def test_a_notice_without_recipients_is_not_submitted(office: Office) -> None:
    document_id = office.drafted(main_unit_ids=[])
    answer = office.send("曾国强", f"{document_id}/submission", office.route())
    assert content(answer)["code"] == "RECIPIENT_MISSING"


def test_a_character_that_no_font_draws_is_named_before_anybody_signs(office: Office) -> None:
    document_id = office.drafted(body="请陶喆同志参加。\U000e0041\u0e01")
    answer = office.send("曾国强", f"{document_id}/submission", office.route())
    assert content(answer)["code"] == "UNPRINTABLE_TEXT"
    assert "ก" in content(answer)["detail"]


def _told(person_id: int, start: str) -> list[notices.Notice]:
    return [one for one in notices.latest(person_id, 20) if one.title.startswith(start)]


def _ended(office: Office, document_id: int) -> CaseEnded:
    """The news of the document's case, told again."""
    document = Document.objects.get(pk=document_id)
    return CaseEnded(
        case_id=document.case_id or 0,
        serial_number="",
        title=document.title,
        template_name="",
        outcome="approved",
        initiator_id=document.drafter_id,
        subject_kind=sign_off.SUBJECT_KIND,
        subject_id=document_id,
        subject_digest=document.digest,
        last_decider_id=office.province.person("王伟民"),
        ended_at=timezone.now(),
    )


def _outcome(office: Office, document_id: int, *, digest: str, decider: str = "王伟民") -> None:
    sign_off.note_outcome(
        actor=actors.system("tests"),
        document_id=document_id,
        case_id=Document.objects.get(pk=document_id).case_id or 0,
        approved=True,
        digest=digest,
        decider_id=office.province.person(decider),
        ended_at=timezone.now(),
        now=timezone.now(),
    )


def _form_of(office: Office, case_id: int) -> dict[str, Any]:
    """The form as it stands."""
    actor = office.province.actor("曾国强")
    return dict(case_queries.view(actor=actor, case_id=case_id, at=timezone.now()).form)


def _waiting(office: Office, document_id: int) -> tuple[timelines.Waiting, ...]:
    timeline = details.timeline(
        actor=office.province.actor("曾国强"), document_id=document_id, at=timezone.now()
    )
    assert timeline is not None
    return timeline.waiting
