"""What people kept for themselves, but for what was recalled meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import errors, policies
from messaging.kinds import ConversationKind, MessageKind
from messaging.models import Conversation, Favourite, Message
from messaging.queries import files, forwards, histories, messages
from messaging.queries.files import FileRef, Stored
from messaging.queries.forwards import RecordItem
from messaging.queries.messages import Card, Forwarded
from org.queries import people

_NEWEST: Final = paging.Cursors("messaging.favourites", tuple[datetime, int])
_API: Final = "/api/v1/messaging/favourites"
NAME_AT_MOST: Final = 100
FORWARDED_KINDS: Final = (MessageKind.TEXT, MessageKind.IMAGE, MessageKind.FILE, MessageKind.RECORD)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as it was when it was kept; of a recalled one nothing is left."""

    id: int
    conversation_id: int
    seq: int
    kind: str
    sender_name: str
    place: str
    body: str
    recalled: bool
    file: FileRef | None
    forwarded: Forwarded | None
    card: Card | None
    said_at: datetime
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class KeptWhole:
    """The same with the items of a record."""

    favourite: Kept
    items: list[RecordItem]


@dataclass(frozen=True, slots=True)
class Mark:
    """That the reader keeps a message of a conversation."""

    id: int
    seq: int


def listed(
    *, actor: Actor, kind: str | None, words: str, cursor: str | None, limit: int
) -> Page[Kept]:
    """What the actor keeps, what she kept last first. Nothing recalled is found by its words."""
    rows = _own(actor)
    if kind is not None:
        rows = rows.filter(kind=kind)
    for word in words.split():
        rows = rows.filter(
            Q(words__icontains=word) | Q(sender_name__icontains=word) | Q(place__icontains=word),
            recalled=False,
        )
    if following := _NEWEST.decode(cursor):
        kept_at, last_id = following
        rows = rows.filter(Q(kept_at__lt=kept_at) | Q(kept_at=kept_at, pk__lt=last_id))
    found = list(rows.order_by("-kept_at", "-pk")[: limit + 1])
    shown = found[:limit]
    known = files.of({row.file_id for row in shown if row.file_id is not None})
    more = len(found) > limit
    return Page(
        items=[_kept(row, known.get(row.file_id or 0)) for row in shown],
        next_cursor=_NEWEST.encode((shown[-1].kept_at, shown[-1].pk)) if more else None,
    )


def whole(*, actor: Actor, favourite_id: int) -> KeptWhole:
    """One of them; FavouriteNotFound."""
    row = own(actor, favourite_id)
    items = [] if row.recalled else (row.content or {}).get("items") or []
    known = files.of({*row.file_ids, *([row.file_id] if row.file_id is not None else [])})
    return KeptWhole(
        favourite=_kept(row, known.get(row.file_id or 0)),
        items=forwards.record_items(items, known, f"{_API}/{row.pk}"),
    )


def marks(*, actor: Actor, conversation_id: int) -> list[Mark]:
    """Which messages of the conversation the actor keeps."""
    person_id = policies.require_member(actor, conversation_id)
    rows = Favourite.objects.filter(person_id=person_id, conversation_id=conversation_id)
    return [Mark(*row) for row in rows.order_by("seq").values_list("pk", "seq")]


def file_of(*, actor: Actor, favourite_id: int, file_id: int) -> Stored:
    """A file of a message that the actor keeps; FavouriteNotFound, FileNotFound."""
    row = own(actor, favourite_id)
    if row.recalled or file_id not in row.file_ids:
        raise errors.FileNotFound
    return files.stored(file_id)


def own(actor: Actor, favourite_id: int) -> Any:
    """The row, with `recalled`; FavouriteNotFound."""
    row = _own(actor).filter(pk=favourite_id).first()
    if row is None:
        raise errors.FavouriteNotFound
    return row


def copy_of(message: Message, conversation: Conversation, *, reader_id: int, at: datetime) -> Any:
    """The message as the reader may keep it, with all that may be searched for; not stored."""
    file = messages.file_of(message)
    items = histories.carried_items(message) or []
    card = messages.card_of(message)
    sender = people.names([message.sender_id], at=at) if message.sender_id is not None else {}
    name = sender[message.sender_id].name if message.sender_id in sender else ""
    lines = [f"{item['sender_name']} {item['body']}" for item in items]
    words = [message.body, file.name if file else "", *lines]
    words += [card.title, *card.lines] if card is not None else []
    return Favourite(
        person_id=reader_id,
        conversation=conversation,
        seq=message.seq,
        kind=message.kind,
        sender_name=(card.source_name if card is not None else name)[:NAME_AT_MOST],
        place=_place(conversation, reader_id, at=at)[:NAME_AT_MOST],
        body=message.body,
        file_id=message.file_id,
        file_ids=[message.file_id]
        if message.file_id is not None
        else [item["file_id"] for item in items if item["file_id"] is not None],
        content={"forwarded": message.forwarded, "card": message.card, "items": items},
        words="\n".join(word for word in words if word),
        said_at=message.created_at,
        kept_at=at,
    )


def _own(actor: Actor) -> QuerySet[Any]:
    said = Message.objects.filter(conversation_id=OuterRef("conversation_id"), seq=OuterRef("seq"))
    return Favourite.objects.filter(person_id=actor.require_person()).annotate(
        recalled=Exists(said.filter(recalled_at__isnull=False))
    )


def _kept(row: Any, file: FileRef | None) -> Kept:
    content = {} if row.recalled else row.content or {}
    card, forwarded = content.get("card"), content.get("forwarded")
    return Kept(
        id=row.pk,
        conversation_id=row.conversation_id,
        seq=row.seq,
        kind=row.kind,
        sender_name=row.sender_name,
        place=row.place,
        body="" if row.recalled else row.body,
        recalled=row.recalled,
        file=None if row.recalled else files.linked(file, f"{_API}/{row.pk}"),
        forwarded=messages.forwarded_from(forwarded),
        card=messages.card_from(card),
        said_at=row.said_at,
        kept_at=row.kept_at,
    )


def _place(conversation: Conversation, reader_id: int, *, at: datetime) -> str:
    if conversation.kind != ConversationKind.DIRECT:
        return conversation.title
    pair = [int(part) for part in conversation.direct_key.split(":")]
    peer = pair[0] if pair[1] == reader_id else pair[1]
    known = people.names([peer], at=at)
    return known[peer].name if peer in known else ""
