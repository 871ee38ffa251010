"""DINGs as those see them who opened them, and those they call."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import ding_errors, errors, policies
from messaging.kinds import ConversationKind, DingState, MessageKind
from messaging.models import Conversation, Ding, DingEvidence, DingTarget, Message
from messaging.queries import colleagues, ding_counts, messages
from org.queries import people

_NEWEST: Final = paging.Cursors("messaging.dings", tuple[int])
_READ_AT_ONCE: Final = 2000
_BY_PERSON: Final = paging.Cursors("messaging.ding_targets", tuple[int])


@dataclass(frozen=True, slots=True)
class Called:
    """A DING as those see it whom it calls."""

    id: int
    conversation_id: int
    conversation_title: str
    seq: int
    sender_id: int
    sender_name: str
    excerpt: str
    """Of the message; empty once it is recalled, or where the reader may see it no longer."""
    level: str
    opened_at: datetime
    closes_at: datetime
    state: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentDing:
    """A DING as whoever opened it sees it."""

    id: int
    conversation_id: int
    conversation_title: str
    seq: int
    excerpt: str
    level: str
    opened_at: datetime
    closes_at: datetime
    recalled_at: datetime | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """One rung of the ladder and when it was, or is, due."""

    step: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedDing:
    """The same with its ladder."""

    ding: SentDing
    steps: list[Planned]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was done on one rung, or how it ended."""

    step: str
    outcome: str
    said: str
    reference: str
    to_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody whom the DING calls, and all evidence, the first one first."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    state: str
    ended_at: datetime | None
    evidence: list[Proof]


def callable_message(conversation_id: int, seq: int, *, reader_id: int) -> Message:
    """What the reader sees there and a DING may call to; MessageNotFound, AlreadyRecalled."""
    message = (
        messages.visible(reader_id, conversation_id)
        .filter(~Q(kind=MessageKind.EVENT), seq=seq)
        .first()
    )
    if message is None:
        raise errors.MessageNotFound
    if message.recalled_at is not None:
        raise errors.AlreadyRecalled
    return message


def conversation(conversation_id: int) -> Conversation:
    """The conversation, for its policy."""
    return Conversation.objects.get(pk=conversation_id)


def own(ding_id: int, person_id: int) -> Ding:
    """The person's own DING; DingNotTheSender for those it calls, DingNotFound for all others."""
    ding = Ding.objects.filter(pk=ding_id).first()
    if ding is None:
        raise ding_errors.DingNotFound
    if ding.sender_id != person_id and not _calls(ding_id, person_id):
        raise ding_errors.DingNotFound
    policies.require_ding_sender(person_id, ding)
    return ding


def called(ding: Ding, *, at: datetime) -> Called:
    """The DING as it comes to those it calls, who all see its message."""
    return _called([DingTarget(ding=ding, state=DingState.PENDING)], reader_id=None, at=at)[0]


def received(
    *, actor: Actor, pending_only: str, cursor: str | None, limit: int, at: datetime
) -> Page[Called]:
    """The DINGs that call the actor, the newest first."""
    person_id = actor.require_person()
    rows = DingTarget.objects.filter(person_id=person_id)
    if pending_only:
        rows = rows.filter(state=DingState.PENDING)
    position = _NEWEST.decode(cursor)
    if position is not None:
        rows = rows.filter(ding_id__lt=position[0])
    found = list(rows.select_related("ding").order_by("-ding_id")[: limit + 1])
    shown = found[:limit]
    following = _NEWEST.encode((shown[-1].ding_id,)) if len(found) > limit else None
    return Page(_called(shown, reader_id=person_id, at=at), following)


def pending(person_id: int, limit: int, *, at: datetime) -> list[Called]:
    """The newest DINGs that wait for the person's confirmation, for her workbench."""
    rows = DingTarget.objects.filter(person_id=person_id, state=DingState.PENDING)
    found = list(rows.select_related("ding").order_by("-ding_id")[:limit])
    return _called(found, reader_id=person_id, at=at)


def received_one(*, actor: Actor, ding_id: int, at: datetime) -> Called:
    """A DING that calls the actor; DingNotFound."""
    person_id = actor.require_person()
    rows = DingTarget.objects.filter(person_id=person_id, ding_id=ding_id)
    found = list(rows.select_related("ding"))
    if not found:
        raise ding_errors.DingNotFound
    return _called(found, reader_id=person_id, at=at)[0]


def sent(*, actor: Actor, cursor: str | None, limit: int, at: datetime) -> Page[SentDing]:
    """The DINGs that the actor opened, the newest first."""
    rows = Ding.objects.filter(sender_id=actor.require_person())
    position = _NEWEST.decode(cursor)
    if position is not None:
        rows = rows.filter(pk__lt=position[0])
    found = list(rows.order_by("-pk")[: limit + 1])
    shown = found[:limit]
    following = _NEWEST.encode((shown[-1].pk,)) if len(found) > limit else None
    return Page(_sent(shown, actor.require_person(), at=at), following)


def detail(*, actor: Actor, ding_id: int, at: datetime) -> OpenedDing:
    """The actor's own DING with its ladder and counts."""
    ding = own(ding_id, actor.require_person())
    steps = [Planned(s["step"], datetime.fromisoformat(s["due_at"])) for s in ding.steps]
    return OpenedDing(_sent([ding], ding.sender_id, at=at)[0], steps)


