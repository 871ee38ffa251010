"""Cards: one for each thing and conversation, changing in place."""

from typing import Any

import pytest
from django.utils import timezone

from core import actor
from messaging import errors
from messaging.kinds import Tone
from messaging.models import Conversation, Message
from messaging.services import cards
from tests.factories import Province
from tests.messaging.conftest import Phone

APPLICATION = actor.system("approvals")
CONTENT: dict[str, Any] = {
    "title": "王伟民的差旅申请",
    "lines": ("目的地：杭州",),
    "state": "审批中",
    "link": "/approvals/7/",
    "tone": Tone.WAITING,
}
CARD = cards.Subject("approvals", "审批", "case:7")


def test_a_card_stands_in_the_conversation_and_counts_as_unread(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    put([room])
    [entry] = li.page(room)["entries"]
    assert (entry["kind"], entry["sender_id"], entry["sender_name"]) == ("card", None, "审批")
    assert entry["card"] == {
        "source": "approvals",
        "source_name": "审批",
        "key": "case:7",
        "title": "王伟民的差旅申请",
        "lines": ["目的地：杭州"],
        "state": "审批中",
        "link": "/approvals/7/",
        "tone": "waiting",
    }
    assert (li.card(room)["unread"], wang.card(room)["unread"]) == (1, 1)


def test_a_card_changes_in_its_place_and_an_entry_says_so(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    put([room])
    wang.send(room, "请尽快")
    changed = put([], state="已同意", tone=Tone.GOOD)
    assert (changed.places, changed.changed) == (((room, 1),), 1)
    card, _, event = li.page(room)["entries"]
    assert (card["seq"], card["card"]["state"], card["card"]["tone"]) == (1, "已同意", "good")
    assert (event["kind"], event["event"]["verb"], event["changed"]["card"]["state"]) == (
        "event", "edited", "已同意",
    )  # fmt: skip
    assert li.card(room)["unread"] == 2


def test_the_same_card_again_changes_nothing(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    assert put([room]).changed == 1
    assert put([room]).changed == 0
    assert Message.objects.filter(conversation_id=room).count() == 1


def test_a_card_in_several_conversations_changes_in_all(wang: Phone, li: Phone, lin: Phone) -> None:
    first, second = wang.direct(li), wang.direct(lin)
    put([first])
    put([second], state="已同意")
    for phone, room in ((li, first), (lin, second)):
        assert phone.page(room)["entries"][0]["card"]["state"] == "已同意"


def test_nobody_edits_recalls_or_forwards_a_card(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    put([room])
    path = f"/conversations/{room}/messages/1"
    content = {"client_message_id": "0" * 32, "seqs": [1], "to": [room]}
    answers = [
        wang.call("patch", path, {"body": "改"}),
        wang.call("post", f"{path}/recall", {}),
        wang.call("post", f"/conversations/{room}/forward-singly", content),
    ]
    assert [answer.json()["code"] for answer in answers] == [
        "NOT_THE_SENDER", "NOT_THE_SENDER", "MESSAGE_NOT_FORWARDABLE",
    ]  # fmt: skip
    assert len(wang.page(room)["entries"]) == 1


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//evil.cn", "http://a.cn", "/\\evil.cn"])
def test_a_card_leads_nowhere_unsafe(wang: Phone, li: Phone, link: str) -> None:
    room = wang.direct(li)
    with pytest.raises(errors.UnsafeLink):
        put([room], link=link)
    assert wang.page(room)["entries"] == []


def test_a_dissolved_conversation_gets_no_card_and_keeps_the_old_one(
    wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    put([room])
    Conversation.objects.filter(pk=room).update(dissolved_at=timezone.now())
    assert put([], state="已同意").changed == 0
    with pytest.raises(errors.ConversationDissolved):
        put([room], state="已同意")
    assert Message.objects.get(conversation_id=room).card["state"] == "审批中"  # type: ignore[index]  # checked by the constraint


def test_a_shared_card_is_its_senders_message(province: Province, wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    shared = share(province.actor("王伟民"), [room])
    assert (shared.places, shared.changed) == (((room, 1),), 1)
    [entry] = li.page(room)["entries"]
    assert (entry["kind"], entry["sender_id"], entry["sender_name"]) == (
        "card", wang.person_id, "王伟民",
    )  # fmt: skip
    assert (li.card(room)["unread"], wang.card(room)["unread"]) == (1, 0)
    put([], state="已同意", tone=Tone.GOOD)
    card, event = li.page(room)["entries"]
    assert (card["sender_name"], card["card"]["state"]) == ("王伟民", "已同意")
    assert event["changed"]["sender_name"] == "王伟民"


def test_sharing_again_says_nothing_again(province: Province, wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    share(province.actor("王伟民"), [room])
    assert share(province.actor("李建国"), [room]).changed == 0
    assert Message.objects.filter(conversation_id=room).count() == 1


def test_a_recalled_card_shows_nothing_changes_no_more_and_may_be_shared_anew(
    province: Province, wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    share(province.actor("王伟民"), [room])
    assert wang.call("post", f"/conversations/{room}/messages/1/recall", {}).status_code == 200
    assert put([], state="已同意").changed == 0
    recalled = li.page(room)["entries"][0]
    assert (recalled["recalled"], recalled["card"], recalled["body"]) == (True, None, "")
    assert share(province.actor("王伟民"), [room]).places == ((room, 3),)
    assert put([], state="已退回").changed == 1
    assert li.page(room)["entries"][2]["card"]["state"] == "已退回"


def test_a_card_that_stands_in_many_places_is_renewed_and_comes_to_no_more(
    province: Province, wang: Phone, li: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = [wang.group(li) for _ in range(4)]
    monkeypatch.setattr(cards, "PLACES_AT_MOST", 3)
    share(province.actor("王伟民"), rooms[:2])
    with pytest.raises(errors.CardPlacesTooMany):
        share(province.actor("王伟民"), rooms[2:])
    assert share(province.actor("王伟民"), rooms[1:3]).changed == 1
    monkeypatch.setattr(cards, "PLACES_AT_MOST", 2)
    assert put([], state="已同意").changed == 3
    with pytest.raises(errors.CardPlacesTooMany):
        put(rooms[3:])


def test_nobody_shares_where_she_may_not_speak(
    province: Province, wang: Phone, li: Phone, lin: Phone
) -> None:
    own, foreign = wang.direct(li), li.direct(lin)
    with pytest.raises(errors.ConversationNotFound):
        share(province.actor("王伟民"), [own, foreign])
    quiet = li.group(wang, lin)
    assert li.call("patch", f"/conversations/{quiet}/policy", {"mute_all": True}).status_code == 200
    with pytest.raises(errors.ConversationMuted):
        share(province.actor("王伟民"), [own, quiet])
    assert not Message.objects.filter(kind="card").exists()


def put(rooms: list[int], **more: Any) -> cards.Put:
    """The card of an approval, with other content where named."""
    return cards.put(
        actor=APPLICATION,
        subject=CARD,
        conversation_ids=rooms,
        content=cards.Content(**{**CONTENT, **more}),
        now=timezone.now(),
    )


def share(person: actor.Actor, rooms: list[int]) -> cards.Put:
    """The same card as the person's own message."""
    return cards.share(
        actor=person,
        subject=CARD,
        places=cards.Places(rooms),
        content=lambda: cards.Content(**CONTENT),
        now=timezone.now(),
    )
