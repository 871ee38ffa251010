"""Who may do what in a conversation."""

from datetime import datetime, timedelta
from typing import Final

from core.actor import Actor
from messaging import errors, membership
from messaging.models import Conversation, ConversationKind, Member, MemberRole, Message

RECALL_WINDOW: Final = timedelta(minutes=2)
GROUP_LIMIT: Final = 500
BODY_LIMIT: Final = 16 * 1024


def require_member(actor: Actor, conversation_id: int) -> int:
    """The acting person's id; ConversationNotFound if she is not in the conversation."""
    person_id = actor.require_person()
    if not is_member(person_id, conversation_id):
        raise errors.ConversationNotFound
    return person_id


def is_member(person_id: int, conversation_id: int) -> bool:
    """Whether the person is in the conversation now."""
    return membership.is_member(person_id, conversation_id)


def require_group(conversation: Conversation) -> None:
    """NotAGroup for a direct conversation."""
    if conversation.kind != ConversationKind.GROUP:
        raise errors.NotAGroup


def require_owner(person_id: int, conversation: Conversation) -> None:
    """NotTheOwner unless the person owns the group now."""
    owns = Member.objects.filter(
        conversation=conversation,
        person_id=person_id,
        role=MemberRole.OWNER,
        left_seq__isnull=True,
    )
    if not owns.exists():
        raise errors.NotTheOwner


def require_sender(person_id: int, message: Message) -> None:
    """NotTheSender unless the person sent the message."""
    if message.sender_id != person_id:
        raise errors.NotTheSender


def is_recallable(message: Message, *, at: datetime) -> bool:
    """Whether the time in which the message can be recalled still runs."""
    return at - message.created_at <= RECALL_WINDOW
