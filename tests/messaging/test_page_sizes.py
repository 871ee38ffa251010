"""No answer is too large to arrive, however much was said."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Message
from messaging.queries import page_sizes
from messaging.services import messages
from tests.factories import Province
from tests.messaging.conftest import Phone

SAID = 80
LARGEST_ENTRY = 200 * 1024
"""Of control characters, as older rows may hold, in JSON."""


@pytest.fixture
def room(province: Province, wang: Phone, li: Phone) -> int:
    """A conversation of many messages of the largest size."""
    held, actor = wang.direct(li), province.actor("王伟民")
    for _ in range(SAID):
        messages.send(
            actor=actor,
            conversation_id=held,
            client_message_id=uuid.uuid4(),
            body="x" * 16 * 1024,
            now=timezone.now(),
        )
    return held


def _sized(answer: Any) -> Any:
    assert answer.status_code == 200
    assert len(answer.content) < page_sizes.BYTES + LARGEST_ENTRY
    return answer.json()


def test_a_pull_comes_in_parts_that_make_up_the_whole(room: int, li: Phone) -> None:
    seqs: list[int] = []
    through, parts = 0, 0
    while through < SAID:
        page = _sized(li.get(f"/conversations/{room}/entries", after=through, limit=200))
        seqs += [entry["seq"] for entry in page["entries"]]
        assert page["through"] == seqs[-1]
        assert page["last_seq"] == SAID
        assert page["complete"] == (seqs[-1] == SAID)
        through, parts = page["through"], parts + 1
    assert seqs == list(range(1, SAID + 1))
    assert parts == 3


def test_older_pages_come_in_parts_from_the_newest_on(room: int, li: Phone) -> None:
    newest = _sized(li.get(f"/conversations/{room}/messages", limit=200))
    seqs = [entry["seq"] for entry in newest["entries"]]
    assert (seqs[-1], newest["through"], newest["complete"]) == (SAID, SAID, False)
    while seqs[0] > 1:
        page = _sized(li.get(f"/conversations/{room}/messages", before=seqs[0], limit=200))
        seqs = [entry["seq"] for entry in page["entries"]] + seqs
        assert page["complete"] == (seqs[0] == 1)
    assert seqs == list(range(1, SAID + 1))


def test_what_was_stored_before_controls_were_refused_still_arrives(room: int, li: Phone) -> None:
    Message.objects.filter(conversation_id=room).update(body="\x01" * 16 * 1024)
    through = 0
    while through < SAID:
        page = _sized(li.get(f"/conversations/{room}/entries", after=through, limit=200))
        assert page["through"] > through
        through = page["through"]
