"""The conversations of units: which there are, and how they differ from the org tree."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.actor import Actor
from messaging import membership, policies
from messaging.models import Conversation, ConversationKind, UnitScope
from org.queries import belonging, units

_OF_PEOPLE: Final = f"""
SELECT c.id, s.person_id FROM ({belonging.ever_above("%(person_ids)s::bigint[]")}) s
  JOIN messaging_conversation c
    ON c.unit_id = s.unit_id AND c.kind = 'unit' AND c.dissolved_at IS NULL
UNION
SELECT c.id, m.person_id FROM messaging_member m
  JOIN messaging_conversation c
    ON c.id = m.conversation_id AND c.kind = 'unit' AND c.dissolved_at IS NULL
 WHERE m.person_id = ANY(%(person_ids)s::bigint[]) AND m.left_seq IS NULL AND m.source = 'org'
ORDER BY 1, 2"""

# Kept by rows: who serves there and has no row, who has one and serves there no longer.
_DIFFERENCE: Final = """
WITH serving AS MATERIALIZED ({serving}), held AS (
    SELECT person_id, source FROM messaging_member
     WHERE conversation_id = %(conversation_id)s AND left_seq IS NULL
)
SELECT s.person_id, true FROM serving s
 WHERE ({everybody} OR s.person_id = ANY(%(person_ids)s::bigint[]))
   AND NOT EXISTS (SELECT FROM held h WHERE h.person_id = s.person_id)
UNION ALL
SELECT h.person_id, false FROM held h
 WHERE h.source = 'org' AND ({everybody} OR h.person_id = ANY(%(person_ids)s::bigint[]))
   AND NOT EXISTS (SELECT FROM serving s WHERE s.person_id = h.person_id)
ORDER BY 1"""

# Virtual: who changed posts within it, so that the new post's begin is not when he joined.
_GOING_ON: Final = f"""
WITH serving AS (
    SELECT c.id, c.created_at, c.newcomers_see, s.person_id, s.since
      FROM messaging_conversation c
     CROSS JOIN LATERAL ({belonging.below_among("c.unit_id", "%(person_ids)s::bigint[]")}) s
     WHERE c.id = %(conversation_id)s AND s.since > c.created_at
), term AS (
    SELECT t.person_id, t.begins FROM messaging_conversation c
     CROSS JOIN LATERAL ({belonging.terms_below("c.unit_id", "%(person_ids)s::bigint[]")}) t
     WHERE c.id = %(conversation_id)s AND (t.ends IS NULL OR t.ends > statement_timestamp())
)
SELECT s.person_id, CASE WHEN t.begins <= s.created_at THEN 1
                         ELSE messaging_seq_before(s.id, t.begins) + 1 END
  FROM serving s JOIN term t ON t.person_id = s.person_id AND t.begins < s.since
 WHERE NOT EXISTS (SELECT FROM messaging_member m WHERE m.conversation_id = s.id
          AND m.person_id = s.person_id AND m.left_seq IS NULL)
 ORDER BY 1"""

# Virtual: the stretch of service that ended with the appointment, as entries of the log.
_ENDED: Final = f"""
SELECT t.person_id,
       CASE WHEN t.begins <= c.created_at THEN 1
            ELSE messaging_seq_before(c.id, t.begins) + 1 END,
       messaging_seq_before(c.id, t.ends) + 1
  FROM messaging_conversation c
 CROSS JOIN LATERAL ({belonging.terms_below("c.unit_id", "%(person_ids)s::bigint[]")}) t
 WHERE c.id = %(conversation_id)s AND t.ends > c.created_at
   AND t.ends = {belonging.ended_at("%(appointment_id)s")}"""

# Virtual: whoever serves below a moved unit and nowhere else in the conversation's.
_BELOW_MOVED: Final = f"""
SELECT there.person_id,
       CASE WHEN there.since <= c.created_at THEN 1
            ELSE messaging_seq_before(c.id, there.since) + 1 END,
       messaging_seq_before(c.id, %(moved_at)s) + 1
  FROM messaging_conversation c
 CROSS JOIN LATERAL ({belonging.below("%(unit_id)s")}) there
 WHERE c.id = %(conversation_id)s
   AND NOT {belonging.serves_elsewhere("there.person_id", "c.unit_id", "%(unit_id)s")}
 ORDER BY 1"""
# Whoever may administer it: by a row, or by administering the unit.
_ADMINISTRATORS: Final = f"""
SELECT m.person_id FROM messaging_member m
 WHERE m.conversation_id = %(conversation_id)s AND m.left_seq IS NULL AND m.role = 'admin'
