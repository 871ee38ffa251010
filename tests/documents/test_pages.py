"""公文 as a page: what it shows to whom, and what it never keeps."""

import re

from django.test import Client

from core.models import AuditEntry
from documents.models import AccessLog, Document
from tests.documents.office import BODY, Office

HTMX = {"HX-Request": "true"}


def _form(office: Office, **changes: object) -> dict[str, object]:
    return {
        "title": "关于报送材料的通知",
        "body": BODY,
        "classification": "internal",
        "urgency": "urgent",
        "main": [office.province.unit("西湖区卫生健康局"), office.province.unit("上城区民政局")],
        "note": "联系人：曾国强",
        **changes,
    }


def _text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_draft_is_written_on_the_page_and_leads_to_its_sign_off(office: Office) -> None:
    drafter = office.province.client("曾国强")
    answer = drafter.post("/documents/new/", _form(office, then_submit="yes"), headers=HTMX)
    document = Document.objects.get()
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/documents/{document.pk}/submit/")
    page = _text(drafter, f"/documents/{document.pk}/submit/")
    assert "王伟民" in page
    assert "张晓梅" in page
    route = {
        "reviewer": office.province.person("张晓梅"),
        "signatory": office.province.person("王伟民"),
    }
    drafter.post(f"/documents/{document.pk}/submit/", route, headers=HTMX)
    page = _text(drafter, f"/documents/{document.pk}/")
    assert "核签中" in page
    assert "等待核稿" in page


def test_a_classified_draft_is_refused_not_echoed_and_audited(office: Office) -> None:
    drafter = office.province.client("曾国强")
    answer = drafter.post(
        "/documents/new/", _form(office, body="机密★5年\n绝不能留下的话"), headers=HTMX
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'data-code="CLASSIFIED_REFUSED"' in shown
    assert "绝不能留下的话" not in shown
    assert not Document.objects.exists()
    assert AuditEntry.objects.filter(detail__code="CLASSIFIED_REFUSED").count() == 1


def test_classified_levels_are_shown_but_not_to_be_chosen_and_refused_when_forged(
    office: Office,
) -> None:
    drafter = office.province.client("曾国强")
    page = _text(drafter, "/documents/new/")
    assert '<label class="label" for="classification">密级</label>' in page
    assert re.findall(r"<option disabled>(\w+)（不可选）", page) == ["秘密", "机密", "绝密"]
    assert "本平台不处理涉密内容" in page
    for forged in ("confidential", "secret", "top_secret", "机密"):
        answer = drafter.post("/documents/new/", _form(office, classification=forged), headers=HTMX)
        assert answer.status_code == 422
    assert not Document.objects.exists()


def test_a_saved_draft_opens_beside_the_drafts(office: Office) -> None:
    drafter = office.province.client("曾国强")
    address = drafter.post("/documents/new/", _form(office), headers=HTMX)["HX-Redirect"]
    page = _text(drafter, address)
    assert 'href="/documents/?tab=drafts" aria-current="page"' in page
    assert re.search(r'class="row tall" href="/documents/\d+/\?tab=drafts"', page)


def test_a_classified_draft_is_not_even_previewed(office: Office) -> None:
    drafter = office.province.client("曾国强")
    shown = drafter.post("/documents/specimen/", _form(office, title="【绝密】通知"))
    assert b"<img" not in shown.content
    plain = drafter.post("/documents/specimen/", _form(office))
    assert b'src="data:image/svg+xml;base64,' in plain.content
    assert not Document.objects.exists()


def test_the_page_shows_the_paper_as_images_and_nobody_elses(office: Office) -> None:
    document_id = office.dispatched()
    drafter = office.province.client("曾国强")
    page = _text(drafter, f"/documents/{document_id}/")
    images = re.findall(rf'src="(/documents/{document_id}/pages/\d+\.svg[^"]*)"', page)
    assert len(images) == 1
    image = drafter.get(images[0])
    assert image["Content-Type"] == "image/svg+xml"
    assert image.content.startswith(b"<svg")
    assert drafter.get(f"/documents/{document_id}/pages/2.svg").status_code == 404
    stranger = office.province.client("宋收文")
    assert stranger.get(images[0]).status_code == 404
    assert stranger.get(f"/documents/{document_id}/").status_code == 404


def test_a_recipients_page_shows_neither_the_sign_off_nor_other_recipients(
    office: Office,
) -> None:
    document_id = office.dispatched()
    page = _text(office.province.client("孙收文"), f"/documents/{document_id}/")
    assert "签收" in page
    assert "上城区民政局</span>" not in page
    assert "张晓梅" not in page
    assert "同意。" not in page
    assert "审批单" not in page


def test_opening_the_page_is_reading_and_the_drafter_sees_it(office: Office) -> None:
    document_id = office.dispatched()
    _text(office.province.client("孙收文"), f"/documents/{document_id}/")
    reader = AccessLog.objects.get(person=office.province.person("孙收文"))
    assert (reader.kind, reader.count) == ("view", 1)
    page = _text(office.province.client("曾国强"), f"/documents/{document_id}/")
    assert "孙收文" in page
    assert "查看 1 次" in page


def test_boxes_say_what_is_in_them(office: Office) -> None:
    office.dispatched()
    clerk = office.province.client("孙收文")
    assert "待签收" in _text(clerk, "/documents/")
    assert office.draft()["title"] in _text(clerk, "/documents/")
    for tab, words in (("drafts", "没有草稿"), ("done", "还没有办理过公文")):
        assert words in _text(clerk, f"/documents/?tab={tab}")
    assert "拟稿</a>" not in _text(clerk, "/documents/")
    assert "拟稿</a>" in _text(office.province.client("曾国强"), "/documents/")


def test_what_people_write_is_shown_as_text(office: Office) -> None:
    document_id = office.drafted(title="<script>alert(1)</script>通知")
    page = _text(office.province.client("曾国强"), f"/documents/{document_id}/")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_units_and_people_are_found_by_name(office: Office) -> None:
    drafter = office.province.client("曾国强")
    assert "上城区民政局" in _text(drafter, "/picker/organs/?q=上城区民政")
    assert "西湖区卫生健康局" in _text(drafter, "/picker/organs/")
    assert "赵卫东" in _text(drafter, "/picker/people/?q=赵卫东")
    assert "没有找到" in _text(drafter, "/picker/organs/?q=无此单位")


def test_numbering_from_the_page_waits_for_the_pdf_and_then_shows_it(office: Office) -> None:
    document_id = office.signed()
    drafter = office.province.client("曾国强")
    assert drafter.post(f"/documents/{document_id}/issue/").status_code == 302
    assert "正在排版印制" in _text(drafter, f"/documents/{document_id}/")
    polled = drafter.get(f"/documents/{document_id}/?was=numbered", headers=HTMX)
    assert "HX-Trigger" not in polled
    office.run_jobs()
    polled = drafter.get(f"/documents/{document_id}/?was=numbered", headers=HTMX)
    assert polled["HX-Trigger"] == "documents:changed"
    assert "已印发" in _text(drafter, "/documents/rows/?tab=outgoing")
    page = _text(drafter, f"/documents/{document_id}/")
    assert "正在排版印制" not in page
    assert f"/api/v1/documents/{document_id}/pdf" in page
