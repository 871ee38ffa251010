"""A second person has decided about a DING to many: it is opened, or says why it cannot be."""

from datetime import datetime

from django.conf import settings

from core import audit
from core.actor import Actor
from core.db import service
from messaging import ding_errors, policies
from messaging.kinds import DingAudience, DingLevel
from messaging.models import Ding, DingRequest, log
from messaging.queries import ding_audiences
from messaging.services import _ding_ends, _ding_opening, _ding_rows
from messaging.services._ding_opening import Call, Place
from org.queries import accounts
from org.queries import requests as request_queries


@service
def carry_out(*, actor: Actor, request_id: int, now: datetime) -> None:
    """The DING is opened as its asker's, to whom it would call now; once, however often asked.

    Rights, message, audience and quotas are judged as if it were opened by himself at this moment;
    what is refused rolls back. The audience is found and kept before the conversation is held:
    that takes some seconds for a hundred thousand.
    """
    policies.require_platform(actor)
    wanted = _locked(request_id)
    if wanted.ding_id is not None or wanted.refusal:
        return
    asker = accounts.actor(wanted.account_id, at=now, appointment_id=wanted.appointment_id)
    if asker is None or asker.person_id != wanted.sender_id:
        raise ding_errors.DingAskerUnable
    place = Place(wanted.conversation_id, wanted.seq, wanted.client_ding_id)
    audience = DingAudience(wanted.audience)
    _ding_opening.judge(asker, place, audience)
    chosen = _chosen(asker, place, wanted)
    if len(chosen) > settings.DING_PEOPLE:
        _ding_rows.keep_for_later(request_id, chosen)
    held = log.hold(person_id=wanted.sender_id, conversation_id=wanted.conversation_id)
    policies.require_may_speak(wanted.sender_id, held)
    _ding_opening.judge(asker, place, audience)  # again, under the lock
    if wanted.repeats_id is not None:
        _recall_earlier(wanted.repeats_id, now=now)
    _open(asker, place, wanted, chosen, now=now)


@service
def refuse(*, actor: Actor, request_id: int, refusal: str, now: datetime) -> bool:
    """Although it was approved nothing could be opened, and why; False where that was known."""
    policies.require_platform(actor)
    wanted = _locked(request_id)
    if wanted.ding_id is not None or wanted.refusal:
        return False
    wanted.refusal = refusal[:200]
    wanted.save(update_fields=["refusal"])
    audit.record(
        actor=actor,
        action="messaging.ding.refused",
        object_kind="org.request",
        object_id=request_id,
        now=now,
        detail={"message": f"{wanted.conversation_id}#{wanted.seq}", "reason": wanted.refusal},
    )
    return True


def _locked(request_id: int) -> DingRequest:
    """Without those still to be called, of whom there may be a hundred thousand."""
    rows = DingRequest.objects.select_for_update(no_key=True).defer("still_to_call")
    return rows.get(pk=request_id)


def _chosen(asker: Actor, place: Place, wanted: DingRequest) -> list[int]:
    """Whom it calls now; of named people those who are still there."""
    audience = DingAudience(wanted.audience)
    if audience != DingAudience.PEOPLE:
        return _ding_opening.chosen(asker, place, Call(audience))
    named = wanted.person_ids
    if wanted.repeats_id is not None:
        named = ding_audiences.unconfirmed(wanted.repeats_id)
    found = ding_audiences.still_there(
        place.conversation_id, place.seq, named, but_id=wanted.sender_id
    )
    if not found:
        raise ding_errors.NobodyToDing
    return found


def _recall_earlier(ding_id: int, *, now: datetime) -> None:
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    if ding.recalled_at is None:
        _ding_ends.recall(ding, _ding_ends.ANEW, now=now)


def _open(
    asker: Actor, place: Place, wanted: DingRequest, chosen: list[int], *, now: datetime
) -> None:
    level, request_id = DingLevel(wanted.level), wanted.request_id
    request = request_queries.told_of(request_id, at=now)
    detail: dict[str, object] = {
        "request_id": request_id,
        "approved_by": request.decided_by_name if request else "",
        "reason": wanted.reason,
    }
    if len(chosen) <= settings.DING_PEOPLE:
        opened = _ding_opening.open_now(asker, place, level, chosen, now=now, detail=detail)
        wanted.ding_id = opened.ding_id
    else:
        people = len(chosen)
        ding = _ding_opening.open_wide(asker, place, level, people, now=now, detail=detail)
        wanted.ding_id = ding.pk
    wanted.save(update_fields=["ding"])
