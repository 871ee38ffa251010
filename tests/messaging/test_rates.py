"""How fast one person may send."""

import uuid
from uuid import UUID

import pytest

from core import redis as store
from messaging import bus, errors, rates
from messaging.models import Message
from tests.messaging.conftest import Phone
from tests.messaging.saying import forward

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


def _none_left(person_id: int) -> int:
    """Nothing new is taken for an hour, however slow the machine; until when, in milliseconds."""
    until = int((_now() + 3600) * 1000)
    store.connection().set(bus.rate_key(person_id), until, px=3_600_000)
    return until


def _several(count: int, act: list[object]) -> bool:
    try:
        rates.take_several(person_id=PERSON, count=count, act=act)
    except errors.SendingTooFast:
        return False
    return True


def test_forwarding_counts_each_message_in_each_conversation(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    source = wang.group(li)
    targets = [wang.direct(zhang), wang.direct(lin)]
    seqs = [li.send(source, f"第{number}条").json()["seq"] for number in range(1, 16)]
    store.connection().delete(bus.rate_key(wang.person_id))
    began = _now()
    answers = [forward(wang, source, "singly", seqs, targets) for _ in range(6)]
    said = 30 * sum(answer.status_code == 200 for answer in answers)
    assert 30 <= said <= 30 + rates.NEW.burst + rates.NEW.per_second * (_now() - began)
    assert Message.objects.filter(conversation_id__in=targets).count() == said


def test_what_is_forwarded_too_fast_is_not_said(wang: Phone, li: Phone, zhang: Phone) -> None:
    source, target = wang.group(li), wang.direct(zhang)
    seq = li.send(source, "水位 12.4 米").json()["seq"]
    kept = wang.call("put", f"/conversations/{source}/messages/{seq}/favourite").json()["id"]
    _none_left(wang.person_id)
    content = {"client_message_id": str(uuid.uuid4()), "to": [target]}
    refused = [
        forward(wang, source, "singly", [seq], [target]),
        forward(wang, source, "together", [seq], [target]),
        wang.call("post", f"/favourites/{kept}/forward", content),
    ]
    answers = [(answer.status_code, answer.json()["code"]) for answer in refused]
    assert answers == [(429, "SENDING_TOO_FAST")] * 3
    assert not Message.objects.filter(conversation_id=target).exists()
    store.connection().delete(bus.rate_key(wang.person_id))


def test_more_than_the_burst_is_said_at_once_and_paid_for_afterwards() -> None:
    store.connection().delete(bus.rate_key(PERSON))
    began = _now()
    taken = [_several(100, [number]) for number in range(20)]
    assert taken[0]
    most = 100 + rates.NEW.burst + rates.NEW.per_second * (_now() - began)
    assert 100 * sum(taken) <= most


def test_several_are_counted_together_or_not_at_all() -> None:
    until = _none_left(PERSON)
    for count in (1, 5, 20, 100):
        before = _now()
        with pytest.raises(errors.SendingTooFast) as refusal:
            rates.take_several(person_id=PERSON, count=count, act=[count])
        wait = refusal.value.details["retry_after_ms"]
        assert isinstance(wait, int)
        free = until - 100 * (rates.NEW.burst - min(count, rates.NEW.burst))
        assert free - 1000 * _now() - 1 <= wait <= free - 1000 * before + 1
    assert store.connection().get(bus.rate_key(PERSON)) == str(until).encode()
    store.connection().delete(bus.rate_key(PERSON))


def test_only_the_very_same_forwarding_is_a_repetition() -> None:
    store.connection().delete(bus.rate_key(PERSON))
    act: list[object] = [uuid.uuid4(), 1, [1, 2], [3]]
    assert _several(2, act)
    _none_left(PERSON)
    assert _several(2, act)
    assert not _several(3, [*act[:2], [1, 2, 3], [3]])
    assert not _several(2, [uuid.uuid4(), *act[1:]])
    store.connection().delete(bus.rate_key(PERSON))
