"""Dispatch, acknowledgement, and who read it when."""

import hashlib
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from core import storage
from documents.models import AccessLog, Dispatch, Version
from documents.queries import circulation
from messaging.queries import notices
from tests.conftest import Budget
from tests.documents.office import Office, content


def _titles(office: Office, who: str, box: str) -> list[str]:
    return [row["title"] for row in content(office.get(who, f"?box={box}"))["items"]]


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
    document_id = office.issued()
    key = Version.objects.get(document=document_id, kind="final").key
    storage.put(key=key, content=b"%PDF-1.7 another", content_type="application/pdf")
    answer = office.get("曾国强", f"{document_id}/pdf")
    assert (answer.status_code, content(answer)["code"]) == (409, "OBJECT_ALTERED")
    assert not AccessLog.objects.filter(kind="download").exists()


def test_an_unissued_document_has_no_pdf(office: Office) -> None:
    document_id = office.signed()
    answer = office.get("曾国强", f"{document_id}/pdf")
    assert (answer.status_code, content(answer)["code"]) == (404, "VERSION_NOT_FOUND")


def test_a_document_goes_to_two_organs_and_their_clerks_hear_of_it(office: Office) -> None:
    document_id = office.dispatched()
    rows = content(office.get("曾国强", f"{document_id}/dispatches"))
    assert [(row["unit_name"], row["acknowledged_at"]) for row in rows] == [
        ("西湖区卫生健康局", None),
        ("上城区民政局", None),
    ]
    for clerk in ("孙收文", "高收文"):
        assert _titles(office, clerk, "awaiting") == [office.draft()["title"]]
        person_id = office.province.person(clerk)
        assert circulation.awaiting_count(person_id, at=timezone.now()) == 1
        notice = notices.latest(person_id, 5)[0]
        assert notice.title.startswith("待签收：")
        assert notice.link == f"/documents/{document_id}/"
    assert _titles(office, "宋收文", "awaiting") == []


def test_sending_again_sends_nothing_twice(office: Office) -> None:
    document_id = office.dispatched()
    again = office.send(
        "曾国强",
        f"{document_id}/dispatches",
        {"unit_ids": [office.province.unit(n) for n in ("上城区民政局", "海曙区民政局")]},
    )
    assert content(again)["unit_ids"] == [office.province.unit("海曙区民政局")]
    assert Dispatch.objects.filter(document=document_id).count() == 3


def test_the_clerk_sees_it_at_once_and_colleagues_once_it_is_acknowledged(
    office: Office,
) -> None:
    document_id = office.dispatched()
    assert office.get("孙收文", str(document_id)).status_code == 200
    assert office.get("赵卫东", str(document_id)).status_code == 200
    assert office.get("周防疫", str(document_id)).status_code == 404
    assert _titles(office, "周防疫", "incoming") == []
    answer = office.send("孙收文", f"{document_id}/acknowledgement")
    assert answer.status_code == 200
    assert office.get("周防疫", str(document_id)).status_code == 200
    assert _titles(office, "周防疫", "incoming") == [office.draft()["title"]]
    assert _titles(office, "孙收文", "awaiting") == []
    assert _titles(office, "孙收文", "done") == [office.draft()["title"]]
    # the other organ's acknowledgement is its own affair
    assert office.get("马科员", str(document_id)).status_code == 404


def test_acknowledging_twice_keeps_the_first_time(office: Office) -> None:
    document_id = office.dispatched()
    first = content(office.send("孙收文", f"{document_id}/acknowledgement"))
    assert content(office.send("孙收文", f"{document_id}/acknowledgement")) == first


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("赵卫东", 403, "DOCUMENT_FORBIDDEN"),
        ("曾国强", 404, "NOT_DISPATCHED"),
        ("周防疫", 404, "DOCUMENT_NOT_FOUND"),
        ("宋收文", 404, "DOCUMENT_NOT_FOUND"),
    ],
)
def test_only_the_organs_clerk_acknowledges(
    office: Office, who: str, status: int, code: str
) -> None:
    document_id = office.dispatched()
    answer = office.send(who, f"{document_id}/acknowledgement")
    assert (answer.status_code, content(answer)["code"]) == (status, code)
    assert not Dispatch.objects.filter(acknowledged_at__isnull=False).exists()


