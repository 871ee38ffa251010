"""The tables of messaging. docs/flows/message.md walks through them."""

from messaging.models import log
from messaging.models.conversations import Conversation, ConversationKind, Member, MemberRole
from messaging.models.messages import Message, MessageHistory, MessageKind
from messaging.models.notices import NoticeTarget, WorkNotice
from messaging.models.receipts import ReadCursor, ReadMark

__all__ = [
    "Conversation",
    "ConversationKind",
    "Member",
    "MemberRole",
    "Message",
    "MessageHistory",
    "MessageKind",
    "NoticeTarget",
    "ReadCursor",
    "ReadMark",
    "WorkNotice",
    "log",
]
