"""The tables of messaging. docs/flows/message.md walks through them."""

from messaging.kinds import (
    Allowed,
    ConversationKind,
    MemberRole,
    MemberSource,
    MessageKind,
    NewcomersSee,
    NotificationLevel,
    Receipt,
    UnitScope,
    VersionEnd,
)
from messaging.models import log
from messaging.models.conversations import Conversation, GroupNotice, Member
from messaging.models.messages import (
    Card,
    HistoryReading,
    Mention,
    Message,
    MessageRecord,
    MessageVersion,
)
from messaging.models.notices import NoticeTarget, WorkNotice
from messaging.models.receipts import ReadCursor, ReadMark
from messaging.models.settings import MemberSetting, QuietHours

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
