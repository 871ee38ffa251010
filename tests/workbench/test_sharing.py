"""The dialog 发到聊天."""

import json
from collections.abc import Callable

from django.utils import timezone

from org.kinds import VisibilityEffect
from org.services import visibility
from tests.approvals.conftest import OTHER, STAFF, Office, office

__all__ = ["office"]
HTMX = {"HX-Request": "true"}


def test_the_dialog_offers_ones_conversations_and_keeps_what_is_ticked(office: Office) -> None:
    client = office.province.client(OTHER)
    case_id = office.start().case_id
    rooms = [
        client.post(
            "/api/v1/messaging/conversations/groups",
            {"title": title, "person_ids": [office.id(STAFF)]},
            content_type="application/json",
        ).json()["conversation_id"]
        for title in ("防汛群", "值班群")
    ]
    page = client.get(f"/sharing/case/{case_id}/", headers=HTMX).content.decode()
    assert "防汛群" in page
    assert "值班群" in page
    query = {"room": "防汛", "conversation": rooms[1]}
    found = client.get("/sharing/conversations/", query, headers=HTMX).content.decode()
    assert found.index("值班群") < found.index("防汛群")
    assert found.count("checked") == 1
    nothing = client.get("/sharing/conversations/", {"room": "没有"}, headers=HTMX)
    assert "没有找到“没有”" in nothing.content.decode()


def test_what_is_sent_stands_in_the_conversation_and_the_dialog_closes(
    office: Office, run_jobs: Callable[[], int]
) -> None:
    client = office.province.client(OTHER)
    case_id = office.start().case_id
    path = f"/sharing/case/{case_id}/"
    refused = client.post(path, {}, headers=HTMX)
    assert refused.status_code == 422
    assert "请选择要发送到的会话或同事" in refused.content.decode()
    sent = client.post(path, {"person": office.id(STAFF)}, headers=HTMX)
    assert sent.status_code == 204
    assert json.loads(sent["HX-Trigger"]) == {"dialog:done": {"message": "已发送"}}
    rooms = office.province.client(STAFF).get("/api/v1/messaging/conversations").json()["items"]
    assert rooms[0]["last_entry"]["card"]["title"] == f"{OTHER}的申请"


def test_what_nobody_shows_and_what_one_may_not_see_is_absent(office: Office) -> None:
    client = office.province.client(OTHER)
    assert client.get("/sharing/person/1/", headers=HTMX).status_code == 404
    gone = client.post("/sharing/case/999999/", {"person": office.id(STAFF)}, headers=HTMX)
    assert gone.status_code == 404


def test_no_name_is_told_of_somebody_hidden(office: Office) -> None:
    client = office.province.client(OTHER)
    case_id = office.start().case_id
    path, hidden = f"/sharing/case/{case_id}/", office.id("林上城")
    assert "林上城" in client.get(path, {"person": hidden}, headers=HTMX).content.decode()
    visibility.make(
        actor=office.province.actor("卫二"),
        subject=visibility.Subject(person_id=hidden),
        terms=visibility.Terms(effect=VisibilityEffect.HIDE),
        now=timezone.now(),
    )
    assert "林上城" not in client.get(path, {"person": hidden}, headers=HTMX).content.decode()
    refused = client.post(path, {"person": hidden}, headers=HTMX)
    assert refused.status_code == 422
    assert "林上城" not in refused.content.decode()
    assert not client.get("/api/v1/messaging/conversations").json()["items"]