def targets(
    *, actor: Actor, ding_id: int, state: str, cursor: str | None, limit: int, at: datetime
) -> Page[Target]:
    """Those whom the actor's own DING calls, with all evidence; of one state or (empty) of all."""
    own(ding_id, actor.require_person())
    rows = DingTarget.objects.filter(ding_id=ding_id)
    if state:
        rows = rows.filter(state=state)
    position = _BY_PERSON.decode(cursor)
    if position is not None:
        rows = rows.filter(person_id__gt=position[0])
    found = list(rows.order_by("person_id")[: limit + 1])
    shown = found[:limit]
    following = _BY_PERSON.encode((shown[-1].person_id,)) if len(found) > limit else None
    return Page(_targets(ding_id, shown, at=at), following)


def every_target(ding_id: int, *, at: datetime) -> Iterator[Target]:
    """All of them, for the file, read part by part; whose they are is the caller's policy."""
    rows = DingTarget.objects.filter(ding_id=ding_id).order_by("person_id")
    after = 0
    while part := list(rows.filter(person_id__gt=after)[:_READ_AT_ONCE]):
        yield from _targets(ding_id, part, at=at)
        after = part[-1].person_id


def _calls(ding_id: int, person_id: int) -> bool:
    return DingTarget.objects.filter(ding_id=ding_id, person_id=person_id).exists()


def _called(rows: Sequence[DingTarget], *, reader_id: int | None, at: datetime) -> list[Called]:
    dings = [row.ding for row in rows]
    names = people.names({ding.sender_id for ding in dings}, at=at)
    titles = _titles(dings)
    said = _excerpts(dings, reader_id)
    return [
        Called(
            id=ding.pk,
            conversation_id=ding.conversation_id,
            conversation_title=titles[ding.conversation_id],
            seq=ding.seq,
            sender_id=ding.sender_id,
            sender_name=names[ding.sender_id].name,
            excerpt=said.get((ding.conversation_id, ding.seq), ""),
            level=ding.level,
            opened_at=ding.opened_at,
            closes_at=ding.closes_at,
            state=row.state,
            ended_at=row.ended_at,
        )
        for row, ding in zip(rows, dings, strict=True)
    ]


def _sent(dings: Sequence[Ding], sender_id: int, *, at: datetime) -> list[SentDing]:
    titles = _titles(dings)
    said = _excerpts(dings, sender_id)
    counts = ding_counts.by_states([ding.pk for ding in dings])
    return [
        SentDing(
            id=ding.pk,
            conversation_id=ding.conversation_id,
            conversation_title=titles[ding.conversation_id],
            seq=ding.seq,
            excerpt=said.get((ding.conversation_id, ding.seq), ""),
            level=ding.level,
            opened_at=ding.opened_at,
            closes_at=ding.closes_at,
            recalled_at=ding.recalled_at,
            counts=counts[ding.pk],
        )
        for ding in dings
    ]


def _targets(ding_id: int, rows: Sequence[DingTarget], *, at: datetime) -> list[Target]:
    keys = [row.person_id for row in rows]
    proofs: dict[int, list[DingEvidence]] = {key: [] for key in keys}
    kept = DingEvidence.objects.filter(ding_id=ding_id, person_id__in=keys).order_by("at", "step")
    for proof in kept:
        proofs[proof.person_id].append(proof)
    told = {proof.to_person_id for found in proofs.values() for proof in found} - {None}
    names = people.names({*keys, *(key for key in told if key is not None)}, at=at)
    organs = colleagues.organ_names({names[key].unit_id for key in keys})
    return [
        Target(
            person_id=row.person_id,
            name=names[row.person_id].name,
            organ_name=organs[names[row.person_id].unit_id],
            unit_name=names[row.person_id].unit_name,
            title=names[row.person_id].title,
            state=row.state,
            ended_at=row.ended_at,
            evidence=[_proof(proof, names) for proof in _in_order(proofs[row.person_id])],
        )
        for row in rows
    ]


def _in_order(proofs: Collection[DingEvidence]) -> list[DingEvidence]:
    return sorted(proofs, key=lambda proof: (proof.step == "end", proof.at))


def _proof(proof: DingEvidence, names: Mapping[int, people.PersonName]) -> Proof:
    told = names.get(proof.to_person_id or 0)
    return Proof(
        step=proof.step,
        outcome=proof.outcome,
        said=proof.said,
        reference=proof.reference,
        to_name=told.name if told else "",
        at=proof.at,
    )


def _titles(dings: Sequence[Ding]) -> dict[int, str]:
    """Names of the conversations; a direct one needs none, it has its two people."""
    rows = Conversation.objects.filter(pk__in={ding.conversation_id for ding in dings})
    return {row.pk: "" if row.kind == ConversationKind.DIRECT else row.title for row in rows}


def _excerpts(dings: Sequence[Ding], reader_id: int | None) -> dict[tuple[int, int], str]:
    """The first line of each message that the reader (None: everybody called) may see."""
    found: dict[tuple[int, int], str] = {}
    by_room: dict[int, set[int]] = {}
    for ding in dings:
        by_room.setdefault(ding.conversation_id, set()).add(ding.seq)
    for room, seqs in by_room.items():
        rows = Message.objects.filter(conversation_id=room)
        if reader_id is not None:
            if not policies.is_member(reader_id, room):
                continue
            rows = messages.visible(reader_id, room)
        for message in rows.filter(seq__in=seqs, recalled_at__isnull=True):
            found[room, message.seq] = messages.excerpt(message)
    return found
