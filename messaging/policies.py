"""Who may do what in a conversation."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from core import errors as core_errors
from core.actor import Actor, ActorKind
from messaging import ding_errors, errors, membership
from messaging.kinds import Allowed, ConversationKind, MemberRole, MessageKind
from messaging.models import Conversation, Ding, Message
from org import policies as org_policies
from org.kinds import AdminRole
from org.queries import appointments

GROUP_LIMIT: Final = 500
ADMINISTERING: Final = (MemberRole.OWNER, MemberRole.ADMIN)
BODY_LIMIT: Final = 16 * 1024
FILE_AT_MOST: Final = 50 * 1024 * 1024
FILES_PER_DAY: Final = 500
FILE_BYTES_PER_DAY: Final = 2 * 1024 * 1024 * 1024


def require_member(actor: Actor, conversation_id: int) -> int:
    """The acting person's id; ConversationNotFound if she is not in the conversation."""
    person_id = actor.require_person()
    if not is_member(person_id, conversation_id):
        raise errors.ConversationNotFound
    return person_id


def is_member(person_id: int, conversation_id: int) -> bool:
    """Whether the person is in the conversation now."""
    return membership.is_member(person_id, conversation_id)


def role_of(person_id: int, conversation_id: int) -> MemberRole | None:
    """What the person is in the conversation now; None for whoever is not in it."""
    for period in membership.periods([person_id], conversation_id):
        if period.left_seq is None:
            return MemberRole(period.role)
    return None


def require_group(conversation: Conversation) -> None:
    """NotAGroup for a direct conversation."""
    if conversation.kind == ConversationKind.DIRECT:
        raise errors.NotAGroup


def require_open(conversation: Conversation) -> None:
    """ConversationDissolved where nothing is said or changed any more."""
    if conversation.dissolved_at is not None:
        raise errors.ConversationDissolved


def require_owner(person_id: int, conversation: Conversation) -> None:
    """NotTheOwner unless the person owns the group now.

    Nobody owns the conversation of a unit: there its administrators may what an owner may.
    """
    role = role_of(person_id, conversation.pk)
    if conversation.kind == ConversationKind.UNIT and role == MemberRole.ADMIN:
        return
    if role != MemberRole.OWNER:
        raise errors.NotTheOwner


def require_administrator(person_id: int, conversation: Conversation) -> None:
    """NotAnAdministrator unless the person owns or administers the group now."""
    if role_of(person_id, conversation.pk) not in ADMINISTERING:
        raise errors.NotAnAdministrator


def administers_by_office(person_id: int, conversation: Conversation, *, at: datetime) -> bool:
    """Whether the person administers the unit whose conversation this is."""
    unit_id = conversation.unit_id
    return unit_id is not None and org_policies.holds(person_id, AdminRole.ORG, unit_id, at=at)


def require_may_remove(person_id: int, subject_id: int, conversation: Conversation) -> None:
    """Whoever administers the group removes its members, but only its owner the others."""
    require_administrator(person_id, conversation)
    if role_of(subject_id, conversation.pk) in ADMINISTERING:
        require_owner(person_id, conversation)


def require_may_withdraw(person_id: int, sender_id: int | None, conversation: Conversation) -> None:
    """Whoever administers a group takes down what members say; what its other administrators and
    its owner say, only the owner does."""
    require_group(conversation)
    require_administrator(person_id, conversation)
    if sender_id is not None and sender_id != person_id:
        require_may_remove(person_id, sender_id, conversation)


def require_may_invite(person_id: int, conversation: Conversation) -> None:
    """NotAnAdministrator where the group lets only those invite. The person is in it."""
    if conversation.kind == ConversationKind.UNIT or conversation.inviting == Allowed.ADMINS:
        require_administrator(person_id, conversation)


def require_may_speak(person_id: int, conversation: Conversation) -> None:
    """ConversationDissolved, ConversationMuted. The person is in it, its row is held."""
    require_open(conversation)
    if conversation.mute_all and role_of(person_id, conversation.pk) not in ADMINISTERING:
        raise errors.ConversationMuted


def require_may_mention_all(person_id: int, conversation: Conversation) -> None:
    """MentionAllRefused where only the owner and the administrators call everybody."""
    if conversation.kind == ConversationKind.DIRECT:
        return
    if conversation.mentioning_all == Allowed.MEMBERS and not conversation.is_virtual:
        return
    if role_of(person_id, conversation.pk) not in ADMINISTERING:
        raise errors.MentionAllRefused


def may_found_for_unit(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """Whether the actor may open the unit's conversation: its administrators, and its head."""
    if org_policies.may_manage_units(actor, unit_id, at=at):
        return True
    return appointments.head_of(unit_id, at=at) == actor.require_person()


def require_sender(person_id: int, message: Message) -> None:
    """NotTheSender unless the person sent the message."""
    if message.sender_id != person_id:
        raise errors.NotTheSender


def require_recallable(message: Message, held: Conversation, *, at: datetime) -> None:
    """RecallTooLate once the conversation's time for it is over."""
    if at - message.created_at > timedelta(minutes=held.recall_minutes):
        raise errors.RecallTooLate(minutes=held.recall_minutes)


def require_editable(message: Message, held: Conversation, *, at: datetime) -> None:
    """Only words are edited, and only while the conversation's time for it runs."""
    if message.kind != MessageKind.TEXT or message.forwarded is not None:
        raise errors.NotEditable
    if at - message.created_at > timedelta(minutes=held.edit_minutes):
        raise errors.EditTooLate(minutes=held.edit_minutes)


def require_forwarding(conversation: Conversation) -> None:
    """ForwardingRefused where what is said stays."""
    if not conversation.forwarding:
        raise errors.ForwardingRefused


def require_platform(actor: Actor) -> None:
    """Forbidden for people and applications: what is derived is the platform's own work."""
    if actor.kind is not ActorKind.SYSTEM:
        raise core_errors.Forbidden


def require_safe_link(link: str) -> None:
    """A path of ours, or https; browsers read a backslash as a slash, so none is taken."""
    if not link:
        return
    parts = urlsplit(link)
    own_page = link.startswith("/") and not link.startswith("//") and not parts.netloc
    outside = parts.scheme == "https" and bool(parts.netloc)
    if "\\" in link or not link.isprintable() or not (own_page or outside):
        raise errors.UnsafeLink


def may_set_roster(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """Whether the actor says who is on duty for the unit: he administers its people."""
    return org_policies.may_manage_people(actor, unit_id, at=at)


def require_roster(actor: Actor, unit_id: int, *, at: datetime) -> None:
    """ShiftForeign unless the actor says who is on duty for the unit."""
    if not may_set_roster(actor, unit_id, at=at):
        raise ding_errors.ShiftForeign


def require_ding_sender(person_id: int, ding: Ding) -> None:
    """DingNotTheSender unless the person opened the DING."""
    if ding.sender_id != person_id:
        raise ding_errors.DingNotTheSender
