"""What people keep for themselves: as it was, for them alone, until it is recalled."""

import uuid
from typing import Any

import pytest

from core.models import AuditEntry
from messaging.models import Favourite
from tests.conftest import Budget
from tests.core import samples
from tests.messaging.conftest import Phone
from tests.messaging.files import get, sent_file


def keep(phone: Phone, room: int, seq: int) -> Any:
    """The answer to keeping a message."""
    return phone.call("put", f"/conversations/{room}/messages/{seq}/favourite", {})


def kept(phone: Phone, **query: str | int) -> list[dict[str, Any]]:
    """What the person keeps."""
    answer = phone.get("/favourites", **query)
    assert answer.status_code == 200, answer.content
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def forward(phone: Phone, favourite_id: int, *to: int, client_id: str | None = None) -> Any:
    """The answer to passing on what was kept."""
    content = {"client_message_id": client_id or str(uuid.uuid4()), "to": list(to)}
    return phone.call("post", f"/favourites/{favourite_id}/forward", content)


def test_a_message_is_kept_once_as_it_was(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "值班电话 8700 1234")
    first = keep(li, room, 1)
    assert first.status_code == 200
    assert keep(li, room, 1).json() == first.json()
    wang.call("patch", f"/conversations/{room}/messages/1", {"body": "值班电话 8700 9999"})
    [item] = kept(li)
    assert (item["body"], item["sender_name"], item["place"]) == (
        "值班电话 8700 1234", "王伟民", "王伟民",
    )  # fmt: skip
    assert (item["kind"], item["recalled"], item["seq"]) == ("text", False, 1)
    marks = li.get(f"/conversations/{room}/favourites").json()
    assert marks == [{"id": item["id"], "seq": 1}]
    assert kept(wang) == []
    assert AuditEntry.objects.filter(action="messaging.favourite.kept").count() == 1


