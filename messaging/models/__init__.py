"""The tables of messaging. docs/flows/message.md walks through them."""

from messaging.models import log
from messaging.models.conversations import (
    Allowed,
    Conversation,
    ConversationKind,
    GroupNotice,
    Member,
    MemberRole,
    MemberSource,
    NewcomersSee,
    UnitScope,
)
from messaging.models.messages import Message, MessageHistory, MessageKind
from messaging.models.notices import NoticeTarget, WorkNotice
from messaging.models.receipts import ReadCursor, ReadMark
from messaging.models.settings import MemberSetting, NotificationLevel, QuietHours

__all__ = [
    "Allowed",
    "Conversation",
    "ConversationKind",
    "GroupNotice",
    "Member",
    "MemberRole",
    "MemberSetting",
    "MemberSource",
    "Message",
    "MessageHistory",
    "MessageKind",
    "NewcomersSee",
    "NoticeTarget",
    "NotificationLevel",
    "QuietHours",
    "ReadCursor",
    "ReadMark",
    "UnitScope",
    "WorkNotice",
    "log",
]
