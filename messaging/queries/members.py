"""The members of a conversation: who administers it first, then by joining."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import errors, membership, policies
from messaging.models import Conversation, ConversationKind, Member
from messaging.queries import colleagues
from org.queries import naming, people

_CURSORS: Final = paging.Cursors("messaging.members", tuple[int, int, int])
FIRST_PAGE: Final = 500

_PLACE: Final = "CASE p.role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END"
_PAGE: Final = f"""
WITH {membership.PERIODS_IN}
SELECT {_PLACE}, p.joined_seq, p.person_id, p.role, p.source FROM period p
 WHERE p.left_seq IS NULL AND (NOT %(administering)s OR p.role <> 'member')
   AND ({_PLACE}, p.joined_seq, p.person_id) > (%(place)s, %(joined)s, %(person)s) AND {{named}}
 ORDER BY 1, 2, 3 LIMIT %(limit)s"""

_Row = tuple[int, int, int, str, str]


@dataclass(frozen=True, slots=True)
class MemberCard:
    """One member in the information panel."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    role: str
    source: str


def first(conversation_id: int, *, at: datetime) -> list[MemberCard]:
    """As many members as a page shows at once; of a virtual conversation who administers it."""
    row = Conversation.objects.only("is_virtual").get(pk=conversation_id)
    rows = _rows(conversation_id, (-1, 0, 0), FIRST_PAGE, administering=row.is_virtual)
    return _named(rows, at=at)


def page(
    *, actor: Actor, conversation_id: int, name: str, cursor: str | None, limit: int, at: datetime
) -> Page[MemberCard]:
    """The members, or those of the name, page by page.

    MembersNotListed in a virtual one for whoever is but a member.
    """
    person_id = policies.require_member(actor, conversation_id)
    if Conversation.objects.only("is_virtual").get(pk=conversation_id).is_virtual and (
        policies.role_of(person_id, conversation_id) not in policies.ADMINISTERING
    ):
        raise errors.MembersNotListed
    after = _CURSORS.decode(cursor) or (-1, 0, 0)
    rows = _rows(conversation_id, after, limit + 1, administering=False, name=name)
    shown = rows[:limit]
    following = _CURSORS.encode(shown[-1][:3]) if len(rows) > limit else None
    return Page(items=_named(shown, at=at), next_cursor=following)


def groups_of(person_id: int) -> list[int]:
    """The groups that the person is in, by id."""
    rows = Member.objects.filter(
        person_id=person_id,
        left_seq__isnull=True,
        conversation__kind=ConversationKind.GROUP,
    )
    return list(rows.order_by("conversation_id").values_list("conversation_id", flat=True))


def _rows(
    conversation_id: int,
    after: tuple[int, int, int],
    limit: int,
    *,
    administering: bool,
    name: str = "",
) -> list[_Row]:
    values = {
        "conversation_id": conversation_id,
        "place": after[0],
        "joined": after[1],
        "person": after[2],
        "limit": limit,
        "administering": administering,
        **naming.values(name),
    }
    named = naming.is_named("p.person_id") if name.strip() else "TRUE"
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(named=named), values)
        return list(cursor.fetchall())


def _named(rows: Sequence[_Row], *, at: datetime) -> list[MemberCard]:
    names = people.names([row[2] for row in rows], at=at)
    organs = colleagues.organ_names({person.unit_id for person in names.values()})
    return [
        MemberCard(
            person_id=person_id,
            name=names[person_id].name,
            organ_name=organs[names[person_id].unit_id],
            unit_name=names[person_id].unit_name,
            title=names[person_id].title,
            role=role,
            source=source,
        )
        for _, _, person_id, role, source in rows
        if person_id in names
    ]