def test_what_is_recalled_is_shown_no_more_and_not_found(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    file = sent_file(wang, room)
    wang.send(room, "人选名单")
    keep(li, room, 1)
    keep(li, room, 2)
    link = next(item for item in kept(li) if item["file"])["file"]["download"]
    assert get(li, link).content == samples.PDF
    for seq in (1, 2):
        wang.call("post", f"/conversations/{room}/messages/{seq}/recall", {})
    answer = li.get("/favourites")
    assert [(item["recalled"], item["body"], item["file"]) for item in answer.json()["items"]] == [
        (True, "", None),
        (True, "", None),
    ]
    assert "人选" not in answer.content.decode()
    assert file["name"] not in answer.content.decode()
    assert kept(li, words="人选") == []
    assert get(li, link).json()["code"] == "FILE_NOT_FOUND"
    own = kept(li)[0]["id"]
    assert forward(li, own, room).json()["code"] == "MESSAGE_NOT_FORWARDABLE"
    assert keep(li, room, 2).json()["id"] in {item["id"] for item in kept(li)}


def test_what_was_kept_outlives_leaving(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    sent_file(wang, room, name="图.png", content=samples.picture())
    keep(zhang, room, 2)
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    [item] = kept(zhang)
    assert get(zhang, item["file"]["thumbnail"]).status_code == 200
    assert get(zhang, item["file"]["view"]).status_code == 200
    assert zhang.get(f"/conversations/{room}/favourites").status_code == 404
    there = zhang.direct(li)
    assert forward(zhang, item["id"], there).status_code == 200
    assert li.page(there)["entries"][0]["forwarded"]["from_name"] == "王伟民"
    zhang.call("delete", f"/favourites/{item['id']}")
    assert get(zhang, item["file"]["download"]).json()["code"] == "FAVOURITE_NOT_FOUND"


def test_only_what_one_may_see_is_kept(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li)
    wang.send(room, "此前")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    for seq in (1, 2, 3, 99):
        assert keep(zhang, room, seq).json()["code"] == "MESSAGE_NOT_FOUND"
    wang.send(room, "发错了")
    wang.call("post", f"/conversations/{room}/messages/4/recall", {})
    assert keep(zhang, room, 4).json()["code"] == "MESSAGE_NOT_FOUND"
    assert keep(zhang, wang.direct(li), 1).json()["code"] == "CONVERSATION_NOT_FOUND"
    assert Favourite.objects.count() == 0


def test_nobody_has_what_another_keeps(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.direct(li)
    sent_file(wang, room)
    favourite = keep(li, room, 1).json()["id"]
    link = kept(li)[0]["file"]["download"]
    for answer in (
        get(zhang, link),
        zhang.get(f"/favourites/{favourite}"),
        zhang.call("delete", f"/favourites/{favourite}"),
        forward(zhang, favourite, zhang.direct(li)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "FAVOURITE_NOT_FOUND")
    other = sent_file(wang, room)["file_id"]
    forged = link.rpartition("/")[0] + f"/{other}"
    assert get(li, forged).json()["code"] == "FILE_NOT_FOUND"
    assert len(kept(li)) == 1


def test_where_what_is_said_stays_nothing_is_kept_or_passed_on(wang: Phone, li: Phone) -> None:
    room, there = wang.group(li), wang.direct(li)
    wang.send(room, "一")
    favourite = keep(li, room, 2).json()["id"]
    wang.call("patch", f"/conversations/{room}/policy", {"forwarding": False})
    wang.send(room, "二")
    answer = keep(li, room, 4)
    assert (answer.status_code, answer.json()["code"]) == (403, "FAVOURITE_REFUSED")
    assert forward(li, favourite, there).json()["code"] == "MESSAGE_FORWARDING_REFUSED"
    assert li.page(there)["entries"] == []


def test_a_record_is_kept_with_its_items_and_passed_on_whole(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room, there = wang.direct(li), wang.direct(zhang)
    sent_file(wang, room)
    wang.send(room, "第二项待办")
    together = {"client_message_id": str(uuid.uuid4()), "seqs": [1, 2], "to": [there]}
    assert wang.call("post", f"/conversations/{room}/forward-together", together).status_code == 200
    favourite = keep(zhang, there, 1).json()["id"]
    assert keep(zhang, there, 1).json()["id"] == favourite
    whole = zhang.get(f"/favourites/{favourite}").json()
    assert [item["body"] for item in whole["items"]] == ["", "第二项待办"]
    assert get(zhang, whole["items"][0]["file"]["download"]).content == samples.PDF
    assert [item["kind"] for item in kept(zhang, words="待办")] == ["record"]
    target = zhang.direct(li)
    assert forward(zhang, favourite, target).status_code == 200
    record = li.get(f"/conversations/{target}/messages/1/record").json()
    assert [item["body"] for item in record["items"]] == ["", "第二项待办"]
    assert get(li, record["items"][0]["file"]["download"]).content == samples.PDF


def test_passing_on_twice_is_once(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "一")
    favourite, client_id = keep(li, room, 1).json()["id"], str(uuid.uuid4())
    for repeated in (False, True):
        [sent] = forward(li, favourite, room, client_id=client_id).json()["sent"]
        assert (sent["seq"], sent["repeated"]) == (2, repeated)


def test_what_is_kept_is_found_by_kind_and_words(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.group(li, title="防汛工作群")
    wang.send(room, "水位 100%")
    sent_file(wang, room, name="防汛预案.pdf")
    sent_file(wang, room, name="水库.png", content=samples.picture())
    for seq in (2, 3, 4):
        keep(li, room, seq)
    assert [item["seq"] for item in kept(li)] == [4, 3, 2]
    assert [item["seq"] for item in kept(li, kind="image")] == [4]
    assert [item["seq"] for item in kept(li, words="100%")] == [2]
    assert [item["seq"] for item in kept(li, words="预案")] == [3]
    assert [item["seq"] for item in kept(li, words="防汛工作群 水")] == [4, 2]
    assert kept(li, words="%%%%") == []
    with budget("messaging.favourites.list"):
        first = li.get("/favourites", limit=2).json()
    rest = li.get("/favourites", limit=2, cursor=first["next_cursor"]).json()
    assert [item["seq"] for item in rest["items"]] == [2]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", [{"words": "x" * 61}, {"kind": "event"}, {"cursor": "x"}])
def test_unfit_questions_are_refused(wang: Phone, query: dict[str, str]) -> None:
    assert wang.get("/favourites", **query).status_code in {400, 422}
