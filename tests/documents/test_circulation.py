"""Dispatch, acknowledgement, and who read it when."""

from typing import Any

import pytest
from django.utils import timezone

from documents.models import AccessLog, Dispatch
from documents.queries import circulation
from messaging.queries import notices
from tests.documents.office import Office, content


def _titles(office: Office, who: str, box: str) -> list[str]:
    return [row["title"] for row in content(office.get(who, f"?box={box}"))["items"]]


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


def test_what_is_acknowledged_waits_in_the_notices_of_that_organ_no_more(office: Office) -> None:
    document_id = office.dispatched()
    own, other = office.province.person("孙收文"), office.province.person("高收文")
    assert (notices.unread_count(own), notices.unread_count(other)) == (1, 1)
    office.send("孙收文", f"{document_id}/acknowledgement")
    assert (notices.unread_count(own), notices.unread_count(other)) == (0, 1)


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


def test_nothing_is_sent_to_an_abolished_organ(office: Office) -> None:
    document_id = office.issued()
    units = [*office.draft()["main_unit_ids"], office.abolished("西湖区旧局")]
    answer = office.send("曾国强", f"{document_id}/dispatches", {"unit_ids": units})
    assert (answer.status_code, content(answer)["code"]) == (422, "RECIPIENT_INVALID")
    assert not Dispatch.objects.exists()


def test_clerks_hear_of_the_longest_title_shortened(office: Office) -> None:
    title = "关于" + "长" * 116 + "通知"
    office.dispatched(title=title)
    told = notices.latest(office.province.person("孙收文"), 1)[0]
    assert told.title == f"待签收：{title}"[:119] + "…"


def test_what_is_not_issued_is_not_dispatched(office: Office) -> None:
    document_id = office.signed()
    answer = office.send(
        "曾国强", f"{document_id}/dispatches", {"unit_ids": office.draft()["main_unit_ids"]}
    )
    assert (answer.status_code, content(answer)["code"]) == (409, "WRONG_DOCUMENT_STATE")
    assert not Dispatch.objects.exists()
