"""Comparing: where all of a person's conversations stand, part by part."""

from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Conversation, ConversationKind, Member
from messaging.queries import comparing, page_sizes, sync
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone

MANY = 2 * comparing.AT_ONCE + 5


@pytest.fixture
def rooms(wang: Phone, li: Phone) -> list[int]:
    """More groups of the two than two answers tell of, and one that only one of them is in."""
    now = timezone.now()
    groups = Conversation.objects.bulk_create(
        Conversation(
            kind=ConversationKind.GROUP,
            title=f"第{number}组",
            created_by_id=wang.person_id,
            created_at=now,
            last_at=now,
            member_count=2,
        )
        for number in range(MANY)
    )
    Member.objects.bulk_create(
        Member(conversation=group, person_id=phone.person_id, joined_seq=1)
        for group in groups
        for phone in (wang, li)
    )
    Member.objects.filter(conversation=groups[7], person_id=li.person_id).update(left_seq=1)
    return [group.pk for group in groups]


def _parts(phone: Phone) -> list[Any]:
    found = [phone.get("/heads").json()]
    while found[-1]["next"] is not None:
        found.append(phone.get("/heads", after=found[-1]["next"]).json())
    return found


def test_the_parts_make_up_the_whole_and_nothing_twice(
    wang: Phone, li: Phone, rooms: list[int], budget: Budget
) -> None:
    wang.send(rooms[-1], "最后一组")
    parts = _parts(li)
    sizes = [len(part["heads"]) for part in parts]
    assert sizes == [comparing.AT_ONCE, comparing.AT_ONCE, 4]
    heads = [head for part in parts for head in part["heads"]]
    assert [head["conversation_id"] for head in heads] == [*rooms[:7], *rooms[8:]]
    assert (heads[-1]["last_seq"], heads[-1]["unread"]) == (1, 1)
    with budget("messaging.comparing.part"):
        li.get("/heads", after=rooms[50])


def test_drafts_do_not_make_an_answer_too_large(li: Phone, rooms: list[int]) -> None:
    for room in rooms[:60]:
        answer = li.call("put", f"/conversations/{room}/draft", {"text": "汛" * 4000})
        assert answer.status_code == (404 if room == rooms[7] else 200)
    answer = li.get("/heads")
    assert len(answer.content) < page_sizes.BYTES + 64 * 1024
    assert answer.json()["next"] is not None
    heads = [head["conversation_id"] for part in _parts(li) for head in part["heads"]]
    assert heads == [*rooms[:7], *rooms[8:]]


def test_one_answer_of_the_long_poll_carries_no_more(li: Phone, rooms: list[int]) -> None:
    for room in rooms[8:68]:
        li.call("put", f"/conversations/{room}/draft", {"text": "汛" * 4000})
    answer = li.get("/sync")
    assert len(answer.content) < page_sizes.BYTES + 64 * 1024
    said = answer.json()
    heads = [head["conversation_id"] for head in said["heads"]]
    assert (said["whole"], said["next"]) == (True, heads[-1])
    while said["next"] is not None:
        said = li.get("/heads", after=said["next"]).json()
        heads += [head["conversation_id"] for head in said["heads"]]
    assert heads == [*rooms[:7], *rooms[8:]]


def test_of_many_changes_at_once_the_first_are_told_and_where_the_rest_stand(
    province: Province, wang: Phone, li: Phone, rooms: list[int]
) -> None:
    reader = province.actor("李建国")
    known = sync.standing(actor=reader, at=timezone.now())
    wang.send(rooms[3], "一条")
    few = sync.standing(actor=reader, at=timezone.now())
    told = sync.compared(actor=reader, stands=few, known=known, at=timezone.now())
    assert ([head.conversation_id for head in told.heads], told.next) == ([rooms[3]], None)
    assert (told.whole, told.heads[0].unread) == (False, 1)
    Conversation.objects.filter(pk__in=rooms[:300]).update(mute_all=True)
    many = sync.standing(actor=reader, at=timezone.now())
    told = sync.compared(actor=reader, stands=many, known=few, at=timezone.now())
    changed = [room for room in rooms[:300] if room != rooms[7]]
    assert [head.conversation_id for head in told.heads] == changed[: comparing.AT_ONCE]
    assert (told.whole, told.next) == (False, changed[comparing.AT_ONCE - 1])


def test_nobody_is_told_of_others_conversations(lin: Phone, rooms: list[int]) -> None:
    assert lin.get("/heads").json() == {"heads": [], "next": None}
    assert lin.get("/heads", after=rooms[3]).json() == {"heads": [], "next": None}
    assert lin.get("/heads", after=-1).status_code == 422
