"""How fast one person may send."""

import uuid
from uuid import UUID

from core import redis as store
from messaging import bus, errors, rates
from tests.messaging.conftest import Phone

PERSON = 7


def _taken(room: int, client_id: UUID) -> bool:
    try:
        rates.take(person_id=PERSON, conversation_id=room, client_message_id=client_id)
    except errors.SendingTooFast as refusal:
        assert isinstance(refusal.details["retry_after_ms"], int)
        assert 0 < refusal.details["retry_after_ms"] <= 2000
        return False
    return True


def _now() -> float:
    """Seconds of the clock that the rates go by: however slow the machine, it is the same."""
    seconds, millionths = store.connection().time()
    return float(seconds) + float(millionths) / 1_000_000


def test_one_id_in_many_conversations_counts_as_many_messages() -> None:
    client_id, began = uuid.uuid4(), _now()
    taken = [_taken(room, client_id) for room in range(1, 30)]
    most = rates.NEW.burst + rates.NEW.per_second * (_now() - began)
    assert taken[: rates.NEW.burst] == [True] * rates.NEW.burst
    assert sum(taken) <= most + 1


def test_repetitions_are_counted_at_a_rate_of_their_own() -> None:
    client_id, began = uuid.uuid4(), _now()
    taken = [_taken(1, client_id) for _ in range(500)]
    at_once = 1 + rates.REPEATED.burst
    most = at_once + rates.REPEATED.per_second * (_now() - began)
    assert taken[:at_once] == [True] * at_once
    assert sum(taken) <= most + 1
    assert _taken(1, uuid.uuid4()), "repetitions must not use up what new messages have"


def test_searches_and_drafts_have_a_limit_apart_from_messages(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    draft = f"/conversations/{room}/draft"
    assert wang.call("put", draft, {"text": "一"}).status_code == 200
    key = bus.request_rate_key(wang.person_id)
    # Nothing more is taken for an hour, however slow the machine.
    store.connection().set(key, int((_now() + 3600) * 1000), px=3_600_000)
    refused = [
        wang.call("put", draft, {"text": "二"}),
        wang.get("/search/messages", q="防汛"),
        wang.get("/search/conversations", q="防汛"),
    ]
    answers = [(answer.status_code, answer.json()["code"]) for answer in refused]
    assert answers == [(429, "ACTING_TOO_FAST")] * 3
    assert refused[0].json()["retry_after_ms"] > 0
    assert wang.get(draft).json()["draft"]["text"] == "一"
    assert wang.send(room, "三").status_code == 200
    assert li.get("/search/messages", q="三").status_code == 200
    assert li.call("put", draft, {"text": "四"}).status_code == 200
    store.connection().delete(key)
    assert wang.call("put", draft, {"text": "五"}).status_code == 200
