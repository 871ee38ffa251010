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
from messaging.models.messages import (
    Card,
    HistoryReading,
    Mention,
    Message,
    MessageKind,
    MessageRecord,
    MessageVersion,
    Receipt,
    VersionEnd,
)
from messaging.models.notices import NoticeTarget, WorkNotice
from messaging.models.receipts import ReadCursor, ReadMark
from messaging.models.settings import MemberSetting, NotificationLevel, QuietHours

__all__ = [
    "Allowed",
    "Card",
    "Conversation",
    "ConversationKind",
    "GroupNotice",
    "HistoryReading",
    "Member",
    "MemberRole",
    "MemberSetting",
    "MemberSource",
    "Mention",
    "Message",
    "MessageKind",
    "MessageRecord",
    "MessageVersion",
    "NewcomersSee",
    "NoticeTarget",
    "NotificationLevel",
    "QuietHours",
    "ReadCursor",
    "ReadMark",
    "Receipt",
    "UnitScope",
    "VersionEnd",
    "WorkNotice",
    "log",
]