UNION ({belonging.administrators("%(unit_id)s::bigint")})"""
_COUNT: Final = f"""
WITH {membership.PERIODS_IN} SELECT count(*) FROM period WHERE left_seq IS NULL"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Who has come and who has gone since the rows were written."""

    came: list[int]
    gone: list[int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From which entry until before which somebody served below a virtual conversation's unit."""

    person_id: int
    joined_seq: int
    left_seq: int


@dataclass(frozen=True, slots=True)
class UnitConversation:
    """A conversation of a unit, as those see it who are in it or might open it."""

    conversation_id: int
    scope: str
    title: str
    member_count: int
    is_member: bool


@dataclass(frozen=True, slots=True)
class OfUnit:
    """The conversations of a unit, and whether the reader may open one."""

    items: list[UnitConversation]
    may_found: bool


def of_unit(*, actor: Actor, unit_id: int, at: datetime) -> OfUnit:
    """Those that the actor is in; all of them for whoever may open one."""
    person_id = actor.require_person()
    may_found = policies.may_found_for_unit(actor, unit_id, at=at)
    rows = Conversation.objects.filter(
        kind=ConversationKind.UNIT, unit_id=unit_id, dissolved_at__isnull=True
    )
    shown = [
        UnitConversation(
            conversation_id=row.pk,
            scope=row.scope,
            title=row.title,
            member_count=row.member_count,
            is_member=policies.is_member(person_id, row.pk),
        )
        for row in rows.order_by("scope")  # two at most
    ]
    return OfUnit([one for one in shown if may_found or one.is_member], may_found)


def standing_ids() -> list[int]:
    """All conversations of units that are not dissolved."""
    rows = Conversation.objects.filter(kind=ConversationKind.UNIT, dissolved_at__isnull=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def standing_at(unit_ids: Collection[int]) -> list[int]:
    """The conversations of these very units that are not dissolved."""
    rows = Conversation.objects.filter(
        kind=ConversationKind.UNIT, unit_id__in=unit_ids, dissolved_at__isnull=True
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def touched_by(person_ids: Collection[int]) -> dict[int, list[int]]:
    """Conversation → those of the people who serve or served there, or have a row in it."""
    found: dict[int, list[int]] = {}
    for conversation_id, person_id in _fetch(_OF_PEOPLE, {"person_ids": list(person_ids)}):
        found.setdefault(conversation_id, []).append(person_id)
    return found


def touched_by_move(old_parent_id: int | None, parent_id: int) -> tuple[list[int], list[int]]:
    """The conversations that lost and that gained a unit which moved from below the one parent."""
    old = {unit.id for unit in units.path(old_parent_id)} if old_parent_id is not None else set()
    new = {unit.id for unit in units.path(parent_id)}
    return standing_at(old - new), standing_at(new - old)


def difference(conversation: Conversation, person_ids: Sequence[int] | None) -> Difference:
    """How the rows differ from who serves there, of these people or (None) of all."""
    reach = belonging.below if conversation.scope == UnitScope.SUBTREE else belonging.within
    statement = _DIFFERENCE.format(
        serving=reach("%(unit_id)s::bigint"), everybody="true" if person_ids is None else "false"
    )
    rows = _fetch(
        statement,
        {
            "unit_id": conversation.unit_id,
            "conversation_id": conversation.pk,
            "person_ids": list(person_ids or ()),
        },
    )
    return Difference(
        came=[person_id for person_id, came in rows if came],
        gone=[person_id for person_id, came in rows if not came],
    )


def going_on(conversation_id: int, person_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Who changed posts within a virtual conversation without a row, and when he really joined."""
    values = {"conversation_id": conversation_id, "person_ids": list(person_ids)}
    return [(person_id, joined) for person_id, joined in _fetch(_GOING_ON, values)]


def ended(conversation_id: int, person_id: int, appointment_id: int) -> Stretch | None:
    """The stretch of service in a virtual conversation that ended with the appointment."""
    values = {
        "conversation_id": conversation_id,
        "person_ids": [person_id],
        "appointment_id": appointment_id,
    }
    rows = _fetch(_ENDED, values)
    return Stretch(*rows[0]) if rows else None


def below_moved(conversation_id: int, unit_id: int, *, moved_at: datetime) -> list[Stretch]:
    """Whoever is in a virtual conversation, or no longer, by the moved unit alone.

    Until before which entry of its log, or from which, is left_seq.
    """
    values = {"conversation_id": conversation_id, "unit_id": unit_id, "moved_at": moved_at}
    return [Stretch(*row) for row in _fetch(_BELOW_MOVED, values)]


def administrators(conversation: Conversation) -> list[int]:
    """Who is in the conversation and administers it, by a row of his own or by his office."""
    values = {"conversation_id": conversation.pk, "unit_id": conversation.unit_id}
    candidates = [person_id for (person_id,) in _fetch(_ADMINISTRATORS, values)]
    return [
        period.person_id
        for period in membership.periods(candidates, conversation.pk)
        if period.left_seq is None and period.role in policies.ADMINISTERING
    ]


def present_count(conversation_id: int) -> int:
    """How many people are in the conversation now."""
    return int(_fetch(_COUNT, {"conversation_id": conversation_id})[0][0])


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
