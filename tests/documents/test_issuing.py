"""Issuing: the final PDF, its digests, and what is refused when they do not fit."""

import hashlib
import uuid

from django.utils import timezone

from core import storage
from documents.models import AccessLog, Version
from tests.documents.office import Office, content


def test_an_issued_document_has_its_final_pdf(office: Office, sound_audit: None) -> None:
    document_id = office.issued()
    seen = content(office.get("曾国强", str(document_id)))
    year = timezone.localtime().year
    assert (seen["state"], seen["number_text"]) == ("issued", f"西民发〔{year}〕1号")
    final, review_copy = seen["versions"]
    assert (final["kind_name"], review_copy["kind_name"]) == ("正式印发稿", "送审稿")
    answer = office.get("曾国强", f"{document_id}/pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-1.7")
    assert hashlib.sha256(answer.content).hexdigest() == final["sha256"]
    assert len(answer.content) == final["size"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_hearing_the_number_twice_sets_one_final(office: Office) -> None:
    document_id = office.issued()
    assert office.run_jobs() == 0
    assert Version.objects.filter(document=document_id, kind="final").count() == 1


def test_a_pdf_swapped_in_the_store_is_refused(office: Office) -> None:
    # A paper of its own: equal papers share one object, and other tests read theirs.
    document_id = office.issued(note=f"联系人：{uuid.uuid4().hex}")
    key = Version.objects.get(document=document_id, kind="final").key
    storage.put(key=key, content=b"%PDF-1.7 another", content_type="application/pdf")
    answer = office.get("曾国强", f"{document_id}/pdf")
    assert (answer.status_code, content(answer)["code"]) == (409, "OBJECT_ALTERED")
    assert not AccessLog.objects.filter(kind="download").exists()


def test_an_unissued_document_has_no_pdf(office: Office) -> None:
    document_id = office.signed()
    answer = office.get("曾国强", f"{document_id}/pdf")
    assert (answer.status_code, content(answer)["code"]) == (404, "VERSION_NOT_FOUND")