def test_the_drafter_sees_who_read_it_first_and_last_and_how_often(office: Office) -> None:
    document_id = office.dispatched()
    for _time in range(3):
        office.get("孙收文", str(document_id))
    office.get("高收文", f"{document_id}/pdf")
    rows = content(office.get("曾国强", f"{document_id}/readers"))
    read = {(row["name"], row["organ_name"], row["kind_name"], row["count"]) for row in rows}
    assert read == {
        ("孙收文", "西湖区卫生健康局", "查看", 3),
        ("高收文", "上城区民政局", "下载", 1),
    }
    first = next(row for row in rows if row["name"] == "孙收文")
    assert first["first_at"] < first["last_at"]


@pytest.mark.parametrize("who", ["孙收文", "赵卫东"])
def test_recipients_see_neither_other_recipients_nor_readers_nor_drafts(
    office: Office, who: str
) -> None:
    document_id = office.dispatched()
    rows = content(office.get(who, f"{document_id}/dispatches"))
    assert [row["unit_name"] for row in rows] == ["西湖区卫生健康局"]
    refused = office.get(who, f"{document_id}/readers")
    assert (refused.status_code, content(refused)["code"]) == (403, "DOCUMENT_FORBIDDEN")
    kinds = [one["kind"] for one in content(office.get(who, str(document_id)))["versions"]]
    assert kinds == ["final"]


@pytest.mark.parametrize("path", ["", "/dispatches", "/readers", "/pdf"])
@pytest.mark.parametrize("who", ["宋收文", "仇海生", "褚一"])
def test_a_sibling_countys_document_is_hidden(office: Office, who: str, path: str) -> None:
    document_id = office.dispatched()
    answer = office.get(who, f"{document_id}{path}")
    assert (answer.status_code, content(answer)["code"]) == (404, "DOCUMENT_NOT_FOUND")
    assert office.get(who, f"999999{path}").status_code == 404
    assert not AccessLog.objects.filter(person=office.province.person(who)).exists()


@pytest.mark.parametrize("path", ["submission", "issue", "dispatches", "acknowledgement"])
def test_a_sibling_county_changes_nothing(office: Office, path: str) -> None:
    document_id = office.signed()
    bodies: dict[str, Any] = {
        "submission": office.route(),
        "dispatches": {"unit_ids": [office.province.unit("海曙区民政局")]},
    }
    answer = office.send("宋收文", f"{document_id}/{path}", bodies.get(path))
    assert (answer.status_code, content(answer)["code"]) == (404, "DOCUMENT_NOT_FOUND")
    assert office.state(document_id) == "signed"


def test_what_is_not_issued_is_not_dispatched(office: Office) -> None:
    document_id = office.signed()
    answer = office.send(
        "曾国强", f"{document_id}/dispatches", {"unit_ids": office.draft()["main_unit_ids"]}
    )
    assert (answer.status_code, content(answer)["code"]) == (409, "WRONG_DOCUMENT_STATE")
    assert not Dispatch.objects.exists()


def test_boxes_come_in_pages_without_a_row_lost_or_doubled(office: Office) -> None:
    wanted = [f"第{number}号草稿" for number in range(7)]
    for title in wanted:
        office.drafted(title=title)
    seen: list[str] = []
    cursor = ""
    while True:
        page = content(office.get("曾国强", f"?box=drafts&limit=3&cursor={cursor}"))
        seen += [row["title"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert seen == wanted[::-1]
    assert content(office.get("曾国强", "counts")) == {"awaiting": 0, "drafts": 7}
    assert content(office.get("曾国强", "?box=drafts&limit=101"))["code"] == "SCHEMA_VIOLATED"
    assert content(office.get("曾国强", "?box=drafts&cursor=abc"))["code"] == "BAD_CURSOR"


def test_sql_budgets(office: Office, budget: Budget) -> None:
    document_id = office.dispatched()
    office.dispatched(title="第二件")
    client = office.province.client("孙收文")
    drafter = office.province.client("曾国强")
    client.get("/api/v1/documents/counts")
    with budget("documents.box.awaiting"):
        client.get("/api/v1/documents/?box=awaiting")
    with budget("documents.box.outgoing"):
        drafter.get("/api/v1/documents/?box=outgoing")
    with budget("documents.counts"):
        client.get("/api/v1/documents/counts")
    client.get(f"/api/v1/documents/{document_id}")
    with budget("documents.document"):
        client.get(f"/api/v1/documents/{document_id}")
    with budget("documents.dispatches"):
        drafter.get(f"/api/v1/documents/{document_id}/dispatches")
    with budget("documents.readers"):
        drafter.get(f"/api/v1/documents/{document_id}/readers")
    with budget("documents.acknowledge"):
        client.post(f"/api/v1/documents/{document_id}/acknowledgement")
    assert settings.DEBUG is False
