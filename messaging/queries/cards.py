"""Where the cards of applications may stand."""

from collections.abc import Collection

from messaging import errors, membership
from messaging.models import Card, Conversation


def places_of(source: str, key: str) -> frozenset[int]:
    """The conversations in which the card stands already."""
    return frozenset(
        Card.objects.filter(source=source, key=key).values_list("conversation_id", flat=True)
    )


def people_in(conversation_ids: Collection[int]) -> frozenset[int]:
    """Everybody who is in any of the conversations now.

    ConversationNotFound for one that is absent, and for a virtual one: its members change by
    themselves, so nobody can say that all of them may be shown something.
    """
    found = Conversation.objects.filter(pk__in=conversation_ids, is_virtual=False)
    rows = list(found.values_list("pk", flat=True))
    if set(rows) != set(conversation_ids):
        raise errors.ConversationNotFound
    return frozenset(
        person_id
        for conversation_id in rows
        for person_id in membership.present_ids(conversation_id, is_virtual=False)
    )
