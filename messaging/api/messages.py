"""Reading, sending and recalling messages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from core.actor import Actor
from core.http import actor_of
from core.schemas import Id, Schema
from messaging import rates
from messaging.api.schemas import EntryOut, FileOut
from messaging.queries import forwards as forward_queries
from messaging.queries import messages as queries
from messaging.schemas import Besides, Body, People, Seq, Units
from messaging.services import edits, forwards, messages
from messaging.services.edits import Edited
from messaging.services.forwards import Forwarded
from messaging.services.messages import Recalled, Sent

router = Router()

PullLimit = Annotated[int, Field(ge=1, le=queries.PULL_LIMIT)]


class PullOut(Schema):
    """Entries in order; whoever has them knows the log up to and including `through`."""

    conversation_id: int
    entries: list[EntryOut]
    through: int
    last_seq: int
    complete: bool


class MessageIn(Besides, Schema):
    """What to send. The client chooses the id and repeats it when it tries again."""

    client_message_id: UUID
    body: Body


class EditIn(Schema):
    """How the message reads from now on; with neither list, whom it named stays named."""

    body: Body
    mentions: People | None = None
    mention_units: Units | None = None


class EditedOut(Schema):
    """The message reads so since then; null: it always did."""

    conversation_id: int
    seq: int
    edited_at: datetime | None


class ForwardIn(Schema):
    """Which messages go where. The client repeats the id when it tries again."""

    client_message_id: UUID
    seqs: Annotated[list[Id], Field(min_length=1, max_length=forwards.TOGETHER_AT_MOST)]
    to: Annotated[list[Id], Field(min_length=1, max_length=forwards.TOGETHER_AT_MOST)]


class SentOut(Schema):
    """The acknowledgement."""

    conversation_id: int
    client_message_id: UUID
    seq: int
    created_at: datetime
    repeated: bool


class ForwardsOut(Schema):
    """The acknowledgements, by conversation and in the order of the messages."""

    sent: list[SentOut]


class RecordItemOut(Schema):
    """One message of a record, as it was when it was forwarded."""

    sender_name: str
    kind: str
    body: str
    created_at: datetime
    file: FileOut | None


class RecordOut(Schema):
    """聊天记录 opened."""

    title: str
    items: list[RecordItemOut]


class RecalledOut(Schema):
    """The recalled message and the entry that tells of it."""

    conversation_id: int
    seq: int
    event_seq: int


@router.get(
    "/conversations/{conversation_id}/messages", response=PullOut, url_name="messaging-page"
)
def page(
    request: HttpRequest, conversation_id: Id, before: Seq | None = None, limit: PullLimit = 50
) -> queries.Pull:
    """The newest entries, or those below `before`."""
    return queries.page(
        actor=actor_of(request),
        conversation_id=conversation_id,
        before=before,
        limit=limit,
        at=timezone.now(),
    )


@router.get("/conversations/{conversation_id}/entries", response=PullOut, url_name="messaging-pull")
def pull(
    request: HttpRequest, conversation_id: Id, after: Seq, limit: PullLimit = 200
) -> queries.Pull:
    """The entries above `after`: what closes a gap."""
    return queries.pull(
        actor=actor_of(request),
        conversation_id=conversation_id,
        after=after,
        limit=limit,
        at=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/messages", response=SentOut, url_name="messaging-send"
)
def send(request: HttpRequest, conversation_id: Id, body: MessageIn) -> Sent:
    """The message is stored once under its number; a repetition gets the same answer."""
    actor = actor_of(request)
    rates.take(
        person_id=actor.require_person(),
        conversation_id=conversation_id,
        client_message_id=body.client_message_id,
    )
    return messages.send(
        actor=actor,
        conversation_id=conversation_id,
        client_message_id=body.client_message_id,
        body=body.body,
        particulars=body.particulars(),
        now=timezone.now(),
    )


@router.patch(
    "/conversations/{conversation_id}/messages/{seq}",
    response=EditedOut,
    url_name="messaging-edit",
)
def edit(request: HttpRequest, conversation_id: Id, seq: Id, body: EditIn) -> Edited:
    """One's own text reads anew in its place."""
    actor = actor_of(request)
    rates.take_change(person_id=actor.require_person(), conversation_id=conversation_id)
    return edits.edit(
        actor=actor,
        conversation_id=conversation_id,
        seq=seq,
        body=body.body,
        person_ids=body.mentions,
        unit_ids=body.mention_units,
        now=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/forward-singly",
    response=ForwardsOut,
    url_name="messaging-forward-singly",
)
def forward_singly(request: HttpRequest, conversation_id: Id, body: ForwardIn) -> Forwarded:
    """Each message stands in each of the conversations, and counts in each."""
    said = len(set(body.seqs))
    return forwards.singly(
        actor=_counted(request, conversation_id, body, said=said, at_most=forwards.SINGLY_AT_MOST),
        conversation_id=conversation_id,
        seqs=body.seqs,
        to_ids=body.to,
        client_message_id=body.client_message_id,
        now=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/forward-together",
    response=ForwardsOut,
    url_name="messaging-forward-together",
)
def forward_together(request: HttpRequest, conversation_id: Id, body: ForwardIn) -> Forwarded:
    """The messages stand as one record in each of the conversations, and count as one in each."""
    return forwards.together(
        actor=_counted(request, conversation_id, body, said=1, at_most=forwards.TOGETHER_AT_MOST),
        conversation_id=conversation_id,
        seqs=body.seqs,
        to_ids=body.to,
        client_message_id=body.client_message_id,
        now=timezone.now(),
    )


@router.get(
    "/conversations/{conversation_id}/messages/{seq}/record",
    response=RecordOut,
    url_name="messaging-record",
)
def open_record(request: HttpRequest, conversation_id: Id, seq: Id) -> forward_queries.Record:
    """What the record carries."""
    return forward_queries.record(actor=actor_of(request), conversation_id=conversation_id, seq=seq)


@router.post(
    "/conversations/{conversation_id}/messages/{seq}/recall",
    response=RecalledOut,
    url_name="messaging-recall",
)
def recall(request: HttpRequest, conversation_id: Id, seq: Id) -> Recalled:
    """Nobody can read the message any more."""
    actor = actor_of(request)
    rates.take_change(person_id=actor.require_person(), conversation_id=conversation_id)
    return messages.recall(
        actor=actor, conversation_id=conversation_id, seq=seq, now=timezone.now()
    )


@router.post(
    "/conversations/{conversation_id}/messages/{seq}/withdraw",
    response=RecalledOut,
    url_name="messaging-withdraw",
)
def withdraw(request: HttpRequest, conversation_id: Id, seq: Id) -> Recalled:
    """Whoever administers the group has taken the message down: nobody can read it any more."""
    actor = actor_of(request)
    rates.take_change(person_id=actor.require_person(), conversation_id=conversation_id)
    return messages.withdraw(
        actor=actor, conversation_id=conversation_id, seq=seq, now=timezone.now()
    )


def _counted(
    request: HttpRequest, conversation_id: int, body: ForwardIn, *, said: int, at_most: int
) -> Actor:
    """Forwarding counts as all the messages it says; more than may be said are refused anyway."""
    actor = actor_of(request)
    seqs, targets = sorted(set(body.seqs)), sorted(set(body.to))
    rates.take_several(
        person_id=actor.require_person(),
        count=min(said * len(targets), at_most),
        act=[body.client_message_id, conversation_id, said, seqs, targets],
    )
    return actor
