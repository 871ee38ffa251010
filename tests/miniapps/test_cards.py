"""Apps show their things in conversations of their people, and nowhere else."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.models import Message
from messaging.services import conversations
from messaging.services import members as people
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db

SCOPES = [
    {"name": "openid", "reason": "识别登录人"},
    {"name": "card.put", "reason": "显示值班安排", "range": "audience"},
]


@pytest.fixture
def duty(province: Province) -> apps.Published:
    """An app that may put cards before whoever sees it."""
    return apps.published(province, x_gov=apps.government(scopes=SCOPES))


def test_a_card_of_an_app_changes_in_place_and_leads_into_it(
    province: Province, duty: apps.Published
) -> None:
    room = direct(province, apps.VIEWER, apps.NEIGHBOUR)
    first = put(duty, conversation_ids=[room], state="待确认", tone="waiting", path="/week")
    assert first.json() == {"places": [{"conversation_id": room, "seq": 1}], "changed": 1}
    assert put(duty, state="已确认", tone="good", path="/week").json()["changed"] == 1
    message = Message.objects.get(conversation_id=room, seq=1)
    assert message.card is not None
    assert message.card == {
        "source": f"app:{duty.app_id}",
        "source_name": "值班排班",
        "key": "shift.1",
        "title": "本周值班",
        "lines": ["周一：张晓梅"],
        "state": "已确认",
        "link": f"/apps/{duty.app_id}/open?to=%2Fweek",
        "tone": "good",
    }


def test_the_same_card_again_changes_nothing(province: Province, duty: apps.Published) -> None:
    room = direct(province, apps.VIEWER, apps.NEIGHBOUR)
    put(duty, conversation_ids=[room])
    assert put(duty, conversation_ids=[room]).json()["changed"] == 0
    assert Message.objects.filter(conversation_id=room).count() == 1


def test_no_card_where_anybody_is_out_of_range(province: Province, duty: apps.Published) -> None:
    room = direct(province, apps.VIEWER, apps.STRANGER)
    assert put(duty, conversation_ids=[room]).status_code == 403
    assert put(duty, conversation_ids=[999_999]).status_code == 404
    assert not Message.objects.filter(conversation_id=room).exists()


def test_a_card_stays_as_it_was_once_somebody_out_of_range_is_invited(
    province: Province, duty: apps.Published
) -> None:
    by, now = province.actor(apps.VIEWER), timezone.now()
    room = conversations.create_group(
        actor=by, title="值班群", person_ids=[province.person(apps.NEIGHBOUR)], now=now
    ).conversation_id
    (place,) = put(duty, conversation_ids=[room], state="待确认").json()["places"]
    stranger = province.person(apps.STRANGER)
    people.invite(actor=by, conversation_id=room, person_ids=[stranger], now=timezone.now())
    assert put(duty, state="已确认").status_code == 403
    card = Message.objects.get(conversation_id=room, seq=place["seq"]).card
    assert card is not None
    assert card["state"] == "待确认"


def test_no_card_without_the_scope(province: Province, roster: apps.Published) -> None:
    room = direct(province, apps.VIEWER, apps.NEIGHBOUR)
    answer = put(roster, token=apps.own_token(roster), conversation_ids=[room])
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_SCOPE_NOT_GRANTED")
    assert not Message.objects.filter(conversation_id=room).exists()


def direct(province: Province, name: str, other: str) -> int:
    """The id of the direct conversation of two people."""
    opened = conversations.open_direct(
        actor=province.actor(name), person_id=province.person(other), now=timezone.now()
    )
    return opened.conversation_id


def put(app: apps.Published, *, token: str = "", **more: Any) -> Any:
    """The answer to putting the card of this week's shift."""
    card = {"title": "本周值班", "lines": ["周一：张晓梅"], **more}
    return Client().put(
        "/api/v1/apps/cards/shift.1",
        json.dumps(card),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token or apps.own_token(app, 'card.put')}"},
    )
