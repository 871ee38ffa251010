"""A document shown in conversations: the card follows it, and a draft stays with its drafter."""

import json
from typing import Any

from tests.documents.office import Office

MESSAGING = "/api/v1/messaging/conversations"


def test_the_card_of_a_document_follows_it_until_it_is_issued(office: Office) -> None:
    document_id, case_id = office.submitted()
    office.run_jobs()
    room = _shared(office, document_id)
    assert _card(office, room)["state"] == "核签中"
    office.decide("张晓梅", case_id)
    office.decide("王伟民", case_id)
    assert (_card(office, room)["state"], _card(office, room)["tone"]) == ("已签发", "good")
    assert office.send("曾国强", f"{document_id}/issue").status_code == 200
    office.run_jobs()
    card = _card(office, room)
    assert (card["state"], card["link"]) == ("已印发", f"/documents/{document_id}/")
    assert card["lines"][1] == "西民发〔2026〕1号"


def test_a_draft_is_shown_to_nobody(office: Office) -> None:
    document_id = office.drafted()
    refused = _share(office, "曾国强", document_id)
    assert (refused.status_code, json.loads(refused.content)["code"]) == (
        409, "WRONG_DOCUMENT_STATE",
    )  # fmt: skip


def test_a_document_that_one_may_not_see_cannot_be_shown(office: Office) -> None:
    document_id, _case_id = office.submitted()
    refused = _share(office, "林上城", document_id)
    assert (refused.status_code, json.loads(refused.content)["code"]) == (
        404, "DOCUMENT_NOT_FOUND",
    )  # fmt: skip


def _share(office: Office, who: str, document_id: int) -> Any:
    people = {"person_ids": [office.province.person("李建国")]}
    return office.send(who, f"{document_id}/share", people)


def _shared(office: Office, document_id: int) -> int:
    answer = _share(office, "曾国强", document_id)
    assert answer.status_code == 200, answer.content
    return int(json.loads(answer.content)["places"][0]["conversation_id"])


def _card(office: Office, room: int) -> Any:
    answer = office.province.client("李建国").get(f"{MESSAGING}/{room}/messages")
    [card] = [entry["card"] for entry in answer.json()["entries"] if entry["card"]]
    return card
