"""Whoever holds several conversations takes them in order, so that no two wait for each other."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import actor
from messaging.kinds import FileState, MessageKind
from messaging.models import Conversation, File
from messaging.models.log import Draft
from messaging.services import cards, conversations, forwards, messages
from tests import factories, waiting
from tests.factories import Province

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
CONTENT = cards.Content("王伟民的差旅申请")
APPLICATION = actor.system("approvals")


@pytest.fixture
def province(transactional_db: None) -> Province:
    return factories.small_province()


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], object]], Future[object]]]:
    """Does something on a connection of its own, beside the test."""

    def run(act: Callable[[], object]) -> object:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield lambda act: pool.submit(run, act)


def _directs(province: Province, *names: str) -> list[int]:
    """Direct conversations of 王伟民, opened in this order."""
    return [
        conversations.open_direct(
            actor=province.actor("王伟民"), person_id=province.person(name), now=timezone.now()
        ).conversation_id
        for name in names
    ]


def _put(key: str, room: int) -> None:
    cards.put(
        actor=APPLICATION,
        subject=cards.Subject("approvals", "审批", key),
        conversation_ids=[room],
        content=CONTENT,
        now=timezone.now(),
    )


def test_sharing_with_people_holds_their_conversations_in_order_of_these(
    province: Province, beside: Any
) -> None:
    first, second = sorted(("李建国", "张晓梅"), key=province.person)
    # Whoever comes first by his id has the later conversation.
    low, high = _directs(province, second, first)
    places = cards.Places(person_ids=[province.person(first), province.person(second)])

    def share() -> cards.Put:
        return cards.share(
            actor=province.actor("王伟民"),
            subject=cards.Subject("approvals", "审批", "case:8"),
            places=places,
            content=lambda: CONTENT,
            now=timezone.now(),
        )

    with transaction.atomic():
        _put("case:7", low)
        shared = beside(share)
        waiting.for_a_lock(shared)
        # Nobody who waits for the earlier one holds this one.
        _put("case:7", high)
    assert [room for room, _ in shared.result().places] == [low, high]


def test_opening_a_conversation_that_is_there_waits_for_nobody_who_holds_it(
    province: Province, beside: Any
) -> None:
    [room] = _directs(province, "李建国")
    with transaction.atomic():
        Conversation.objects.select_for_update(no_key=True).get(pk=room)
        assert beside(lambda: _directs(province, "李建国")).result() == [room]


def test_two_that_forward_one_file_wait_for_conversations_alone(
    province: Province, beside: Any
) -> None:
    source, low, high = _directs(province, "林上城", "李建国", "张晓梅")
    now = timezone.now()
    stored = File.objects.create(
        uploader_id=province.person("王伟民"), upload_id=uuid.uuid4(), conversation_id=source,
        name="名单.txt", size=1, mime="text/plain", key="messages/1", sha256="0" * 64,
        sm3="0" * 64, uploaded_at=now, state=FileState.READY,
    )  # fmt: skip
    carried = Draft(uuid.uuid4(), "", kind=MessageKind.FILE, file_id=stored.pk)
    said = _say(province, source, carried)

    def forward() -> forwards.Forwarded:
        return forwards.singly(
            actor=province.actor("王伟民"),
            conversation_id=source,
            seqs=[said],
            to_ids=[high],
            client_message_id=uuid.uuid4(),
            now=timezone.now(),
        )

    with transaction.atomic():
        _say(province, low, replace(carried, client_message_id=uuid.uuid4()))
        other = beside(forward)
        waiting.for_a_lock(other)
        _say(province, high, replace(carried, client_message_id=uuid.uuid4()))
    assert len(other.result().sent) == 1


def _say(province: Province, room: int, draft: Draft) -> int:
    """As forwarding does it for each conversation; the number of the entry."""
    actor_of = province.actor("王伟民")
    return messages.say(actor=actor_of, conversation_id=room, draft=draft, now=timezone.now()).seq
