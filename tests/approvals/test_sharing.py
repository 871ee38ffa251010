"""A case shown in conversations: whose message it is, how it changes, who may not."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.approvals.conftest import HEAD, OTHER, STAFF, STRANGER, Office

MESSAGING = "/api/v1/messaging/conversations"


def test_a_shared_case_is_the_sharers_message_and_follows_the_case(
    office: Office, run_jobs: Callable[[], int]
) -> None:
    case_id = office.start().case_id
    run_jobs()
    shared = _share(office, OTHER, case_id, person_ids=[office.id(STAFF)])
    assert shared.status_code == 200, shared.content
    [place] = shared.json()["places"]
    room = place["conversation_id"]
    [entry] = _entries(office, STAFF, room)
    card = entry["card"]
    assert (entry["sender_name"], card["title"], card["state"], card["tone"]) == (
        OTHER, f"{OTHER}的申请", "审批中", "waiting",
    )  # fmt: skip
    assert card["link"] == f"/approvals/{case_id}/"
    assert card["lines"][1].startswith(f"申请人：{OTHER}")
    office.act("reject", HEAD, case_id, "再议")
    run_jobs()
    card = _entries(office, STAFF, room)[0]["card"]
    assert (card["state"], card["tone"]) == ("未同意", "bad")


def test_a_case_sent_back_says_so_on_its_card(office: Office, run_jobs: Callable[[], int]) -> None:
    case_id = office.start().case_id
    shared = _share(office, OTHER, case_id, person_ids=[office.id(STAFF)]).json()
    office.act("send_back", HEAD, case_id, "补充材料", target="start")
    run_jobs()
    [card] = [
        entry["card"]
        for entry in _entries(office, STAFF, shared["places"][0]["conversation_id"])
        if entry["card"]
    ]
    assert (card["state"], card["tone"]) == ("退回修改", "bad")


def test_whoever_takes_no_part_in_a_case_cannot_show_it(office: Office) -> None:
    case_id = office.start().case_id
    refused = _share(office, STRANGER, case_id, person_ids=[office.id(STAFF)])
    absent = _share(office, OTHER, 10**9, person_ids=[office.id(STAFF)])
    assert (refused.status_code, refused.json()["code"]) == (404, "APPROVAL_NOT_FOUND")
    assert refused.json()["code"] == absent.json()["code"]
    assert _rooms(office, STAFF) == []


def test_a_case_is_not_shown_in_somebody_elses_conversation(office: Office) -> None:
    case_id = office.start().case_id
    other = _client(office, HEAD).post(
        f"{MESSAGING}/direct", {"person_id": office.id(STAFF)}, content_type="application/json"
    )
    room = other.json()["conversation_id"]
    refused = _share(office, OTHER, case_id, conversation_ids=[room])
    assert (refused.status_code, refused.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    assert _entries(office, HEAD, room) == []


def test_a_case_is_shown_somewhere_and_in_nine_places_at_most(office: Office) -> None:
    case_id = office.start().case_id
    assert _share(office, OTHER, case_id).status_code == 422
    many = _share(office, OTHER, case_id, conversation_ids=list(range(1, 10)), person_ids=[1])
    assert (many.status_code, many.json()["code"]) == (422, "MESSAGE_CARD_PLACES_TOO_MANY")


def _share(office: Office, name: str, case_id: int, **places: list[int]) -> Any:
    return _client(office, name).post(
        f"/api/v1/approvals/cases/{case_id}/share", places, content_type="application/json"
    )


def _entries(office: Office, name: str, room: int) -> Any:
    return _client(office, name).get(f"{MESSAGING}/{room}/messages").json()["entries"]


def _rooms(office: Office, name: str) -> Any:
    return _client(office, name).get(MESSAGING).json()["items"]


def _client(office: Office, name: str) -> Client:
    return office.province.client(name)
