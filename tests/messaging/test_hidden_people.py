"""Whoever the directory hides is not found by guessing ids either."""

from typing import Any

import pytest
from django.utils import timezone

from core import redis as store
from messaging import bus, errors
from messaging.models import Conversation, Member, Message
from messaging.services import cards
from org.kinds import Scene, VisibilityEffect
from org.services import visibility
from tests.factories import Province
from tests.messaging.conftest import Phone

NOBODY = 999_999_999
Answered = tuple[int, dict[str, object]]


def _hide(province: Province, who: Phone, *scenes: Scene) -> None:
    terms = visibility.Terms(effect=VisibilityEffect.HIDE)
    if scenes:
        terms = visibility.Terms(effect=VisibilityEffect.HIDE, scenes=scenes)
    visibility.make(
        actor=province.actor("卫二"),
        subject=visibility.Subject(person_id=who.person_id),
        terms=terms,
        now=timezone.now(),
    )


def _stored() -> tuple[int, int, int]:
    return Conversation.objects.count(), Member.objects.count(), Message.objects.count()


def _said(answer: Any) -> Answered:
    told = answer.json()
    told.pop("request_id", None)
    told.pop("instance", None)
    return answer.status_code, told


def _tries(
    wang: Phone, room: int, li: Phone, person_id: int
) -> list[tuple[int, dict[str, object]]]:
    both = [li.person_id, person_id]
    return [
        _said(wang.call("post", "/conversations/direct", {"person_id": person_id})),
        _said(wang.call("post", "/conversations/groups", {"title": "群", "person_ids": both})),
        _said(wang.call("post", f"/conversations/{room}/members", {"person_ids": [person_id]})),
    ]


def test_whoever_is_hidden_is_refused_exactly_as_whoever_is_not_there(
    province: Province, wang: Phone, li: Phone, lin: Phone
) -> None:
    room = wang.group(li)
    _hide(province, lin)
    before = _stored()
    hidden = _tries(wang, room, li, lin.person_id)
    assert [(status, told["code"]) for status, told in hidden] == [(422, "UNKNOWN_PEOPLE")] * 3
    assert hidden == _tries(wang, room, li, NOBODY)
    assert _stored() == before


def test_no_card_is_shown_to_somebody_hidden(province: Province, wang: Phone, lin: Phone) -> None:
    _hide(province, lin)
    before = _stored()
    refusals = []
    for person_id in (lin.person_id, NOBODY):
        with pytest.raises(errors.UnknownPeople) as refusal:
            cards.share(
                actor=province.actor("王伟民"),
                subject=cards.Subject(source="approvals", source_name="审批", key="7"),
                places=cards.Places(person_ids=[person_id]),
                content=lambda: cards.Content(title="防汛值班表"),
                now=timezone.now(),
            )
        refusals.append((refusal.value.text, refusal.value.details))
    assert refusals[0] == refusals[1]
    assert _stored() == before


def test_what_they_said_to_each_other_before_stays_open(
    province: Province, wang: Phone, lin: Phone
) -> None:
    room = wang.direct(lin)
    _hide(province, lin)
    assert wang.direct(lin) == room
    assert wang.send(room, "还在").status_code == 200


def test_whoever_is_hidden_talks_to_whom_she_wants(
    province: Province, wang: Phone, lin: Phone
) -> None:
    _hide(province, lin)
    room = lin.direct(wang)
    assert wang.direct(lin) == room
    assert wang.send(room, "收到").status_code == 200


def test_whoever_may_be_found_in_one_place_may_be_talked_to(
    province: Province, wang: Phone, lin: Phone
) -> None:
    _hide(province, lin, Scene.SEARCH, Scene.PROFILE)
    assert wang.direct(lin) > 0


def test_a_group_is_passed_on_to_a_member_who_is_hidden(
    province: Province, wang: Phone, lin: Phone
) -> None:
    room = wang.group(lin)
    _hide(province, lin)
    answer = wang.call("put", f"/conversations/{room}/owner", {"person_id": lin.person_id})
    assert answer.status_code == 200


def test_naming_people_has_a_limit(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li)
    before = _stored()
    key = bus.request_rate_key(wang.person_id)
    seconds, _ = store.connection().time()
    # Nothing more is taken for an hour, however slow the machine.
    store.connection().set(key, (seconds + 3600) * 1000, px=3_600_000)
    tried = _tries(wang, room, zhang, li.person_id)
    store.connection().delete(key)
    assert [(status, told["code"]) for status, told in tried] == [(429, "ACTING_TOO_FAST")] * 3
    assert _stored() == before
